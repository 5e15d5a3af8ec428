"""Workers as actors of Ray Data, on this machine or on those of a cluster."""

import asyncio
import logging
import pickle
from collections.abc import Iterator
from typing import Any

from spacy.util import logger

from ..errors import Errors, Warnings
from ..errors.bulk import BulkReasons
from ..extras import import_extra
from .blocks import Block, Result
from .pool import MAX_DEATHS, WAITING, WINDOW, describe_rows
from .renewal import Renewed

#: The column that blocks and results travel in.
COLUMN = "packed"
#: Nothing is put together or cut on the way.
WHOLE_BLOCKS: dict[str, Any] = {"batch_size": None, "batch_format": "pyarrow"}
#: What a worker begins with if it is not a row: to load the pipeline, a block, and one without some rows.
BEGIN, WHOLE, REST = 0, 0, -1
#: How many workers something has ended that the last one has survived.
SURVIVED = 0


class RaySpread:
    """Blocks go through a dataset of Ray: a task reads them, actors with a core each work on them.

    The task runs on the machine that gives the command, which also writes: the others need not share its files.
    """

    def __init__(self, ray: Any, work: bytes, n_workers: int) -> None:
        """Start nothing yet.

        ray (ModuleType): Ray, which is running.
        work (bytes): What workers do, pickled.
        n_workers (int): The number of workers.
        """
        self._ray = ray
        self._work = work
        self._n_workers = n_workers

    def __call__(self, blocks: Iterator[Block]) -> Iterator[tuple[Block, Result]]:
        """Let workers work on blocks, and give each with its result, in their order.

        blocks (Iterator[Block]): The blocks. What is left of them can be pickled, as `JobBlocks` can.
        YIELDS (Tuple[Block, Result]): Blocks and results.
        RAISES (ValueError): If workers end again and again and no row can be blamed.
        """
        window = self._n_workers * WINDOW
        here = {"ray.io/node-id": self._ray.get_runtime_context().get_node_id()}
        desk = self._ray.remote(Desk).options(num_cpus=0, label_selector=here)
        desk = desk.remote(self._work, window)
        batches = self._dataset(blocks, desk, here).iter_batches(**WHOLE_BLOCKS)
        try:
            for batch in batches:
                for number, block, result, deaths in unpack(batch):
                    if deaths:
                        logger.warning(Warnings.W371)
                    if isinstance(result, Exception):
                        raise result
                    yield block, result
                    desk.admit.remote(number + 1 + window)
        except self._ray.exceptions.RayActorError as error:
            raise ValueError(Errors.E781.format(count=MAX_DEATHS, reason=error)) from error

    def _dataset(self, blocks: Iterator[Block], desk: Any, here: dict[str, str]) -> Any:
        data = import_extra("ray.data", Errors.E770)
        # What matters is told by errors of our own.
        logging.getLogger("ray.data").setLevel(logging.CRITICAL)
        start = data.from_items([0])
        context = start.context
        context.execution_options.preserve_order = True
        # Each block travels alone.
        context.target_max_block_size = 1
        context.target_min_block_size = 0
        context.enable_progress_bars = False
        context.print_on_execution_start = False
        context.max_consecutive_actor_init_deaths = 0
        # A task without a core of its own is not kept waiting by actors that have all of them.
        read = start.map_batches(
            read_blocks, fn_args=[blocks, desk], num_cpus=0, label_selector=here, **WHOLE_BLOCKS
        )
        actors = data.ActorPoolStrategy(size=self._n_workers, max_tasks_in_flight_per_actor=WAITING)
        return read.map_batches(
            RayWorker, fn_constructor_args=[desk], num_cpus=1, compute=actors, **WHOLE_BLOCKS
        )


