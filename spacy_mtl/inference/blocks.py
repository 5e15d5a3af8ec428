"""Rows in blocks: what is worked on at once, written at once, and lost at most when a run is interrupted."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol, TypeVar

#: The most texts of a block, and the number of characters at which it is full.
BLOCK_ROWS = 8192
BLOCK_CHARACTERS = 1 << 23
#: The number of characters at which a batch is full.
BATCH_CHARACTERS = 1 << 19


class HasText(Protocol):
    """A row with a text."""

    @property
    def text(self) -> str:
        """RETURNS (str): The text."""
        ...


RowT = TypeVar("RowT", bound=HasText)


def make_blocks(rows: Iterable[RowT], *, max_rows: int = BLOCK_ROWS) -> Iterator[list[RowT]]:
    """Put rows into blocks. The same rows give the same blocks.

    rows (Iterable[TextRow]): The rows.
    max_rows (int): The most rows of a block.
    YIELDS (List[TextRow]): The blocks.
    """
    block: list[RowT] = []
    n_characters = 0
    for row in rows:
        block.append(row)
        n_characters += len(row.text)
        if len(block) >= max_rows or n_characters >= BLOCK_CHARACTERS:
            yield block
            block, n_characters = [], 0
    if block:
        yield block


def make_batches(texts: Sequence[str], batch_size: int) -> Iterator[list[str]]:
    """Put texts into batches, of fewer texts where these are long.

    texts (Sequence[str]): The texts.
    batch_size (int): The most texts of a batch.
    YIELDS (List[str]): The batches.
    """
    batch: list[str] = []
    n_characters = 0
    for text in texts:
        if batch and (len(batch) >= batch_size or n_characters + len(text) > BATCH_CHARACTERS):
            yield batch
            batch, n_characters = [], 0
        batch.append(text)
        n_characters += len(text)
    if batch:
        yield batch
