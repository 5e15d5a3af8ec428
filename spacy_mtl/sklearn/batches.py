"""Runs a pipeline over a stream of texts: lazily, in one process or several."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from typing import Any

import numpy
from numpy.typing import NDArray
from spacy.language import Language
from spacy.util import minibatch

from ..bars import ProgressBar
from ..errors import Errors
from ..training.partial_fit import check_initialized
from ..training.saved_encoder import find_encoder
from ..zones import memory_zone
from .carried import Carried

#: What is computed of a batch of texts, `(n_texts, width)`. It has to be picklable.
Work = Callable[[Language, list[str]], NDArray]

#: Seconds that work has to last before it shows a bar.
DELAY = 3.0
#: Batches that wait for each process, so that none is idle.
WAITING = 2


def map_batches(
    work: Work,
    nlp: Language,
    texts: Iterator[str],
    *,
    batch_size: int,
    n_process: int = 1,
    total: int | None = None,
    progress: bool = True,
) -> Iterator[NDArray]:
    """Compute something of texts, batch by batch, in their order. Texts are read when their batch is due.

    work (Work): What is computed.
    nlp (Language): The pipeline.
    texts (Iterator[str]): The texts.
    batch_size (int): Texts of a batch.
    n_process (int): Number of processes.
    total (Optional[int]): How many texts there are, if that is known.
    progress (bool): Show a bar, if the work lasts and the output is a terminal.
    YIELDS (ndarray): What was computed of each batch.
    """
    batches = minibatch(texts, batch_size)
    parallel = n_process > 1 and (total is None or total > batch_size)
    results = (
        _map_parallel(work, nlp, batches, n_process)
        if parallel
        else (work(nlp, batch) for batch in batches)
    )
    # None: not where the output is no terminal.
    hidden = None if progress else True
    with ProgressBar(total=total, unit=" texts", delay=DELAY, disable=hidden, leave=False) as bar:
        for result in results:
            bar.update(len(result))
            yield result


def embed(nlp: Language, texts: list[str], *, disable: list[str]) -> NDArray[numpy.float32]:
    """Embed texts.

    nlp (Language): The pipeline.
    texts (List[str]): The texts, at least one.
    disable (List[str]): Components that are not run.
    RETURNS (ndarray): `doc._.embedding` of each, float32 `(n_texts, width)`.
    """
    with memory_zone(nlp):
        docs = nlp.pipe(texts, batch_size=len(texts), disable=disable)
        return numpy.stack([doc._.embedding for doc in docs])


def classify(
    nlp: Language, texts: list[str], *, keys: list[str], disable: list[str]
) -> NDArray[numpy.float64]:
    """Get the scores of texts.

    nlp (Language): The pipeline.
    texts (List[str]): The texts.
    keys (List[str]): Keys of `doc.cats`.
    disable (List[str]): Components that are not run.
    RETURNS (ndarray): Their scores, `(n_texts, n_keys)`.
    """
    with memory_zone(nlp):
        docs = nlp.pipe(texts, batch_size=len(texts), disable=disable)
        return numpy.asarray([[doc.cats[key] for key in keys] for doc in docs])


def ready_encoder(nlp: Language) -> str:
    """Find the encoder of a pipeline that is to run.

    nlp (Language): The pipeline.
    RETURNS (str): Its name.
    RAISES (ValueError): If there is none, or it is disabled or not initialized.
    """
    name = find_encoder(nlp)
    if name not in nlp.pipe_names:
        raise ValueError(Errors.E542.format(name=name))
    check_initialized(nlp, [name])
    return name


def after_encoder(nlp: Language) -> list[str]:
    """RETURNS (List[str]): The components that embeddings do not need, since they run after the encoder."""
    return nlp.pipe_names[nlp.pipe_names.index(ready_encoder(nlp)) + 1 :]


#: The pipeline of a process that works for another.
_received: list[Language] = []


def _receive(nlp: Any) -> None:
    # A process that was forked got the wrapper, one that was spawned what came out of the pickle.
    _received[:] = [getattr(nlp, "nlp", nlp)]


def _run(work: Work, texts: list[str]) -> NDArray:
    return work(_received[0], texts)


def _map_parallel(
    work: Work, nlp: Language, batches: Iterator[list[str]], n_process: int
) -> Iterator[NDArray]:
    waiting: deque[Future] = deque()
    with ProcessPoolExecutor(n_process, initializer=_receive, initargs=(Carried(nlp),)) as pool:
        try:
            for batch in batches:
                waiting.append(pool.submit(_run, work, batch))
                if len(waiting) > WAITING * n_process:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
