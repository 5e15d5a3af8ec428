"""The README's tables of the benchmark of label review."""

import json
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from spread import spread

RESULTS = Path(__file__).parent / "results" / "review"
SETS = ("emotion", "sst2", "trec6")
TITLES = ("emotion", "SST-2", "TREC")
N_CONDITIONS = 6
HEADER = [
    "average precision",
    "seeds",
    *TITLES,
    *(f"precision among n, {title}" for title in TITLES),
    "macro-F1 dropped",
    "macro-F1 corrected",
]
LEARNING_HEADER = ["area under the learning curve", "seeds", *TITLES]


def table_rows() -> list[list[str]]:
    """Lay out the methods, from the lowest average precision to the highest.

    RETURNS (list[list[str]]): The cells: means over the six kinds of flips, and their spread over seeds.
    """
    runs = list(_load("flips", N_CONDITIONS))
    rows = []
    for method in dict.fromkeys(m for _, found in runs for m in _methods(found)):
        cells, total = [], []
        for key in ("average_precision", "precision_at_n"):
            for name in SETS:
                values = [_mean(found, method, key) for of, found in runs if of == name]
                cells.append(spread(values) if values else "")
                total += values if key == "average_precision" else []
        for key in ("dropped", "corrected"):
            values = [_mean(found, method, key) for _, found in runs]
            values = [value for value in values if value is not None]
            cells.append(f"{statistics.mean(values):.1f}" if values else "")
        seeds = max(sum(of == name for of, _ in runs) for name in SETS)
        rows.append((statistics.mean(total), [method, str(seeds), *cells]))
    return [cells for _, cells in sorted(rows)]


def learning_rows() -> list[list[str]]:
    """Lay out the strategies of labelling.

    RETURNS (list[list[str]]): The cells: mean macro-F1 over twenty rounds, and the spread over seeds.
    """
    runs = list(_load("learning", 3))
    rows = []
    for strategy in dict.fromkeys(name for _, found in runs for name in found):
        values = [[found[strategy]["area"] for of, found in runs if of == name] for name in SETS]
        cells = [spread(each) if each else "" for each in values]
        rows.append([strategy, str(max(map(len, values))), *cells])
    return rows


def _load(part: str, n_complete: int) -> Iterator[tuple[str, dict[str, Any]]]:
    for name in SETS:
        for path in sorted(RESULTS.glob(f"{name}-*.json")):
            found = json.loads(path.read_text(encoding="utf8"))[part]
            if len(found) == n_complete:
                yield name, found


def _methods(found: dict[str, Any]) -> list[str]:
    return list(next(iter(found.values()))["methods"])


def _mean(found: dict[str, Any], method: str, key: str) -> Any:
    values = [condition["methods"][method].get(key) for condition in found.values()]
    return None if None in values else statistics.mean(values)
