"""Batches of one task each, from examples of many tasks."""

import itertools
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from random import Random

from spacy.training import Example

from ..argument_types import checked_types
from ..errors import Errors
from ..pair_keys import MARK, is_pair
from ..types import Batcher
from ..util import SEPARATOR, split_key
from .samplers import TaskSampler

#: A fixed batch size, or one size for each batch (a list or a schedule).
Sizing = int | Sequence[int]
#: What is never divided: one example, or the two of a pair of texts.
Unit = tuple[Example, ...]


@checked_types("spacy_mtl.batch_by_task.v1")
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
    """Group examples by task, with both texts of a pair in the same batch. The step count, the schedule of
    sizes and the random state go on from epoch to epoch.
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

    def _once(self, queues: dict[str, list[Unit]]) -> Iterator[list[Example]]:
        """Every example once, the batches in random order."""
        readings = {task: self._read(queue) for task, queue in queues.items()}
        left = {task: _count(queue) for task, queue in queues.items()}
        while any(left.values()):
            counts = [math.ceil(n / self._size) for n in left.values()]
            task = self._rng.choices(list(left), weights=counts)[0]
            batch = next(readings[task])
            left[task] -= len(batch)
            self._advance()
            yield batch

    def _sampled(self, queues: dict[str, list[Unit]]) -> Iterator[list[Example]]:
        """As many batches as one pass over all tasks has, their tasks drawn by the sampler."""
        sizes = {task: len(queue) for task, queue in queues.items()}
        texts = {task: _count(queue) for task, queue in queues.items()}
        readings = {task: self._read(queue, repeat=True) for task, queue in queues.items()}
        # Each batch is a share of the epoch, because a schedule changes the size on the way.
        passed = 0.0
        while passed < 1.0 - 1e-9 and any(sizes.values()):
            task = self.sampler.draw(sizes, self.step, self._rng)
            batch = next(readings[task])
            passed += 1.0 / sum(math.ceil(n / self._size) for n in texts.values())
            self._advance()
            yield batch

    def _read(self, queue: list[Unit], *, repeat: bool = False) -> Iterator[list[Example]]:
        """The batches of one task, each of the size that is due when it is drawn."""
        while queue:
            start = 0
            while start < len(queue):
                window = queue[start : start + self._units(queue) * max(1, self.sort_window)]
                start += len(window)
                while window:
                    yield self._cut(window)
            if not repeat:
                return
            self._rng.shuffle(queue)

    def _cut(self, window: list[Unit]) -> list[Example]:
        """Take a batch out of a window, a random one of like length if the window is to be sorted."""
        place, size = 0, self._units(window)
        if self.sort_window > 1:
            window.sort(key=_length)
            place = size * self._rng.randrange(math.ceil(len(window) / size))
            # The batch that is not full comes last.
            place = max(0, min(place, len(window) - size))
        batch = window[place : place + size]
        del window[place : place + size]
        return list(itertools.chain.from_iterable(batch))

    def _units(self, window: list[Unit]) -> int:
        """How many units make a batch. A task has either pairs or single texts."""
        return max(1, self._size // len(window[0]))

    @property
    def _window(self) -> int:
        return self._size * max(1, self.sort_window)

    def _stream(self, examples: Iterable[Example]) -> Iterator[list[Example]]:
        """Batches in the order of the examples, with a bounded number of them held."""
        queues: dict[str, list[Unit]] = {}
        counts: Counter[str] = Counter()
        held = 0
        for i, unit in enumerate(_adjacent_pairs(examples)):
            tasks = self._groups.tasks(unit[0])
            if not tasks:
                raise _unannotated([*unit], i + 1)
            counts.update(tasks)
            task = self._choose(unit, tasks, counts)
            queues.setdefault(task, []).append(unit)
            held += len(unit)
            while _count(queues[task]) >= self._window or held >= self.buffer:
                batch = self._pop(queues, task if _count(queues[task]) >= self._window else None)
                held -= len(batch)
                yield batch
        while held:
            batch = self._pop(queues, None)
            held -= len(batch)
            yield batch

    def _pop(self, queues: dict[str, list[Unit]], task: str | None) -> list[Example]:
        if task is None:
            task = max(sorted(queues), key=lambda name: _count(queues[name]))
        batch = self._cut(queues[task])
        self._advance()
        return batch

    def _group(self, examples: Sequence[Example]) -> dict[str, list[Unit]]:
        """Put each example into one queue: of its tasks, the one with the fewest rows, so that
        small tasks keep their rows. Tasks whose rows all went elsewhere get an empty queue.
        """
        units = _pair_up(examples)
        tasks = [self._groups.tasks(unit[0]) for unit in units]
        if not all(tasks):
            missing = [unit[0] for unit, names in zip(units, tasks, strict=True) if not names]
            raise _unannotated(missing, len(examples))
        counts = Counter(itertools.chain.from_iterable(tasks))
        queues: dict[str, list[Unit]] = {task: [] for task in sorted(counts)}
        for unit, names in zip(units, tasks, strict=True):
            queues[self._choose(unit, names, counts)].append(unit)
        return queues

    def _choose(self, unit: Unit, tasks: Sequence[str], counts: Mapping[str, int]) -> str:
        key = _pair_of(unit[0]) if len(unit) > 1 else None
        if key is not None:
            return key.partition(SEPARATOR)[0]
        return min(tasks, key=lambda name: (counts[name], name))

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
            # Every pair has a key of its own, which comes twice: nothing to be remembered.
            found = key.partition(MARK)[0] + MARK if MARK in key and is_pair(key) else key
            if found not in self._task:
                parts = split_key(key)
                self._task[found] = parts[0] if parts else None
            task = self._task[found]
            if task is not None and task not in tasks:
                tasks.append(task)
        return tasks


def _pair_of(example: Example) -> str | None:
    """The key that the example shares with the other text of its pair."""
    return next((key for key in example.reference.cats if MARK in key and is_pair(key)), None)


def _pair_up(examples: Iterable[Example]) -> list[Unit]:
    """Put the texts of each pair together, at the place of the later one. One that is alone teaches
    nothing and is left out.
    """
    waiting: dict[str, Example] = {}
    units: list[Unit] = []
    for example in examples:
        key = _pair_of(example)
        if key is None:
            units.append((example,))
        elif key in waiting:
            units.append((waiting.pop(key), example))
        else:
            waiting[key] = example
    return units


def _adjacent_pairs(examples: Iterable[Example]) -> Iterator[Unit]:
    """Put the texts of each pair together that follow each other in a stream, as the reader's do."""
    waiting: dict[str, Example] = {}
    for example in examples:
        key = _pair_of(example)
        if key is None:
            yield (example,)
        elif key in waiting:
            yield (waiting.pop(key), example)
        else:
            waiting = {key: example}


def _count(units: Iterable[Unit]) -> int:
    return sum(map(len, units))


def _length(unit: Unit) -> int:
    return max(len(example.reference) for example in unit)


def _unannotated(examples: list[Example], total: int) -> ValueError:
    text, cats = examples[0].text[:60], dict(list(examples[0].reference.cats.items())[:5])
    return ValueError(Errors.E155.format(count=len(examples), total=total, text=text, cats=cats))
