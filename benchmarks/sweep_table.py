"""The table of `benchmarks/sweep.py`."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from spread import spread

RESULT = Path(__file__).parent / "results" / "sweep" / "demo.json"
HEADER = [
    "settings",
    "best dev score of the search",
    "dev, new seeds",
    "test, new seeds",
    "seconds of search",
]


def table_rows() -> list[list[str]]:
    """RETURNS (list[list[str]]): A row for the shipped config, and one for each search."""
    if not RESULT.is_file():
        return []
    result = json.loads(RESULT.read_text(encoding="utf8"))
    rows = [["`configs/demo.cfg`", "", *_scores(result["default"]), ""]]
    for found in result["searches"]:
        name = f"best of {result['trials']} trials, {found['sampler']}"
        rows.append([name, f"{found['best_dev']:.1f}", *_scores(found), f"{found['seconds']:,}"])
    return rows


def _scores(record: Mapping[str, Any]) -> tuple[str, str]:
    return spread(record["short"]["dev"]), spread(record["short"]["test"])
