"""Token vectors by document that lie in one array."""

from typing import Any

import numpy
from thinc.api import Ops
from thinc.types import Floats2d, Ints1d

#: Values of each document's first vector, and values in all, that are compared to notice a change.
SAMPLE_WIDTH = 8
SAMPLE_SIZE = 1000


class TokenArrays(list):
    """A list of each document's token vectors, which are slices of one array, so that what works on
    all of them at once need not copy them together.
    """

    #: All vectors, `(n_tokens, width)`.
    flat: Floats2d
    #: Tokens by document, `(n_docs,)`.
    lengths: Ints1d
    #: What has been pooled from the vectors of a batch that is not learned from, by kinds of pooling.
    pooled: dict[tuple[str, ...], Floats2d]
    _sample: Any = None
    _places: Any = None

    @classmethod
    def split(cls, flat: Floats2d, lengths: Ints1d) -> "TokenArrays":
        """Split an array.

        flat (Floats2d): All vectors, `(n_tokens, width)`.
        lengths (Ints1d): Tokens by document.
        RETURNS (TokenArrays): The slices.
        """
        stops = numpy.cumsum(lengths).tolist()
        arrays = cls(flat[start:stop] for start, stop in zip([0, *stops], stops, strict=False))
        arrays.flat = flat
        arrays.lengths = lengths
        arrays.pooled = {}
        return arrays

    def recall(self, poolings: tuple[str, ...]) -> Floats2d | None:
        """Get what another head has pooled from these vectors.

        Another component may have written into the array since. Comparing all of it would take longer
        than pooling again, so a sample is compared: the first vector of every document, and some values
        of the others.

        poolings (Tuple[str, ...]): Kinds of pooling.
        RETURNS (Optional[Floats2d]): `(n_docs, width * len(poolings))`.
        """
        sample = self._take_sample()
        if self._sample is None or not numpy.array_equal(sample, self._sample):
            self.pooled = {}
            self._sample = sample
        return self.pooled.get(poolings)

    def _take_sample(self) -> Any:
        if self._places is None:
            size, width = self.flat.size, max(1, self.flat.shape[1])
            firsts = (numpy.cumsum(self.lengths) - self.lengths)[self.lengths > 0, None] * width
            firsts = firsts + numpy.arange(min(SAMPLE_WIDTH, width))
            others = numpy.arange(0, size, 1 + size // SAMPLE_SIZE)
            self._places = numpy.concatenate([firsts.reshape(-1), others])
        return self.flat.reshape(-1)[self._places]

    def __reduce__(self) -> Any:
        return list, (list(self),)


def flatten(ops: Ops, arrays: list[Floats2d]) -> Floats2d:
    """Put token vectors of all documents into one array.

    ops (Ops): thinc's operations.
    arrays (List[Floats2d]): Token vectors by document.
    RETURNS (Floats2d): `(n_tokens, width)`. The array itself that they are slices of, if they are.
    """
    return arrays.flat if isinstance(arrays, TokenArrays) else ops.flatten(arrays)


class Latest:
    """The token vectors of the latest batch. They are neither copied nor pickled."""

    def __init__(self) -> None:
        self.arrays: TokenArrays | None = None

    def __deepcopy__(self, memo: Any) -> "Latest":
        return Latest()

    def __reduce__(self) -> Any:
        return Latest, ()
