"""Workers as processes of this machine."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.context import BaseContext
from pathlib import Path
from tempfile import TemporaryDirectory

from ..inference.workers import end_with_parent
from .blocks import Block, Result
from .pool import Pool
from .renewal import Renewed

_work: list[Renewed] = []


class LocalPool(Pool):
    """A process for each worker. Each inherits nothing, so that one that is started late is as the others."""

    deaths = (BrokenProcessPool,)

    def __init__(self, work: bytes, n_workers: int) -> None:
        """Prepare the workers.

        work (bytes): What they do, pickled.
        n_workers (int): The number of workers.
        """
        super().__init__(n_workers)
        self._folder = TemporaryDirectory()
        self._path = Path(self._folder.name) / "work"
        # A process that is just starting does not read what is sent to it.
        self._path.write_bytes(work)
        self._pools: list[ProcessPoolExecutor | None] = [None] * n_workers

    def start(self, worker: int) -> Future[int]:
        """Start a process."""
        before = self._pools[worker]
        if before is not None:
            before.shutdown(wait=True, cancel_futures=True)
        self._pools[worker] = ProcessPoolExecutor(
            1,
            mp_context=_context(),
            initializer=_start,
            initargs=(self._path,),
        )
        # The process starts when there is something to do.
        with _uninterrupted():
            return self._pool(worker).submit(os.getpid)

    def submit(self, worker: int, block: Block, left_out: Mapping[int, str]) -> Future[Result]:
        """Give a block to a process."""
        try:
            return self._pool(worker).submit(_run, block, left_out)
        except BrokenProcessPool as error:
            future: Future[Result] = Future()
            future.set_exception(error)
            return future

    def stop(self) -> None:
        """End all processes, after the blocks that they are at."""
        pools = [pool for pool in self._pools if pool is not None]
        for pool in pools:
            pool.shutdown(wait=False, cancel_futures=True)
        for pool in pools:
            pool.shutdown()
        self._folder.cleanup()

    def _pool(self, worker: int) -> ProcessPoolExecutor:
        pool = self._pools[worker]
        if pool is None:
            raise LookupError(worker)
        return pool


def _context() -> BaseContext:
    """A process is a copy of one that has imported all and holds nothing else, where there is such a thing."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def _start(path: Path) -> None:
    """Begin a process. An interruption is for the first one to answer, and none outlives it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=end_with_parent, daemon=True).start()
    _work[:] = [Renewed(path.read_bytes)]


def _run(block: Block, left_out: Mapping[int, str]) -> Result:
    return _work[0](block, left_out)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let processes that are started here not answer an interruption while they begin."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
