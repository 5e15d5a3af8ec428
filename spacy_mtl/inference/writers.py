"""Files that grow by blocks and can be taken up again after any of them: .jsonl and .npy."""

import json
import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import numpy

from ..errors import Errors
from ..staging import move_file
from .parquet import ParquetWriter
from .rows import STREAM
from .workers import Block

#: The field that embeddings are written to.
EMBEDDING = "embedding"


class Writer(Protocol):
    """Writes the results of blocks into a folder, and makes one file of them at the end."""

    def open(self, folder: Path, n_blocks: int, position: Any) -> bool:
        """Begin, or go on after some blocks.

        folder (Path): The folder.
        n_blocks (int): How many blocks are kept.
        position (Any): What `write` has returned after the last of them, None if there is none.
        RETURNS (bool): Whether these blocks are there.
        """
        ...

    def write(self, block: Any, results: Any) -> Any:
        """Add a block. It has reached the disk when the call returns.

        block (Any): The rows.
        results (Any): What was computed for them.
        RETURNS (Any): What tells the end of the block from what may follow it. It has a form in JSON.
        """
        ...

    def finish(self, n_rows: int, output: Path) -> None:
        """Complete the file.

        n_rows (int): How many rows there are.
        output (Path): Where it belongs.
        """
        ...

    def close(self) -> None:
        """Close what is open."""
        ...


class AppendWriter(ABC):
    """Append bytes to a file."""

    def __init__(self) -> None:
        """Open nothing yet."""
        self._file: Any = None

    @abstractmethod
    def encode(self, block: Block, results: Any) -> bytes:
        """Make the bytes of a block."""

    def header(self, n_rows: int) -> bytes:
        """Make what stands before the blocks, which has the same length for any number of rows."""
        return b""

    def open(self, folder: Path, n_blocks: int, position: Any) -> bool:
        """Begin, or cut off what follows the blocks that are kept."""
        self._path = folder / "data"
        self._file = open_at(self._path, position)
        if self._file is not None and position is None:
            self._file.write(self.header(0))
        return self._file is not None

    def write(self, block: Block, results: Any) -> int:
        """Append a block."""
        self._file.write(self.encode(block, results))
        return write_through(self._file)

    def finish(self, n_rows: int, output: Path) -> None:
        """Write the header, and give the file its name."""
        self._file.seek(0)
        self._file.write(self.header(n_rows))
        write_through(self._file)
        self.close()
        move_file(self._path, output)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            # What a full disk has not taken would be tried again, after the error that tells of it.
            with suppress(OSError):
                self._file.close()


class NpyWriter(AppendWriter):
    """Write vectors as an array of NumPy's format."""

    def __init__(self, width: int) -> None:
        """Set the width of the vectors.

        width (int): The width.
        """
        super().__init__()
        self.width = width

    def header(self, n_rows: int) -> bytes:
        """Make the header. It is padded to 128 bytes, which is enough for any number of rows."""
        shape = (n_rows, self.width)
        described = {"descr": "<f4", "fortran_order": False, "shape": shape}
        text = repr(described).encode().ljust(117) + b"\n"
        return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text

    def encode(self, block: Block, results: Any) -> bytes:
        """Make the bytes of the vectors."""
        return numpy.asarray(results, dtype="<f4").tobytes()


class JsonlWriter(AppendWriter):
    """Write rows as JSON lines, with one field more."""

    def __init__(self, field: str) -> None:
        """Name the field.

        field (str): The field that results are written to.
        """
        super().__init__()
        self.field = field

    def encode(self, block: Block, results: Any) -> bytes:
        """Make the lines of a block."""
        return b"".join(self.lines(block, results))

    def lines(self, block: Block, results: Any) -> Iterator[bytes]:
        """Make the lines of a block, one at a time.

        block (List[TextRow]): The rows.
        results (Any): What was computed for them.
        YIELDS (bytes): The lines.
        """
        values = results.tolist() if isinstance(results, numpy.ndarray) else results
        for row, value in zip(block, values, strict=True):
            yield encode_json({**row.fields, self.field: value}) + b"\n"


def encode_json(fields: Any) -> bytes:
    """Write a line of JSON.

    fields (Any): What it holds.
    RETURNS (bytes): The line, without its end.
    """
    try:
        return json.dumps(fields, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        # What is no valid Unicode stays escaped, as it has been in the source.
        return json.dumps(fields).encode()


def open_at(path: Path, position: int | None) -> Any:
    """Open a file that grows, and cut off what follows what is kept.

    path (Path): The file.
    position (Optional[int]): How many bytes are kept. None to begin anew.
    RETURNS (Optional[BinaryIO]): The file, None if it has not as many bytes.
    """
    if position is None:
        return open(path, "w+b")
    if not path.exists() or path.stat().st_size < position:
        return None
    file = open(path, "r+b")  # noqa: SIM115
    file.truncate(position)
    file.seek(position)
    return file


def write_through(file: Any) -> int:
    """Wait until what was written has reached the disk.

    file (BinaryIO): The file.
    RETURNS (int): Its position.
    """
    file.flush()
    os.fsync(file.fileno())
    return int(file.tell())


class StreamWriter(JsonlWriter):
    """Write JSON lines to standard output. They cannot be taken up again."""

    def open(self, folder: Path, n_blocks: int, position: Any) -> bool:
        """Begin."""
        return True

    def write(self, block: Block, results: Any) -> int:
        """Print a block."""
        sys.stdout.buffer.writelines(self.lines(block, results))
        sys.stdout.buffer.flush()
        return 0

    def finish(self, n_rows: int, output: Path) -> None:
        """All is printed already."""


def make_writer(output: str | Path, width: int) -> Writer:
    """Make what writes embeddings to a file.

    output (Union[str, Path]): The file, or "-" for standard output.
    width (int): Width of the embeddings.
    RETURNS (Writer): The writer.
    RAISES (ValueError): If the name has no known ending, or a package is missing.
    """
    name = str(output).lower()
    if name == STREAM:
        return StreamWriter(EMBEDDING)
    if name.endswith(".npy"):
        return NpyWriter(width)
    if name.endswith(".jsonl"):
        return JsonlWriter(EMBEDDING)
    if name.endswith(".parquet"):
        return ParquetWriter(EMBEDDING, width)
    raise ValueError(Errors.E614.format(path=output))
