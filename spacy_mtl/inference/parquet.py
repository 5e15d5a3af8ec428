"""Rows and their embeddings as a table in Apache Parquet's format."""

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import Errors
from ..extras import import_extra
from ..staging import move_file
from .workers import Block

#: Whole numbers that fit into 64 bits.
_INT64 = range(-(2**63), 2**63)


class ParquetWriter:
    """Write one part for each block, and join them to one file at the end, a row group for each.

    Fields that hold text, whole numbers, other numbers, or true and false become columns of their own
    type. Others, and those with more than one type, become text in JSON's notation.
    """

    def __init__(self, field: str, width: int) -> None:
        """Look for the package.

        field (str): The column of the embeddings.
        width (int): Their width.
        RAISES (ValueError): If it is not installed.
        """
        self.field = field
        self.width = width
        self._arrow, self._parquet = load_pyarrow()
        self._folder = Path()
        self._n_blocks = 0

    def open(self, folder: Path, n_blocks: int, position: Any) -> bool:
        """Begin, or go on after some blocks."""
        self._folder = folder
        self._n_blocks = n_blocks
        return all(self._part(i).exists() for i in range(n_blocks))

    def write(self, block: Block, results: Any) -> None:
        """Write a part."""
        arrow = self._arrow
        names = dict.fromkeys(name for row in block for name in row.fields)
        columns = {name: self._column([row.fields.get(name) for row in block]) for name in names}
        flat = arrow.array(results.reshape(-1), type=arrow.float32())
        columns[self.field] = arrow.FixedSizeListArray.from_arrays(flat, self.width)
        with open(self._part(self._n_blocks), "wb") as file:
            self._parquet.write_table(arrow.table(columns), file)
            file.flush()
            os.fsync(file.fileno())
        self._n_blocks += 1

    def finish(self, n_rows: int, output: Path) -> None:
        """Join the parts."""
        path = self._folder / "data"
        parts = [self._part(i) for i in range(self._n_blocks)]
        schema = self._schema([self._parquet.read_schema(part) for part in parts])
        with self._parquet.ParquetWriter(path, schema) as file:
            for part in parts:
                file.write_table(self._fit(self._parquet.read_table(part), schema))
        move_file(path, output)

    def close(self) -> None:
        """Nothing is open between two calls."""

    def _part(self, i: int) -> Path:
        return self._folder / f"{i:06d}.parquet"

    def _column(self, values: list[Any]) -> Any:
        arrow = self._arrow
        found = {_kind(value) for value in values if value is not None}
        if found <= {str}:
            return arrow.array([_valid(value) for value in values], type=arrow.string())
        if found in ({int}, {bool}, {float}):
            return arrow.array(values)
        if found == {int, float}:
            return arrow.array(values, type=arrow.float64())
        return arrow.array([_as_text(value) for value in values], type=arrow.string())

    def _schema(self, parts: Iterable[Any]) -> Any:
        arrow = self._arrow
        types: dict[str, set] = {}
        for schema in parts:
            for field in schema:
                types.setdefault(field.name, set()).add(field.type)
        embedding = arrow.list_(arrow.float32(), self.width)
        columns = {name: self._common(found) for name, found in types.items() if name != self.field}
        return arrow.schema([*columns.items(), (self.field, embedding)])

    def _common(self, types: set) -> Any:
        if len(types) == 1:
            return next(iter(types))
        numbers = {self._arrow.int64(), self._arrow.float64()}
        return self._arrow.float64() if types == numbers else self._arrow.string()

    def _fit(self, part: Any, schema: Any) -> Any:
        arrow = self._arrow
        columns = []
        for field in schema:
            if field.name not in part.column_names:
                columns.append(arrow.nulls(len(part), field.type))
                continue
            column = part.column(field.name)
            if field.type == arrow.string() != column.type:
                column = arrow.array([_as_text(value) for value in column.to_pylist()], field.type)
            columns.append(column.cast(field.type))
        return arrow.table(columns, schema=schema)


def load_pyarrow() -> tuple[Any, ...]:
    """Import what reads and writes the format.

    RETURNS (Tuple[ModuleType, ModuleType]): The modules `pyarrow` and `pyarrow.parquet`.
    RAISES (ValueError): If they cannot be imported.
    """
    return tuple(import_extra(name, Errors.E615) for name in ("pyarrow", "pyarrow.parquet"))


@contextmanager
def known_types() -> Iterator[None]:
    """Say in the same way as for other damage that a file has types which pyarrow has not.

    YIELDS (None): Nothing.
    RAISES (ValueError): If it does.
    """
    try:
        yield
    except NotImplementedError as error:
        raise ValueError(error) from error


def _kind(value: Any) -> type:
    # A number too large for a column of numbers is none.
    return object if type(value) is int and value not in _INT64 else type(value)


def _as_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return None if value is None else _valid(value)
    return json.dumps(value)


def _valid(value: str | None) -> str | None:
    return None if value is None else value.encode("utf-8", "replace").decode()
