"""The table of `benchmarks/sweep.py`."""

from collections.abc import Mapping
from typing import Any

from spread import spread

HEADER = (
    "settings",
    "best dev score of the search",
    "dev, new seeds",
    "test, new seeds",
    "seconds of search",
)


def table_rows(result: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Make the rows.

    result (Mapping): What the benchmark wrote.
    RETURNS (list): The cells of each row.
    """
    rows = [("`configs/demo.cfg`", "", *_scores(result["default"]), "")]
    for found in result["searches"]:
        name = f"best of {result['trials']} trials, {found['sampler']}"
        rows.append((name, f"{found['best_dev']:.1f}", *_scores(found), f"{found['seconds']:,}"))
    return rows


def _scores(record: Mapping[str, Any]) -> tuple[str, str]:
    return spread(record["short"]["dev"]), spread(record["short"]["test"])
