"""What the runs with several workers have in common: the process that leads them."""

import secrets
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from contextvars import copy_context
from copy import deepcopy
from time import perf_counter
from typing import Any

from thinc.api import Config

from ..errors import Errors
from ..ray_session import ray_session
from ..training.checkpoint import State
from .pool import Pool
from .shared_state import SharedState
from .worker import Report, Settings

#: Steps of each worker between two averagings.
AVERAGE_EVERY = 50


def check_arguments(*, workers: int, average_every: int, use_gpu: int) -> None:
    """Check what a run with workers is asked for.

    workers (int): The number of workers.
    average_every (int): Steps of each worker between two averagings.
    use_gpu (int): ID of the GPU, or -1 for CPU.
    RAISES (ValueError): If it is not possible.
    """
    for name, value in (("workers", workers), ("average_every", average_every)):
        if value < 1:
            raise ValueError(Errors.E824.format(name=name, value=value, expected="at least 1"))
    if use_gpu >= 0:
        raise ValueError(Errors.E823.format(gpu=use_gpu))


def fix_seed(config: Config, state: State | None) -> tuple[Config, int]:
    """Give a config a seed, if it has none, since all workers have to begin with the same weights.

    config (Config): The config, with all variables filled in.
    state (Optional[Dict[str, Any]]): The checkpoint that the run goes on from.
    RETURNS (Tuple[Config, int]): A config with a seed, and the seed.
    """
    config = deepcopy(config)
    seed = config["training"].get("seed")
    if seed is None:
        seed = state["seed"] if state is not None else secrets.randbelow(2**31)
        config["training"]["seed"] = seed
    return config, seed


class Leader:
    """Hands out rounds to workers, and does what has to be done in between while they go on."""

    def __init__(self, ray: Any, settings: Settings) -> None:
        """Start the workers.

        ray (ModuleType): The module, connected.
        settings (Settings): The settings of the workers.
        """
        self._ray = ray
        self._pool = Pool(ray, settings)
        self._n_workers = settings.n_workers
        self._thread = ThreadPoolExecutor(1)
        self._waiting: Future | None = None
        self._parts: list[Any] = []
        #: Seconds in which workers averaged, trained and collected, and in which the run lasted.
        self.seconds: dict[str, float] = {}
        self._start = perf_counter()

    def begin(self, state: SharedState, saved: tuple[Any, dict[str, int]] | None) -> None:
        """Set what all workers begin with.

        state (SharedState): The weights of this process.
        saved (Optional[Tuple[Floats2d, Dict[str, int]]]): Those of a checkpoint.
        """
        self._state = state
        part = state.collect() if saved is None else state.start_from(*saved)
        state.load([part])
        self._parts = [self._ray.put(item) for item in part]

    def run(self, start: int, stop: int) -> list[Report]:
        """Let all workers learn from a range of batches.

        start (int): The number of the first batch.
        stop (int): That of the batch after the last one.
        RETURNS (List[Report]): What each worker has done.
        """
        self.start(start, stop)
        return self.finish()

    def start(self, start: int, stop: int) -> None:
        """Let all workers begin to learn from a range of batches.

        start (int): The number of the first batch.
        stop (int): That of the batch after the last one.
        """
        self._pool.submit(start, stop, self._parts)

    def finish(self) -> list[Report]:
        """Wait for what the workers have begun.

        RETURNS (List[Report]): What each of them has done.
        """
        reports, self._parts = self._pool.collect()
        spent = sum_up([report.seconds for report in reports])
        mean = {name: seconds / self._n_workers for name, seconds in spent.items()}
        self.seconds = sum_up([self.seconds, mean])
        return reports

    def load(self, parts: Sequence[Any] | None = None) -> None:
        """Set the averaged weights in this process.

        parts (Optional[Sequence[ObjectRef]]): What the workers have learned, by default up to now.
        """
        arrays = self._ray.get(self._parts if parts is None else parts)
        self._state.load(list(zip(arrays[::2], arrays[1::2], strict=True)))

    def do_with_weights(self, work: Callable[[], Any]) -> None:
        """Do something with the averaged weights of now, while the workers go on. First wait for what was to
        be done before.

        work (Callable[[], Any]): What to do, when the weights are set in this process.
        """
        self.wait()
        parts = self._parts

        def load_and_work() -> Any:
            self.load(parts)
            return work()

        self._waiting = self._thread.submit(copy_context().run, load_and_work)

    @property
    def is_busy(self) -> bool:
        """RETURNS (bool): Whether something is being done with the weights."""
        return self._waiting is not None and not self._waiting.done()

    def wait(self) -> Any:
        """RETURNS (Any): What the last work returned, None if there was none since the last call."""
        waiting, self._waiting = self._waiting, None
        return None if waiting is None else waiting.result()

    def measure(self) -> dict[str, float]:
        """RETURNS (Dict[str, float]): Seconds by what they were spent on, mean over the workers."""
        return {**self.seconds, "total": perf_counter() - self._start}

    def close(self) -> None:
        """End the workers. What is being done with the weights is finished."""
        self._thread.shutdown(wait=True, cancel_futures=True)
        with suppress(Exception):
            self._pool.kill()


@contextmanager
def lead(settings: Settings, *, address: str | None) -> Iterator[Leader]:
    """Start Ray and workers, and end them after the block.

    settings (Settings): The settings of the workers.
    address (Optional[str]): A Ray cluster, None to start Ray on this machine.
    YIELDS (Leader): What leads them.
    RAISES (ValueError): If Ray or a worker cannot be started.
    """
    with ray_session(settings.n_workers, address=address) as ray, warnings.catch_warnings():
        warnings.simplefilter("always", UserWarning)
        leader = Leader(ray, settings)
        try:
            yield leader
        finally:
            leader.close()


def sum_up(results: Sequence[dict[Any, Any]]) -> dict[Any, Any]:
    """Add numbers by their names.

    results (Sequence[Dict[Any, float]]): The numbers of each worker.
    RETURNS (Dict[Any, float]): The sums.
    """
    total: dict[Any, Any] = {}
    for result in results:
        for name, value in result.items():
            total[name] = total.get(name, 0) + value
    return total
