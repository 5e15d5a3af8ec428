"""How many hidden words a model finds among all frequent ones."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy
from spacy.attrs import intify_attr
from spacy.strings import StringStore, hash_string
from spacy.tokens import Doc
from spacy.vectors import Mode
from thinc.api import Model
from thinc.types import Floats2d, Ints1d

from .masking import hide, masked
from .random_words import load_words
from .target_vectors import TargetVectors, read_vectors
from .token_arrays import flatten

#: Texts that are encoded at once.
BATCH_SIZE = 64
#: Predictions that are compared at once.
CHUNK = 256
EPSILON = 1e-8


class Found(NamedTuple):
    """Share of the hidden words that are found, None if none is hidden."""

    at_1: float | None
    at_10: float | None


class _Part(NamedTuple):
    docs: list[Doc]
    #: The hidden tokens of these texts.
    places: Any
    #: The candidate that each is.
    words: Any


class HiddenWords:
    """Tokens of some texts that are hidden once and for all, and the words that compete for their places:
    those whose vector is nearest to the predicted one, by the cosine.
    """

    def __init__(
        self,
        tok2vec: Model,
        head: Model,
        targets: TargetVectors,
        docs: Sequence[Doc],
        *,
        share: float,
        candidates: int,
        seed: int,
    ) -> None:
        """Choose the tokens. The global random state stays as it is.

        tok2vec (Model[List[Doc], List[Floats2d]]): The encoder, with layers that can be masked.
        head (Model[Floats2d, Floats2d]): Predicts words.
        targets (TargetVectors): The words' vectors.
        docs (Sequence[Doc]): The texts.
        share (float): Share of the tokens that are hidden.
        candidates (int): How many of the most frequent words compete. Other words are not hidden.
        seed (int): Seed of the choice.
        """
        self._tok2vec = tok2vec
        self._head = head
        docs = [doc for doc in docs if len(doc)]
        keys = _read_keys(docs, targets)
        strings = docs[0].vocab.strings if docs else StringStore()
        candidate_keys, strings = _find_candidates(targets, keys, candidates, strings)
        self._vectors = _scale(read_vectors(targets.vectors, candidate_keys, strings))
        words = _match(targets, keys, candidate_keys)
        known = targets.look_up(docs).known if docs else numpy.zeros(0, dtype=bool)
        drawn = numpy.random.default_rng(seed).random(len(keys)) < share
        self._parts = list(_split(docs, drawn & known & (words >= 0), words))
        self.n_words = sum(len(part.places) for part in self._parts)

    def find(self) -> Found:
        """Let the model find the words.

        RETURNS (Found): Share of the words whose vector is the nearest, or among the ten nearest.
        """
        ranks = [rank for part in self._parts for rank in self._rank(part)]
        if not ranks:
            return Found(None, None)
        return Found(*(float(numpy.mean(numpy.asarray(ranks) < k)) for k in (1, 10)))

    def _rank(self, part: _Part) -> Iterator[float]:
        predicted = _scale(predict_hidden(self._tok2vec, self._head, part.docs, part.places))
        for start in range(0, len(predicted), CHUNK):
            cosines = predicted[start : start + CHUNK] @ self._vectors.T
            words = part.words[start : start + CHUNK]
            right = cosines[numpy.arange(len(words)), words][:, None]
            # Ties count half, so that a model that says the same of all words finds none.
            nearer = 0.5 * (_count(cosines > right) + _count(cosines >= right) - 1)
            yield from numpy.where(numpy.isfinite(right[:, 0]), nearer, numpy.inf).tolist()


def predict_hidden(tok2vec: Model, head: Model, docs: Sequence[Doc], places: Ints1d) -> Floats2d:
    """Hide tokens, and predict their vectors.

    tok2vec (Model[List[Doc], List[Floats2d]]): The encoder, with layers that can be masked.
    head (Model[Floats2d, Floats2d]): Predicts words.
    docs (Sequence[Doc]): Some texts.
    places (Ints1d): Which of their tokens, counted from the first text's first one.
    RETURNS (Floats2d): `(n_places, width)`.
    """
    ops = tok2vec.ops
    with masked(tok2vec, hide(docs, places)):
        Y: Any = flatten(ops, tok2vec.predict(docs))
    return ops.to_numpy(head.predict(Y[places]))


def _read_keys(docs: Sequence[Doc], targets: TargetVectors) -> Ints1d:
    if not docs:
        return numpy.zeros(0, dtype="uint64")
    keys = [doc.to_array(targets.attr).reshape(-1) for doc in docs]
    return numpy.concatenate(keys).astype("uint64")


def _find_candidates(
    targets: TargetVectors, keys: Ints1d, n: int, strings: StringStore
) -> tuple[Ints1d, StringStore]:
    """Find the most frequent words, and where their letters are known."""
    vectors = targets.vectors
    if vectors.mode == Mode.default:
        # Tables of word vectors begin with the most frequent word.
        by_row: dict[int, int] = {}
        for key, row in vectors.key2row.items():
            if 0 <= row < n:
                by_row.setdefault(row, key)
        return numpy.asarray([by_row[row] for row in sorted(by_row)], dtype="uint64"), strings
    words = load_words(targets.lang)[0]
    if words:
        if intify_attr(targets.attr) != intify_attr("ORTH"):
            words = [word.lower() for word in words]
        words = list(dict.fromkeys(words))[:n]
        return numpy.asarray([hash_string(word) for word in words], "uint64"), StringStore(words)
    found, counts = numpy.unique(keys, return_counts=True)
    return found[numpy.argsort(-counts, kind="stable")[:n]], strings


def _match(targets: TargetVectors, keys: Ints1d, candidates: Ints1d) -> Ints1d:
    """Find the candidate that each token is, -1 for none."""
    if not len(candidates):
        return numpy.full(len(keys), -1)
    if targets.vectors.mode == Mode.default:
        # Several words may share a row, and so be one candidate.
        keys = numpy.asarray(targets.vectors.find(keys=keys.tolist())).astype("int64")
        candidates = numpy.asarray(targets.vectors.find(keys=candidates.tolist())).astype("int64")
    order = numpy.argsort(candidates)
    places = numpy.searchsorted(candidates, keys, sorter=order).clip(max=len(candidates) - 1)
    words = order[places]
    return numpy.where(candidates[words] == keys, words, -1)


def _split(docs: list[Doc], chosen: Any, words: Ints1d) -> Iterator[_Part]:
    start = 0
    for i in range(0, len(docs), BATCH_SIZE):
        batch = docs[i : i + BATCH_SIZE]
        stop = start + sum(map(len, batch))
        places = numpy.flatnonzero(chosen[start:stop])
        if len(places):
            yield _Part(batch, places, words[start:stop][places])
        start = stop


def _count(flags: Any) -> Any:
    # Summing along an axis would first turn each flag into a number of eight bytes.
    return numpy.asarray([numpy.count_nonzero(row) for row in flags])


def _scale(X: Floats2d) -> Any:
    return X / numpy.maximum(numpy.linalg.norm(X, axis=1, keepdims=True), EPSILON)
