"""Workers as actors of Ray Data, on this machine or on those of a cluster."""

import pickle
from collections.abc import Iterator
from typing import Any

from spacy.util import logger

from ..errors import Errors, Warnings
from ..errors.bulk import BulkReasons
from ..extras import import_extra
from .blocks import Block, Result
from .pool import MAX_DEATHS, WAITING
from .source import JobBlocks
from .work import Apply

#: The column that blocks and results travel in.
COLUMN = "packed"
#: What a worker tries: to begin, a block, and a block without the rows that are left out. Else it is a row.
BEGIN, WHOLE, REST = 0, 0, -1


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

    def __call__(self, blocks: JobBlocks) -> Iterator[tuple[Block, Result]]:
        """Let workers work on blocks, and give each with its result, in their order.

        blocks (JobBlocks): The blocks.
        YIELDS (Tuple[Block, Result]): Blocks and results.
        RAISES (ValueError): If workers end again and again and no row can be blamed.
        """
        for batch in self._dataset(blocks).iter_batches(batch_size=None, batch_format="pyarrow"):
            for block, result, deaths in unpack(batch):
                if isinstance(result, ValueError):
                    raise result
                if deaths:
                    logger.warning(Warnings.W371)
                yield block, result

    def _dataset(self, blocks: JobBlocks) -> Any:
        data = import_extra("ray.data", Errors.E770)
        ray = self._ray
        here = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(
            ray.get_runtime_context().get_node_id(), soft=False
        )
        tally = ray.remote(Tally).options(num_cpus=0, scheduling_strategy=here).remote()
        start = data.from_items([0])
        context = start.context
        context.execution_options.preserve_order = True
        # Each block travels alone.
        context.target_max_block_size = 1
        context.target_min_block_size = 0
        context.enable_progress_bars = False
        context.print_on_execution_start = False
        context.max_consecutive_actor_init_deaths = 0
        whole: dict[str, Any] = {"batch_size": None, "batch_format": "pyarrow"}
        # A task without a core of its own is not kept waiting by actors that have all cores.
        read = start.map_batches(
            read_blocks, fn_args=[blocks], num_cpus=0, scheduling_strategy=here, **whole
        )
        return read.map_batches(
            RayWorker,
            fn_constructor_args=[ray.put(self._work), tally],
            num_cpus=1,
            compute=data.ActorPoolStrategy(
                size=self._n_workers, max_tasks_in_flight_per_actor=WAITING
            ),
            **whole,
        )


class RayWorker:
    """What runs in an actor. It tells what it is at, for the one that follows if it ends."""

    def __init__(self, work: Any, tally: Any) -> None:
        """Load the pipeline.

        work (ObjectRef): What to do, pickled.
        tally (ActorHandle): Knows what others have not survived.
        """
        import ray

        self._get = ray.get
        self._tally = tally
        name = ray.get_runtime_context().get_actor_id()
        if self._begin(name, BEGIN)[BEGIN] > MAX_DEATHS:
            raise RuntimeError
        self._work: Apply = pickle.loads(ray.get(work))
        tally.end.remote(name, BEGIN)

    def __call__(self, batch: Any) -> Any:
        """Work on blocks.

        batch (Table): Blocks with their numbers, packed.
        RETURNS (Table): Blocks with their results, or what was wrong, and how many workers they have ended.
        """
        return pack([self._run(number, block) for number, block in unpack(batch)])

    def _run(self, number: int, block: Block) -> tuple[Block, Result | ValueError, int]:
        if block.is_lost:
            return block, Result(), 0
        known = self._begin(number, WHOLE)
        if known[WHOLE] <= MAX_DEATHS:
            result = self._work(block, {})
        else:
            result = self._blame(number, block, known)
        self._tally.forget.remote(number)
        return block, result, sum(known.values()) - 1

    def _blame(self, number: int, block: Block, known: dict[int, int]) -> Result | ValueError:
        rows = self._work.split(block)
        left_out = {}
        for row in rows:
            place = row.piece.number
            if known.get(place, 0) >= MAX_DEATHS:
                left_out[place] = BulkReasons.DEADLY.format(count=MAX_DEATHS)
            elif known.get(place, 1):
                self._begin(number, place)
                self._work(row, {})
                self._tally.end.remote(number, place)
        if self._begin(number, REST)[REST] <= MAX_DEATHS:
            return self._work(block, left_out)
        return ValueError()

    def _begin(self, number: int | str, place: int) -> dict[int, int]:
        known: dict[int, int] = self._get(self._tally.begin.remote(number, place))
        return known


class Tally:
    """An actor that knows what workers have begun and not ended, by block."""

    def __init__(self) -> None:
        """Know nothing."""
        self._begun: dict[int | str, dict[int, int]] = {}

    def begin(self, number: int | str, place: int) -> dict[int, int]:
        known = self._begun.setdefault(number, {})
        known[place] = known.get(place, 0) + 1
        return known

    def end(self, number: int | str, place: int) -> None:
        self._begun[number][place] = 0

    def forget(self, number: int | str) -> None:
        self._begun.pop(number, None)


def read_blocks(batch: Any, blocks: JobBlocks) -> Iterator[Any]:
    for numbered in enumerate(blocks):
        yield pack([numbered])


def pack(values: list[Any]) -> Any:
    import pyarrow

    column = pyarrow.array([pickle.dumps(value) for value in values], pyarrow.large_binary())
    return pyarrow.table({COLUMN: column})


def unpack(batch: Any) -> Iterator[Any]:
    for value in batch[COLUMN]:
        yield pickle.loads(value.as_buffer())


def count_workers(ray: Any) -> int:
    """Count the cores of a cluster.

    ray (ModuleType): Ray, which is running.
    RETURNS (int): The number of cores, at least 1.
    """
    return max(int(ray.cluster_resources().get("CPU", 1)), 1)
