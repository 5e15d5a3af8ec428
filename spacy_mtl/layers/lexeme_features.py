"""The distinct words of a batch, by the features that the encoder embeds."""

from typing import NamedTuple

import numpy
from spacy.attrs import intify_attr
from spacy.tokens import Doc
from thinc.types import Ints1d, Ints2d

from .masking import Masking

#: Odd numbers that mix a token's features into one key of 64 bits.
MULTIPLIERS = numpy.asarray(
    [
        0x9E3779B97F4A7C15,
        0xC2B2AE3D27D4EB4F,
        0x165667B19E3779F9,
        0x27D4EB2F165667C5,
        0x85EBCA77C2B2AE63,
    ],
    dtype="uint64",
)


def read_features(docs: list[Doc], columns: list[str], masking: Masking | None = None) -> Ints2d:
    """Read the features of all tokens.

    docs (List[Doc]): The documents.
    columns (List[str]): Names of the token attributes, five at most.
    masking (Optional[Masking]): How the tokens are shown.
    RETURNS (Ints2d): `(n_tokens, n_columns)`, unsigned 64 bits.
    """
    attrs = [intify_attr(column) for column in columns]
    parts = [doc.to_array(attrs) for doc in docs if len(doc)]
    if not parts:
        return numpy.zeros((0, len(attrs)), dtype="uint64")
    features = numpy.concatenate(parts).reshape(-1, len(attrs)).astype("uint64", copy=False)
    if masking is not None:
        masking.apply(features, attrs)
    return features


def make_keys(features: Ints2d) -> Ints1d:
    """Mix the features of each token into one key.

    features (Ints2d): `(n_tokens, n_columns)`.
    RETURNS (Ints1d): `(n_tokens,)`, unsigned 64 bits.
    """
    return features @ MULTIPLIERS[: features.shape[1]]


class Distinct(NamedTuple):
    """The distinct rows of an array of features."""

    #: A key for each, `(n_distinct,)`.
    keys: Ints1d
    #: Their features, `(n_distinct, n_columns)`.
    features: Ints2d
    #: Which of them each token is, `(n_tokens,)`.
    where: Ints1d


def find_distinct(features: Ints2d) -> Distinct:
    """Find the distinct words.

    features (Ints2d): Features of the tokens, `(n_tokens, n_columns)`.
    RETURNS (Distinct): The distinct ones.
    """
    tokens = make_keys(features)
    keys, where = numpy.unique(tokens, return_inverse=True)
    some_token = numpy.empty(len(keys), dtype="int64")
    some_token[where] = numpy.arange(len(tokens))
    distinct = features[some_token]
    if (distinct[where] == features).all():
        return Distinct(keys, distinct, where)
    # Two words have one key.
    distinct, where = numpy.unique(features, axis=0, return_inverse=True)
    return Distinct(make_keys(distinct), distinct, where.reshape(-1))