class RayWorker:
    """What runs in an actor. It tells what it is at, for the one that follows if it ends."""

    def __init__(self, desk: Any) -> None:
        """Load the pipeline.

        desk (ActorHandle): Gives the pipeline, and knows what others have not survived.
        RAISES (RuntimeError): If that has ended too many.
        """
        import ray

        self._get = ray.get
        self._desk = desk
        name = str(ray.get_runtime_context().get_actor_id())
        if self._begin(name, BEGIN)[BEGIN] > MAX_DEATHS:
            raise RuntimeError("out of memory?")
        self._work = Renewed(lambda: self._get(desk.work.remote()))
        desk.end.remote(name, BEGIN)

    def __call__(self, batch: Any) -> Any:
        """Work on blocks.

        batch (Table): Blocks with their numbers, packed.
        RETURNS (Table): The same with results, or what was wrong, and how many workers each has ended.
        """
        return pack([(number, *self._run(number, block)) for number, block in unpack(batch)])

    def _run(self, number: int, block: Block) -> tuple[Block, Result | Exception, int]:
        if block.is_lost:
            return block, Result(), 0
        known = self._begin(number, WHOLE)
        result: Result | Exception
        try:
            if known[WHOLE] <= MAX_DEATHS:
                result = self._work(block, {})
            else:
                result = self._blame(number, block, known)
        # Raised here it would be tried again.
        except Exception as error:
            result = error
        self._desk.forget.remote(number)
        return block, result, known[WHOLE] - 1

    def _blame(self, number: int, block: Block, known: dict[int, int]) -> Result:
        """Try the rows of a block one by one, but for those that are known to be survived."""
        rows = self._work.split(block)
        left_out = {}
        for row in rows:
            place = row.piece.number
            if known.get(place, 0) >= MAX_DEATHS:
                left_out[place] = BulkReasons.DEADLY.format(count=MAX_DEATHS)
            elif known.get(place) != SURVIVED:
                self._begin(number, place)
                self._work(row, {})
                self._desk.end.remote(number, place)
        if self._begin(number, REST)[REST] > MAX_DEATHS or not rows:
            raise ValueError(Errors.E780.format(**describe_rows(block, rows, MAX_DEATHS)))
        return self._work(block, left_out)

    def _begin(self, number: int | str, place: int) -> dict[int, int]:
        known: dict[int, int] = self._get(self._desk.begin.remote(number, place))
        return known


class Desk:
    """An actor beside the process that writes. It hands out the pipeline, knows what workers have begun and
    not ended, and keeps the reading from running ahead of the writing, which Ray Data alone does not.
    """

    def __init__(self, work: bytes, window: int) -> None:
        """Know of nothing that was begun.

        work (bytes): What workers do, pickled.
        window (int): How many blocks may be read at first.
        """
        self._work = work
        self._limit = window
        self._moved = asyncio.Condition()
        self._begun: dict[int | str, dict[int, int]] = {}

    async def work(self) -> bytes:
        """RETURNS (bytes): What workers do, pickled."""
        return self._work

    async def wait(self, number: int) -> None:
        """Wait until a block may be read.

        number (int): Its number.
        """
        async with self._moved:
            while number >= self._limit:
                await self._moved.wait()

    async def admit(self, limit: int) -> None:
        """Let more blocks be read.

        limit (int): How many in all.
        """
        async with self._moved:
            self._limit = max(limit, self._limit)
            self._moved.notify_all()

    async def begin(self, number: int | str, place: int) -> dict[int, int]:
        """Take down that a worker begins with something.

        number (Union[int, str]): The number of a block, or the name of a worker.
        place (int): A row of the block, or what else is begun.
        RETURNS (Dict[int, int]): How often each place of the block was begun and not ended, with this time.
        """
        known = self._begun.setdefault(number, {})
        known[place] = known.get(place, 0) + 1
        return known

    async def end(self, number: int | str, place: int) -> None:
        """Take down that a worker has survived something.

        number (Union[int, str]): The number of a block, or the name of a worker.
        place (int): A row of the block, or what else was begun.
        """
        self._begun[number][place] = SURVIVED

    async def forget(self, number: int) -> None:
        """Forget a block that is done.

        number (int): Its number.
        """
        self._begun.pop(number, None)


def read_blocks(batch: Any, blocks: Iterator[Block], desk: Any) -> Iterator[Any]:
    """Read blocks in a task. One that is done again reads the same ones.

    batch (Table): Nothing.
    blocks (Iterator[Block]): The blocks. What is left of them can be pickled, as `JobBlocks` can.
    desk (ActorHandle): Tells when there is room for another one.
    YIELDS (Table): Each of them with its number, packed.
    """
    import ray

    for numbered in enumerate(blocks):
        ray.get(desk.wait.remote(numbered[0]))
        yield pack([numbered])


def pack(values: list[Any]) -> Any:
    """Make a table of values of any kind.

    values (List[Any]): The values.
    RETURNS (Table): A row for each.
    """
    import pyarrow

    column = pyarrow.array([pickle.dumps(value) for value in values], pyarrow.large_binary())
    return pyarrow.table({COLUMN: column})


def unpack(table: Any) -> Iterator[Any]:
    """Find the values of a table.

    table (Table): The table.
    YIELDS (Any): The value of each row.
    """
    for value in table[COLUMN]:
        yield pickle.loads(value.as_buffer())


def count_workers(ray: Any) -> int:
    """Count the cores of a cluster.

    ray (ModuleType): Ray, which is running.
    RETURNS (int): The number of cores, at least 1.
    """
    return max(int(ray.cluster_resources().get("CPU", 1)), 1)
