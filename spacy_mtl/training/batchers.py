"""Batches of one task each, from examples of many tasks."""

import itertools
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from random import Random

from spacy.training import Example

from ..errors import Errors
from ..types import Batcher
from ..util import split_key
from .samplers import TaskSampler

#: A fixed batch size, or one size for each batch (a list or a schedule).
Sizing = int | Sequence[int]


def configure_batch_by_task(
    *,
    size: Sizing,
    sampler: TaskSampler | None = None,
    buffer: int = 2000,
    seed: int = 0,
    sort_window: int = 0,
) -> Batcher:
    """Create a batcher whose batches hold examples drawn for one task.

    size (Union[int, Sequence[int]]): Number of examples in a batch, or a schedule.
    sampler (Optional[TaskSampler]): Draws the task of each batch of a corpus in memory. By
        default each example is seen exactly once per epoch. A streamed corpus
        (`max_epochs = -1`) is batched in the order in which the reader mixes it.
    buffer (int): For a streamed corpus: how many examples are held while batches fill up.
    seed (int): Seed of the order of tasks, and of the examples of a task that is repeated.
    sort_window (int): For an encoder that pads short texts, such as a transformer: how many batches of a
        task are drawn together, to make batches of texts of like length out of them, which come in
        random order. 0 or 1 leaves the texts in their order.
    RETURNS (Batcher): The batcher.
    """
    return TaskBatcher(
        size=size, sampler=sampler, buffer=buffer, seed=seed, sort_window=sort_window
    )


