"""What a run over texts reads, and who works on it."""

from collections.abc import Callable, Iterable, Iterator, Sized
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from ..training.formats import ReadStats

#: Gives blocks with their results, in their order.
Spread: TypeAlias = Callable[[Iterator[Any]], Iterable[tuple[Any, Sized]]]


class Source(Protocol):
    """What a run reads: `TextSource`, or all files of a job."""

    #: Whether it can be read more than once.
    is_repeatable: bool

    def check(self) -> ReadStats | None:
        """Look at all rows before any work is done on them. None if that is not worth the time."""
        ...

    def blocks(self, max_rows: int) -> Iterator[Any]:
        """Read the rows, in blocks: the same rows give the same blocks."""
        ...

    def tell(self, block: Any) -> Iterable[bytes]:
        """Give all that a block holds."""
        ...

    def settings(self) -> dict[str, Any]:
        """Give what changes which rows are read."""
        ...

    def check_output(self, output: Path, *, overwrite: bool) -> None:
        """Raise an error if the output is there already, or is what is read."""
        ...
