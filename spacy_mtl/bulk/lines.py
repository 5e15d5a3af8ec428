"""Rows of text files as bytes, in pieces of bounded size; and JSON lines."""

import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ..errors import RowErrors
from ..errors.bulk import BulkReasons
from ..inference.predictor import PREDICTED
from ..inference.writers import EMBEDDING, encode_json
from ..training.rows import RowError, parse_text
from ..training.textfiles import BOM, line_rows, open_binary
from .blocks import BLOCK_BYTES, MAX_ROW, Block, Layout, Piece, Row, Scored


def read_lines(file: Any, *, is_start: bool = True) -> Iterator[bytes]:
    """Read the lines of a file. Of one that is too long comes just as much as tells that it is.

    file (BinaryIO): The file.
    is_start (bool): Whether a file begins here, and not a piece of one.
    YIELDS (bytes): The lines, with their ends.
    RAISES (ValueError): If the file is no text in UTF-8.
    """
    limit = MAX_ROW + 1
    is_first = is_start
    while line := file.readline(limit):
        if len(line) == limit and not line.endswith(b"\n"):
            rest = line
            while rest and not rest.endswith(b"\n"):
                rest = file.readline(limit)
            line += b"\n"
        if is_first and line.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise ValueError(BulkReasons.UTF16)
        yield line.removeprefix(BOM) if is_first else line
        is_first = False


def make_pieces(
    rows: Iterable[tuple[int, bytes]], max_rows: int, header: bytes = b""
) -> Iterator[Piece]:
    """Put rows together.

    rows (Iterable[Tuple[int, bytes]]): Line numbers and rows.
    max_rows (int): The most rows of a piece.
    header (bytes): What stands before all rows.
    YIELDS (Piece): The pieces, at least one.
    """
    start, size = 1, 0
    kept: list[bytes] = []
    is_empty = True
    for number, row in rows:
        if not kept:
            start = number
        kept.append(row)
        size += len(row)
        if len(kept) >= max_rows or size >= BLOCK_BYTES:
            yield Piece(start, b"".join(kept), header)
            size, kept, is_empty = 0, [], False
    if kept or is_empty:
        yield Piece(start, b"".join(kept), header)


def check_text(row: Any, layout: Layout) -> str:
    """Read the text of a row.

    row (Any): The row.
    layout (Layout): Where the text stands, and how long it may be.
    RETURNS (str): The text.
    RAISES (RowError): If there is none, or it cannot be used.
    """
    if isinstance(row, RowError):
        raise row
    text = parse_text(row, layout.text_field)
    if layout.max_length is not None and len(text) > layout.max_length:
        raise RowError(RowErrors.TOO_LONG.format(length=len(text), limit=layout.max_length))
    return text


class JsonLines:
    """A file of JSON lines."""

    def __init__(self, layout: Layout) -> None:
        """Name the new fields.

        layout (Layout): What rows look like.
        """
        self.layout = layout
        self.predicted = layout.prefix + PREDICTED
        self.embedding = layout.prefix + EMBEDDING
        self.new = [self.predicted, self.embedding] if layout.width else [self.predicted]

    def cut(self, path: str, max_rows: int) -> Iterator[Piece]:
        """Cut a file."""
        with open_binary(Path(path)) as file:
            yield from make_pieces(enumerate(read_lines(file), start=1), max_rows)

    def split(self, piece: Piece) -> Iterator[Piece]:
        """Cut a piece into its lines."""
        for number, line in enumerate(io.BytesIO(piece.data), start=piece.number):
            if line.strip():
                yield Piece(number, line)

    def parse(self, piece: Piece) -> Iterator[Row]:
        """Read the lines of a piece."""
        lines = io.BytesIO(piece.data).readlines()
        for i, row in line_rows(lines, "jsonl", keep_empty=False):
            number, line = piece.number + i - 1, lines[i - 1]
            try:
                yield Row(number, row, self._text(row, line))
            except RowError as error:
                shown = line.strip().decode("utf-8", "replace") if row is error else row
                yield Row(number, shown, reason=str(error))

    def encode(self, block: Block, rows: list[Row], found: list[Scored]) -> bytes:
        """Write rows with new fields."""
        return b"".join(map(self._encode, rows, found))

    def _text(self, row: Any, line: bytes) -> str:
        if len(line) > MAX_ROW + 1:
            raise RowError(BulkReasons.LONG_ROW.format(limit=MAX_ROW))
        text = check_text(row, self.layout)
        taken = [name for name in self.new if name in row]
        if taken:
            raise RowError(RowErrors.TAKEN.format(field=taken[0]))
        return text

    def _encode(self, row: Row, found: Scored) -> bytes:
        predicted = found.predicted
        if not self.layout.all_scores:
            hidden = ("scores",)
            predicted = {
                task: {key: value for key, value in values.items() if key not in hidden}
                for task, values in predicted.items()
            }
        fields = {**row.row, self.predicted: predicted}
        if self.layout.width:
            fields[self.embedding] = found.embedding
        return encode_json(fields) + b"\n"
