"""The README's table of the benchmark with typing errors."""

import json
import statistics
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
HEADER = [
    "TweetEval, test ALL",
    "seeds",
    "clean",
    *(f"{percent} %" for percent in PERCENT),
    *(f"{PERCENT[-1]} %, {title}" for title in KINDS.values()),
]


def table_rows() -> list[list[str]]:
    """Lay out the scores on clean texts, and what each share of words with errors takes from them.

    RETURNS (list[list[str]]): The cells, a row for each system with results.
    """
    rows = []
    for system, title in SYSTEMS.items():
        paths = sorted(RESULTS.glob(f"{system}-*.json"))
        runs = [json.loads(path.read_text(encoding="utf8")) for path in paths]
        if not runs:
            continue
        columns = [*(tuple(KINDS) for _ in PERCENT), *((kind,) for kind in KINDS)]
        shares = [*PERCENT, *(PERCENT[-1] for _ in KINDS)]
        rows.append(
            [
                title,
                str(len(runs)),
                spread([run["test"]["ALL"] for run in runs]),
                *(
                    spread([change(run, kinds, percent) for run in runs])
                    for kinds, percent in zip(columns, shares, strict=True)
                ),
            ]
        )
    return rows


def change(run: dict[str, Any], kinds: tuple[str, ...], percent: int) -> float:
    """Compute what errors change.

    run (dict): The record of a run.
    kinds (tuple[str, ...]): Kinds of errors, whose mean is taken.
    percent (int): Share of the words that have an error.
    RETURNS (float): The mean score with errors less the one without.
    """
    noisy = statistics.mean(run["typos"][f"{kind}-{percent}"]["ALL"] for kind in kinds)
    return noisy - run["test"]["ALL"]
