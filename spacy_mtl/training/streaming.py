"""An endless mix of rows from several files, in constant memory and in a reproducible order."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from random import Random
from typing import Protocol, TypeAlias, TypeVar, runtime_checkable

from ..types import TaskSizes
from .rows import Record

#: Starts to read the rows of one task from the beginning.
OpenTask: TypeAlias = Callable[[], Iterator[Record]]
ItemT = TypeVar("ItemT")


@runtime_checkable
class DrawsTasks(Protocol):
    """What a stream needs of a sampler."""

    def draw(self, sizes: TaskSizes, step: int, rng: Random) -> str:
        """Draw the task of the next row."""
        ...


@dataclass(frozen=True)
class StreamState:
    """How far earlier passes have come.

    passes (int): Number of finished passes.
    drawn (Mapping[str, int]): Rows of each task in these passes.
    """

    passes: int = 0
    drawn: Mapping[str, int] = field(default_factory=dict)


class TaskStream:
    """Mix the rows of several tasks.

    Each task is an endless series of shuffled readings of its file: a row comes again only when
    all others of its task have come. A pass has as many rows as all files together. Without a
    sampler it holds each row once. With one, small tasks may start again within a pass, and large
    tasks go on in the next pass where they stopped.
    """

    def __init__(
        self,
        sources: Mapping[str, OpenTask],
        sizes: TaskSizes,
        *,
        buffer: int,
        sampler: DrawsTasks | None = None,
        seed: int = 0,
    ) -> None:
        """Set up the stream.

        sources (Mapping[str, OpenTask]): For each task, starts to read its rows.
        sizes (TaskSizes): Number of rows of each task.
        buffer (int): How many rows are held in memory for shuffling, over all tasks.
        sampler (Optional[DrawsTasks]): Draws the task of each row. A step is one row.
        seed (int): Seed of the order.
        """
        self.sources = sources
        self.sizes = sizes
        self.buffers = share_buffer(sizes, buffer)
        self.sampler = sampler
        self.seed = seed
        self.state = StreamState()

    def __iter__(self) -> Iterator[tuple[str, Record]]:
        """Go through one pass. Only a pass that is read to its end counts as one, so that a look
        at the first rows does not change the order of training.

        YIELDS (Tuple[str, Record]): Tasks and rows.
        """
        state = self.state
        drawn = {task: state.drawn.get(task, 0) for task in sorted(self.sizes)}
        rows = {task: self._endless_rows(task, start) for task, start in drawn.items()}
        total = sum(self.sizes.values())
        for task in self._order(state.passes, total):
            drawn[task] += 1
            yield task, next(rows[task])
        self.state = StreamState(state.passes + 1, drawn)

    def _order(self, passes: int, total: int) -> Iterator[str]:
        rng = Random(f"{self.seed}/order/{passes}")
        if self.sampler is not None:
            for step in range(passes * total, (passes + 1) * total):
                yield self.sampler.draw(self.sizes, step, rng)
            return
        tasks = sorted(self.sizes)
        left = [self.sizes[task] for task in tasks]
        for _ in range(total):
            drawn = rng.choices(range(len(tasks)), weights=left)[0]
            left[drawn] -= 1
            yield tasks[drawn]

    def _endless_rows(self, task: str, start: int) -> Iterator[Record]:
        reading, skipped = divmod(start, self.sizes[task])
        while True:
            rng = Random(f"{self.seed}/{task}/{reading}")
            rows = shuffle_stream(self.sources[task](), self.buffers[task], rng)
            yield from islice(rows, skipped, None)
            reading, skipped = reading + 1, 0


def shuffle_stream(items: Iterator[ItemT], size: int, rng: Random) -> Iterator[ItemT]:
    """Shuffle as much as a limited memory allows: yield a random one of the items held.

    items (Iterator[ItemT]): The items.
    size (int): How many are held. Less than 2 keeps the order.
    rng (Random): The random state.
    YIELDS (ItemT): Each item once.
    """
    if size < 2:
        yield from items
        return
    held = list(islice(items, size))
    for item in items:
        chosen = rng.randrange(len(held))
        yield held[chosen]
        held[chosen] = item
    rng.shuffle(held)
    yield from held


def share_buffer(sizes: TaskSizes, buffer: int) -> dict[str, int]:
    """Share the memory for shuffling among tasks: small ones are held as a whole, the others get
    equal parts.

    sizes (TaskSizes): Number of rows of each task.
    buffer (int): Number of rows to share.
    RETURNS (Dict[str, int]): Number of rows for each task; their sum is at most the buffer.
    """
    shares: dict[str, int] = {}
    for task in sorted(sizes, key=lambda name: (sizes[name], name)):
        shares[task] = min(sizes[task], buffer // (len(sizes) - len(shares)))
        buffer -= shares[task]
    return shares
