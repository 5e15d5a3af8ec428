"""The encoder alone, from tokenised documents: cold, warm, and on words it has not seen."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import spacy
from spacy.tokens import Doc
from speed_models import EMBED_SIZE, OURS, SIDES, SIZES, conditions, forget, make_encoders
from speed_record import measure_peak
from speed_texts import (
    BATCH_SIZES,
    KINDS,
    SOURCES,
    batches,
    count_tokens,
    make_docs,
    read_texts,
    unseen_share,
)
from speed_timing import Side, compare, round_to
from thinc.api import Model

#: Texts that are timed. As many others come before them where the words are to be unseen.
N_TEXTS = {"short": 1536, "long": 128}
N_QUICK = {"short": 192, "long": 12}
N_CHECKED = 16
#: A first use in a new process, and in another one that finds the compiled code on the disk.
FIRST_USES = ("compiled", "from disk")
FIRST_USE = """
import time
import spacy
from spacy_mtl.layers.kernels import use_kernels
from spacy_mtl.models.encoder import build_hash_embed_cnn_v1
docs = [spacy.blank("en")("Some words.")]
model = build_hash_embed_cnn_v1(width=96, depth=4, embed_size=2000)
model.initialize(X=docs)
start = time.perf_counter()
with use_kernels("{mode}"):
    model.predict(docs)
    model.begin_update(docs)[1](model.predict(docs))
print(time.perf_counter() - start)
"""


def run(data_dir: str, quick: bool) -> dict[str, Any]:
    """Measure the encoder's forward pass.

    data_dir (str): The folder of the data.
    quick (bool): Use few texts.
    RETURNS (Dict[str, Any]): The section.
    """
    peak = measure_peak()
    n_texts = N_QUICK if quick else N_TEXTS
    cases: dict[str, dict[str, Any]] = {}
    for kind in KINDS:
        nlp = spacy.blank("en")
        texts = read_texts(data_dir, kind, 2 * n_texts[kind])
        docs = make_docs(nlp, texts[n_texts[kind] :])
        before = make_docs(nlp, texts[: n_texts[kind]])
        for width, depth in SIZES:
            encoders = make_encoders(width, depth, docs[:N_CHECKED])
            case = _measure(encoders, docs, [] if quick else before, BATCH_SIZES[kind])
            case["flop_per_token"] = flop_per_token(width, depth)
            cases[f"{width}x{depth} {kind}"] = case
    peak = max(peak, measure_peak())
    for case in cases.values():
        limit = peak / case["flop_per_token"]
        case["share_of_peak"] = {
            side: rate and round_to(rate / limit) for side, rate in case["cpu_rates"].items()
        }
    section = {
        "embed_size": EMBED_SIZE,
        "batch_sizes": BATCH_SIZES,
        "texts": SOURCES,
        "peak_gflops": round_to(peak / 1e9),
        "cases": cases,
    }
    return section if quick else section | {"first_use_seconds": measure_first_use()}


def flop_per_token(width: int, depth: int) -> int:
    """Count the operations in the matrix products of an encoder without caches.

    width (int): Its width.
    depth (int): Its number of window layers.
    RETURNS (int): Floating point operations a token: the mix of four embeddings, and window layers
        over three tokens, all with three maxout pieces.
    """
    mix = 2 * (4 * width) * (3 * width)
    window = 2 * (3 * width) * (3 * width)
    return mix + depth * window


def predict_all(encoder: Model, parts: Sequence[list[Doc]], side: str) -> None:
    """Encode batches.

    encoder (Model): The encoder.
    parts (Sequence[List[Doc]]): The batches.
    side (str): The encoder's side.
    """
    with conditions(side):
        for part in parts:
            encoder.predict(part)


def _measure(
    encoders: dict[str, Model], docs: list[Doc], before: list[Doc], size: int
) -> dict[str, Any]:
    parts, parts_before = batches(docs, size), batches(before, size)
    sides: dict[str, Side | None] = {}
    for side in SIDES:
        encoder = encoders.get(side)
        sides[side] = None if encoder is None else Side(partial(predict_all, encoder, parts, side))
    for side in OURS if before else ():
        encoder = encoders.get(side)
        if encoder is None:
            sides |= {f"{side} cold": None, f"{side} unseen": None}
            continue
        time_it = partial(predict_all, encoder, parts, side)
        empty_it = partial(forget, encoder)
        fill_it = partial(predict_all, encoder, parts_before, side)
        sides[f"{side} cold"] = Side(time_it, empty_it)
        sides[f"{side} unseen"] = Side(time_it, _in_turn(empty_it, fill_it))
    result = compare(sides, amount=count_tokens(docs), unit="tokens")
    return {"unseen_share": round_to(unseen_share(docs, before)), **result} if before else result


def _in_turn(*functions: Callable[[], None]) -> Callable[[], None]:
    def call_all() -> None:
        for function in functions:
            function()

    return call_all


def measure_first_use() -> dict[str, dict[str, float] | None]:
    """Measure what the first forward and backward pass of a process takes.

    RETURNS (Dict[str, Optional[Dict[str, float]]]): Seconds by side, with compiling where something is
        compiled, and with the compiled code on the disk.
    """
    results: dict[str, dict[str, float] | None] = {}
    for side in OURS:
        code = FIRST_USE.format(mode=side.removeprefix("ours_"))
        with tempfile.TemporaryDirectory() as folder:
            env = os.environ | {"NUMBA_CACHE_DIR": folder}
            results[side] = {}
            for use in FIRST_USES:
                call = [sys.executable, "-c", code]
                done = subprocess.run(call, env=env, capture_output=True, text=True)
                if done.returncode:
                    results[side] = None
                    break
                results[side] = (results[side] or {}) | {use: round_to(float(done.stdout))}
    return results
