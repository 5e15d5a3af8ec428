"""The README's table of the test lanes."""

import json
from pathlib import Path

RESULT = Path(__file__).parent / "results" / "lanes.json"
SHOWN = ["spacy", "thinc", "numpy", "scikit-learn", "pyarrow", "numba"]
HEADER = ["Releases", "Python", *SHOWN, "passed", "skipped", "failed"]


def table_rows() -> list[list[str]]:
    """Lay out what the lanes found.

    RETURNS (list[list[str]]): The cells, a row for each lane.
    """
    if not RESULT.exists():
        return []
    lanes = json.loads(RESULT.read_text("utf8"))
    return [
        [
            name,
            row["python"],
            *(row["releases"].get(library, "-") for library in SHOWN),
            *(f"{row[outcome]:,}" for outcome in ("passed", "skipped", "failed")),
        ]
        for name, row in lanes.items()
    ]
