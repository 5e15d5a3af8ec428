"""Rows of the tables about training with workers."""

import statistics
from typing import Any

from parallel import summarize
from spread import spread

HEADER = ["", "one process", "two workers", "ratio"]
AVERAGING_HEADER = ["two workers exchange", "examples/s", "dev"]
GRADIENTS = "gradients"
SPEEDS = {
    "scores": ("training, examples/s", "examples_per_second"),
    "pretraining": ("pretraining, words/s", "words_per_second"),
}


def table_rows() -> list[list[str]]:
    """RETURNS (list): Speeds, and scores after equally many examples."""
    summary = summarize()
    rows = []
    for section, (title, name) in SPEEDS.items():
        sides = _both(summary, section)
        if sides is not None:
            one, two = (statistics.median(side[name]) for side in sides)
            rows.append([title, f"{one:,.0f}", f"{two:,.0f}", f"{two / one:.2f}"])
    sides = _both(summary, "scores")
    if sides is not None:
        one, two = ([100 * score for score in side["dev"]] for side in sides)
        rows.append(["dev score (mean macro-F1)", spread(one), spread(two), ""])
        rows.append(["TweetEval, ALL", *(spread(side["test"]) for side in sides), ""])
    return rows


def averaging_rows() -> list[list[str]]:
    """RETURNS (list): What the interval between two averagings does."""
    sides = summarize().get("averaging", {})
    order = sorted(sides, key=lambda side: 0 if side == GRADIENTS else int(side))
    return [
        [
            "gradients in every step" if side == GRADIENTS else f"averages every {side}",
            f"{statistics.median(sides[side]['examples_per_second']):,.0f}",
            spread([100 * score for score in sides[side]["dev"]]),
        ]
        for side in order
    ]


def _both(summary: dict[str, Any], section: str) -> list[dict[str, Any]] | None:
    sides = summary.get(section, {})
    return [sides[key] for key in ("1", "2")] if {"1", "2"} <= set(sides) else None
