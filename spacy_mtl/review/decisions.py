"""What a person decided about the rows of a review."""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import Errors, RowErrors
from ..training.textfiles import allow_long_cells
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
    is_table = path.suffix.lower() == ".csv"
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = error.object[: error.start].count(b"\n") + 1
        reason = RowErrors.ENCODING.format(byte=error.object[error.start], position=error.start)
        raise ValueError(Errors.E711.format(row=row, path=path, reason=reason)) from error
    rows = _csv_rows(text) if is_table else _jsonl_rows(text)
    decisions, n_open = [], 0
    for number, decision in rows:
        if isinstance(decision, str):
            raise ValueError(Errors.E711.format(row=number, path=path, reason=decision))
        if decision is None:
            n_open += 1
        else:
            decisions.append(decision)
    return decisions, n_open


def _jsonl_rows(text: str) -> Iterator[tuple[int, Decision | str | None]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield number, f"it is not JSON ({error})"
            continue
        yield number, _decide(row)


def _decide(row: Any) -> Decision | str | None:
    meta = row.get("meta") if isinstance(row, Mapping) else None
    if not isinstance(meta, Mapping):
        return 'it has no "meta"'
    answer, accept = row.get("answer", OPEN), row.get("accept")
    if answer not in ANSWERS:
        return '"answer" is none of ' + ", ".join(ANSWERS)
    if answer == OPEN:
        return None
    try:
        place = (str(meta["task"]), str(meta["file"]), int(meta["line"]))
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError):
        return '"meta" has no task, file and line'
    text = row.get("text")
    text = text if isinstance(text, str) else None
    if answer == "reject":
        return Decision(*place, None, text)
    if not isinstance(accept, list) or not all(isinstance(label, str) for label in accept):
        return '"accept" is no list of labels'
    config = row.get("config")
    is_single = isinstance(config, Mapping) and config.get("choice_style") == "single"
    if is_single and len(accept) != 1:
        return f'"accept" has {len(accept)} labels, and the task takes one'
    return Decision(*place, tuple(accept), text)


def _csv_rows(text: str) -> Iterator[tuple[int, Decision | str | None]]:
    allow_long_cells()
    reader = csv.DictReader(io.StringIO(text, newline=""), restval="")
    missing = set(HEADER[:3]) | {"correction"}
    try:
        if not missing <= set(reader.fieldnames or ()):
            yield 1, f"the columns {', '.join(sorted(missing))} are needed"
            return
        for row in reader:
            yield reader.line_num, _correct(row)
    except csv.Error as error:
        yield reader.line_num, f"it is no row of a table ({error})"


def _correct(row: Mapping[str, str]) -> Decision | str | None:
    correction = row["correction"].strip()
    if not correction:
        return None
    try:
        place = (row["task"], _plain(row["file"]), int(row["line"]))
    except ValueError:
        return f"the line is {row['line']!r}"
    if correction == REJECT:
        return Decision(*place, None, None)
    labels = () if correction == NONE else tuple(_SPLIT.split(_plain(correction)))
    return Decision(*place, labels, None)


def _plain(cell: str) -> str:
    """A cell as it was before it was made harmless."""
    return cell[1:] if cell.startswith("'") and harmful(cell[1:]) else cell
