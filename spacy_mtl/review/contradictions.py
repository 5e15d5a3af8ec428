"""Labels of two tasks that seldom go together, learned from how often they do."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy

#: Two labels contradict each other if they go together less than this part of what chance would give.
SELDOM = 0.25
#: With less expected by chance, nothing can be said.
LEAST_EXPECTED = 5.0
#: A predicted label counts from this probability on.
SURE = 0.7


class Contradiction(NamedTuple):
    """A label of another task that does not go with a row's own."""

    label: str
    task: str
    other: str
    #: Of the other label; 1 where it is annotated.
    probability: float
    #: How many rows have both, and how many would by chance.
    together: float
    expected: float


def find_contradictions(
    Y: Any, labels: Sequence[str], other_task: str, Q: Any, other_labels: Sequence[str]
) -> list[list[Contradiction]]:
    """Find rows whose label seldom goes with one of another task.

    Y (Floats2d): Labels of the task, `(n, n_labels)`; nan where unknown.
    labels (Sequence[str]): Names of the labels.
    other_task (str): The other task.
    Q (Floats2d): Annotated (0 or 1) or predicted labels of the other task, `(n, n_other_labels)`.
    other_labels (Sequence[str]): Names of those labels.
    RETURNS (List[List[Contradiction]]): What was found, by row.
    """
    applies = numpy.nan_to_num(Y) > 0.5
    sure = Q >= SURE
    together = applies.T.astype("float64") @ sure
    expected = numpy.outer(applies.sum(axis=0), sure.sum(axis=0)) / max(1, len(Y))
    seldom = (expected >= LEAST_EXPECTED) & (together < SELDOM * expected)
    found: list[list[Contradiction]] = [[] for _ in range(len(Y))]
    for a, b in numpy.argwhere(seldom):
        for i in numpy.flatnonzero(applies[:, a] & sure[:, b]):
            found[i].append(
                Contradiction(
                    labels[a],
                    other_task,
                    other_labels[b],
                    float(Q[i, b]),
                    float(together[a, b]),
                    float(expected[a, b]),
                )
            )
    return found
