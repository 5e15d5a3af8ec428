"""Which rows a stack of window layers has to compute for a batch of documents."""

from typing import NamedTuple

import numpy
from thinc.types import Ints1d, Ints2d


class WindowPlan(NamedTuple):
    """Rows of the arrays in a stack of window layers.

    Row 0 is the padding far from any token, which is the same everywhere. The tokens of all documents
    follow, and then the padding near a document: rows of distance 1 from it, all that lie left of their
    document, then all that lie right, then distance 2, and so on.
    """

    #: Tokens in the batch.
    n_tokens: int
    #: For each layer, which rows of its input each row of its output reads, `(n_rows, n_window)`.
    sources: list[Ints2d]


def plan_windows(lengths: Ints1d, window_size: int, depth: int) -> WindowPlan:
    """Plan the rows of a batch.

    Stock spaCy separates documents by `window_size * depth` rows of zeros that all layers then treat
    like tokens, so that these rows change from layer to layer: a token near the border sees padding that
    has seen the token. To compute the same with less, note that padding at distance `d` from a document
    changes by it only after `d / window_size` layers, and is of use to it only as long as there are
    `d / window_size` layers to come. All other padding is alike.

    lengths (Ints1d): Tokens by document. Documents without tokens are passed over.
    window_size (int): Rows on either side that a layer reads.
    depth (int): Number of layers.
    RETURNS (WindowPlan): The plan.
    """
    lengths = lengths[lengths > 0].astype("int64")
    n_tokens = int(lengths.sum())
    batch = _Batch(lengths, n_tokens, window_size)
    offsets = numpy.arange(-window_size, window_size + 1)
    inner = numpy.arange(1, n_tokens + 1)[:, None] + offsets
    sources = []
    for layer in range(1, depth + 1):
        reach = window_size * min(layer, depth - layer)
        reach_before = window_size * min(layer - 1, depth - layer + 1)
        rows = numpy.zeros((1 + n_tokens + 2 * reach * len(lengths), len(offsets)), dtype="int64")
        rows[1 : n_tokens + 1] = inner
        batch.fill_edges(rows, offsets, reach_before)
        batch.fill_padding(rows, offsets, reach, reach_before)
        sources.append(rows)
    return WindowPlan(n_tokens, sources)


class _Batch:
    """Documents of a batch, and the rows that stand for their places.

    A place is counted from a document's first token: 0 is that token, -1 the padding left of it.
    """

    def __init__(self, lengths: Ints1d, n_tokens: int, window_size: int) -> None:
        self.lengths = lengths
        self.starts = 1 + numpy.cumsum(lengths) - lengths
        self.n_tokens = n_tokens
        self.window_size = window_size

    def fill_edges(self, rows: Ints2d, offsets: Ints1d, reach: int) -> None:
        """Fill in what the first and the last tokens of the documents read."""
        lengths = self.lengths
        for i in range(self.window_size):
            for place in (numpy.full_like(lengths, i), lengths - 1 - i):
                inside = (place >= 0) & (place < lengths)
                targets = (self.starts + place)[inside]
                rows[targets] = self.locate(place[:, None] + offsets, reach)[inside]

    def fill_padding(self, rows: Ints2d, offsets: Ints1d, reach: int, reach_before: int) -> None:
        """Fill in what the padding near the documents reads."""
        n_docs = len(self.lengths)
        first = 1 + self.n_tokens
        for distance in range(1, reach + 1):
            for place in (numpy.full_like(self.lengths, -distance), self.lengths - 1 + distance):
                rows[first : first + n_docs] = self.locate(place[:, None] + offsets, reach_before)
                first += n_docs

    def locate(self, places: Ints2d, reach: int) -> Ints2d:
        """Find the rows of places in each document.

        places (Ints2d): Places `(n_docs, n)`.
        reach (int): The largest distance of padding that differs from row 0.
        RETURNS (Ints2d): Rows `(n_docs, n)`.
        """
        n_docs = len(self.lengths)
        lengths = self.lengths[:, None]
        docs = numpy.arange(n_docs)[:, None]
        right = places >= lengths
        distance = numpy.where(right, places - lengths + 1, -places)
        padding = 1 + self.n_tokens + (2 * (distance - 1) + right) * n_docs + docs
        rows = numpy.where(distance <= 0, self.starts[:, None] + places, padding)
        rows[distance > reach] = 0
        return rows
