"""Embedding of tokens by the vocabulary's own word vectors, which can be hidden token by token."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy
from spacy.tokens import Doc
from spacy.vectors import Vectors
from thinc.api import Model, glorot_uniform_init
from thinc.types import Ragged

from ..errors import Errors
from .lexeme_features import read_features
from .masking import HIDDEN_KEY, MASKING, Shown
from .param_versions import add_gradient, peek, watch
from .target_vectors import read_vectors

InT = list[Doc]
OutT = Ragged


def static_vectors(nO: int, *, token_dropout: float = 0.0) -> Model[InT, OutT]:
    """Embed tokens by the vocabulary's vectors and a learned linear layer, as `spacy.StaticVectors.v2`.

    Parameters and node names equal those of spaCy's layer, so weights load from one into the other.
    Unlike it, it can leave single tokens without their vector in training, so that an encoder does not
    rely on it, which it has to when it learns to predict that very vector.

    nO (int): Width of the output.
    token_dropout (float): Probability that a token's vector is hidden in training, 0 to below 1.
    RETURNS (Model[List[Doc], Ragged]): `(n_tokens, nO)`.
    """
    return Model(
        "static_vectors",
        forward,
        init=partial(init, glorot_uniform_init),
        params={"W": None},
        dims={"nO": nO, "nM": None},
        attrs={
            "key_attr": "ORTH",
            "dropout_rate": 0.0,
            "token_dropout": token_dropout,
            MASKING: Shown(),
        },
    )


def forward(model: Model[InT, OutT], docs: InT, is_train: bool) -> tuple[OutT, Callable]:
    ops = model.ops
    lengths = ops.asarray1i([len(doc) for doc in docs])
    if not any(len(doc) for doc in docs):
        return Ragged(ops.alloc2f(0, model.get_dim("nO")), lengths), _no_backprop
    watch([model])
    vectors = find_vectors(model, docs)
    keys = read_features(docs, [key_attr(vectors)], model.attrs[MASKING].masking)[:, 0]
    if is_train:
        hide_vectors(model, keys)
    distinct, where = numpy.unique(keys, return_inverse=True)
    V = ops.asarray2f(read_vectors(vectors, distinct)[where.reshape(-1)])
    Y = ops.gemm(V, peek(model, "W"), trans2=True)
    mask = ops.get_dropout_mask((Y.shape[1],), model.attrs["dropout_rate"] if is_train else 0.0)
    Y *= mask

    def backprop(dY: OutT) -> InT:
        add_gradient(model, "W", ops.gemm(ops.as_contig(dY.data * mask), V, trans1=True))
        return []

    return Ragged(Y, lengths), backprop


def key_attr(vectors: Vectors) -> Any:
    """RETURNS (Union[int, str]): The token attribute that is looked up in a table of vectors."""
    return getattr(vectors, "attr", "ORTH")


def find_vectors(model: Model[InT, OutT], docs: InT) -> Vectors:
    """Find the vectors of the documents' vocabulary.

    model (Model[List[Doc], Ragged]): The layer.
    docs (List[Doc]): The documents, at least one.
    RETURNS (Vectors): The vectors.
    RAISES (ValueError): If they do not have the width that the layer was made for.
    """
    vectors: Vectors = docs[0].vocab.vectors
    if vectors.shape[1] != model.get_dim("nM"):
        text = Errors.E257.format(found=vectors.shape[1], expected=model.get_dim("nM"))
        raise ValueError(text)
    return vectors


def hide_vectors(model: Model[InT, OutT], keys: Any) -> None:
    """Hide the vectors of some tokens.

    model (Model[List[Doc], Ragged]): The layer.
    keys (Ints1d): Keys of the tokens, `(n_tokens,)`, changed in place.
    """
    rate: float = model.attrs["token_dropout"]
    if rate:
        keys[numpy.random.random(len(keys)) < rate] = HIDDEN_KEY


def init(
    initializer: Callable, model: Model[InT, OutT], X: InT | None = None, Y: OutT | None = None
) -> None:
    if X:
        model.set_dim("nM", X[0].vocab.vectors.shape[1], force=True)
    if not model.has_dim("nM") or not model.get_dim("nM"):
        raise ValueError(Errors.E258)
    model.set_param("W", initializer(model.ops, (model.get_dim("nO"), model.get_dim("nM"))))


def _no_backprop(dY: Any) -> list:
    return []
