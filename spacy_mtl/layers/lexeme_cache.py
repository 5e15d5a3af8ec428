"""Vectors of words, remembered from one batch to the next."""

import threading
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy
from thinc.types import Floats2d, Floats3d, Ints1d, Ints2d

from .lexeme_features import Distinct

#: Words that are remembered. At width 96 one takes 384 bytes, and 3.5 KB with its window products.
CACHE_SIZE = 1 << 14
FIRST_SIZE = 1 << 10


class Lexemes(NamedTuple):
    """The words of a batch."""

    #: Vectors of all remembered words, or of the batch's words, `(n_slots, width)`. The first is zero,
    #: and stands for padding.
    vectors: Floats2d
    #: Their products with each part of the first window layer's weights, or None,
    #: `(n_slots, n_window, n_pieces * width)`.
    products: Floats3d | None
    #: The row in these arrays of the padding and of each token, `(1 + n_tokens,)`.
    slots: Ints1d


class LexemeCache:
    """A bounded memory of words' vectors, for one state of the weights.

    When it is full it is emptied, and frequent words are back in it after the next batch. Arrays that
    have been handed out keep their contents: rows are only ever added, and a full or growing cache
    goes on with new arrays, so that threads can read while others add.
    """

    def __init__(
        self,
        embed: Callable[[Ints2d], Floats2d],
        multiply: Callable[[Floats2d], Floats3d] | None = None,
    ) -> None:
        """Create a cache.

        embed (Callable): Computes vectors `(n, width)` from features `(n, n_columns)`.
        multiply (Optional[Callable]): Computes the window products of vectors.
        """
        self.embed = embed
        self.multiply = multiply
        self.lock = threading.Lock()
        self._clear()

    def _clear(self) -> None:
        self.slots: dict[int, int] = {}
        self.features: Any = None
        self.vectors: Any = None
        self.products: Any = None

    def look_up(self, distinct: Distinct) -> Lexemes:
        """Get the vectors of words, and remember new ones.

        distinct (Distinct): The words of a batch.
        RETURNS (Lexemes): Their vectors.
        """
        with self.lock:
            found = self._find(distinct)
            if found is None:
                return self._compute(distinct)
            return Lexemes(self.vectors, self.products, _with_padding(found[distinct.where]))

    def _find(self, distinct: Distinct) -> Any:
        keys = distinct.keys.tolist()
        if len(keys) > CACHE_SIZE:
            return None
        get = self.slots.get
        slots = numpy.asarray([get(key, -1) for key in keys], dtype="int64")
        missing = numpy.flatnonzero(slots < 0)
        if len(missing):
            if len(self.slots) + len(missing) > CACHE_SIZE:
                self._clear()
                slots[:] = -1
                missing = numpy.arange(len(keys))
            first = 1 + len(self.slots)
            new = slice(first, first + len(missing))
            self._reserve(new.stop, distinct.features[missing], new)
            slots[missing] = numpy.arange(new.start, new.stop)
            self.slots.update((keys[i], int(slots[i])) for i in missing)
        if (self.features[slots] == distinct.features).all():
            return slots
        return None

    def _compute(self, distinct: Distinct) -> Lexemes:
        vectors = self.embed(distinct.features)
        vectors = numpy.concatenate([numpy.zeros_like(vectors[:1]), vectors])
        products = self.multiply(vectors) if self.multiply is not None else None
        return Lexemes(vectors, products, _with_padding(1 + distinct.where))

    def _reserve(self, size: int, features: Ints2d, new: slice) -> None:
        vectors = self.embed(features)
        products = self.multiply(vectors) if self.multiply is not None else None
        self.features = _extended(self.features, features, size, new)
        self.vectors = _extended(self.vectors, vectors, size, new)
        if products is not None:
            self.products = _extended(self.products, products, size, new)


def _extended(array: Any, rows: Any, size: int, new: slice) -> Any:
    if array is None or len(array) < size:
        capacity = FIRST_SIZE
        while capacity < size:
            capacity *= 2
        larger = numpy.empty((capacity, *rows.shape[1:]), dtype=rows.dtype)
        larger[0] = 0
        if array is not None:
            larger[: new.start] = array[: new.start]
        array = larger
    array[new] = rows
    return array


def _with_padding(slots: Any) -> Any:
    return numpy.concatenate([[0], slots])
