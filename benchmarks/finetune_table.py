"""The README's table of the fine-tuning benchmark."""

import json
import statistics
from typing import Any

from finetune import RESULTS, SIZES
from finetune_bases import LEFT_OUT
from finetune_methods import METHODS
from spread import spread
from tweeteval_data import TASKS

HEADER = ["new task, test macro-F1", "seeds", *(f"{size:,} labels" for size in SIZES)]
OLD_HEADER = [f"old tasks, {size:,}" for size in SIZES]


def table_rows() -> list[list[str]]:
    """Lay out the methods that are finished for all four tasks.

    RETURNS (list[list[str]]): The cells: means over tasks, and their spread over seeds.
    """
    rows = []
    for name, method in METHODS.items():
        seeds = _finished(name)
        if not seeds:
            continue
        cells = [method.title, str(len(seeds))]
        for key in ("test", "old"):
            for size in SIZES:
                values = [_mean(runs, size, key) for runs in seeds]
                cells.append(_show(values, signed=key == "old"))
        rows.append(cells)
    return rows


def _finished(name: str) -> list[dict[str, dict[str, Any]]]:
    """RETURNS (list[dict]): For each seed for which all tasks are there, the runs by task and size."""
    found: dict[int, dict[str, dict[str, Any]]] = {}
    for path in sorted(RESULTS.glob(f"*-{name}.json")):
        record = json.loads(path.read_text(encoding="utf8"))
        if record["method"] == name:
            found.setdefault(record["seed"], {}).update(record["runs"])
    n_runs = sum(len(TASKS[task]) for task in LEFT_OUT) * len(SIZES)
    return [runs for _, runs in sorted(found.items()) if len(runs) == n_runs]


def _mean(runs: dict[str, dict[str, Any]], size: int, key: str) -> float | None:
    """RETURNS (float | None): The mean over tasks, that of a task with several sets being their mean."""
    means = []
    for task in LEFT_OUT:
        values = [runs[f"{name}:{size}"].get(key) for name in TASKS[task]]
        if None in values:
            return None
        if key == "old":
            values = [statistics.mean(value.values()) for value in values]
        means.append(statistics.mean(values))
    return statistics.mean(means)


def _show(values: list[float | None], *, signed: bool) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return ""
    return f"{statistics.mean(known):+.1f}" if signed else spread(known)
