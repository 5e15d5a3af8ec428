"""What large jobs cost and where their limits lie, computed from the measured rates."""

import json
from pathlib import Path
from typing import Any

from spacy_mtl.training.samplers import TaskSampler

RESULTS = Path(__file__).parent / "results"
COST_HEADER = ["job", "a core, per second", "amount", "core-hours", "16 cores"]
LIMITS_HEADER = ["what grows", "measured", "setting that moves it"]
LABELLING = {"short": "label tweets", "long": "label film reviews"}
AMOUNTS = {"1 million": 10**6, "100 million": 10**8, "10 billion": 10**10}
WORDS = {"1 billion words": 10**9, "100 billion words": 10**11}
CORES = 16
#: The rows of a large task for each row of a small one.
SKEW = 1000
STRATEGIES = ("proportional", "temperature", "uniform")


def cost_rows() -> list[list[str]]:
    """RETURNS (list[list[str]]): A row for each job and amount."""
    speed = _load("speed.json")
    if not {"pipe", "pretrain"} <= set(speed):
        return []
    rows = []
    for name, title in LABELLING.items():
        rate = speed["pipe"]["cases"][name]["cpu_rates"]["ours_numba mean+max"]
        rows += [_row(title, rate, amount, n) for amount, n in AMOUNTS.items()]
    rate = speed["pretrain"]["cases"]["long texts"]["cpu_rates"]["ours_numba defaults"]
    return rows + [_row("pretrain", rate, amount, n) for amount, n in WORDS.items()]


def limit_rows() -> list[list[str]]:
    """RETURNS (list[list[str]]): A row for each limit that was measured."""
    return [*_reading(), *_network(), *_vocabulary(), *_skew()]


def _row(job: str, rate: float, amount: str, n: int) -> list[str]:
    hours = n / rate / 3600
    return [job, f"{rate:,.0f}", amount, _hours(hours), _hours(hours / CORES)]


def _hours(hours: float) -> str:
    if hours < 1:
        return f"{60 * hours:.1f} min"
    return f"{hours:,.1f} h" if hours < 100 else f"{hours:,.0f} h"


def _reading() -> list[list[str]]:
    rows = []
    for engine, sides in _load("bulk.json").get("engines", {}).items():
        two = sides["median"]["2"]
        fed = two["worker_seconds"] / two["driver_seconds"]
        measured = (
            f"reading and writing take the main process 1/{fed:.0f} of the workers' time: it feeds about {fed:.0f} of "
            "them"
        )
        setting = "several `apply` commands, each with a part of the files"
        rows.append([f"disk: `apply --engine {engine}`", measured, setting])
    return rows


def _network() -> list[list[str]]:
    paths = sorted(RESULTS.glob("parallel/averaging/gradients-*.json"))
    if not paths:
        return []
    sent = json.loads(paths[0].read_text(encoding="utf8"))["bytes_sent"] / 1e6
    measured = (
        f"a worker receives 75 MB of every other one in each round of 50 steps; gradients would be {sent:.1f} MB a "
        "worker in every step"
    )
    return [
        ["network: training with workers", measured, "`ngram_rows` and `embed_size` of the encoder"]
    ]


def _vocabulary() -> list[list[str]]:
    curves = _load("speed.json").get("memory", {}).get("curves", {})
    rows = []
    for title, name in (("with memory zones", "memory zones"), ("without", "plain")):
        points = curves.get(f"ours_numba, {name}", {}).get("points", [])
        if len(points) > 1:
            first, last = points[len(points) // 10], points[-1]
            growth = (last["mb"] - first["mb"]) / (last["texts"] - first["texts"]) * 1e6
            setting = "`nlp.memory_zone()` around some thousand texts; `apply`, `predict` and `embed` do so"
            measured = f"{growth:,.0f} MB a million texts in which each twentieth word is new"
            rows.append([f"vocabulary in `nlp.pipe`, {title}", measured, setting])
    return rows


def _skew() -> list[list[str]]:
    sizes = {"large": SKEW, "small": 1}
    shares = {name: TaskSampler(name).probabilities(sizes, 0)["small"] for name in STRATEGIES}
    listed = ", ".join(f"{name} {100 * share:.1f} %" for name, share in shares.items())
    measured = (
        f"of two tasks, one {SKEW:,} times as large, the small one gets: {listed} of the batches"
    )
    return [
        [
            "skew between tasks",
            measured,
            "`strategy` of the sampler, and `max_size` (computed, not measured)",
        ]
    ]


def _load(name: str) -> dict[str, Any]:
    path = RESULTS / name
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf8")) if path.is_file() else {}
    return found
