"""Token attributes as feature keys, with whole words dropped in training."""

from collections.abc import Callable
from typing import Any

import numpy
from spacy.tokens import Doc
from thinc.api import Model
from thinc.types import Ints2d

from .lexeme_features import read_features
from .masking import HIDDEN_KEY, MASKING, Shown

InT = list[Doc]
OutT = list[Ints2d]


def extract_features(columns: list[str], *, word_dropout: float = 0.0) -> Model[InT, OutT]:
    """Extract one key per token and attribute, the input of hash embeddings.

    In training each token loses all its keys at once with probability `word_dropout`, so that no
    document is recognised by a single word (Iyyer et al. 2015, "Deep Unordered Composition Rivals
    Syntactic Methods for Text Classification", section 3.1, where the word is left out of the
    average; here it keeps its place, because the window layers read order).

    columns (List[str]): Names of the token attributes.
    word_dropout (float): Probability that a token is dropped in training, 0 to below 1.
    RETURNS (Model[List[Doc], List[Ints2d]]): Per document an array `(n_tokens, n_columns)` of
        64-bit keys.
    """
    return Model(
        "extract_features",
        forward,
        attrs={"columns": columns, "word_dropout": word_dropout, MASKING: Shown()},
    )


def forward(model: Model[InT, OutT], docs: InT, is_train: bool) -> tuple[OutT, Callable]:
    columns: list[str] = model.attrs["columns"]
    word_dropout: float = model.attrs["word_dropout"]
    if not docs:
        return [], _backprop
    flat = read_features(docs, columns, model.attrs[MASKING].masking)
    features: OutT = []
    for keys in numpy.split(flat, numpy.cumsum([len(doc) for doc in docs])[:-1]):
        if is_train:
            drop_words(keys, word_dropout)
        features.append(model.ops.asarray2i(keys, dtype="uint64"))
    return features, _backprop


def drop_words(keys: Any, word_dropout: float) -> None:
    """Take all features from some tokens.

    keys (Ints2d): Features `(n_tokens, n_columns)`, changed in place.
    word_dropout (float): Probability that a token is dropped.
    """
    if word_dropout:
        keys[numpy.random.random(len(keys)) < word_dropout] = HIDDEN_KEY


def _backprop(d_features: OutT) -> list:
    return []
