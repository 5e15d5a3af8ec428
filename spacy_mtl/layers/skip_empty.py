"""Let an encoder pass a batch that holds no token at all."""

from collections.abc import Callable

from spacy.tokens import Doc
from thinc.api import Model
from thinc.layers.chain import forward as forward_chain
from thinc.types import Floats2d

InT = list[Doc]
OutT = list[Floats2d]


def skip_empty(encoder: Model[InT, OutT]) -> Model[InT, OutT]:
    """Make a chain put out empty arrays for a batch without tokens, forward and backward.

    Some of thinc's layers fail on arrays of no rows. The chain is changed in place instead of
    wrapped, so that the nodes stay the ones that saved weights were made with.

    encoder (Model[List[Doc], List[Floats2d]]): A chain with a known output width.
    RETURNS (Model[List[Doc], List[Floats2d]]): The same chain.
    """
    encoder._func = forward
    return encoder


def forward(model: Model[InT, OutT], docs: InT, is_train: bool) -> tuple[OutT, Callable]:
    if any(len(doc) for doc in docs):
        return forward_chain(model, docs, is_train)  # type: ignore[return-value]
    width = model.get_dim("nO")
    return [model.ops.alloc2f(0, width) for _ in docs], _no_backprop


def _no_backprop(d_outputs: OutT) -> list:
    return []
