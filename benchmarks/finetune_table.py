"""The README's table of the fine-tuning benchmark."""

import json
import statistics
from pathlib import Path
from typing import Any

from finetune_bases import LEFT_OUT
from spread import spread
from tweeteval_data import TASKS

RESULTS = Path(__file__).parent / "results" / "finetune"
SIZES = (50, 200, 1000)
HEADER = [
    "new task, test macro-F1",
    "seeds",
    *(f"{size:,} labels" for size in SIZES),
    *(f"old tasks, {size:,}" for size in SIZES),
]
#: The runs of one seed, by set and size.
Runs = dict[str, dict[str, Any]]


def table_rows() -> list[list[str]]:
    """Lay out the methods that are finished for all four tasks.

    RETURNS (list[list[str]]): The cells: means over tasks, and their spread over seeds. From the lowest
        to the highest score with 200 labels.
    """
    rows = []
    for title, seeds in load_methods().items():
        new = [[_mean(runs, size, "test") for runs in seeds] for size in SIZES]
        old = [[_mean(runs, size, "old") for runs in seeds] for size in SIZES]
        cells = [title, str(len(seeds)), *map(spread, new)]
        cells += [f"{statistics.mean(part):+.1f}" if part[0] is not None else "" for part in old]
        rows.append((statistics.mean(new[1]), cells))
    return [cells for _, cells in sorted(rows)]


def load_methods() -> dict[str, list[Runs]]:
    """Read the results.

    RETURNS (dict): By title of a method, its runs of each seed for which all tasks are there.
    """
    found: dict[str, dict[int, Runs]] = {}
    for path in sorted(RESULTS.glob("*.json")):
        record = json.loads(path.read_text(encoding="utf8"))
        seeds = found.setdefault(record["title"], {})
        seeds.setdefault(record["seed"], {}).update(record["runs"])
    n_runs = sum(len(TASKS[task]) for task in LEFT_OUT) * len(SIZES)
    complete = {
        title: [runs for _, runs in sorted(seeds.items()) if len(runs) == n_runs]
        for title, seeds in found.items()
    }
    return {title: seeds for title, seeds in complete.items() if seeds}


def _mean(runs: Runs, size: int, key: str) -> Any:
    """RETURNS (float | None): The mean over tasks, that of a task with several sets being their mean. None for
    a method that has no old tasks."""
    means = []
    for task in LEFT_OUT:
        values = [runs[f"{name}:{size}"].get(key) for name in TASKS[task]]
        if None in values:
            return None
        if key == "old":
            values = [statistics.mean(value.values()) for value in values]
        means.append(statistics.mean(values))
    return statistics.mean(means)
