"""The README's table of the benchmark that fuzzes."""

import json
from pathlib import Path
from typing import Any

RESULT = Path(__file__).parent / "results" / "fuzz.json"
HEADER = ["What is fuzzed", "CPU minutes", "inputs", "branches", "found and fixed", "left"]


def table_rows() -> list[list[str]]:
    """Lay out what fuzzing has reached and found.

    RETURNS (list[list[str]]): The cells, a row for each target, and one for all.
    """
    if not RESULT.exists():
        return []
    result = json.loads(RESULT.read_text("utf8"))
    rows = [(row["what"], _counts(row, result["fixed"])) for row in result["rows"]]
    total = [sum(column) for column in zip(*(counts for _, counts in rows), strict=True)]
    return [
        [
            *(what, f"{seconds / 60:.1f}", f"{runs:,}"),
            *("" if what == "all" else f"{branches:,}", f"{fixed}", f"{left}"),
        ]
        for what, (seconds, runs, branches, fixed, left) in [*rows, ("all", total)]
    ]


def _counts(row: dict[str, Any], fixed: list[dict[str, str]]) -> list[float]:
    n_fixed = sum(found["target"] == row["target"] for found in fixed)
    return [row["seconds"], row["runs"], row["branches"], n_fixed, len(row["findings"])]
