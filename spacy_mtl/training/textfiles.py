"""Rows of text files, .jsonl, .csv, .tsv and .txt, before they are understood."""

import csv
import json
import zlib
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from gzip import BadGzipFile, GzipFile
from io import BufferedReader
from pathlib import Path
from typing import TypeAlias

from ..errors import Errors, RowErrors
from .rows import RowError

#: Where a row stands, and the row, or what is wrong with it.
NumberedRow: TypeAlias = tuple[int, object]
#: The longest cell of a .csv file. Python's own limit, 131,072, is less than a long text.
MAX_CELL = 2**24
BOM = b"\xef\xbb\xbf"
#: Lists and objects that may stand in one another. What reads or writes many more runs out of stack.
MAX_DEPTH = 100
_SHOWN_CELLS = 10
#: How many bytes at the beginning tell whether a file is text.
_HEAD = 4096


def read_text_rows(
    path: Path,
    task: str,
    kind: str,
    *,
    file: BufferedReader | None = None,
    labelled: bool = True,
) -> Iterator[NumberedRow]:
    """Read the rows of a text file, one at a time.

    path (Path): The file, compressed if its name ends in .gz.
    task (str): Its task, for error messages.
    kind (str): "jsonl", "csv", "tsv", or "txt" with one text a line.
    file (Optional[BufferedReader]): What is read instead of the file, e.g. standard input.
    labelled (bool): Whether a table has to have the columns "text" and "label", which alone are read.
        If not, all columns are, and an empty line of "txt" is an empty text.
    YIELDS (NumberedRow): Line numbers and rows. A bad row is a `RowError`.
    RAISES (ValueError): If the file as a whole cannot be read.
    """
    number = 0
    try:
        with open_binary(path) if file is None else nullcontext(file) as source:
            _check_is_text(source.peek(_HEAD)[:_HEAD], path, task)
            lines = _without_bom(source)
            if kind in ("jsonl", "txt"):
                rows = line_rows(lines, kind, keep_empty=kind == "txt" and not labelled)
            else:
                rows = _csv_rows(lines, path, task, kind, labelled)
            for number, row in rows:
                yield number, row
    except (EOFError, BadGzipFile, zlib.error) as err:
        raise ValueError(
            Errors.E105.format(path=path, task=task, kind="gzip", reason=err, line=number)
        ) from err
    except OSError as err:
        raise ValueError(Errors.E103.format(path=path, task=task, reason=err)) from err


def open_binary(path: Path) -> BufferedReader | GzipFile:
    """Open a file to read its bytes.

    path (Path): The file, compressed if its name ends in .gz.
    RETURNS (Union[BufferedReader, GzipFile]): What to read from.
    """
    return GzipFile(path, "rb") if path.name.lower().endswith(".gz") else open(path, "rb")


def _check_is_text(head: bytes, path: Path, task: str) -> None:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ValueError(Errors.E104.format(path=path, task=task, found="it is UTF-16"))
    position = head.find(b"\0")
    if position >= 0:
        found = f"byte 0x00 at position {position}"
        raise ValueError(Errors.E104.format(path=path, task=task, found=found))


def _without_bom(lines: Iterable[bytes]) -> Iterator[bytes]:
    for number, line in enumerate(lines):
        yield line if number else line.removeprefix(BOM)


def line_rows(lines: Iterable[bytes], kind: str, *, keep_empty: bool) -> Iterator[NumberedRow]:
    """Read rows that are a line each.

    lines (Iterable[bytes]): The lines.
    kind (str): "jsonl" or "txt".
    keep_empty (bool): Whether an empty line is a row.
    YIELDS (NumberedRow): Line numbers from 1 on, and rows. A bad row is a `RowError`.
    """
    for number, line in enumerate(lines, start=1):
        line = line.strip()
        if not line and not keep_empty:
            continue
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError as err:
            reason = RowErrors.ENCODING.format(byte=line[err.start], position=err.start)
            yield number, RowError(reason)
            continue
        yield number, _json_row(text) if kind == "jsonl" else {"text": text}


def _json_row(line: str) -> object:
    try:
        row = json.loads(line, strict=False)
    except json.JSONDecodeError as err:
        # Its own text names line 1 each time, beside the line of the file.
        return RowError(RowErrors.JSON.format(reason=f"{err.msg} at column {err.colno}"))
    except (ValueError, RecursionError) as err:
        return RowError(RowErrors.JSON.format(reason=err))
    # Hardly any row has brackets enough to be looked at.
    if line.count("[") + line.count("{") > MAX_DEPTH and is_deep(row, MAX_DEPTH):
        return RowError(RowErrors.DEPTH.format(limit=MAX_DEPTH))
    return row


def is_deep(value: object, limit: int) -> bool:
    """Tell whether lists and objects stand in one another too often.

    value (object): What was read.
    limit (int): How often they may.
    RETURNS (bool): Whether it is more.
    """
    level: list[object] = [value]
    for _ in range(limit):
        level = [
            item
            for inner in level
            if isinstance(inner, dict | list)
            for item in (inner.values() if isinstance(inner, dict) else inner)
        ]
    return any(isinstance(inner, dict | list) for inner in level)


def allow_long_cells() -> None:
    """Let the reader of tables take cells of up to MAX_CELL characters, in this whole process."""
    csv.field_size_limit(max(csv.field_size_limit(), MAX_CELL))


def _csv_rows(
    lines: Iterable[bytes], path: Path, task: str, kind: str, labelled: bool
) -> Iterator[NumberedRow]:
    separator = "\t" if kind == "tsv" else ","
    allow_long_cells()
    # Bytes that are not UTF-8 become surrogates, which the check of each cell reports.
    decoded = (line.decode("utf-8", "surrogateescape") for line in lines)
    reader = csv.reader(decoded, delimiter=separator, strict=True)
    header: list[str] | None = None
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as err:
            yield number, RowError(RowErrors.CSV.format(reason=err))
            continue
        if not any(cell.strip() for cell in cells):
            continue
        if header is None:
            header = [cell.strip().lower() if labelled else cell.strip() for cell in cells]
            if not labelled:
                continue
            if not _is_header(header):
                name = "tabs" if separator == "\t" else "commas"
                shown = ", ".join(map(repr, cells[:_SHOWN_CELLS]))
                raise ValueError(
                    Errors.E109.format(path=path, task=task, separator=name, header=shown)
                )
            continue
        yield number, csv_row(cells, header, labelled)


def _is_header(cells: list[str]) -> bool:
    once = {cell for cell in cells if cells.count(cell) == 1}
    if {"text1", "text2"} <= once:
        return bool({"score", "label"} & once) and "text" not in once
    return {"text", "label"} <= once


def csv_row(cells: list[str], header: list[str], labelled: bool) -> object:
    """Name the cells of a row.

    cells (List[str]): The cells.
    header (List[str]): The names.
    labelled (bool): Whether only the text and its label matter.
    RETURNS (object): The cells by name, or a `RowError` if there are too few or too many.
    """
    # Spreadsheets pad rows with empty cells.
    while len(cells) > len(header) and not cells[-1].strip():
        cells.pop()
    if len(cells) != len(header):
        return RowError(RowErrors.CELLS.format(expected=len(header), found=len(cells)))
    row = dict(zip(header, cells, strict=True))
    if not labelled:
        return row
    if "text1" not in row:
        return {"text": row["text"], "label": row["label"].strip()}
    # Either of the two may be left empty.
    values: dict[str, str | None] = {
        field: row[field].strip() or None for field in ("score", "label") if field in row
    }
    return {"text1": row["text1"], "text2": row["text2"], **values}
