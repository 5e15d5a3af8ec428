"""The chain of a head that predicts together with the other heads of its encoder."""

from collections.abc import Callable

from spacy.tokens import Doc
from thinc.api import Model, NumpyOps
from thinc.layers.chain import forward as forward_chain
from thinc.layers.dropout import forward as forward_dropout
from thinc.types import Floats2d

from .listener import Tok2VecListener
from .passed_docs import PassedDocs
from .pool import forward as forward_pool
from .readers import read_alone
from .standardize import forward as forward_standardize
from .token_arrays import is_whole

InT = list[Doc]
OutT = Floats2d


def joint_output(deep: Model[InT, OutT], *, reads_alone: bool) -> Model[InT, OutT]:
    """Make a chain take part in the one product of all heads (see `Readers`).

    deep (Model[List[Doc], Floats2d]): A chain that begins with an encoder or listener and a pooling,
        and ends with a resizable output layer. It is changed in place.
    reads_alone (bool): Whether the chain is all of the head that sees the documents.
    RETURNS (Model[List[Doc], Floats2d]): The same chain.
    """
    deep._func = forward_and_vouch if reads_alone else forward
    return deep


def forward(model: Model[InT, OutT], docs: InT, is_train: bool) -> tuple[OutT, Callable]:
    tok2vec, pool, *between, output = model.layers
    if is_train or not isinstance(model.ops, NumpyOps) or pool._func is not forward_pool:
        return forward_chain(model, docs, is_train)  # type: ignore[return-value]
    Xs = tok2vec.predict(docs)
    X = pool.predict(Xs)
    scaling = next((layer for layer in between if layer._func is forward_standardize), None)
    is_linear = all(layer is scaling or layer._func is forward_dropout for layer in between)
    if is_linear and output.layers:
        node = output.layers[0]
        if is_whole(Xs) and Xs.readers is not None:
            Y = Xs.readers.read(node, scaling, tuple(pool.attrs["poolings"]), X)
        else:
            Y = read_alone(node, scaling, X)
        if Y is not None:
            return Y, _no_backprop
    for layer in between:
        X = layer.predict(X)
    return output.predict(X), _no_backprop


def forward_and_vouch(model: Model[InT, OutT], docs: InT, is_train: bool) -> tuple[OutT, Callable]:
    found = forward(model, docs, is_train)
    if isinstance(docs, PassedDocs) and isinstance(model.layers[0], Tok2VecListener):
        docs.left_unchanged = docs.read
    return found


def _no_backprop(dY: OutT) -> list:
    return []
