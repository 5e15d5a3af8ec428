"""The parts of the load benchmark, each run in a process of its own by `load.py`."""

import json
import multiprocessing
import pickle
import random
import resource
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import nullcontext
from itertools import islice
from typing import Any

import numpy
import spacy
from spacy.language import Language
from spacy.tokens import Doc
from speed_memory import resident_mb
from speed_models import make_pipeline

from spacy_mtl.bulk.blocks import BLOCK_ROWS, Block, Layout, Piece
from spacy_mtl.bulk.inputs import InputFile
from spacy_mtl.bulk.renewal import RENEW_AFTER, Renewed
from spacy_mtl.bulk.work import Apply, Scorer
from spacy_mtl.inference.predictor import Predictor

WIDTH, DEPTH = 32, 1
TASKS = {"sentiment": ("negative", "neutral", "positive"), "topic": ("film", "phone")}
SIDE = "ours_numba"
#: Texts between two points of a curve, in a memory zone, and in a batch.
POINT, ZONE, BATCH = 100_000, 10_000, 256
N_THREADS = 8
WORDS = [
    "a",
    "the",
    "film",
    "plot",
    "actor",
    "screen",
    "phone",
    "good",
    "bad",
    "slow",
    "fast",
    "cheap",
    "very",
    "really",
    "not",
    "but",
    "and",
    "of",
    "is",
    "was",
]


def load_pipeline(side: str = SIDE) -> Language:
    """Make the pipeline that all parts use: a small encoder and two heads, saved and loaded."""
    made = make_pipeline(side, TASKS, WIDTH, DEPTH)
    return spacy.blank("en").from_config(made.config).from_bytes(made.to_bytes())


def make_texts(seed: int = 0, *, shared: bool = False) -> Iterator[str]:
    """Make up texts without end, of 3 to 8 words, one of which has never been seen before.

    seed (int): Seed, which is also in the new words.
    shared (bool): Whether the new words are the same for all seeds.
    YIELDS (str): The texts.
    """
    rng = random.Random(seed)
    number = 0
    while True:
        words = rng.choices(WORDS, k=rng.randint(2, 7))
        number += 1
        words.insert(rng.randint(0, len(words)), f"w{number}" if shared else f"w{seed}x{number}")
        yield " ".join(words)


