"""Blocks of rows as they stand in a file: what one worker reads, works on and writes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from .inputs import InputFile

#: The most rows of a block, and the number of bytes at which it is full.
BLOCK_ROWS = 4096
BLOCK_BYTES = 1 << 22
#: The most bytes of a row of a text file.
MAX_ROW = 1 << 24


class Piece(NamedTuple):
    """Some rows of a file.

    number (int): The line or row that they begin with, from 1 on.
    data (bytes): The rows, as they stand in the file.
    header (bytes): What stands before all rows of the file.
    """

    number: int
    data: bytes
    header: bytes = b""


class Block(NamedTuple):
    """Rows of a file, and where they belong.

    file (InputFile): The file.
    piece (Piece): The rows.
    is_first (bool): Whether the file begins with them.
    is_last (bool): Whether there are no more.
    failed (str): Why what follows cannot be read.
    """

    file: InputFile
    piece: Piece
    is_first: bool
    is_last: bool
    failed: str = ""

    @property
    def is_lost(self) -> bool:
        """RETURNS (bool): Whether nothing of the file can be read."""
        return bool(self.failed) and not self.piece.number


class Row(NamedTuple):
    """A row.

    number (int): Its line, or its number in a table.
    row (Any): What it holds, for those who look at why it was left out.
    text (str): Its text.
    reason (str): Why it cannot be used. Empty if it can.
    """

    number: int
    row: Any
    text: str = ""
    reason: str = ""


@dataclass(slots=True)
class Scored:
    """What was found for a text.

    predicted (Dict[str, Dict[str, Any]]): By task, with all scores.
    embedding (Optional[List[float]]): The embedding, if it was asked for.
    """

    predicted: dict[str, dict[str, Any]]
    embedding: list[float] | None = None


@dataclass(slots=True)
class Result:
    """What a worker has made of a block.

    data (bytes): The rows to write.
    rejected (bytes): JSON lines for those that were left out.
    n_rows (int): How many rows are written.
    n_rejected (int): How many were left out.
    """

    data: bytes = b""
    rejected: bytes = b""
    n_rows: int = 0
    n_rejected: int = 0

    def __len__(self) -> int:
        """RETURNS (int): How many rows are written."""
        return self.n_rows


@dataclass(frozen=True)
class Layout:
    """What rows look like, before and after.

    text_field (str): The field or column with the text.
    labels (Dict[str, List[str]]): Labels of each task.
    all_scores (bool): Whether JSON lines hold the scores of all labels.
    width (int): Width of the embeddings, 0 if there are none.
    prefix (str): What the names of new fields and columns begin with.
    max_length (Optional[int]): How many characters a text may have.
    """

    text_field: str = "text"
    labels: dict[str, list[str]] = field(default_factory=dict)
    all_scores: bool = False
    width: int = 0
    prefix: str = ""
    max_length: int | None = None


class Format(Protocol):
    """Reads and writes the rows of a file of one kind."""

    def cut(self, path: str, max_rows: int) -> Iterator[Piece]:
        """Cut a file, without more of it in memory than a piece. There is always a first piece.

        path (str): The file.
        max_rows (int): The most rows of a piece.
        YIELDS (Piece): The pieces.
        RAISES (ValueError): If no more of the file can be read.
        """
        ...

    def split(self, piece: Piece) -> Iterator[Piece]:
        """Cut a piece into its rows.

        piece (Piece): The piece.
        YIELDS (Piece): The rows, those that cannot be read too.
        """
        ...

    def parse(self, piece: Piece) -> Iterable[Row]:
        """Read the rows of a piece.

        piece (Piece): The piece.
        YIELDS (Row): The rows.
        """
        ...

    def encode(self, block: Block, rows: list[Row], found: list[Scored]) -> bytes:
        """Write rows with what was found for them.

        block (Block): Where they come from.
        rows (List[Row]): Those of its rows that can be used.
        found (List[Scored]): What was found for each.
        RETURNS (bytes): What belongs into the output.
        """
        ...
