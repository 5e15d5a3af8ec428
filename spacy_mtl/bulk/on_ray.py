"""Workers as actors of Ray, on this machine or on those of a cluster."""

import pickle
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any

from .blocks import Block, Result
from .pool import Pool
from .work import Apply


class RayPool(Pool):
    """An actor for each worker, with a core of its own.

    Blocks are read and written by the process that has started the job, so that the machines of a cluster
    need not share their files.
    """

    def __init__(self, ray: Any, work: bytes, n_workers: int) -> None:
        """Prepare the workers.

        ray (ModuleType): Ray, which is running.
        work (bytes): What they do, pickled.
        n_workers (int): The number of workers.
        """
        super().__init__(n_workers)
        errors = ray.exceptions
        self.deaths = (errors.RayActorError, errors.OutOfMemoryError, errors.ObjectLostError)
        self._ray = ray
        # An actor that Ray itself starts again would not tell which block has ended it.
        self._make: Any = ray.remote(num_cpus=1, max_restarts=0, max_task_retries=0)(RayWorker)
        self._work = ray.put(work)
        self._actors: list[Any] = [None] * n_workers

    def start(self, worker: int) -> Future[Any]:
        """Start an actor."""
        self._end(worker)
        self._actors[worker] = self._make.remote(self._work)
        ready: Future[Any] = self._actors[worker].begin.remote().future()
        return ready

    def submit(self, worker: int, block: Block, left_out: Mapping[int, str]) -> Future[Result]:
        """Give a block to an actor."""
        found: Future[Result] = self._actors[worker].run.remote(block, left_out).future()
        return found

    def stop(self) -> None:
        """End all actors."""
        for worker in range(self.n_workers):
            self._end(worker)

    def reason(self, error: BaseException) -> BaseException:
        """Find what an actor has raised."""
        cause = getattr(error, "cause", None)
        return cause if isinstance(cause, BaseException) else error

    def _end(self, worker: int) -> None:
        if self._actors[worker] is not None:
            self._ray.kill(self._actors[worker])
            self._actors[worker] = None


class RayWorker:
    """What runs in an actor."""

    def __init__(self, work: bytes) -> None:
        """Load the pipeline.

        work (bytes): What to do, pickled.
        """
        self.work: Apply = pickle.loads(work)

    def begin(self) -> None:
        """Tell that the pipeline is loaded."""

    def run(self, block: Block, left_out: Mapping[int, str]) -> Result:
        """Work on a block.

        block (Block): The block.
        left_out (Mapping[int, str]): Numbers of rows that are not to be looked at, and why.
        RETURNS (Result): What is to be written.
        """
        return self.work(block, left_out)


def count_workers(ray: Any) -> int:
    """Count the cores of a cluster.

    ray (ModuleType): Ray, which is running.
    RETURNS (int): The number of cores, at least 1.
    """
    return max(int(ray.cluster_resources().get("CPU", 1)), 1)
