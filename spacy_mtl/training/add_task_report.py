"""What a new task is worth, and what it has cost the old ones."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..types import Cats
from ..util import task_cats
from .tables import format_number, format_table

HEADER = ("Task", "Measured on", "Rows", "Metric", "Before", "After", "Change", "At most lost")
AGREEMENT = "agreement"


@dataclass(frozen=True)
class Outcome:
    """One task before and after the training, in points of 100.

    task (str): The task.
    measured_on (str): Data on which it was measured.
    rows (int): How many rows of it.
    metric (str): What was measured. "agreement": the share of texts for which the task's decision is the
        former one.
    before (Optional[float]): Its value before. None for a new task.
    after (Optional[float]): Its value after.
    max_loss (Optional[float]): How much less is accepted. None for a new task.
    """

    task: str
    measured_on: str
    rows: int
    metric: str
    before: float | None
    after: float | None
    max_loss: float | None = None

    @property
    def change(self) -> float | None:
        """RETURNS (Optional[float]): The gain; a loss is negative. None if there is nothing to compare."""
        return None if self.before is None or self.after is None else self.after - self.before

    @property
    def is_accepted(self) -> bool:
        """RETURNS (bool): Whether the task lost no more than is accepted."""
        if self.change is None or self.max_loss is None:
            return True
        # Scores are sums of fractions, so that a loss of just the limit is not exact.
        return -self.change <= self.max_loss + 1e-9


def decide(
    cats: Cats, task: str, *, multi_label: bool = False, threshold: float = 0.5
) -> frozenset[str]:
    """Tell which labels a document gets.

    cats (Cats): The scores by ``task/label``.
    task (str): The task.
    multi_label (bool): Whether any number of labels can apply.
    threshold (float): From which score on a label applies, if any number can.
    RETURNS (FrozenSet[str]): The labels.
    """
    scores = task_cats(cats, task)
    if multi_label:
        return frozenset(label for label, score in scores.items() if score >= threshold)
    return frozenset([max(scores, key=scores.__getitem__)] if scores else [])


def measure_agreement(
    before: Iterable[frozenset[str]], after: Iterable[frozenset[str]]
) -> float | None:
    """Measure how many decisions are the same.

    before (Iterable[FrozenSet[str]]): The decisions for some documents.
    after (Iterable[FrozenSet[str]]): Others, for the same documents.
    RETURNS (Optional[float]): Their share in percent. None if there are no documents.
    """
    same = [a == b for a, b in zip(before, after, strict=True)]
    return 100.0 * sum(same) / len(same) if same else None


def format_outcomes(outcomes: Sequence[Outcome]) -> list[str]:
    """Lay out a table of outcomes.

    outcomes (Sequence[Outcome]): The outcomes.
    RETURNS (List[str]): The lines.
    """
    return format_table(HEADER, [_cells(outcome) for outcome in outcomes])


def to_json(outcomes: Sequence[Outcome]) -> list[dict[str, object]]:
    """Prepare outcomes for a file.

    outcomes (Sequence[Outcome]): The outcomes.
    RETURNS (List[Dict[str, object]]): Their values by name.
    """
    return [
        {**vars(outcome), "change": outcome.change, "accepted": outcome.is_accepted}
        for outcome in outcomes
    ]


def _cells(outcome: Outcome) -> tuple[str, ...]:
    mark = "" if outcome.is_accepted else " !"
    return (
        outcome.task,
        outcome.measured_on,
        format_number(outcome.rows, ",d"),
        outcome.metric,
        format_number(outcome.before, ".1f"),
        format_number(outcome.after, ".1f"),
        format_number(outcome.change, "+.1f") + mark,
        format_number(outcome.max_loss, ".1f"),
    )
