"""The README's table of the benchmark with typing errors."""

import json
import statistics
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from spread import spread

RESULTS = Path(__file__).parent / "results" / "typos"
SYSTEMS = {
    "plain": "no n-grams",
    "words": "word n-grams",
    "characters": "**word and character n-grams, the default**",
    "subwords": "word n-grams of subwords",
}
KINDS = {"swap": "swapped", "drop": "dropped", "double": "doubled", "neighbour": "next key"}
PERCENT = (5, 10, 20)
#: Test texts of this task are taken for hate too often, the more so the better the words are known, so that
#: errors raise its score.
LEFT_OUT = "hate"
HEADER = [
    "TweetEval, test",
    "seeds",
    "ALL",
    f"{PERCENT[-1]} %",
    f"without {LEFT_OUT}",
    *(f"{percent} %" for percent in PERCENT),
    *(f"{PERCENT[-1]} %, {title}" for title in KINDS.values()),
]


def table_rows() -> list[list[str]]:
    """Lay out the scores on clean texts, and what words with errors change in them.

    RETURNS (list[list[str]]): The cells, a row for each system with results.
    """
    rows = []
    for system, title in SYSTEMS.items():
        paths = sorted(RESULTS.glob(f"{system}-*.json"))
        runs = [json.loads(path.read_text(encoding="utf8")) for path in paths]
        if not runs:
            continue
        most = PERCENT[-1]
        cells = [
            [run["test"]["ALL"] for run in runs],
            [change(run, score_all, KINDS, most) for run in runs],
            [score_others(run["test"]) for run in runs],
            *([change(run, score_others, KINDS, percent) for run in runs] for percent in PERCENT),
            *([change(run, score_others, [kind], most) for run in runs] for kind in KINDS),
        ]
        rows.append([title, str(len(runs)), *map(spread, cells)])
    return rows


def score_all(scores: dict[str, Any]) -> float:
    """RETURNS (float): The score of the benchmark."""
    return scores["ALL"]


def score_others(scores: dict[str, Any]) -> float:
    """RETURNS (float): The mean of the tasks, but for the one left out."""
    return statistics.mean(score for task, score in scores["tasks"].items() if task != LEFT_OUT)


def change(
    run: dict[str, Any],
    score: Callable[[dict[str, Any]], float],
    kinds: Iterable[str],
    percent: int,
) -> float:
    """Compute what errors change.

    run (dict): The record of a run.
    score (Callable): What to take of the scores on one test.
    kinds (Iterable[str]): Kinds of errors, whose mean is taken.
    percent (int): Share of the words that have an error.
    RETURNS (float): The mean score with errors less the one without.
    """
    noisy = statistics.mean(score(run["typos"][f"{kind}-{percent}"]) for kind in kinds)
    return noisy - score(run["test"])
