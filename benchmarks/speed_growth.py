"""How speed changes with the number of tasks, the length of the texts and the size of the batches."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import spacy
from speed_encoder import predict_all
from speed_models import SIDES, can_run, encoder_settings, make_encoders, make_pipeline
from speed_pipe import DEPTH, WIDTH, make_side
from speed_tasks import make_tasks
from speed_texts import (
    BATCH_SIZES,
    SHORT,
    batches,
    count_tokens,
    make_docs,
    make_docs_of_length,
    read_texts,
)
from speed_timing import Side, compare

TASK_COUNTS = (1, 2, 4, 8, 16, 32, 64)
LENGTHS = (5, 15, 50, 150, 500, 1500, 5000)
BATCHES = (1, 4, 16, 64, 256, 1024, 4096)
#: Texts in a round for the curve of tasks, and tokens in a round for that of lengths.
N_TEXTS, N_TOKENS = 384, 10_000
#: Texts in a round for the curve of batches, unless a batch is larger.
N_BATCHED = 512
N_CHECKED = 8
CURVES = {
    "tasks": "nlp.pipe, short texts",
    "length": "encoder, tokens in a text",
    "batch": "encoder, short texts in a batch",
}


def run(data_dir: str, quick: bool) -> dict[str, Any]:
    """Measure the curves.

    data_dir (str): The folder of the data.
    quick (bool): Only the ends of each curve.
    RETURNS (Dict[str, Any]): The section.
    """
    measures: dict[str, Callable[[str, Sequence[int]], dict[int, Any]]] = {
        "tasks": measure_tasks,
        "length": measure_lengths,
        "batch": measure_batches,
    }
    points = {"tasks": TASK_COUNTS, "length": LENGTHS, "batch": BATCHES}
    cases = {}
    for curve, measure in measures.items():
        values = points[curve][:: len(points[curve]) - 1] if quick else points[curve]
        for value, case in measure(data_dir, values).items():
            cases[f"{curve} {value}"] = {"curve": curve, "value": value, **case}
    return {**encoder_settings(WIDTH, DEPTH), "curves": CURVES, "cases": cases}


def measure_tasks(data_dir: str, counts: Sequence[int]) -> dict[int, Any]:
    """Measure `nlp.pipe` with different numbers of tasks, those of one pipeline that are not disabled.

    data_dir (str): The folder of the data.
    counts (Sequence[int]): Numbers of tasks.
    RETURNS (Dict[int, Any]): What was found for each.
    """
    tasks = make_tasks(max(counts))
    texts = read_texts(data_dir, SHORT, N_TEXTS)
    pipelines = {
        side: make_pipeline(side, tasks, WIDTH, DEPTH) if can_run(side) else None for side in SIDES
    }
    results = {}
    for count in counts:
        disabled = list(tasks)[count:]
        size = BATCH_SIZES[SHORT]
        sides = {
            side: make_side(side, nlp, texts, size, disabled) for side, nlp in pipelines.items()
        }
        results[count] = compare(sides, amount=len(texts), unit="docs")
    return results


def measure_lengths(data_dir: str, lengths: Sequence[int]) -> dict[int, Any]:
    """Measure the encoder on texts of different lengths, about as many tokens of each.

    data_dir (str): The folder of the data.
    lengths (Sequence[int]): Tokens of a text.
    RETURNS (Dict[int, Any]): What was found for each.
    """
    nlp = spacy.blank("en")
    encoders = make_encoders(WIDTH, DEPTH, make_docs_of_length(nlp, data_dir, 50, 400))
    results = {}
    for length in lengths:
        docs = make_docs_of_length(nlp, data_dir, length, N_TOKENS)
        results[length] = _measure_encoders(encoders, [docs])
    return results


def measure_batches(data_dir: str, sizes: Sequence[int]) -> dict[int, Any]:
    """Measure the encoder on batches of different sizes.

    data_dir (str): The folder of the data.
    sizes (Sequence[int]): Texts in a batch.
    RETURNS (Dict[int, Any]): What was found for each.
    """
    nlp = spacy.blank("en")
    docs = make_docs(nlp, read_texts(data_dir, SHORT, max(max(sizes), N_BATCHED)))
    encoders = make_encoders(WIDTH, DEPTH, docs[:N_CHECKED])
    results = {}
    for size in sizes:
        part = docs[: max(size, N_BATCHED)]
        results[size] = _measure_encoders(encoders, batches(part, size))
    return results


def _measure_encoders(encoders: dict[str, Any], parts: Sequence[list[Any]]) -> dict[str, Any]:
    sides = {
        side: Side(partial(predict_all, encoders[side], parts, side)) if side in encoders else None
        for side in SIDES
    }
    return compare(sides, amount=sum(map(count_tokens, parts)), unit="tokens")
