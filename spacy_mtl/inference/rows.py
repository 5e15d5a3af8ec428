"""The texts of a file or of standard input, with all that stands beside them."""

import json
import sys
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import Any, NamedTuple, cast

from ..errors import Errors, RowErrors
from ..training.formats import ReadStats, check_on_error
from ..training.rows import RowError, parse_text
from ..training.textfiles import read_text_rows
from .blocks import make_blocks

#: Standard input or output in the place of a file.
STREAM = "-"
KINDS = ("jsonl", "csv", "tsv", "txt")
#: What error messages of the reader call a file that belongs to no task.
_NO_TASK = "texts"


class TextRow(NamedTuple):
    """A text, and the row that it stands in."""

    text: str
    fields: dict[str, Any]


class TextSource:
    """Where texts come from. A file can be read again and again, standard input once."""

    def __init__(
        self,
        path: str | Path,
        *,
        kind: str | None = None,
        text_field: str = "text",
        on_error: str = "raise",
        max_length: int | None = None,
        reserved: str | None = None,
    ) -> None:
        """Name the source.

        path (Union[str, Path]): A file, compressed if its name ends in .gz, or "-" for standard input.
        kind (Optional[str]): "jsonl", "csv", "tsv", or "txt" with one text a line. Defaults to what the name
            ends in, and to "jsonl" for standard input.
        text_field (str): The field or column with the text.
        on_error (str): What to do with bad rows: "raise", or "skip" to leave them out.
        max_length (Optional[int]): How many characters a text may have.
        reserved (Optional[str]): A name that no field may have.
        RAISES (ValueError): If there is no such file, or its format is not known.
        """
        check_on_error(on_error)
        self._is_stdin = str(path) == STREAM
        self.path = Path("standard input" if self._is_stdin else path)
        if not self._is_stdin and (self.path.is_dir() or not self.path.exists()):
            reason = "it is a folder" if self.path.is_dir() else "there is no such file"
            raise ValueError(Errors.E611.format(path=path, reason=reason))
        #: Whether it can be read more than once, other than standard input or a pipe.
        self.is_repeatable = not self._is_stdin and self.path.is_file()
        ending = self.path.name.lower().removesuffix(".gz").rpartition(".")[2]
        self.kind = kind or ("jsonl" if self._is_stdin else ending)
        if self.kind not in KINDS:
            raise ValueError(Errors.E612.format(path=path))
        self.text_field = text_field
        self.on_error = on_error
        self.max_length = max_length
        self.reserved = reserved

    def check(self) -> ReadStats:
        """Read all rows of a file once, before any work is done on them.

        RETURNS (ReadStats): How many rows there are, and which of them are bad.
        RAISES (ValueError): If there are bad rows that are not to be left out. It lists them.
        """
        stats = ReadStats()
        for _ in self._read(stats):
            stats.rows += 1
        if stats.bad and self.on_error == "raise":
            self._raise_bad(stats)
        return stats

    def read(self) -> Iterator[TextRow]:
        """Read the rows, one at a time.

        YIELDS (TextRow): The rows, also those with an empty text.
        RAISES (ValueError): If a row is bad and not to be left out.
        """
        stats = ReadStats()
        for row in self._read(stats):
            if stats.bad and self.on_error == "raise":
                self._raise_bad(stats)
            stats.rows += 1
            yield row
        if stats.bad and self.on_error == "raise":
            self._raise_bad(stats)

    def blocks(self, max_rows: int) -> Iterator[list[TextRow]]:
        """Read the rows, in blocks.

        max_rows (int): The most rows of a block.
        YIELDS (List[TextRow]): The blocks.
        """
        return make_blocks(self.read(), max_rows=max_rows)

    def tell(self, block: list[TextRow]) -> Iterator[bytes]:
        """Tell a block from others.

        block (List[TextRow]): The block.
        YIELDS (bytes): All that it holds.
        """
        for row in block:
            yield json.dumps(row.fields).encode()

    def settings(self) -> dict[str, Any]:
        """RETURNS (Dict[str, Any]): What changes which rows are read."""
        return {"text_field": self.text_field, "on_error": self.on_error}

    def check_output(self, output: Path, *, overwrite: bool) -> None:
        """Check that a file can be written without the loss of another.

        output (Path): The file.
        overwrite (bool): Whether it may be there already.
        RAISES (ValueError): If it is there already, or is the source.
        """
        if self.is_repeatable and self.path.resolve() == output.resolve():
            raise ValueError(Errors.E620.format(path=output))
        if output.is_dir() or (output.exists() and not overwrite):
            raise ValueError(Errors.E616.format(path=output))

    def _read(self, stats: ReadStats) -> Iterator[TextRow]:
        file = _standard_input() if self._is_stdin else None
        rows = read_text_rows(self.path, _NO_TASK, self.kind, file=file, labelled=False)
        for line, row in rows:
            try:
                yield self._parse(row)
            except RowError as error:
                stats.add_bad(self.path, line, error)

    def _parse(self, row: Any) -> TextRow:
        if isinstance(row, RowError):
            raise row
        if self.kind == "txt":
            row = {self.text_field: row["text"]}
        elif self.kind != "jsonl" and self.text_field not in row:
            raise ValueError(
                Errors.E613.format(path=self.path, field=self.text_field, found=", ".join(row))
            )
        text = parse_text(row, self.text_field)
        if self.max_length is not None and len(text) > self.max_length:
            raise RowError(RowErrors.TOO_LONG.format(length=len(text), limit=self.max_length))
        if self.reserved in row:
            raise RowError(RowErrors.TAKEN.format(field=self.reserved))
        return TextRow(text, row)

    def _raise_bad(self, stats: ReadStats) -> None:
        listed = stats.listed()
        raise ValueError(
            Errors.E610.format(path=self.path, count=stats.bad, total=stats.total, listed=listed)
        )


def _standard_input() -> BufferedReader:
    stream: Any = sys.stdin.buffer
    return stream if hasattr(stream, "peek") else BufferedReader(cast(Any, stream))
