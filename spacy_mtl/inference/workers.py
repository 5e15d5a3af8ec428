"""Work on blocks in order, in this process or in several."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeAlias

from ..errors import Errors
from .rows import TextRow

Block: TypeAlias = list[TextRow]
#: Computes something for each of a block's texts.
Work: TypeAlias = Callable[[list[str]], Any]
#: Blocks that wait for each process, so that memory is bounded.
WAITING = 2

_work: list[Work] = []


def work_on(
    work: Work, blocks: Iterable[Block], *, n_process: int = 1
) -> Iterator[tuple[Block, Any]]:
    """Work on blocks, and give each with its result, in their order.

    work (Callable): Computes the result of a block from its texts. It has to be picklable where new
        processes do not inherit it.
    blocks (Iterable[List[TextRow]]): The blocks. Not many more are taken than are worked on.
    n_process (int): The number of processes. -1 for one for each core.
    YIELDS (Tuple[List[TextRow], Any]): Blocks and results.
    RAISES (ValueError): If a process has ended unexpectedly.
    """
    if n_process == -1:
        n_process = os.cpu_count() or 1
    if n_process < 1:
        expected = "a positive number, or -1 for one process for each core"
        raise ValueError(Errors.E626.format(name="n_process", value=n_process, expected=expected))
    if n_process == 1:
        for block in blocks:
            yield block, work([row.text for row in block])
        return
    pool = ProcessPoolExecutor(n_process, initializer=_start, initargs=(work,))
    pending: deque[tuple[Block, Future]] = deque()
    try:
        for block in blocks:
            pending.append((block, pool.submit(_run, [row.text for row in block])))
            if len(pending) >= n_process * WAITING:
                first, future = pending.popleft()
                yield first, future.result()
        while pending:
            first, future = pending.popleft()
            yield first, future.result()
    except BrokenProcessPool as error:
        raise ValueError(Errors.E627.format(error=error)) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _start(work: Work) -> None:
    """Begin a process. An interruption is for the first one to answer, and none outlives it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=end_with_parent, daemon=True).start()
    _work[:] = [work]


def _run(texts: list[str]) -> Any:
    return _work[0](texts)


def end_with_parent() -> None:
    """Wait for the end of the process that has started this one, and end too."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
