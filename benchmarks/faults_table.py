"""The README's table of the benchmark that kills commands."""

import json
from pathlib import Path

RESULT = Path(__file__).parent / "results" / "faults.json"
HEADER = [
    "Command",
    "kills",
    "left what was there",
    "in between",
    "left the new",
    "intact",
    "went on",
]


def table_rows() -> list[list[str]]:
    """Lay out what killed commands have left.

    RETURNS (list[list[str]]): The cells, a row for each command, and one for all.
    """
    if not RESULT.exists():
        return []
    rows = json.loads(RESULT.read_text("utf8"))["rows"]
    counts = [
        [row[key] for key in ("kills", "old", "between", "new", "intact", "resumed")]
        for row in rows
    ]
    names = [f"`{row['command']}`" for row in rows]
    cells = [
        *zip(names, counts, strict=True),
        ("all", [sum(column) for column in zip(*counts, strict=True)]),
    ]
    return [[name, *(f"{count}" for count in found)] for name, found in cells]
