"""Vectors of words, remembered from one batch to the next."""

import threading
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy
from thinc.types import Floats2d, Floats3d, Ints1d, Ints2d

from .forking import renew_after_fork
from .lexeme_features import find_distinct, make_keys
from .slot_table import SlotTable

#: Words that are remembered. At width 96 one takes 384 bytes, and 3.5 KB with its window products.
CACHE_SIZE = 1 << 14
FIRST_SIZE = 1 << 10


class Lexemes(NamedTuple):
    """The words of a batch."""

    #: Vectors of all remembered words, or of the batch's words, `(n_slots, width)`. The first is zero,
    #: and stands for padding.
    vectors: Floats2d
    #: Their products with each part of the first window layer's weights, the middle one with the
    #: layer's bias, `(n_slots, n_window, n_pieces * width)`. None if they are not used.
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
        self.after_fork()
        renew_after_fork(self)

    def after_fork(self) -> None:
        """Start anew, because another thread may have been about to add words."""
        self.lock = threading.Lock()
        self._clear()

    def _clear(self) -> None:
        self.n_words = 0
        self.table = SlotTable(CACHE_SIZE)
        self.features: Any = None
        self.vectors: Any = None
        self.products: Any = None

    def look_up(self, features: Ints2d) -> Lexemes:
        """Get the vectors of words, and remember new ones.

        features (Ints2d): Features of the tokens of a batch, `(n_tokens, n_columns)`.
        RETURNS (Lexemes): Their vectors.
        """
        with self.lock:
            slots = self._find(features)
            if slots is not None:
                return Lexemes(self.vectors, self.products, slots)
        distinct = find_distinct(features)
        slots = numpy.zeros(1 + len(features), dtype="int64")
        slots[1:] = 1 + distinct.where
        return Lexemes(*self._compute(distinct.features), slots)

    def _find(self, features: Ints2d) -> Any:
        if not len(features):
            return None
        keys = make_keys(features)
        slots = numpy.zeros(1 + len(keys), dtype="int64")
        slots[1:] = self.table.find(keys)
        missing = numpy.flatnonzero(slots[1:] == 0)
        if len(missing):
            distinct = find_distinct(features[missing])
            if self.n_words and self.n_words + len(distinct.keys) > CACHE_SIZE:
                self._clear()
                return self._find(features)
            if len(distinct.keys) > CACHE_SIZE:
                return None
            slots[1 + missing] = self._add(distinct.keys, distinct.features) + distinct.where
        # Two words may have one key. It is hardly possible by chance, but features are anybody's text.
        return slots if (self.features[slots[1:]] == features).all() else None

    def _add(self, keys: Ints1d, features: Ints2d) -> int:
        new = slice(1 + self.n_words, 1 + self.n_words + len(keys))
        self._remember(features, new)
        self.table.add(keys, numpy.arange(new.start, new.stop))
        self.n_words += len(keys)
        return new.start

    def _remember(self, features: Ints2d, new: slice) -> None:
        vectors, products = self._compute(features)
        padding = numpy.zeros_like(features[:1])
        self.features = _extended(self.features, numpy.concatenate([padding, features]), new)
        self.vectors = _extended(self.vectors, vectors, new)
        if products is not None:
            self.products = _extended(self.products, products, new)

    def _compute(self, features: Ints2d) -> tuple[Floats2d, Floats3d | None]:
        words = self.embed(features)
        vectors = numpy.concatenate([numpy.zeros_like(words[:1]), words])
        return vectors, self.multiply(vectors) if self.multiply is not None else None


def _extended(array: Any, rows: Any, new: slice) -> Any:
    if array is None or len(array) < new.stop:
        capacity = FIRST_SIZE
        while capacity < new.stop:
            capacity *= 2
        larger = numpy.empty((capacity, *rows.shape[1:]), dtype=rows.dtype)
        larger[0] = rows[0]
        if array is not None:
            larger[: new.start] = array[: new.start]
        array = larger
    array[new] = rows[1:]
    return array
