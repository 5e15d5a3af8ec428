"""The README's tables of speed, from `results/speed.json`."""

from typing import Any

STOCK = ("stock", "stock_openblas")
OURS = ("ours_numpy", "ours_numba")
HEADER = [
    "one thread",
    "stock spaCy",
    "the same, OpenBLAS",
    "ours, NumPy alone",
    "times stock",
    "times OpenBLAS",
    'ours, extra "fast"',
    "times stock",
    "times OpenBLAS",
]
TITLES = {
    "encoder": "encoder, {name}",
    "pipe": "`nlp.pipe`, 11 tasks, width 96 depth 4, {name}",
    "train": "training step, 11 tasks, {name}",
    "pretrain": "pretraining (`spacy.PretrainVectors.v1`, LMAO), width 96 depth 4, {name}",
    "tasks": "`nlp.pipe`, {name}, short",
}
NAMES = {"96x4": "width 96 depth 4,", "64x2": "width 64 depth 2,"}


def summary_rows(results: dict[str, Any]) -> list[list[str]]:
    """Lay out the cases that have both stock sides, by the processor's time.

    results (dict): The sections.
    RETURNS (list[list[str]]): The cells.
    """
    rows = []
    for section, title in TITLES.items():
        for case, figures in results.get(section, {}).get("cases", {}).items():
            rates, ratios = figures["cpu_rates"], figures["cpu_ratios"]
            first = OURS[0]
            variants = [name.removeprefix(first) for name in rates if name.startswith(first)]
            for variant in variants:
                name = f"{case}{',' * bool(variant)}{variant}"
                for short, long in NAMES.items():
                    name = name.replace(short, long)
                row = [f"{title.format(name=name)}, {figures['unit']}/s"]
                row += [rate(rates.get(side)) for side in STOCK]
                for side in OURS:
                    ratio = ratios.get(side + variant) or {}
                    row.append(rate(rates.get(side + variant)))
                    row += [rate(ratio.get(other)) for other in STOCK]
                rows.append(row)
    return rows


def growth_row(results: dict[str, Any]) -> str:
    """Say how the time grows from 1 to 64 tasks.

    results (dict): The sections.
    RETURNS (str): A sentence.
    """
    growth = results.get("tasks", {}).get("growth")
    if not growth:
        return ""
    stock, openblas, numpy, numba = (growth[side]["cpu"] for side in (*STOCK, *OURS))
    return (
        f"\n64 tasks take {numpy:.2f} times the time of one with NumPy and {numba:.2f} times with the "
        f"extra (stock: {stock:.2f}, with OpenBLAS {openblas:.2f}, of a longer time).\n"
    )


def peers_rows(results: dict[str, Any]) -> list[list[str]]:
    """Lay out what else one would use on the same texts.

    results (dict): The sections.
    RETURNS (list[list[str]]): The cells.
    """
    peers = results.get("peers")
    if not peers:
        return []
    rates = peers["speed"]["cpu_rates"]
    scores = peers.get("scores", {})
    return [[name, rate(value), rate(scores.get(name))] for name, value in rates.items()]


def memory_rows(results: dict[str, Any]) -> list[list[str]]:
    """Lay out the memory of `nlp.pipe` along the way.

    results (dict): The sections.
    RETURNS (list[list[str]]): The cells.
    """
    rows = []
    for name, curve in results.get("memory", {}).get("curves", {}).items():
        points = {point["texts"]: point["mb"] for point in curve["points"]}
        cells = [f"{points[n]:,.0f}" if n in points else "" for n in MEMORY_POINTS]
        rows.append([name, *cells, rate(curve["texts_per_s"])])
    return rows


MEMORY_POINTS = (50_000, 500_000, 1_000_000, 1_500_000, 2_000_000)
MEMORY_HEADER = ["MB after", *(f"{n:,}" for n in MEMORY_POINTS), "texts/s"]


def thread_rows(results: dict[str, Any]) -> list[list[str]]:
    """Lay out what threads and processes gain.

    results (dict): The sections.
    RETURNS (list[list[str]]): The cells.
    """
    states = results.get("threads", {}).get("states", {})
    names = sorted(states.get("idle", {}), key=lambda name: name.split(", "))
    return [[name, *(rate(states[state].get(name)) for state in states)] for name in names]


def rate(value: float | None) -> str:
    """Show a figure.

    value (Optional[float]): A rate or a ratio.
    RETURNS (str): The figure, short.
    """
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"
