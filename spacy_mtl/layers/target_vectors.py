"""The points in a space of pre-trained word vectors that an encoder learns to predict."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy
from spacy.attrs import IS_PUNCT, IS_SPACE
from spacy.strings import StringStore
from spacy.tokens import Doc
from spacy.vectors import Mode, Vectors
from thinc.types import Floats2d, Ints1d

from ..errors import Errors
from .lexeme_cache import LexemeCache
from .masking import HIDDEN_KEY
from .random_words import load_frequencies

#: A vector that is shorter than this says nothing about its word.
EPSILON = 1e-6
#: A word of this probability gets half the weight of a rare one.
SIF = 1e-3
#: After so many tokens without a single target there will hardly be one later.
PATIENCE = 10_000
WEIGHTINGS = ("sif", "none")


class Targets(NamedTuple):
    """The target of each token of a batch."""

    #: `(n_tokens, width)`. Zero where there is none.
    vectors: Floats2d
    #: Whether a token has a target, `(n_tokens,)`.
    known: Any


class TargetVectors:
    """Word vectors as targets of single tokens.

    Tokens that have no vector, or one of zeros, have no target: predicting zero would pull the encoder's
    output of rare words together.
    """

    def __init__(
        self,
        vectors: Vectors,
        *,
        normalize: bool,
        weighting: str,
        skip_punctuation: bool,
        lang: str,
    ) -> None:
        """Create targets.

        vectors (Vectors): The word vectors, in floret or default mode.
        normalize (bool): Scale every vector to length 1, so that frequent words, whose vectors are
            longer, do not make up most of the loss.
        weighting (str): "sif" scales them further by `a / (a + p)`, where p is the word's probability and
            a = 0.001, so that the mean over a text is one of what it is about and not of "the" and "of"
            (Arora et al. 2017, "A Simple but Tough-to-Beat Baseline for Sentence Embeddings"). "none"
            does not.
        skip_punctuation (bool): Give punctuation no target. Whitespace never has one.
        lang (str): Code of the language, whose table of word frequencies serves vectors that are not
            sorted by frequency.
        RAISES (ValueError): If there are no vectors, or if all are zeros.
        """
        if not isinstance(vectors, Vectors) or not vectors.shape[1]:
            raise ValueError(Errors.E251)
        if not numpy.asarray(_to_numpy(vectors.data)).any():
            raise ValueError(Errors.E252.format(n=len(vectors.data), width=vectors.shape[1]))
        self.vectors = vectors
        self.width: int = vectors.shape[1]
        self.attr: Any = getattr(vectors, "attr", "ORTH")
        self.normalize = normalize
        self.weighting = weighting
        self.lang = lang
        self.skip_punctuation = skip_punctuation
        self._restart()

    def _restart(self) -> None:
        self._cache = LexemeCache(self._read)
        #: The strings of the documents' vocabulary, which need not be that of the vectors.
        self._strings: StringStore | None = None
        #: Tokens seen so far, while none of them had a target. Negative from then on.
        self._n_unknown = 0

    def __getstate__(self) -> dict[str, Any]:
        left_out = ("_cache", "_strings", "_n_unknown")
        return {name: value for name, value in self.__dict__.items() if name not in left_out}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._restart()

    def look_up(self, docs: Sequence[Doc]) -> Targets:
        """Get the targets of all tokens.

        docs (Sequence[Doc]): A batch of documents.
        RETURNS (Targets): Their targets.
        RAISES (ValueError): If none of the first thousands of tokens has a target.
        """
        columns = [self.attr, IS_SPACE, *([IS_PUNCT] if self.skip_punctuation else [])]
        tokens = numpy.concatenate(
            [
                numpy.zeros((0, len(columns)), dtype="uint64"),
                *(doc.to_array(columns).reshape(-1, len(columns)) for doc in docs),
            ]
        )
        if len(tokens):
            self._strings = docs[0].vocab.strings
        lexemes = self._cache.look_up(numpy.ascontiguousarray(tokens[:, :1]))
        vectors = numpy.ascontiguousarray(lexemes.vectors[lexemes.slots[1:]])
        known = vectors.any(axis=1)
        left_out = tokens[:, 1:].any(axis=1)
        vectors[left_out] = 0.0
        self._check(docs, known)
        return Targets(vectors, known & ~left_out)

    def _check(self, docs: Sequence[Doc], known: Any) -> None:
        if self._n_unknown < 0:
            return
        self._n_unknown = -1 if known.any() else self._n_unknown + len(known)
        if self._n_unknown >= PATIENCE:
            words = sorted({token.text for doc in docs for token in doc[:20]})[:5]
            raise ValueError(Errors.E259.format(n=self._n_unknown, words=", ".join(words)))

    def _read(self, features: Any) -> Floats2d:
        rows = read_vectors(self.vectors, features[:, 0], self._strings)
        lengths = numpy.linalg.norm(rows, axis=1, keepdims=True)
        rows *= lengths > EPSILON
        if self.normalize:
            rows /= numpy.maximum(lengths, EPSILON)
        if self.weighting == "sif":
            rows *= (SIF / (SIF + self._probabilities(features[:, 0])))[:, None]
        return rows

    def _probabilities(self, keys: Ints1d) -> Any:
        if self.vectors.mode == Mode.default:
            # Tables of word vectors begin with the most frequent word, and Zipf's law says the rest.
            ranks = 1 + numpy.asarray(_to_numpy(self.vectors.find(keys=keys.tolist())))
            n_words = max(2, len(self.vectors.data))
            return (1.0 / (numpy.maximum(ranks, 1) * numpy.log(n_words))).astype("f")
        frequencies = load_frequencies(self.lang)
        return numpy.asarray([frequencies.get(key, 0.0) for key in keys.tolist()], dtype="f")


def read_vectors(vectors: Vectors, keys: Ints1d, strings: StringStore | None = None) -> Floats2d:
    """Read the vectors of words.

    vectors (Vectors): Word vectors in floret or default mode.
    keys (Ints1d): Keys of the words, unsigned 64 bits.
    strings (Optional[StringStore]): The strings that the keys stand for. Defaults to those of the vectors.
    RETURNS (Floats2d): `(n_keys, width)`. Zero for words without a vector, and for hidden ones.
    """
    if vectors.mode == Mode.default:
        rows = numpy.asarray(_to_numpy(vectors.find(keys=keys.tolist())))
        found = _to_numpy(vectors.data)[rows].astype("f")
        found[rows < 0] = 0.0
        return found
    strings = vectors.strings if strings is None else strings
    found = numpy.zeros((len(keys), vectors.shape[1]), dtype="f")
    shown = numpy.flatnonzero(keys != HIDDEN_KEY)
    if len(shown):
        words = [strings[key] for key in keys[shown].tolist()]
        found[shown] = _to_numpy(vectors.get_batch(words))
    return found


def _to_numpy(array: Any) -> Any:
    return array.get() if hasattr(array, "get") else array
