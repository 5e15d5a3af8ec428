"""Suspects as rows: in Prodigy's format, and as a table."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..errors import Errors
from .suspects import Suspect

SUFFIXES = (".jsonl", ".csv", ".html")
#: The answer of a row that nobody has decided on.
OPEN = "ignore"
HEADER = (
    "task",
    "file",
    "line",
    "score",
    "flagged",
    "label",
    "suggested",
    "correction",
    "reasons",
    "text",
)
#: Between several labels in a cell. Labels may hold a comma.
SEPARATOR = " | "
#: Spreadsheets run what begins like this.
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def check_outputs(paths: Sequence[Path]) -> None:
    """Check the files that a review is to be written to, before it takes its time.

    paths (Sequence[Path]): The files.
    RAISES (ValueError): If a suffix is not known, or a file exists.
    """
    for path in paths:
        if path.suffix.lower() not in SUFFIXES:
            raise ValueError(Errors.E706.format(path=path, expected=", ".join(SUFFIXES)))
        if path.exists():
            raise FileExistsError(Errors.E707.format(path=path))


def as_row(suspect: Suspect) -> dict[str, Any]:
    """Write a suspect in Prodigy's format. The answer is "ignore" until somebody decides.

    suspect (Suspect): The suspect.
    RETURNS (Dict[str, Any]): A task of Prodigy's recipe `choice`, with all that is known under `meta`.
    """
    return {
        "text": suspect.row.text,
        "options": [{"id": label, "text": label} for label in suspect.options],
        "accept": suspect.labels,
        "answer": OPEN,
        "config": {"choice_style": "multiple" if suspect.multi_label else "single"},
        "meta": {
            "task": suspect.task,
            "file": str(suspect.row.path),
            "line": suspect.row.line,
            "score": round(suspect.score, 4),
            "flagged": suspect.flagged,
            "labels": suspect.labels,
            "suggested": suspect.suggested,
            "probabilities": suspect.probabilities,
            "reasons": [reason._asdict() for reason in suspect.reasons],
            "agreeing": [asdict(example) for example in suspect.agreeing],
            "disagreeing": [asdict(example) for example in suspect.disagreeing],
        },
    }


def as_jsonl(suspects: Sequence[Suspect]) -> Iterator[bytes]:
    """Write suspects as JSONL.

    suspects (Sequence[Suspect]): The suspects.
    YIELDS (bytes): The lines.
    """
    for suspect in suspects:
        yield json.dumps(as_row(suspect)).encode("utf8") + b"\n"


def as_csv(suspects: Sequence[Suspect]) -> bytes:
    """Write suspects as a table with an empty column for corrections.

    suspects (Sequence[Suspect]): The suspects.
    RETURNS (bytes): The file.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    for suspect in suspects:
        cells = (
            suspect.task,
            str(suspect.row.path),
            suspect.row.line,
            f"{suspect.score:.4f}",
            "yes" if suspect.flagged else "no",
            SEPARATOR.join(suspect.labels),
            SEPARATOR.join(suspect.suggested),
            "",
            "; ".join(reason.text for reason in suspect.reasons),
            suspect.row.text.replace("\0", "\ufffd"),
        )
        writer.writerow([_harmless(cell) for cell in cells])
    return out.getvalue().encode("utf8", "replace")


def harmful(cell: str) -> bool:
    """Tell whether a spreadsheet would run a cell.

    cell (str): The cell.
    RETURNS (bool): Whether it looks like a formula.
    """
    return cell.startswith(_FORMULAS)


def _harmless(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and harmful(cell) else cell
