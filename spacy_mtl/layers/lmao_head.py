"""Heads that predict vectors, on a listener to an encoder that other heads share."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy
from spacy.tokens import Doc
from thinc.api import Model
from thinc.types import Floats2d

from .lmao import Prediction, predict_vectors
from .target_vectors import Targets
from .token_arrays import TokenArrays, flatten
from .vector_head import vector_head
from .vector_pairs import TARGETS, Batch

#: Name of the attribute that holds the weight of each kind of target.
KINDS = "targets"


class RawBatch(NamedTuple):
    """A batch that may hold other documents beside those that are learned from."""

    docs: list[Doc]
    #: Which of the documents are learned from, `(n_docs,)`.
    learned: Any
    #: These documents, with their syntactic heads where they are wanted.
    parsed: list[Doc]
    #: The targets of their tokens.
    targets: Targets
    #: Which tokens of the batch are to be predicted, `(n_tokens,)`. None for all.
    chosen: Any


InT = RawBatch
OutT = list[Prediction]


def lmao_head(
    tok2vec: Model[list[Doc], list[Floats2d]],
    weights: Mapping[str, float],
    hidden_size: int,
    maxout_pieces: int,
    nO: int | None,
) -> Model[InT, OutT]:
    """Put heads that predict vectors on an encoder or a listener to one. Unlike the model of an
    objective it knows no target vectors: they come with each batch.

    tok2vec (Model[List[Doc], List[Floats2d]]): The encoder.
    weights (Mapping[str, float]): Weight of each kind of target.
    hidden_size (int): Width of the hidden layer of each head. 0 for none.
    maxout_pieces (int): Pieces of the hidden layers.
    nO (Optional[int]): Width of the target vectors.
    RETURNS (Model[RawBatch, List[Prediction]]): The model.
    """
    nI = tok2vec.maybe_get_dim("nO")
    heads = [
        vector_head(
            None if nO is None else nO * TARGETS[kind].n_vectors, hidden_size, maxout_pieces, nI
        )
        for kind in weights
    ]
    return Model(
        "lmao_head",
        forward,
        init=init,
        dims={"nO": nO},
        layers=[tok2vec, *heads],
        refs={"tok2vec": tok2vec},
        attrs={KINDS: dict(weights)},
    )


def forward(model: Model[InT, OutT], X: InT, is_train: bool) -> tuple[OutT, Callable]:
    tok2vec, *heads = model.layers
    Ys, backprop_tok2vec = tok2vec(X.docs, is_train)
    lengths = numpy.asarray([len(doc) for doc in X.docs], dtype="int64")
    learned = numpy.repeat(X.learned, lengths)
    Y: Any = model.ops.to_numpy(flatten(model.ops, Ys)).reshape((-1, tok2vec.get_dim("nO")))
    batch = Batch(
        docs=X.parsed,
        lengths=lengths[X.learned],
        Y=Y[learned],
        targets=X.targets,
        chosen=None if X.chosen is None else X.chosen[learned],
    )
    predictions, backprop_heads = predict_vectors(heads, model.attrs[KINDS], batch, is_train)

    def backprop(d_predictions: list[Floats2d]) -> list[Doc]:
        dY = numpy.zeros_like(Y)
        dY[learned] = model.ops.to_numpy(backprop_heads(d_predictions))
        backprop_tok2vec(TokenArrays.split(model.ops.asarray2f(dY), lengths))
        return []

    return predictions, backprop


def init(model: Model[InT, OutT], X: InT | None = None, Y: Any = None) -> None:
    tok2vec, *heads = model.layers
    tok2vec.initialize(X=None if X is None else X.docs)
    if X is not None:
        model.set_dim("nO", X.targets.vectors.shape[1])
    nO = model.get_dim("nO")
    sample = model.ops.alloc2f(1, tok2vec.get_dim("nO"))
    for kind, head in zip(model.attrs[KINDS], heads, strict=True):
        head.initialize(X=sample, Y=model.ops.alloc2f(1, nO * TARGETS[kind].n_vectors))
