"""Pairs of rows that are alike or unlike, from labels, all of them or only some known."""

from collections.abc import Sequence
from typing import Any

import numpy
from numpy.random import Generator
from thinc.types import Floats1d, Floats2d, Ints1d

from ..errors import Errors

#: From this value on a label of `cats` applies.
APPLIES = 0.5
#: How often an unlike row is drawn again that turns out to be alike by another label.
_TRIES = 5

Pairs = tuple[Ints1d, Ints1d, Floats1d]


def draw_pairs(labels: Any, *, n_neg: int = 1, n_pairs: int | None = None, rng: Generator) -> Pairs:
    """Draw pairs of rows: each row with another one that is alike, and with some that are not.

    With one label a row, rows of a label are alike and all others are not. With `cats`, two rows
    are alike by a label that applies to both, and unlike by one that is known to apply to one of them
    only, if nothing makes them alike. What is unknown to either says nothing, and neither does a label that
    applies to none of both: there are many ways not to be something.

    labels (Union[Sequence[Any], Sequence[Dict[str, float]]]): A label for each row, None where it is
        unknown, or the known labels of each row, from 0 to 1.
    n_neg (int): Unlike pairs for each that is alike.
    n_pairs (Optional[int]): How many alike pairs to draw. Defaults to one for each row that has a partner.
    rng (Generator): What draws.
    RETURNS (Tuple[Ints1d, Ints1d, Floats1d]): The rows on the left, those on the right, and 1 for alike or
        0 for unlike. All empty if no two rows are alike.
    RAISES (ValueError): If a row of `cats` is not valid.
    """
    return LabelPairs(labels).draw(n_neg=n_neg, n_pairs=n_pairs, rng=rng)


