"""A process that trains: it takes every n-th batch, and meets the others every so many."""

import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, NamedTuple, Protocol

from spacy.util import import_file
from thinc.api import NumpyOps, Optimizer, fix_random_seed, get_current_ops, set_current_ops

from ..layers.blas import PRODUCT_VARIABLE, choose_product
from ..training.learned_params import Param
from ..training.random_state import RandomState, get_random_state, set_random_state
from .shared_state import Progress, SharedState

LARGEST_SEED = 2**32 - 1
#: What a worker does in a round.
PHASES = ("average", "train", "collect")


class Batch(NamedTuple):
    """A batch of a run.

    epoch (int): The epoch.
    items (List[Union[Example, Doc]]): The examples or texts.
    """

    epoch: int
    items: list[Any]

    @property
    def n_words(self) -> int:
        """RETURNS (int): Its words."""
        return sum(map(len, self.items))


class Learner(Protocol):
    """What a worker trains."""

    optimizer: Optimizer
    #: Whether the workers meet at the end of each epoch.
    meets_at_epochs: bool

    @property
    def params(self) -> dict[str, Param]:
        """RETURNS (Dict[str, Param]): What it learns, by names that are the same in all processes."""
        ...

    def batches(self) -> Iterator[Batch]:
        """YIELDS (Batch): The batches that one worker alone would learn from."""
        ...

    def learn(self, step: int, batch: Batch) -> None:
        """Learn from a batch.

        step (int): Its number.
        batch (Batch): The batch.
        """
        ...

    def advance(self) -> None:
        """Move all schedules on by a step."""
        ...

    def take_results(self) -> dict[str, Any]:
        """RETURNS (Dict[str, Any]): What there is to tell of the batches since the last call."""
        ...


@dataclass
class Settings:
    """What a worker needs to begin.

    kind (Type[Learner]): What it trains.
    config (Config): The config, with a seed and with all variables filled in.
    n_workers (int): How many workers there are.
    seed (int): The seed.
    code (Optional[Path]): A Python file to import first.
    folder (Path): Where relative paths start.
    use_blis (Optional[bool]): Which operations to use, None for those that thinc chooses.
    product (str): Which matrix product to use. To measure it may give each worker another.
    """

    kind: Any
    config: Any
    n_workers: int
    seed: int
    code: Path | None = None
    folder: Path = field(default_factory=Path.cwd)
    use_blis: bool | None = field(default_factory=lambda: _find_use_blis())
    product: str = field(default_factory=choose_product)


@dataclass
class Report:
    """What a worker has done in a round.

    stop (int): The number of the first batch that is left.
    epoch (int): The epoch of the last one.
    ends_epoch (bool): Whether the epoch is over.
    is_end (bool): Whether there is no batch left.
    n_words (int): Words of all batches of the round, of all workers.
    seconds (Dict[str, float]): Time to average, to train and to collect, by the clock and, with "_cpu"
        behind the name, of the processor.
    results (Dict[str, Any]): What else there is to tell.
    progress (Progress): How it came to its weights.
    """

    stop: int
    epoch: int
    ends_epoch: bool
    is_end: bool
    n_words: int
    seconds: dict[str, float]
    results: dict[str, Any]
    progress: Progress


