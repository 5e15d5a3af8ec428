"""Files that grow by blocks and can be taken up again after any of them: .jsonl and .npy."""

import json
import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import numpy

from ..errors import Errors
from .parquet import ParquetWriter
from .rows import STREAM
from .workers import Block

#: The field that embeddings are written to.
EMBEDDING = "embedding"


class Writer(Protocol):
    """Writes the results of blocks into a folder, and makes one file of them at the end."""

    def open(self, folder: Path, n_blocks: int, size: int) -> bool:
        """Begin, or go on after some blocks.

        folder (Path): The folder.
        n_blocks (int): How many blocks are kept.
        size (int): What `write` has returned after the last of them, 0 if there is none.
        RETURNS (bool): Whether these blocks are there.
        """
        ...

    def write(self, block: Block, results: Any) -> int:
        """Add a block. It has reached the disk when the call returns.

        block (List[TextRow]): The rows.
        results (Any): What was computed for them.
        RETURNS (int): What tells the end of the block from what may follow it.
        """
        ...

    def finish(self, n_rows: int) -> Path:
        """Complete the file.

        n_rows (int): How many rows there are.
        RETURNS (Path): The file, in the folder.
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

    def open(self, folder: Path, n_blocks: int, size: int) -> bool:
        """Begin, or cut off what follows the blocks that are kept."""
        self._path = folder / "data"
        if n_blocks and (not self._path.exists() or self._path.stat().st_size < size):
            return False
        self._file = open(self._path, "r+b" if n_blocks else "w+b")  # noqa: SIM115
        if n_blocks:
            self._file.truncate(size)
            self._file.seek(size)
        else:
            self._file.write(self.header(0))
        return True

    def write(self, block: Block, results: Any) -> int:
        """Append a block."""
        self._file.write(self.encode(block, results))
        return self._sync()

    def finish(self, n_rows: int) -> Path:
        """Write the header."""
        self._file.seek(0)
        self._file.write(self.header(n_rows))
        self._sync()
        self.close()
        return self._path

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def _sync(self) -> int:
        self._file.flush()
        os.fsync(self._file.fileno())
        return self._file.tell()


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
            yield _encode({**row.fields, self.field: value}) + b"\n"


def _encode(fields: dict[str, Any]) -> bytes:
    try:
        return json.dumps(fields, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        # What is no valid Unicode stays escaped, as it has been in the source.
        return json.dumps(fields).encode()


class StreamWriter(JsonlWriter):
    """Write JSON lines to standard output. They cannot be taken up again."""

    def open(self, folder: Path, n_blocks: int, size: int) -> bool:
        """Begin."""
        return True

    def write(self, block: Block, results: Any) -> int:
        """Print a block."""
        sys.stdout.buffer.writelines(self.lines(block, results))
        sys.stdout.buffer.flush()
        return 0

    def finish(self, n_rows: int) -> Path:
        """RETURNS (Path): No file."""
        return Path(STREAM)


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
