"""Tables in Apache Parquet's format."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy

from ..errors import RowErrors
from ..errors.bulk import BulkReasons
from ..inference.parquet import known_types, load_pyarrow
from ..inference.writers import write_through
from ..training.rows import RowError
from ..util import listing
from .blocks import BLOCK_BYTES, Block, Layout, Piece, Row, Scored
from .lines import check_text
from .tables import check_columns, new_columns

#: How much of a column is read from a file at once.
BUFFER_BYTES = 1 << 20
#: The number of rows or bytes at which a row group of the output is full.
GROUP_ROWS = 1 << 16
GROUP_BYTES = 1 << 26


class ParquetTable:
    """A file in Parquet's format. A piece is a table of its own."""

    def __init__(self, layout: Layout) -> None:
        """Name the new columns.

        layout (Layout): What rows look like.
        """
        self.layout = layout
        self.new = new_columns(layout)

    def cut(self, path: str, max_rows: int) -> Iterator[Piece]:
        """Cut a file. Its row groups may be of any size."""
        arrow, parquet = load_pyarrow()
        with (
            known_types(),
            parquet.ParquetFile(path, buffer_size=BUFFER_BYTES, pre_buffer=False) as file,
        ):
            schema = file.schema_arrow
            self._check(arrow, schema)
            number = 1
            for i in range(file.num_row_groups):
                group = file.metadata.row_group(i)
                size = BLOCK_BYTES * group.num_rows // max(group.total_byte_size, 1)
                size = max(min(size, max_rows), 1)
                for batch in file.iter_batches(size, row_groups=[i], use_threads=False):
                    for part in _halves(batch):
                        yield Piece(number, _pack(arrow, part))
                        number += len(part)
            if number == 1:
                yield Piece(1, _pack(arrow, schema.empty_table()))

    def split(self, piece: Piece) -> Iterator[Piece]:
        """Cut a piece into its rows."""
        arrow, _ = load_pyarrow()
        table = _unpack(arrow, piece.data)
        for i in range(len(table)):
            yield Piece(piece.number + i, _pack(arrow, table.slice(i, 1)))

    def parse(self, piece: Piece) -> Iterator[Row]:
        """Read the rows of a piece."""
        arrow, _ = load_pyarrow()
        table = _unpack(arrow, piece.data)
        for i, value in enumerate(table[self.layout.text_field]):
            number = piece.number + i
            try:
                yield Row(number, i, self._text(value))
            except RowError as error:
                yield Row(number, _shown(table.slice(i, 1)), reason=str(error))

    def encode(self, block: Block, rows: list[Row], found: list[Scored]) -> bytes:
        """Write rows with new columns, as a file of their own."""
        arrow, parquet = load_pyarrow()
        table = _unpack(arrow, block.piece.data)
        table = table.take(arrow.array([row.row for row in rows], type=arrow.int64()))
        for name, column in zip(self.new, self._columns(arrow, found), strict=True):
            table = table.append_column(name, column)
        sink = arrow.BufferOutputStream()
        parquet.write_table(table, sink)
        return sink.getvalue().to_pybytes()  # type: ignore[no-any-return]

    def _columns(self, arrow: Any, found: list[Scored]) -> Iterator[Any]:
        for task, labels in self.layout.labels.items():
            values = [scored.predicted[task] for scored in found]
            if values and "labels" in values[0]:
                several = [list(value["labels"]) for value in values]
                yield arrow.array(several, type=arrow.list_(arrow.string()))
            else:
                yield arrow.array([value["label"] for value in values], type=arrow.string())
            for label in labels:
                scores = [value["scores"][label] for value in values]
                yield arrow.array(scores, type=arrow.float32())
        if self.layout.width:
            rows = [scored.embedding for scored in found]
            flat = numpy.asarray(rows, dtype="f").reshape(-1)
            yield arrow.FixedSizeListArray.from_arrays(arrow.array(flat), self.layout.width)

    def _check(self, arrow: Any, schema: Any) -> None:
        check_columns(schema.names, self.layout)
        found = schema.field(self.layout.text_field).type
        inner = found.value_type if arrow.types.is_dictionary(found) else found
        if not any(str(inner) == name for name in ("string", "large_string", "string_view")):
            reason = BulkReasons.NO_TEXTS.format(field=self.layout.text_field, found=found)
            raise ValueError(reason)

    def _text(self, value: Any) -> str:
        field = self.layout.text_field
        try:
            text = value.as_py()
        except UnicodeDecodeError as error:
            byte = error.object[error.start]
            reason = RowErrors.ENCODING.format(byte=byte, position=error.start)
            raise RowError(reason) from error
        if text is None:
            raise RowError(BulkReasons.NULL.format(field=field))
        return check_text({field: text}, self.layout)


def join_parts(parts: Sequence[Path], path: Path) -> None:
    """Make one file of several with the same columns.

    parts (Sequence[Path]): The files.
    path (Path): The file to write.
    """
    arrow, parquet = load_pyarrow()
    schema = parquet.read_schema(parts[0])
    with open(path, "wb") as file:
        with parquet.ParquetWriter(file, schema) as writer:
            waiting: list[Any] = []
            for part in parts:
                with parquet.ParquetFile(part) as source:
                    waiting.append(source.read())
                n_rows = sum(map(len, waiting))
                n_bytes = sum(table.nbytes for table in waiting)
                if n_rows >= GROUP_ROWS or n_bytes >= GROUP_BYTES or part == parts[-1]:
                    writer.write_table(arrow.concat_tables(waiting))
                    waiting = []
        write_through(file)


def _halves(batch: Any) -> Iterator[Any]:
    """Cut a batch whose rows are longer than the others of their group."""
    if len(batch) > 1 and batch.nbytes > 2 * BLOCK_BYTES:
        middle = len(batch) // 2
        yield from _halves(batch.slice(0, middle))
        yield from _halves(batch.slice(middle))
    else:
        yield batch


def _pack(arrow: Any, rows: Any) -> bytes:
    sink = arrow.BufferOutputStream()
    with arrow.ipc.new_stream(sink, rows.schema) as stream:
        stream.write(rows)
    return sink.getvalue().to_pybytes()  # type: ignore[no-any-return]


def _unpack(arrow: Any, data: bytes) -> Any:
    return arrow.ipc.open_stream(data).read_all()


def _shown(row: Any) -> Any:
    try:
        return row.to_pylist()[0]
    except ValueError as error:
        return listing([error])