class Worker:
    """One of several workers. Each reads all batches, and learns from those whose number leaves its rank as
    the remainder. So batches, their sizes and all schedules are those of one worker alone.
    """

    def __init__(self, rank: int) -> None:
        """Name the worker.

        rank (int): Its number.
        """
        self.rank = rank

    def set_up(self, settings: Settings) -> None:
        """Build the model.

        settings (Settings): The settings.
        RAISES (ValueError): If config or data cannot be used.
        """
        if settings.folder.is_dir():
            os.chdir(settings.folder)
        os.environ[PRODUCT_VARIABLE] = settings.product
        if settings.use_blis is not None:
            set_current_ops(NumpyOps(use_blis=settings.use_blis))
        if settings.code is not None:
            import_file("python_code", settings.code)
        self._settings = settings
        self._learner: Learner = settings.kind(settings.config)
        scale_rate(self._learner.optimizer, math.sqrt(settings.n_workers))
        self._state = SharedState(self._learner.params, self._learner.optimizer)
        fix_random_seed(settings.seed)
        self._data_random: RandomState = get_random_state()
        self._batches = self._learner.batches()
        self._n_taken = 0
        self._next: Batch | None = None
        self._is_open = False

    def run(self, start: int, stop: int, *parts: Any) -> tuple[Report, Any]:
        """Average, and learn from a range of batches.

        start (int): The number of the first batch.
        stop (int): That of the batch after the last one.
        *parts (Union[Progress, Floats2d]): What each worker has learned before, and how.
        RETURNS (Tuple[Report, Floats2d]): What was done and learned.
        RAISES (ValueError): If a batch cannot be read or learned from.
        """
        times = [_now()]
        self._state.load(list(zip(parts[::2], parts[1::2], strict=True)))
        times.append(_now())
        # What dropout draws depends on the place of the round alone, also after a new start.
        fix_random_seed(_mix(self._settings.seed, self.rank, start))
        while self._n_taken < start and self._peek() is not None:
            self._take()
        epoch, n_words = 0, 0
        first = self._n_taken
        while self._n_taken < stop and (batch := self._peek()) is not None:
            if self._n_taken > first and self._learner.meets_at_epochs and batch.epoch != epoch:
                break
            epoch = batch.epoch
            n_words += batch.n_words
            if self._n_taken % self._settings.n_workers == self.rank:
                self._learner.learn(self._n_taken, batch)
            self._take()
        following = self._peek()
        times.append(_now())
        progress, arrays = self._state.collect()
        times.append(_now())
        report = Report(
            stop=self._n_taken,
            epoch=epoch,
            ends_epoch=following is None or following.epoch != epoch,
            is_end=following is None,
            n_words=n_words,
            seconds=_durations(times),
            results=self._learner.take_results(),
            progress=progress,
        )
        return report, arrays

    def _take(self) -> None:
        self._n_taken += 1
        self._is_open = False
        self._learner.advance()

    def _peek(self) -> Batch | None:
        """The next batch. Readers draw from random states of their own, equal in all workers."""
        if not self._is_open:
            own = get_random_state()
            set_random_state(self._data_random)
            try:
                self._next = next(self._batches, None)
            finally:
                self._data_random = get_random_state()
                set_random_state(own)
            self._is_open = True
        return self._next


def scale_rate(optimizer: Optimizer, factor: float) -> None:
    """Multiply the learning rates of all steps. An average of n workers moves as one step on n batches does,
    for which Adam's rate is to grow with the square root of n (Malladi et al. 2022, "On the SDEs and Scaling
    Rules for Adaptive Gradient Algorithms").

    optimizer (Optimizer): The optimizer.
    factor (float): The factor.
    """
    schedule = optimizer.schedules.get("learn_rate")
    if schedule is not None:
        scaled: Any = (rate * factor for rate in schedule)
        optimizer.schedules["learn_rate"] = scaled
    optimizer.learn_rate *= factor


def _mix(seed: int, rank: int, start: int) -> int:
    # Primes, so that neighbours in one number are none in another.
    return (seed * 1_000_003 + rank * 7_919 + start * 104_729 + 1) % LARGEST_SEED


def _now() -> tuple[float, float]:
    return perf_counter(), process_time()


def _durations(times: Sequence[tuple[float, float]]) -> dict[str, float]:
    durations = {}
    for name, ((wall, cpu), (next_wall, next_cpu)) in zip(PHASES, pairwise(times), strict=True):
        durations[name] = next_wall - wall
        durations[f"{name}_cpu"] = next_cpu - cpu
    return durations


def _find_use_blis() -> bool | None:
    ops: Any = get_current_ops()
    return bool(ops.use_blis) if type(ops) is NumpyOps else None