class TaskBatcher:
    """Group examples by task. The step count, the schedule of sizes and the random state go on
    from epoch to epoch.
    """

    def __init__(
        self,
        *,
        size: Sizing,
        sampler: TaskSampler | None = None,
        buffer: int = 2000,
        seed: int = 0,
        sort_window: int = 0,
    ) -> None:
        """Check and keep the settings, see `configure_batch_by_task`."""
        for name, value, lowest in (("buffer", buffer, 1), ("sort_window", sort_window, 0)):
            if value < lowest:
                expected = f"{lowest} or more"
                raise ValueError(Errors.E156.format(name=name, value=value, expected=expected))
        self.sampler = sampler if sampler is not None else TaskSampler("proportional")
        self.buffer = buffer
        self.sort_window = sort_window
        self.step = 0
        self._sizes = iter(itertools.repeat(size) if isinstance(size, int) else size)
        self._size = 0
        self._next_size()
        self._rng = Random(seed)
        self._groups = _TaskKeys()

    def __call__(self, examples: Iterable[Example]) -> Iterator[list[Example]]:
        """Batch the examples of one epoch.

        examples (Iterable[Example]): A list, or an iterator that is read as needed.
        YIELDS (List[Example]): Examples drawn for one task, `size` of them or, where the
            examples of a task end, fewer.
        """
        if not isinstance(examples, Sequence):
            return self._stream(examples)
        queues = self._group(examples)
        if self.sampler.strategy == "proportional":
            return self._once(queues)
        return self._sampled(queues)

    def _once(self, queues: dict[str, list[Example]]) -> Iterator[list[Example]]:
        """Every example once, the batches in random order."""
        readings = {task: self._read(queue) for task, queue in queues.items()}
        left = {task: len(queue) for task, queue in queues.items()}
        while any(left.values()):
            counts = [math.ceil(n / self._size) for n in left.values()]
            task = self._rng.choices(list(left), weights=counts)[0]
            batch = next(readings[task])
            left[task] -= len(batch)
            self._advance()
            yield batch

    def _sampled(self, queues: dict[str, list[Example]]) -> Iterator[list[Example]]:
        """As many batches as one pass over all tasks has, their tasks drawn by the sampler."""
        sizes = {task: len(queue) for task, queue in queues.items()}
        readings = {task: self._read(queue, repeat=True) for task, queue in queues.items()}
        # Each batch is a share of the epoch, because a schedule changes the size on the way.
        passed = 0.0
        while passed < 1.0 - 1e-9 and any(sizes.values()):
            task = self.sampler.draw(sizes, self.step, self._rng)
            batch = next(readings[task])
            passed += 1.0 / sum(math.ceil(n / self._size) for n in sizes.values())
            self._advance()
            yield batch

    def _read(self, queue: list[Example], *, repeat: bool = False) -> Iterator[list[Example]]:
        """The batches of one task, each of the size that is due when it is drawn."""
        while queue:
            start = 0
            while start < len(queue):
                window = queue[start : start + self._window]
                start += len(window)
                while window:
                    yield self._cut(window)
            if not repeat:
                return
            self._rng.shuffle(queue)

    def _cut(self, window: list[Example]) -> list[Example]:
        """Take a batch out of a window, a random one of like length if the window is to be sorted."""
        place = 0
        if self.sort_window > 1:
            window.sort(key=_length)
            place = self._size * self._rng.randrange(math.ceil(len(window) / self._size))
            # The batch that is not full comes last.
            place = max(0, min(place, len(window) - self._size))
        batch = window[place : place + self._size]
        del window[place : place + self._size]
        return batch

    @property
    def _window(self) -> int:
        return self._size * max(1, self.sort_window)

    def _stream(self, examples: Iterable[Example]) -> Iterator[list[Example]]:
        """Batches in the order of the examples, with a bounded number of them held."""
        queues: dict[str, list[Example]] = {}
        counts: Counter[str] = Counter()
        held = 0
        for i, example in enumerate(examples):
            tasks = self._groups.tasks(example)
            if not tasks:
                raise _unannotated([example], i + 1)
            counts.update(tasks)
            task = min(tasks, key=lambda name: (counts[name], name))
            queues.setdefault(task, []).append(example)
            held += 1
            while len(queues[task]) >= self._window or held >= self.buffer:
                batch = self._pop(queues, task if len(queues[task]) >= self._window else None)
                held -= len(batch)
                yield batch
        while held:
            batch = self._pop(queues, None)
            held -= len(batch)
            yield batch

    def _pop(self, queues: dict[str, list[Example]], task: str | None) -> list[Example]:
        if task is None:
            task = max(sorted(queues), key=lambda name: len(queues[name]))
        batch = self._cut(queues[task])
        self._advance()
        return batch

    def _group(self, examples: Sequence[Example]) -> dict[str, list[Example]]:
        """Put each example into one queue: of its tasks, the one with the fewest rows, so that
        small tasks keep their rows. Tasks whose rows all went elsewhere get an empty queue.
        """
        tasks = [self._groups.tasks(example) for example in examples]
        if not all(tasks):
            missing = [eg for eg, names in zip(examples, tasks, strict=True) if not names]
            raise _unannotated(missing, len(examples))
        counts = Counter(itertools.chain.from_iterable(tasks))
        queues: dict[str, list[Example]] = {task: [] for task in sorted(counts)}
        for example, names in zip(examples, tasks, strict=True):
            queues[min(names, key=lambda name: (counts[name], name))].append(example)
        return queues

    def _advance(self) -> None:
        self.step += 1
        self._next_size()

    def _next_size(self) -> None:
        size = int(next(self._sizes, self._size))
        if size < 1:
            expected = "1 or more, or a schedule of such numbers"
            raise ValueError(Errors.E156.format(name="size", value=size, expected=expected))
        self._size = size


class _TaskKeys:
    """Look up the tasks of an example; remembers the few keys that a corpus has."""

    def __init__(self) -> None:
        self._task: dict[str, str | None] = {}

    def tasks(self, example: Example) -> list[str]:
        tasks = []
        for key in example.reference.cats:
            if key not in self._task:
                parts = split_key(key)
                self._task[key] = parts[0] if parts else None
            task = self._task[key]
            if task is not None and task not in tasks:
                tasks.append(task)
        return tasks


def _length(example: Example) -> int:
    return len(example.reference)


def _unannotated(examples: list[Example], total: int) -> ValueError:
    text, cats = examples[0].text[:60], dict(list(examples[0].reference.cats.items())[:5])
    return ValueError(Errors.E155.format(count=len(examples), total=total, text=text, cats=cats))
