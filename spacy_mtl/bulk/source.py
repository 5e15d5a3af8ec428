"""All files of a job as one run of blocks."""

import zlib
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any

from ..errors import Errors
from ..training.formats import ReadStats
from .blocks import BLOCK_BYTES, Block, Format, Piece
from .inputs import REJECTED, InputFile

#: What may be wrong with a file as a whole, or from some place on.
UNREADABLE = (OSError, EOFError, zlib.error, ValueError)


class JobSource:
    """The rows of all files, in order. What cannot be read ends in a block that says so."""

    is_repeatable = True

    def __init__(self, files: Sequence[InputFile], formats: dict[str, Format]) -> None:
        """Name the files.

        files (Sequence[InputFile]): The files.
        formats (Dict[str, Format]): Reads them, by the name of the format.
        """
        self.files = files
        self.formats = formats

    def check(self) -> ReadStats | None:
        """RETURNS (Optional[ReadStats]): None: bad rows do not stop the job."""
        return None

    def blocks(self, max_rows: int) -> "JobBlocks":
        """Read the rows, in blocks, at least one for each file.

        max_rows (int): The most rows of a block.
        RETURNS (JobBlocks): The blocks.
        """
        return JobBlocks(self, max_rows)

    def read(self, max_rows: int) -> Iterator[Block]:
        """Read the rows from the first one on.

        max_rows (int): The most rows of a block.
        YIELDS (Block): The blocks.
        """
        for file in self.files:
            yield from self._file_blocks(file, max_rows)

    def tell(self, block: Block) -> Iterator[bytes]:
        """Tell a block from others.

        block (Block): The block.
        YIELDS (bytes): All that it holds.
        """
        place = (block.file.path, block.piece.number, block.is_first, block.is_last, block.failed)
        yield repr(place).encode("utf-8", "surrogateescape")
        yield block.piece.header
        yield block.piece.data

    def settings(self) -> dict[str, Any]:
        """RETURNS (Dict[str, Any]): What changes which rows are read."""
        names = blake2b(digest_size=16)
        for file in self.files:
            names.update(repr(tuple(file)).encode("utf-8", "surrogateescape"))
        return {"files": names.hexdigest(), "block_bytes": BLOCK_BYTES}

    def check_output(self, output: Path, *, overwrite: bool) -> None:
        """Check that the job can be written without the loss of other files.

        output (Path): A file or folder.
        overwrite (bool): Whether files may be there already.
        RAISES (ValueError): If one is there already, or is one that is read.
        """
        sources = {str(Path(file.path).resolve()) for file in self.files}
        for file in self.files:
            target = Path(file.target)
            if target.exists() and str(target.resolve()) in sources:
                raise ValueError(Errors.E620.format(path=target))
            if target.is_dir():
                raise ValueError(Errors.E616.format(path=target))
        rejected = Path(f"{output}{REJECTED}")
        if str(rejected.resolve()) in sources:
            raise ValueError(Errors.E620.format(path=rejected))

    def _file_blocks(self, file: InputFile, max_rows: int) -> Iterator[Block]:
        pieces = self.formats[file.kind].cut(file.path, max_rows)
        held: Piece | None = None
        is_first = True
        failed = ""
        while True:
            try:
                piece = next(pieces, None)
            except UNREADABLE as error:
                piece, failed = None, str(error).strip() or type(error).__name__
            if piece is None:
                break
            if held is not None:
                yield Block(file, held, is_first, False)
                is_first = False
            held = piece
        yield Block(file, held or Piece(0, b""), is_first, True, failed)


class JobBlocks(Iterator[Block]):
    """The blocks of a job. It can be pickled: what is unpickled goes on where this one was."""

    def __init__(self, source: JobSource, max_rows: int, n_before: int = 0) -> None:
        """Open nothing yet.

        source (JobSource): All files.
        max_rows (int): The most rows of a block.
        n_before (int): How many blocks are left out.
        """
        self.source = source
        self.max_rows = max_rows
        self.n_before = n_before
        self._blocks: Iterator[Block] | None = None

    def __next__(self) -> Block:
        """RETURNS (Block): The next block."""
        if self._blocks is None:
            self._blocks = islice(self.source.read(self.max_rows), self.n_before, None)
        block = next(self._blocks)
        self.n_before += 1
        return block

    def __reduce__(self) -> tuple[Any, ...]:
        """RETURNS (Tuple[Any, ...]): What to make it from, without open files."""
        return JobBlocks, (self.source, self.max_rows, self.n_before)
