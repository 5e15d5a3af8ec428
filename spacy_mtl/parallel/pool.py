"""The workers of a run, seen from the process that leads them."""

import warnings
from collections.abc import Sequence
from typing import Any

from ..errors import Errors, Warnings
from .worker import Report, Settings, Worker

#: How often in a row a worker may die before the run ends.
MAX_DEATHS = 3


class Pool:
    """Actors of Ray, each in a process of its own. One that dies is replaced."""

    def __init__(self, ray: Any, settings: Settings) -> None:
        """Start the workers. They begin to build their models at once.

        ray (ModuleType): The module, connected.
        settings (Settings): The settings of the workers.
        RAISES (ValueError): If the cluster has not enough CPUs.
        """
        self._ray = ray
        cpus = ray.cluster_resources().get("CPU", 0.0)
        if cpus < settings.n_workers:
            raise ValueError(Errors.E826.format(cpus=cpus, workers=settings.n_workers))
        self._settings = ray.put(settings)
        self._make = ray.remote(num_cpus=1)(Worker)
        self._ranks = range(settings.n_workers)
        self._actors: list[Any] = []
        self._ready: list[Any] = []
        for rank in self._ranks:
            actor, ready = self._start(rank)
            self._actors.append(actor)
            self._ready.append(ready)
        self._deaths = [0] * settings.n_workers
        self._call: tuple[Any, ...] = ()
        self._calls: list[tuple[Any, Any]] = []

    def submit(self, start: int, stop: int, parts: Sequence[Any]) -> None:
        """Let all workers begin a round.

        start (int): The number of the first batch.
        stop (int): That of the batch after the last one.
        parts (Sequence[ObjectRef]): What was learned before, as `collect` returned it.
        """
        self._call = (start, stop, *parts)
        self._calls = [self._run(rank) for rank in self._ranks]

    def collect(self) -> tuple[list[Report], list[Any]]:
        """Wait for the round.

        RETURNS (Tuple[List[Report], List[ObjectRef]]): What each worker has done, and what was learned.
        RAISES (ValueError): If a worker fails, or dies again and again.
        """
        reports = [self._wait(rank) for rank in self._ranks]
        first, step = reports[0], self._call[0]
        for rank, report in enumerate(reports):
            if (report.stop, report.n_words) != (first.stop, first.n_words):
                expected, found = (
                    f"{r.stop} batches, {r.n_words} words in the last" for r in (first, report)
                )
                raise ValueError(
                    Errors.E825.format(rank=rank, step=step, found=found, expected=expected)
                )
        parts: list[Any] = []
        for report, (_, arrays) in zip(reports, self._calls, strict=True):
            parts += [self._ray.put(report.progress), arrays]
        return reports, parts

    def kill(self) -> None:
        """End all workers, at once."""
        for actor in self._actors:
            self._ray.kill(actor)

    def _start(self, rank: int) -> tuple[Any, Any]:
        actor = self._make.remote(rank)
        return actor, actor.set_up.remote(self._settings)

    def _run(self, rank: int) -> tuple[Any, Any]:
        return self._actors[rank].run.options(num_returns=2).remote(*self._call)  # type: ignore[no-any-return]

    def _wait(self, rank: int) -> Report:
        exceptions = self._ray.exceptions
        while True:
            try:
                self._ray.get(self._ready[rank])
                report: Report = self._ray.get(self._calls[rank][0])
            except exceptions.RayTaskError as error:
                raise _translate(rank, error) from None
            except (exceptions.RayActorError, exceptions.OutOfMemoryError) as error:
                self._replace(rank, error)
            else:
                self._deaths[rank] = 0
                return report

    def _replace(self, rank: int, error: Exception) -> None:
        reason = next(
            (line.strip() for line in str(error).splitlines() if "exit" in line.lower()),
            type(error).__name__,
        )
        self._deaths[rank] += 1
        step, count = self._call[0], self._deaths[rank]
        if count > MAX_DEATHS:
            raise ValueError(
                Errors.E821.format(rank=rank, count=count, reason=reason, step=step)
            ) from error
        warnings.warn(Warnings.W380.format(rank=rank, reason=reason, step=step), stacklevel=2)
        self._actors[rank], self._ready[rank] = self._start(rank)
        self._calls[rank] = self._run(rank)


def _translate(rank: int, error: Any) -> BaseException:
    """The error of a worker, as it would be without one. An unexpected one keeps its traceback."""
    cause = error.cause
    for kind in (ValueError, OSError, ImportError):
        if isinstance(cause, kind):
            return kind(Errors.E820.format(rank=rank, reason=str(cause) or type(cause).__name__))
    return error  # type: ignore[no-any-return]