class LabelPairs:
    """Labels of rows, to tell which rows are alike and to draw pairs of them."""

    def __init__(self, labels: Any) -> None:
        """Read the labels.

        labels (Union[Sequence[Any], Sequence[Dict[str, float]]]): As for `draw_pairs`.
        RAISES (ValueError): If a row of `cats` is not valid.
        """
        self._labels = labels if is_cats(labels) else numpy.asarray(labels)
        self._codes: Any = None
        if is_cats(labels):
            _, values = cats_table(labels)
            self._yes = values >= APPLIES
            self._no = values < APPLIES
            self._keys = [
                (numpy.flatnonzero(yes), numpy.flatnonzero(no))
                for yes, no in zip(self._yes.T, self._no.T, strict=True)
            ]
        else:
            self._codes = label_codes(labels)
            n_codes = max(1, int(self._codes.max(initial=-1)) + 1)
            order = numpy.argsort(self._codes, kind="stable")
            self._order = order[self._codes[order] >= 0]
            self._counts = numpy.bincount(self._codes[self._order], minlength=n_codes)
            self._starts = numpy.cumsum(self._counts) - self._counts
            self._places = numpy.zeros(len(self._codes), dtype=int)
            self._places[self._order] = numpy.arange(len(self._order))

    def compare(self, left: Ints1d, right: Ints1d) -> tuple[Any, Any]:
        """Compare all rows of one choice with all rows of another.

        left (Ints1d): `(n,)`, rows.
        right (Ints1d): `(m,)`, rows.
        RETURNS (Tuple[Array2d, Array2d]): Which pairs are alike and which unlike, `(n, m)`, bool.
        """
        if self._codes is not None:
            codes, others = self._codes[left][:, None], self._codes[right][None, :]
            known = (codes >= 0) & (others >= 0)
            return (codes == others) & known, (codes != others) & known
        yes, no = self._yes[left].astype("float32"), self._no[left].astype("float32")
        other_yes = self._yes[right].astype("float32").T
        other_no = self._no[right].astype("float32").T
        alike = yes @ other_yes > 0
        return alike, (yes @ other_no + no @ other_yes > 0) & ~alike

    def subset(self, rows: Ints1d) -> "LabelPairs":
        """RETURNS (LabelPairs): The labels of some of the rows."""
        return LabelPairs(
            [self._labels[i] for i in rows] if self._codes is None else self._labels[rows]
        )

    def known(self) -> Ints1d:
        """RETURNS (Ints1d): The rows that have a known label."""
        if self._codes is not None:
            return numpy.flatnonzero(self._codes >= 0)
        return numpy.flatnonzero((self._yes | self._no).any(axis=1))

    def patterns(self) -> Ints1d:
        """RETURNS (Ints1d): A number for each row, the same for rows of the same labels."""
        if self._codes is not None:
            return self._codes
        known = self._yes * 2 + self._no
        return numpy.unique(known, axis=0, return_inverse=True)[1].reshape(-1)

    def can_teach(self) -> bool:
        """RETURNS (bool): Whether there are rows that are alike to one row, and others unlike it."""
        if self._codes is not None:
            return len(self._counts) > 1 and bool(self._counts.max() > 1)
        return bool(((self._yes.sum(axis=0) > 1) & self._no.any(axis=0)).any())

    def anchors(self) -> Ints1d:
        """RETURNS (Ints1d): The rows that are alike to another one."""
        if self._codes is not None:
            return numpy.flatnonzero((self._codes >= 0) & (self._counts[self._codes] > 1))
        usable = self._yes.sum(axis=0) > 1
        return numpy.flatnonzero(self._yes[:, usable].any(axis=1))

    def draw(self, *, n_neg: int = 1, n_pairs: int | None = None, rng: Generator) -> Pairs:
        """Draw pairs, as `draw_pairs` does.

        n_neg (int): Unlike pairs for each that is alike.
        n_pairs (Optional[int]): How many alike pairs to draw.
        rng (Generator): What draws.
        RETURNS (Tuple[Ints1d, Ints1d, Floats1d]): Left rows, right rows, and scores.
        """
        anchors = self.anchors()
        n_pairs = len(anchors) if n_pairs is None else n_pairs
        if not len(anchors) or not n_pairs:
            none = numpy.zeros(0, dtype=int)
            return none, none, numpy.zeros(0, dtype="float32")
        rounds = -(-n_pairs // len(anchors))
        left = numpy.concatenate([rng.permutation(anchors) for _ in range(rounds)])[:n_pairs]
        draw = self._draw_cats if self._codes is None else self._draw_codes
        partners, unlike_left, unlike_right = draw(left, n_neg, rng)
        scores = numpy.zeros(len(left) + len(unlike_left), dtype="float32")
        scores[: len(left)] = 1
        return (
            numpy.concatenate([left, unlike_left]),
            numpy.concatenate([partners, unlike_right]),
            scores,
        )

    def _draw_codes(self, left: Ints1d, n_neg: int, rng: Generator) -> tuple[Any, Any, Any]:
        starts, counts = self._starts[self._codes[left]], self._counts[self._codes[left]]
        steps = rng.integers(1, counts)
        places = starts + (self._places[left] - starts + steps) % counts
        n_others = len(self._order) - numpy.repeat(counts, n_neg)
        known = n_others > 0
        anchors = numpy.repeat(left, n_neg)[known]
        others = rng.integers(0, n_others[known])
        others += (others >= numpy.repeat(starts, n_neg)[known]) * numpy.repeat(counts, n_neg)[
            known
        ]
        return self._order[places], anchors, self._order[others]

    def _draw_cats(self, left: Ints1d, n_neg: int, rng: Generator) -> tuple[Any, Any, Any]:
        # Each row is drawn a partner by one of the labels that apply to it and to others.
        chances = rng.random((len(left), len(self._keys)))
        chances[~self._yes[left] | (self._yes.sum(axis=0) < 2)] = -1
        keys = chances.argmax(axis=1)
        partners = numpy.zeros(len(left), dtype=int)
        anchors, others = [], []
        for k, (yes, no) in enumerate(self._keys):
            chosen = numpy.flatnonzero(keys == k)
            rows = left[chosen]
            places = numpy.searchsorted(yes, rows)
            steps = rng.integers(1, len(yes), size=len(rows)) if len(rows) else 0
            partners[chosen] = yes[(places + steps) % len(yes)] if len(rows) else 0
            if len(no) and len(rows):
                repeated = numpy.repeat(rows, n_neg)
                anchors.append(repeated)
                others.append(self._draw_unlike(repeated, no, rng))
        unlike_left, unlike_right = _join(anchors), _join(others)
        found = unlike_right >= 0
        return partners, unlike_left[found], unlike_right[found]

    def _draw_unlike(self, rows: Ints1d, choice: Ints1d, rng: Generator) -> Ints1d:
        """Draw rows to which a label does not apply, -1 where those drawn are alike by another label."""
        drawn = numpy.full(len(rows), -1)
        for _ in range(_TRIES):
            missing = numpy.flatnonzero(drawn < 0)
            candidates = rng.choice(choice, size=len(missing))
            alike = (self._yes[rows[missing]] & self._yes[candidates]).any(axis=1)
            drawn[missing] = numpy.where(alike, -1, candidates)
        return drawn


def is_cats(labels: Any) -> bool:
    """RETURNS (bool): Whether labels are a dict for each row."""
    return (
        isinstance(labels, Sequence | numpy.ndarray)
        and len(labels) > 0
        and isinstance(labels[0], dict)
    )


def cats_table(
    labels: Sequence[Any], classes: Sequence[str] | None = None
) -> tuple[list[str], Floats2d]:
    """Write partially known labels as an array.

    labels (Sequence[Dict[str, float]]): The known labels of each row, from 0 to 1.
    classes (Optional[Sequence[str]]): The labels, if they are given. Defaults to those found, sorted.
    RETURNS (Tuple[List[str], Floats2d]): The labels, and the value of each for each row, float32, NaN where
        it is unknown.
    RAISES (ValueError): If a row is not valid.
    """
    for i, cats in enumerate(labels):
        if not isinstance(cats, dict) or not all(map(_is_valid, cats.items())):
            raise ValueError(Errors.E552.format(row=i, found=cats))
    names = sorted({key for cats in labels for key in cats}) if classes is None else list(classes)
    columns = {name: k for k, name in enumerate(names)}
    values = numpy.full((len(labels), len(names)), numpy.nan, dtype="float32")
    for i, cats in enumerate(labels):
        for key, value in cats.items():
            values[i, columns[key]] = value
    return names, values


def label_codes(labels: Any) -> Ints1d:
    """Number labels.

    labels (Sequence[Any]): A label for each row, None where it is unknown.
    RETURNS (Ints1d): `(n,)`, a number for each label from 0, -1 where it is unknown.
    """
    labels = numpy.asarray(labels)
    known = numpy.ones(len(labels), dtype=bool)
    if labels.dtype.kind == "O":
        known = numpy.array([label is not None for label in labels], dtype=bool)
    codes = numpy.full(len(labels), -1)
    codes[known] = numpy.unique(labels[known], return_inverse=True)[1].reshape(-1)
    return codes


def _is_valid(item: tuple[Any, Any]) -> bool:
    key, value = item
    is_number = isinstance(value, int | float | numpy.number | numpy.bool_)
    return isinstance(key, str) and is_number and 0 <= value <= 1


def _join(parts: list[Any]) -> Ints1d:
    return numpy.concatenate(parts) if parts else numpy.zeros(0, dtype=int)
