"""Workers that train, one trial each, and report after each evaluation: processes of this machine, or of a
Ray cluster. Whoever reads a report tells the worker to go on, or gives it another trial instead.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from typing import Any, Protocol

from ..errors import Errors
from ..ray_session import ray_session
from .trial import Job, Report, run_trial

ENGINES = ("local", "ray")
#: One thread for each worker: the workers are what fills the cores.
ONE_THREAD = {
    f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "BLIS", "NUMBA")
}
#: Seconds until a process that was told to end is ended.
PATIENCE = 5.0


class Workers(Protocol):
    """Workers, by their number from 0."""

    def send(self, worker: int, job: Job | None) -> None:
        """Set a worker to work.

        worker (int): The worker.
        job (Optional[Job]): A new trial. None to go on with the one it has reported of.
        """

    def receive(self) -> tuple[int, Report]:
        """Wait for a report.

        RETURNS (Tuple[int, Report]): Which worker, and what it says.
        """


@contextmanager
def open_workers(engine: str, n: int, *, address: str | None = None) -> Iterator[Workers]:
    """Start workers, and end them after the block, whatever they are at.

    engine (str): "local" or "ray".
    n (int): How many.
    address (Optional[str]): The Ray cluster. None to start Ray on this machine.
    YIELDS (Workers): The workers.
    RAISES (ValueError): If Ray is not installed, cannot be reached, or has not enough CPUs.
    """
    if engine == "local":
        local = LocalWorkers(n)
        try:
            yield local
        finally:
            local.close()
        return
    with ray_session(n, address=address) as ray:
        remote = RayWorkers(n, ray)
        try:
            yield remote
        finally:
            remote.close()


class TrialSteps:
    """Takes a trial from report to report."""

    def __init__(self) -> None:
        """Begin without a trial."""
        self._reports: Iterator[Report] = iter(())

    def advance(self, job: Job | None) -> Report:
        """Train until the next report.

        job (Optional[Job]): A new trial, which ends the one before. None to go on.
        RETURNS (Report): The report.
        """
        if job is not None:
            self._reports = run_trial(job)
        return next(self._reports)


class LocalWorkers:
    """Processes of this machine."""

    def __init__(self, n: int) -> None:
        """Start the processes.

        n (int): How many.
        """
        self._context = multiprocessing.get_context("spawn")
        self._numbers = [-1] * n
        self._busy: set[int] = set()
        self._workers: list[tuple[Any, Connection]] = []
        for _ in range(n):
            self._workers.append(self._start())

    def send(self, worker: int, job: Job | None) -> None:
        """Set a worker to work, see `Workers`."""
        if job is not None:
            self._numbers[worker] = job.number
        self._busy.add(worker)
        try:
            self._workers[worker][1].send(job)
        except OSError:
            # It has ended. Its closed connection says so when it is read.
            return

    def receive(self) -> tuple[int, Report]:
        """Wait for a report. One whose process has ended says so, and there is a new process in its place."""
        # One that has ended without a trial has nothing to report.
        ready = wait([self._workers[worker][1] for worker in self._busy])
        worker = next(worker for worker in self._busy if self._workers[worker][1] in ready)
        self._busy.remove(worker)
        process, connection = self._workers[worker]
        try:
            return worker, connection.recv()
        except (EOFError, OSError):
            process.join(PATIENCE)
            reason = Errors.E850.format(reason=f"exit code {process.exitcode}")
            connection.close()
            self._workers[worker] = self._start()
            return worker, Report(self._numbers[worker], "failed", reason=reason, is_lost=True)

    def close(self) -> None:
        """End the processes."""
        for process, connection in self._workers:
            process.terminate()
            connection.close()
        for process, _ in self._workers:
            process.join(PATIENCE)
            if process.is_alive():
                process.kill()

    def _start(self) -> tuple[Any, Connection]:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_work, args=(theirs,), daemon=True)
        before = {name: os.environ.get(name) for name in ONE_THREAD}
        os.environ.update(ONE_THREAD)
        try:
            process.start()
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value
        theirs.close()
        return process, ours


def _work(connection: Connection) -> None:
    """What a process does. An interruption is for the first process to answer, and none outlives it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    steps = TrialSteps()
    while True:
        try:
            connection.send(steps.advance(connection.recv()))
        except (EOFError, OSError):
            return


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


class RayWorkers:
    """Actors of a Ray cluster, one core each."""

    def __init__(self, n: int, ray: Any) -> None:
        """Start the actors.

        n (int): How many.
        ray (ModuleType): The module ray, in use.
        RAISES (ValueError): If the cluster has not enough CPUs, for which they would wait for ever.
        """
        self._ray = ray
        cpus = ray.cluster_resources().get("CPU", 0.0)
        if cpus < n:
            raise ValueError(Errors.E826.format(cpus=cpus, workers=n))
        self._numbers = [-1] * n
        self._actors = [self._start() for _ in range(n)]
        self._running: dict[Any, int] = {}

    def send(self, worker: int, job: Job | None) -> None:
        """Set a worker to work, see `Workers`."""
        if job is not None:
            self._numbers[worker] = job.number
        self._running[self._actors[worker].advance.remote(job)] = worker

    def receive(self) -> tuple[int, Report]:
        """Wait for a report. One whose actor has ended says so, and there is a new actor in its place."""
        (done,), _ = self._ray.wait(list(self._running), num_returns=1)
        worker = self._running.pop(done)
        try:
            return worker, self._ray.get(done)
        except self._ray.exceptions.RayError as error:
            reason = Errors.E850.format(reason=" ".join(str(error).split())[:200])
            self._ray.kill(self._actors[worker])
            self._actors[worker] = self._start()
            return worker, Report(self._numbers[worker], "failed", reason=reason, is_lost=True)

    def close(self) -> None:
        """End the actors."""
        for actor in self._actors:
            self._ray.kill(actor)

    def _start(self) -> Any:
        remote = self._ray.remote(num_cpus=1, runtime_env={"env_vars": ONE_THREAD})(TrialSteps)
        return remote.remote()
