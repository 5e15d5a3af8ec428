"""Tables as text: .csv and .tsv."""

import csv
import io
import json
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import RowErrors
from ..errors.bulk import BulkReasons
from ..inference.writers import EMBEDDING
from ..training.rows import RowError
from ..training.textfiles import allow_long_cells, csv_row, open_binary
from ..util import join_key, listing
from .blocks import MAX_ROW, Block, Layout, Piece, Row, Scored
from .lines import check_text, make_pieces, read_lines

#: The most bytes of a row of several lines. A quote that is not closed is found out after as many.
MAX_QUOTED = 1 << 22


class Record(NamedTuple):
    """A row of a table.

    number (int): Its first line.
    raw (bytes): Its lines.
    cells (Union[List[str], RowError]): Its cells, or what is wrong with it.
    """

    number: int
    raw: bytes
    cells: list[str] | RowError

    @property
    def is_empty(self) -> bool:
        """RETURNS (bool): Whether nothing is in it."""
        return isinstance(self.cells, list) and not any(cell.strip() for cell in self.cells)


class _Lines:
    """Gives lines to the parser, and takes them back."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self.lines = lines
        self.back: deque[bytes] = deque()
        self.taken: list[bytes] = []
        self.size = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self.back.popleft() if self.back else next(self.lines)
        self.taken.append(line)
        self.size += len(line)
        if len(line) > MAX_ROW + 1:
            raise csv.Error(BulkReasons.LONG_ROW.format(limit=MAX_ROW))
        if len(self.taken) > 1 and self.size > MAX_QUOTED:
            raise csv.Error(BulkReasons.LONG_QUOTE.format(limit=MAX_QUOTED))
        # Bytes that are not UTF-8 become surrogates, which are written as they were read.
        return line.decode("utf-8", "surrogateescape")


def read_records(file: Any, separator: str, *, is_start: bool = True) -> Iterator[Record]:
    """Read the rows of a table. A broken one is a line long: those after it are rows of their own again.

    file (BinaryIO): The file.
    separator (str): What stands between cells.
    is_start (bool): Whether a file begins here, and not a piece of one.
    YIELDS (Record): The rows, also those that are empty.
    """
    allow_long_cells()
    lines = _Lines(read_lines(file, is_start=is_start))
    parser = csv.reader(lines, delimiter=separator, strict=True)
    number = 1
    while True:
        lines.taken, lines.size = [], 0
        cells: list[str] | RowError
        try:
            cells = next(parser)
        except StopIteration:
            return
        except csv.Error as error:
            cells = RowError(RowErrors.CSV.format(reason=error))
            lines.back.extendleft(reversed(lines.taken[1:]))
            del lines.taken[1:]
            parser = csv.reader(lines, delimiter=separator, strict=True)
        yield Record(number, b"".join(lines.taken), cells)
        number += len(lines.taken)


class Table:
    """A file of cells with a separator between them."""

    def __init__(self, layout: Layout, separator: str) -> None:
        """Name the new columns.

        layout (Layout): What rows look like.
        separator (str): What stands between cells.
        """
        self.layout = layout
        self.separator = separator
        self.new = new_columns(layout)

    def cut(self, path: str, max_rows: int) -> Iterator[Piece]:
        """Cut a file below its header."""
        with open_binary(Path(path)) as file:
            records = read_records(file, self.separator)
            header = next((record for record in records if not record.is_empty), None)
            if header is None:
                yield Piece(1, b"")
                return
            if isinstance(header.cells, RowError):
                raise ValueError(BulkReasons.HEADER.format(reason=header.cells))
            check_columns(_names(header.cells), self.layout)
            rows = ((record.number, record.raw) for record in records)
            yield from make_pieces(rows, max_rows, header.raw)

    def split(self, piece: Piece) -> Iterator[Piece]:
        """Cut a piece into its rows."""
        for record in self._records(piece):
            yield Piece(record.number, record.raw, piece.header)

    def parse(self, piece: Piece) -> Iterator[Row]:
        """Read the rows of a piece."""
        names = self._header(piece)
        for number, raw, cells in self._records(piece):
            row: Any = cells
            try:
                if not isinstance(cells, RowError):
                    row = csv_row(cells, names, labelled=False)
                yield Row(number, cells, check_text(row, self.layout))
            except RowError as error:
                shown = raw.decode("utf-8", "replace").strip("\r\n") if row is error else row
                yield Row(number, shown, reason=str(error))

    def encode(self, block: Block, rows: list[Row], found: list[Scored]) -> bytes:
        """Write rows with new columns."""
        text = io.StringIO()
        writer = csv.writer(text, delimiter=self.separator, lineterminator="\n")
        if block.is_first and block.piece.header:
            writer.writerow([*self._header(block.piece), *self.new])
        for row, scored in zip(rows, found, strict=True):
            writer.writerow([*row.row, *self._cells(scored)])
        return text.getvalue().encode("utf-8", "surrogateescape")

    def _cells(self, scored: Scored) -> Iterator[Any]:
        for values in scored.predicted.values():
            several = values.get("labels")
            yield values["label"] if several is None else json.dumps([*several], ensure_ascii=False)
            yield from values["scores"].values()
        if self.layout.width:
            yield json.dumps(scored.embedding)

    def _header(self, piece: Piece) -> list[str]:
        header = next(read_records(io.BytesIO(piece.header), self.separator), None)
        return _names(header.cells) if header and isinstance(header.cells, list) else []

    def _records(self, piece: Piece) -> Iterator[Record]:
        # A row of several lines is as many lines long here as in the file.
        number = piece.number
        for record in read_records(io.BytesIO(piece.data), self.separator, is_start=False):
            if not record.is_empty:
                yield record._replace(number=number + record.number - 1)


def new_columns(layout: Layout) -> list[str]:
    """Name the columns that a table gets.

    layout (Layout): What rows look like.
    RETURNS (List[str]): For each task one with the label or labels, and one with the score of each label;
        and one for the embedding.
    """
    names: list[str] = []
    for task, labels in layout.labels.items():
        names += [task, *(join_key(task, label) for label in labels)]
    if layout.width:
        names.append(EMBEDDING)
    return [layout.prefix + name for name in names]


def check_columns(names: list[str], layout: Layout) -> None:
    """Check the columns of a table.

    names (List[str]): Their names.
    layout (Layout): What rows look like.
    RAISES (ValueError): If that of the texts is missing, or a new one is there already.
    """
    field = layout.text_field
    count = names.count(field)
    if count == 0:
        raise ValueError(BulkReasons.NO_COLUMN.format(field=field, found=listing(names)))
    if count > 1:
        raise ValueError(BulkReasons.TWO_COLUMNS.format(field=field, count=count))
    taken = [name for name in new_columns(layout) if name in names]
    if taken:
        raise ValueError(BulkReasons.TAKEN.format(found=listing(taken)))


def _names(cells: list[str]) -> list[str]:
    return [cell.strip() for cell in cells]
