"""What threads and processes gain, while the machine is idle and while it is busy.

    python benchmarks/speed_threads.py DIR        one set of figures, as a worker of `speed.py --threads`

NumPy's BLAS takes its number of threads from the environment when it is loaded, so each number is
measured in a process of its own. A busy machine has another process that keeps one core at work.
"""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

import spacy
from speed_encoder import predict_all
from speed_models import OURS, can_run, conditions, encoder_settings, make_encoders, make_pipeline
from speed_pipe import DEPTH, WIDTH
from speed_texts import (
    BATCH_SIZES,
    SHORT,
    SOURCES,
    batches,
    count_tokens,
    make_docs,
    read_texts,
    task_labels,
)
from speed_timing import STOCK_OPENBLAS, Side, round_to, time_in_turn
from speed_train import make_steps

SIDES = (*OURS, STOCK_OPENBLAS)
THREAD_COUNTS = (1, 2)
N_WORKERS = 2
N_TEXTS, N_PIPED, TRAIN_SIZE, TRAIN_STEPS = 1024, 4096, 256, 2
N_CHECKED = 8
THREAD_VARIABLES = ("OPENBLAS_NUM_THREADS", "SPACY_MTL_BLAS_THREADS")
IDLE, BUSY = "idle", "busy"
LOAD = "while True: pass"


def run(data_dir: str) -> dict[str, Any]:
    """Measure all ways to use two cores.

    data_dir (str): The folder of the data.
    RETURNS (Dict[str, Any]): The section: rates by state of the machine and way.
    """
    states: dict[str, dict[str, float]] = {IDLE: {}, BUSY: {}}
    for state, rates in states.items():
        with busy(state == BUSY):
            for count in THREAD_COUNTS:
                env = os.environ | dict.fromkeys(THREAD_VARIABLES, str(count))
                call = [sys.executable, __file__, data_dir]
                done = subprocess.run(call, env=env, stdout=subprocess.PIPE, text=True, check=True)
                rates |= json.loads(done.stdout)
    return {
        **encoder_settings(WIDTH, DEPTH),
        "texts": SOURCES[SHORT],
        "cores": os.cpu_count(),
        "states": states,
    }


@contextmanager
def busy(wanted: bool) -> Iterator[None]:
    """Keep a core at work within the block.

    wanted (bool): Whether to do so.
    """
    if not wanted:
        yield
        return
    with subprocess.Popen([sys.executable, "-c", LOAD]) as process:
        try:
            yield
        finally:
            process.kill()


def measure(data_dir: str, n_threads: int) -> dict[str, float]:
    """Measure with the number of BLAS threads that this process has.

    data_dir (str): The folder of the data.
    n_threads (int): That number. Threads and processes of Python are measured beside one.
    RETURNS (Dict[str, float]): Rates by way.
    """
    calls: dict[str, tuple[float, Callable[[], Any]]] = {}
    nlp = spacy.blank("en")
    docs = make_docs(nlp, read_texts(data_dir, SHORT, N_TEXTS))
    texts = read_texts(data_dir, SHORT, N_PIPED)
    parts, n_tokens = batches(docs, BATCH_SIZES[SHORT]), count_tokens(docs)
    tasks = task_labels()
    encoders = make_encoders(WIDTH, DEPTH, docs[:N_CHECKED])
    for side in filter(can_run, SIDES):
        blas = f"{side}, BLAS threads {n_threads}"
        encoder = encoders[side]
        calls[f"tokens/s, {blas}"] = n_tokens, partial(predict_all, encoder, parts, side)
        pipeline = make_pipeline(side, tasks, WIDTH, DEPTH)
        steps = make_steps(side, pipeline, tasks, texts[: TRAIN_SIZE * TRAIN_STEPS], TRAIN_SIZE)
        calls[f"training steps/s, {blas}"] = TRAIN_STEPS, steps
        if n_threads > 1:
            continue
        threads = f"tokens/s, {side}, Python threads {N_WORKERS}"
        calls[threads] = n_tokens, partial(predict_in_threads, encoder, parts, side)
        for count in (1, N_WORKERS):
            way = f"pipe texts/s, {side}, processes {count}"
            calls[way] = N_PIPED, partial(pipe_all, pipeline, texts, side, count)
    times = time_in_turn({name: Side(call) for name, (_, call) in calls.items()})
    return {
        name: round_to(calls[name][0] / statistics.median(s.wall for s in found))
        for name, found in times.items()
    }


def predict_in_threads(encoder: Any, parts: list[Any], side: str) -> None:
    """Encode batches in two threads of Python.

    encoder (Model): The encoder.
    parts (List[List[Doc]]): The batches.
    side (str): The encoder's side.
    """
    with conditions(side), ThreadPoolExecutor(N_WORKERS) as pool:
        list(pool.map(encoder.predict, parts))


def pipe_all(nlp: Any, texts: list[str], side: str, n_process: int) -> None:
    """Send texts through a pipeline.

    nlp (Language): The pipeline.
    texts (List[str]): The texts.
    side (str): The pipeline's side.
    n_process (int): The number of processes.
    """
    with conditions(side):
        for _ in nlp.pipe(texts, batch_size=BATCH_SIZES[SHORT], n_process=n_process):
            pass


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], int(os.environ[THREAD_VARIABLES[0]]))))
