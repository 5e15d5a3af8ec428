"""The README's tables of the benchmark of bulk inference."""

import json
from pathlib import Path
from typing import Any

PATH = Path(__file__).parent / "results" / "bulk.json"
HEADER = [
    "rows a second",
    "1 worker",
    "2 workers",
    "gain",
    "gain with the start",
    "processor time of the main process",
]
MEMORY_HEADER = ["megabytes at most", "rows", "main process", "each worker"]


def table_rows() -> list[list[str]]:
    """RETURNS (list[list[str]]): A row for each engine: medians over all rounds."""
    rows = []
    for engine, sides in _load().get("engines", {}).items():
        one, two = (sides["median"][str(n)] for n in (1, 2))
        gains = (f"{sides['gain'][key]:.2f} times" for key in ("steady", "job"))
        share = two["driver_seconds"] / (two["driver_seconds"] + two["worker_seconds"])
        rates = (f"{side['steady']:,.0f}" for side in (one, two))
        rows.append([f"`--engine {engine}`", *rates, *gains, f"{100 * share:.1f} %"])
    return rows


def memory_rows() -> list[list[str]]:
    """RETURNS (list[list[str]]): A row for each engine and number of rows."""
    return [
        [
            f"`--engine {engine}`",
            f"{int(n):,}",
            *(f"{m[key]:.0f}" for key in ("driver_mb", "worker_mb")),
        ]
        for engine, sizes in _load().get("memory", {}).items()
        for n, m in sizes.items()
    ]


def _load() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(PATH.read_text(encoding="utf8")) if PATH.is_file() else {}
    return found
