"""Token vectors by document that lie in one array."""

from typing import Any

import numpy
from thinc.api import Ops
from thinc.types import Floats2d, Ints1d


class TokenArrays(list):
    """A list of each document's token vectors, which are slices of one array, so that what works on
    all of them at once need not copy them together.
    """

    #: All vectors, `(n_tokens, width)`.
    flat: Floats2d
    #: Tokens by document, `(n_docs,)`.
    lengths: Ints1d

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
        return arrays

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
