"""Token vectors by document that lie in one array."""

from collections.abc import Callable
from typing import Any, TypeGuard

import numpy
from thinc.api import Ops
from thinc.types import Floats2d, Ints1d

#: Values of each document's first vector that are compared to notice a change.
SAMPLE_WIDTH = 8
#: Values in all up to which all are compared.
SMALL = 4096


#: Methods of a list that change it.
MUTATORS = (
    "__delitem__",
    "__iadd__",
    "__imul__",
    "__setitem__",
    "append",
    "clear",
    "extend",
    "insert",
    "pop",
    "remove",
    "reverse",
    "sort",
)


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
    #: Whether the list still holds the slices, in order.
    is_whole: bool = True
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
        than pooling again, so a sample is compared: a value of every token, of another column for each,
        and several values of every document's first token. A change of whole tokens, documents or
        columns is noticed. A component that changes single values has to assign `doc.tensor` anew.

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
            n_tokens, width = self.flat.shape
            tokens = numpy.arange(n_tokens)
            # Below that a column could be missed.
            if self.flat.size <= SMALL or n_tokens < 2 * width:
                self._places = numpy.arange(self.flat.size)
                return self.flat.reshape(-1)[self._places]
            firsts = (numpy.cumsum(self.lengths) - self.lengths)[self.lengths > 0, None] * width
            firsts = firsts + numpy.arange(min(SAMPLE_WIDTH, width))
            each = tokens * width + tokens % max(1, width)
            self._places = numpy.concatenate([firsts.reshape(-1), each])
        return self.flat.reshape(-1)[self._places]

    def __reduce__(self) -> Any:
        return list, (list(self),)


def _marking(name: str) -> Callable:
    method = getattr(list, name)

    def change(self: TokenArrays, *args: Any, **kwargs: Any) -> Any:
        self.is_whole = False
        return method(self, *args, **kwargs)

    return change


for _name in MUTATORS:
    setattr(TokenArrays, _name, _marking(_name))


def is_whole(arrays: Any) -> TypeGuard[TokenArrays]:
    """Tell whether token vectors are the slices of one array.

    arrays (List[Floats2d]): Token vectors by document.
    RETURNS (bool): Whether they are.
    """
    return isinstance(arrays, TokenArrays) and arrays.is_whole


def flatten(ops: Ops, arrays: list[Floats2d]) -> Floats2d:
    """Put token vectors of all documents into one array.

    ops (Ops): thinc's operations.
    arrays (List[Floats2d]): Token vectors by document.
    RETURNS (Floats2d): `(n_tokens, width)`. The array itself that they are slices of, if they are.
    """
    if is_whole(arrays):
        return arrays.flat
    return ops.flatten(list(arrays))


class Latest:
    """The token vectors of the latest batch. They are neither copied nor pickled."""

    def __init__(self) -> None:
        self.arrays: TokenArrays | None = None

    def __deepcopy__(self, memo: Any) -> "Latest":
        return Latest()

    def __reduce__(self) -> Any:
        return Latest, ()
