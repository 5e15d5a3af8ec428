"""What a person decided about the rows of a review."""

import csv
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import Errors
from .output import HEADER, OPEN, SEPARATOR, harmful

ANSWERS = ("accept", "reject", OPEN)
#: In the column for corrections: the row is to be left out.
REJECT = "REJECT"
#: The same for a row to which no label applies.
NONE = "NONE"
_SPLIT = re.compile(rf"\s+{re.escape(SEPARATOR.strip())}\s+")


class Decision(NamedTuple):
    """A decision about one row."""

    task: str
    file: str
    line: int
    #: The labels that apply. None to leave the row out.
    labels: tuple[str, ...] | None
    #: The text of the row, if the review is the one that keeps it as it is.
    text: str | None


def read_decisions(path: Path) -> tuple[list[Decision], int]:
    """Read a review.

    path (Path): A review, .jsonl or .csv.
    RETURNS (Tuple[List[Decision], int]): The decisions, and how many rows are open.
    RAISES (ValueError): If it cannot be read, or a row is not that of a review.
    """
    rows = _csv_rows(path) if path.suffix.lower() == ".csv" else _jsonl_rows(path)
    decisions, n_open = [], 0
    for number, decision in rows:
        if isinstance(decision, str):
            raise ValueError(Errors.E711.format(row=number, path=path, reason=decision))
        if decision is None:
            n_open += 1
        else:
            decisions.append(decision)
    return decisions, n_open


def _jsonl_rows(path: Path) -> Iterator[tuple[int, Decision | str | None]]:
    with open(path, encoding="utf8") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except ValueError as error:
                yield number, f"it is not JSON ({error})"
                continue
            yield number, _decide(row)


def _decide(row: Any) -> Decision | str | None:
    meta = row.get("meta") if isinstance(row, Mapping) else None
    if not isinstance(meta, Mapping):
        return 'it has no "meta"'
    answer, accept = row.get("answer", OPEN), row.get("accept")
    if answer not in ANSWERS:
        return f'"answer" is {answer!r}'
    if answer == OPEN:
        return None
    try:
        place = (str(meta["task"]), str(meta["file"]), int(meta["line"]))
    except (KeyError, TypeError, ValueError):
        return '"meta" has no task, file and line'
    text = row.get("text")
    text = text if isinstance(text, str) else None
    if answer == "reject":
        return Decision(*place, None, text)
    if not isinstance(accept, list) or not all(isinstance(label, str) for label in accept):
        return '"accept" is no list of labels'
    config = row.get("config") or {}
    if config.get("choice_style") == "single" and len(accept) != 1:
        return f'"accept" has {len(accept)} labels, and the task takes one'
    return Decision(*place, tuple(accept), text)


def _csv_rows(path: Path) -> Iterator[tuple[int, Decision | str | None]]:
    with open(path, encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        missing = set(HEADER[:3]) | {"correction"}
        if not missing <= set(reader.fieldnames or ()):
            yield 1, f"the columns {', '.join(sorted(missing))} are needed"
            return
        for row in reader:
            correction = (row["correction"] or "").strip()
            if not correction:
                yield reader.line_num, None
                continue
            try:
                place = (row["task"], _plain(row["file"]), int(row["line"]))
            except ValueError:
                yield reader.line_num, f"the line is {row['line']!r}"
                continue
            if correction == REJECT:
                yield reader.line_num, Decision(*place, None, None)
            else:
                labels = () if correction == NONE else tuple(_SPLIT.split(_plain(correction)))
                yield reader.line_num, Decision(*place, labels, None)


def _plain(cell: str) -> str:
    """A cell as it was before it was made harmless."""
    return cell[1:] if cell.startswith("'") and harmful(cell[1:]) else cell
