"""Learning curves, from the log of a training."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ..errors import Errors
from ..finite import is_number
from .contents import Curve, Curves

#: Evaluations over which values are smoothed, at most, and as a share of all there are.
WINDOW = 9
SHARE = 8


def read_curves(path: str | Path, tasks: Iterable[str]) -> Curves:
    """Read the learning curves of a training.

    path (Union[str, Path]): The file `training.jsonl` of `spacy_mtl.MultitaskLogger.v1`.
    tasks (Iterable[str]): The tasks.
    RETURNS (Curves): The curves.
    RAISES (ValueError): If there is no such file, or no evaluation in it.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(Errors.E744.format(path=path))
    entries = list(_read_entries(path))
    if not entries:
        raise ValueError(Errors.E745.format(path=path))
    scores = [_number(entry.get("score")) for entry in entries]
    known = [(score, -i) for i, score in enumerate(scores) if score is not None]
    last = entries[-1]
    return Curves(
        steps=[entry["step"] for entry in entries],
        scores=scores,
        best_step=entries[-max(known)[1]]["step"] if known else None,
        seconds=_number(last.get("seconds")),
        words=last.get("words") if isinstance(last.get("words"), int) else None,
        tasks=[_curve(task, entries) for task in tasks],
    )


def smooth(values: list[float | None]) -> list[float | None]:
    """Smooth a curve by means over a window around each point, smaller at its ends.

    values (List[Optional[float]]): The values. None is a gap, and stays one.
    RETURNS (List[Optional[float]]): As many values.
    """
    half = min(WINDOW, len(values) // SHARE) // 2
    smoothed: list[float | None] = []
    for i, value in enumerate(values):
        reach = min(half, i, len(values) - 1 - i)
        near = [v for v in values[i - reach : i + reach + 1] if v is not None]
        smoothed.append(None if value is None else sum(near) / len(near))
    return smoothed


def _curve(task: str, entries: list[dict[str, Any]]) -> Curve:
    rows = [entry["tasks"].get(task, {}) for entry in entries]
    losses = [_number(row.get("loss")) for row in rows]
    scores = [_number(row.get("score")) for row in rows]
    return Curve(task, losses, smooth(losses), scores, smooth(scores))


def _read_entries(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the evaluations. Lines that a training did not end to write are left out."""
    with path.open(encoding="utf8", errors="replace") as file:
        for line in file:
            try:
                entry = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if (
                isinstance(entry, dict)
                and isinstance(entry.get("step"), int)
                and isinstance(entry.get("tasks"), dict)
                and all(isinstance(row, dict) for row in entry["tasks"].values())
            ):
                yield entry


def _number(value: Any) -> float | None:
    return float(value) if is_number(value) else None