def memory(way: str, n_texts: int) -> dict[str, Any]:
    """Follow memory and speed over many texts.

    way (str): "zones", with a memory zone for every so many texts, or "plain".
    n_texts (int): How many texts.
    RETURNS (Dict[str, Any]): The curve, and the slopes of lines through it, without its first fifth.
    """
    nlp = load_pipeline()
    texts = make_texts()
    point = min(POINT, max(ZONE, n_texts // 20))
    points: list[dict[str, float]] = []
    wall, cpu = time.perf_counter(), time.process_time()
    for n_done in range(ZONE, n_texts + 1, ZONE):
        with nlp.memory_zone() if way == "zones" else nullcontext():
            _process(nlp, list(islice(texts, ZONE)))
        if n_done % point == 0:
            now, used = time.perf_counter(), time.process_time()
            speeds = {
                "per_s": round(point / (now - wall)),
                "per_cpu_s": round(point / (used - cpu)),
            }
            points.append({"texts": n_done, "mb": resident_mb(), **speeds})
            print(way, points[-1], file=sys.stderr, flush=True)
            wall, cpu = time.perf_counter(), time.process_time()
    return {
        "width": WIDTH,
        "depth": DEPTH,
        "texts_in_a_zone": ZONE,
        "mb_per_million_texts": round(slope(points, "mb"), 2),
        "speed_per_million_texts": round(slope(points, "per_cpu_s"), 1),
        "points": points,
    }


def bulk(n_texts: int) -> dict[str, Any]:
    """Follow the memory of a worker of bulk inference.

    n_texts (int): How many texts.
    RETURNS (Dict[str, Any]): The curve, and what the worker begins anew after.
    """
    predictor = Predictor(load_pipeline(), all_scores=True)
    labels = {task: list(pipe.labels) for task, pipe in predictor.pipes.items()}
    packed = pickle.dumps(Apply(Scorer(predictor), Layout(labels=labels)))
    del predictor
    n_loads = 0

    def load() -> bytes:
        nonlocal n_loads
        n_loads += 1
        return packed

    work, texts = Renewed(load), make_texts()
    file = InputFile("texts.jsonl", "jsonl", "out.jsonl")
    points: list[dict[str, float]] = []
    n_bytes = 0
    for n_done in range(BLOCK_ROWS, n_texts + 1, BLOCK_ROWS):
        rows = "".join(json.dumps({"text": text}) + "\n" for text in islice(texts, BLOCK_ROWS))
        n_bytes += len(rows)
        work(Block(file, Piece(1, rows.encode()), False, False), {})
        if n_done % (25 * BLOCK_ROWS) == 0:
            points.append({"texts": n_done, "mb": resident_mb(), "loads": n_loads})
            print("bulk", points[-1], file=sys.stderr, flush=True)
    late = [point["mb"] for point in points[len(points) // 3 :]]
    return {
        "renewed_after_mb": RENEW_AFTER >> 20,
        "mb_of_rows": n_bytes >> 20,
        "least_mb": min(late, default=0),
        "most_mb": max(late, default=0),
        "mb_per_million_texts": round(slope(points, "mb"), 2),
        "points": points,
    }


def slope(points: list[dict[str, float]], name: str) -> float:
    """Fit a line to a curve by least squares.

    points (List[Dict[str, float]]): The curve. Its first fifth is left out, in which caches fill.
    name (str): The value.
    RETURNS (float): What the value grows by in a million texts.
    """
    kept = points[len(points) // 5 :]
    if len(kept) < 2:
        return 0.0
    line = numpy.polyfit([p["texts"] / 1e6 for p in kept], [p[name] for p in kept], 1)
    return float(line[0])


def _process(nlp: Language, texts: list[str]) -> None:
    # The last document must be gone before its memory zone is.
    for _ in nlp.pipe(texts, batch_size=BATCH):
        pass


def threads(way: str, n_texts: int) -> dict[str, Any]:
    """Compare what eight threads get from one pipeline, at once, with what one gets.

    way (str): "call" for `nlp(text)`, "pipe" for `nlp.pipe`.
    n_texts (int): Texts of each thread, half of whose new words are in those of all others, too.
    RETURNS (Dict[str, Any]): Differences and times.
    """
    expected, one_s = run_threads(way, n_texts, 1)
    found, eight_s = run_threads(way, n_texts, N_THREADS)
    gaps = numpy.abs(expected - found)
    return {
        "n_threads": N_THREADS,
        "n_results": int(gaps.shape[0]),
        "n_different_bits": int((gaps > 0).any(axis=1).sum()),
        "largest_difference": float(gaps.max()),
        "cpu_s_one": round(one_s, 2),
        "cpu_s_eight": round(eight_s, 2),
    }


def run_threads(way: str, n_texts: int, n_threads: int) -> tuple[numpy.ndarray, float]:
    """Let threads work on the texts of all eight.

    way (str): "call" or "pipe".
    n_texts (int): Texts of each of the eight.
    n_threads (int): One or eight.
    RETURNS (Tuple[numpy.ndarray, float]): Scores and token vectors' means by text, and seconds of the
        processor.
    """
    nlp = load_pipeline()
    results: list[list[numpy.ndarray]] = [[] for _ in range(N_THREADS)]

    def work(numbers: list[int]) -> None:
        for number in numbers:
            texts = [*islice(make_texts(number), n_texts // 2)]
            texts += islice(make_texts(number, shared=True), n_texts - len(texts))
            docs = map(nlp, texts) if way == "call" else nlp.pipe(texts, batch_size=32)
            for text, doc in zip(texts, docs, strict=True):
                if doc.text != text:
                    raise ValueError(text)
                results[number].append(_values(doc))

    # Threads take turns as often as they can, so that they meet in the middle of everything.
    sys.setswitchinterval(1e-5)
    shares = [list(range(N_THREADS))[i::n_threads] for i in range(n_threads)]
    workers = [threading.Thread(target=work, args=(share,)) for share in shares]
    start = time.process_time()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    seconds = time.process_time() - start
    return numpy.asarray([row for rows in results for row in rows]), seconds


def _values(doc: Doc) -> numpy.ndarray:
    return numpy.append(list(doc.cats.values()), doc._.embedding)


def zones_in_threads(n_texts: int) -> dict[str, Any]:
    """Try what spaCy does not promise: a memory zone for each thread, on one vocabulary.

    n_texts (int): Texts of each thread.
    RETURNS (Dict[str, Any]): How many threads got through, and what stopped the others.
    """
    nlp = load_pipeline()
    errors: list[str] = []

    def work(number: int) -> None:
        try:
            texts = make_texts(number)
            for _ in range(max(1, n_texts // 50)):
                with nlp.memory_zone():
                    _process(nlp, list(islice(texts, 50)))
        except Exception as error:
            errors.append(f"{type(error).__name__}: {str(error)[:100]}")

    sys.setswitchinterval(1e-5)
    workers = [threading.Thread(target=work, args=(number,)) for number in range(N_THREADS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return {"n_threads": N_THREADS, "n_failed": len(errors), "errors": sorted(set(errors))}


def processes(method: str, n_texts: int) -> dict[str, Any]:
    """Compare what two processes get with what one gets.

    method (str): How they start, "fork" or "spawn".
    n_texts (int): How many texts.
    RETURNS (Dict[str, Any]): Differences and times.
    """
    multiprocessing.set_start_method(method, force=True)
    texts = list(islice(make_texts(), n_texts))
    values, seconds = [], []
    for n_process in (1, 2):
        nlp = load_pipeline()
        start = time.perf_counter()
        docs = nlp.pipe(texts, batch_size=BATCH, n_process=n_process)
        values.append(numpy.asarray([_values(doc) for doc in docs]))
        seconds.append(round(time.perf_counter() - start, 2))
    gap = numpy.abs(values[0] - values[1])
    return {"largest_difference": float(gap.max()), "s_one": seconds[0], "s_two": seconds[1]}


def long_text(n_tokens: int) -> dict[str, Any]:
    """Process one long text: refused at first if it is longer than `nlp.max_length`, which is then raised.

    n_tokens (int): About how many tokens.
    RETURNS (Dict[str, Any]): Time and the largest memory.
    """
    nlp = load_pipeline()
    nlp("a word")
    text = " ".join(islice(make_texts(), n_tokens // 5))
    refused = None
    try:
        nlp.make_doc(text)
    except ValueError as error:
        refused = str(error)[:60]
        nlp.max_length = len(text)
    before, start = resident_mb(), time.process_time()
    doc = nlp(text)
    seconds = time.process_time() - start
    return {
        "tokens": len(doc),
        "characters": len(text),
        "refused_by_default": refused,
        "cpu_s": round(seconds, 2),
        "us_per_token": round(1e6 * seconds / len(doc), 2),
        "mb_more": round(_peak_mb() - before, 1),
        "finite": bool(numpy.isfinite(doc.tensor).all()),
    }


def long_word(n_characters: int) -> dict[str, Any]:
    """Process a text that is one token.

    n_characters (int): Its characters, as many as `nlp.max_length` allows.
    RETURNS (Dict[str, Any]): Time and the largest memory.
    """
    nlp = load_pipeline()
    nlp("a word")
    before, start = resident_mb(), time.process_time()
    doc = nlp("a" * n_characters)
    seconds = time.process_time() - start
    return {
        "tokens": len(doc),
        "cpu_s": round(seconds, 2),
        "mb_more": round(_peak_mb() - before, 1),
    }


def empty_texts(n_texts: int) -> dict[str, Any]:
    """Process texts without a character.

    n_texts (int): How many.
    RETURNS (Dict[str, Any]): Time, and how many different results there are.
    """
    nlp = load_pipeline()
    start = time.process_time()
    found = {tuple(doc.cats.values()) for doc in nlp.pipe([""] * n_texts, batch_size=BATCH)}
    return {"cpu_s": round(time.process_time() - start, 2), "n_different_scores": len(found)}


def _peak_mb() -> float:
    # Linux counts kilobytes, macOS bytes.
    unit = 1e6 if sys.platform == "darwin" else 1e6 / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
