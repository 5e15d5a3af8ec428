"""Workers that may die, and blocks that come back in order and once, whatever happens to the workers."""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from typing import Any

from spacy.util import logger

from ..errors import Errors, Warnings
from ..errors.bulk import BulkReasons
from .blocks import Block, Result

#: Blocks that wait for each worker, so that it has always one to go on with.
WAITING = 2
#: Blocks on their way for each worker, with those that are done and wait for an earlier one.
WINDOW = 4
#: How many workers a block may end before its rows are tried one by one, and how many a row.
MAX_DEATHS = 3


class Pool(ABC):
    """Some workers, each in a process of its own."""

    #: What a future raises if its worker has ended.
    deaths: tuple[type[BaseException], ...] = ()

    def __init__(self, n_workers: int) -> None:
        """Start nothing yet.

        n_workers (int): The number of workers.
        """
        self.n_workers = n_workers

    @abstractmethod
    def start(self, worker: int) -> "Future[Any]":
        """Start a worker, in the place of an earlier one if there was one.

        worker (int): Its place.
        RETURNS (Future): Done when the worker has loaded the pipeline.
        """

    @abstractmethod
    def submit(self, worker: int, block: Block, left_out: Mapping[int, str]) -> "Future[Result]":
        """Give a block to a worker, which works on them in their order.

        worker (int): Its place.
        block (Block): The block.
        left_out (Mapping[int, str]): Numbers of rows that are not to be looked at, and why.
        RETURNS (Future): The result.
        """

    @abstractmethod
    def stop(self) -> None:
        """End all workers."""


@dataclass(eq=False)
class _Job:
    block: Block
    left_out: dict[int, str] = field(default_factory=dict)
    result: Result | None = None
    deaths: int = 0
    is_split: bool = False


def spread(
    blocks: Iterable[Block], *, pool: Pool, split: Callable[[Block], list[Block]]
) -> Iterator[tuple[Block, Result]]:
    """Let workers work on blocks, and give each with its result, in their order.

    blocks (Iterable[Block]): The blocks. Not many more are taken than are worked on.
    pool (Pool): The workers.
    split (Callable): Cuts a block into its rows.
    YIELDS (Tuple[Block, Result]): Blocks and results.
    RAISES (ValueError): If workers end again and again and no row can be blamed.
    """
    yield from _Spread(pool, split).run(iter(blocks))


class _Spread:
    def __init__(self, pool: Pool, split: Callable[[Block], list[Block]]) -> None:
        self.pool = pool
        self.split = split
        #: Jobs in the order of their results, those to be given to a worker, and those that each has.
        self.order: deque[_Job] = deque()
        self.waiting: deque[_Job] = deque()
        self.given: list[dict[Future[Result], _Job]] = [{} for _ in range(pool.n_workers)]
        #: Tells of each worker that has begun whether it has loaded the pipeline.
        self.ready: dict[int, Future[Any]] = {}
        #: Workers in a row that have ended before that.
        self.lost = 0

    def run(self, blocks: Iterator[Block]) -> Iterator[tuple[Block, Result]]:
        while self._fill(blocks):
            futures = [future for given in self.given for future in given]
            if futures:
                wait(futures, return_when=FIRST_COMPLETED)
            for worker in range(self.pool.n_workers):
                self._collect(worker)
            while self.order and self.order[0].result is not None:
                job = self.order.popleft()
                yield job.block, job.result  # type: ignore[misc]

    def _fill(self, blocks: Iterator[Block]) -> bool:
        """Give work to those who have too little. Returns whether there is any left."""
        for depth in range(WAITING):
            for worker, given in enumerate(self.given):
                if len(given) <= depth:
                    job = self._next(blocks)
                    if job is None:
                        return bool(self.order)
                    if worker not in self.ready:
                        self.ready[worker] = self.pool.start(worker)
                    given[self.pool.submit(worker, job.block, job.left_out)] = job
        return True

    def _next(self, blocks: Iterator[Block]) -> _Job | None:
        if self.waiting:
            return self.waiting.popleft()
        while len(self.order) < self.pool.n_workers * WINDOW:
            block = next(blocks, None)
            if block is None:
                return None
            job = _Job(block)
            self.order.append(job)
            if block.is_lost:
                job.result = Result()
                continue
            return job
        return None

    def _collect(self, worker: int) -> None:
        given = self.given[worker]
        for future in [future for future in given if future.done()]:
            error = future.exception()
            if error is None:
                given.pop(future).result = future.result()
            elif isinstance(error, self.pool.deaths):
                self._replace(worker, error)
                return
            else:
                raise error

    def _replace(self, worker: int, error: BaseException) -> None:
        """Start another worker. What its predecessor had, others do; it was at work on the first block."""
        jobs = []
        for future, job in self.given[worker].items():
            if future.done() and future.exception() is None:
                job.result = future.result()
            else:
                jobs.append(job)
        self.given[worker].clear()
        self.waiting.extendleft(reversed(jobs))
        if self._restart(worker, error) and jobs:
            jobs[0].deaths += 1
            if jobs[0].deaths >= MAX_DEATHS:
                self._blame(worker, jobs[0])

    def _restart(self, worker: int, error: BaseException) -> bool:
        """Start another worker. Returns whether its predecessor had begun to work."""
        ready = self.ready[worker]
        had_begun = ready.done() and ready.exception() is None
        self.lost = 0 if had_begun else self.lost + 1
        if self.lost >= MAX_DEATHS:
            raise ValueError(Errors.E781.format(count=self.lost, reason=error)) from error
        logger.warning(Warnings.W371)
        self.ready[worker] = self.pool.start(worker)
        return had_begun

    def _blame(self, worker: int, job: _Job) -> None:
        """Try the rows of a block one by one."""
        rows = self.split(job.block)
        place = describe_rows(job.block, rows, job.deaths)
        if job.is_split or not rows:
            raise ValueError(Errors.E780.format(**place))
        logger.warning(Warnings.W372.format(**place))
        for row in rows:
            if row.piece.number in job.left_out or self._survives(worker, row):
                continue
            reason = BulkReasons.DEADLY.format(count=MAX_DEATHS)
            job.left_out[row.piece.number] = reason
        job.is_split, job.deaths = True, 0

    def _survives(self, worker: int, row: Block) -> bool:
        deaths = 0
        while deaths < MAX_DEATHS:
            future = self.pool.submit(worker, row, {})
            wait([future])
            error: Any = future.exception()
            if not isinstance(error, self.pool.deaths):
                return True
            deaths += self._restart(worker, error)
        return False


def describe_rows(block: Block, rows: list[Block], deaths: int) -> dict[str, Any]:
    """Tell which rows have ended workers.

    block (Block): A block.
    rows (List[Block]): Its rows.
    deaths (int): How many workers have ended.
    RETURNS (Dict[str, Any]): What the texts of errors and warnings ask for.
    """
    return {
        "path": block.file.path,
        "first": rows[0].piece.number if rows else 0,
        "last": rows[-1].piece.number if rows else 0,
        "count": deaths,
    }
