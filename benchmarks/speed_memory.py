"""Memory of `nlp.pipe` over millions of texts with ever new words, each side in a process of its own.

    python benchmarks/speed_memory.py DIR SIDE WAY N      one curve, as a worker of `speed.py --memory`

The texts are real tweets, again and again, in which a share of the words is made new by a number.
"""

import json
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from itertools import islice
from pathlib import Path
from typing import Any

from speed_models import OURS, can_run, conditions, encoder_settings, make_pipeline
from speed_texts import BATCH_SIZES, SHORT, SOURCES, read_all
from speed_timing import STOCK_OPENBLAS, round_to

#: One window layer and one task: what grows are vocabulary and caches, and they are as large as in a
#: deeper pipeline.
WIDTH, DEPTH = 96, 1
TASKS = {"sentiment": ("negative", "neutral", "positive")}
ZONES, PLAIN = "memory zones", "plain"
WAYS = (ZONES, PLAIN)
#: Texts between two points of a curve, and texts in a memory zone.
POINT, ZONE = 50_000, 10_000
NEW_SHARE = 0.05
#: Megabytes at which a curve is broken off.
LIMIT = 8000


def run(data_dir: str, n_texts: int) -> dict[str, Any]:
    """Measure all curves.

    data_dir (str): The folder of the data.
    n_texts (int): How many texts each curve takes.
    RETURNS (Dict[str, Any]): The section.
    """
    curves = {}
    # The fastest of ours, whose caches are the largest, and of stock spaCy, to wait less.
    fastest = [side for side in OURS if can_run(side)][-1]
    for side in (fastest, STOCK_OPENBLAS):
        for way in WAYS:
            call = [sys.executable, __file__, data_dir, side, way, str(n_texts)]
            done = subprocess.run(call, stdout=subprocess.PIPE, text=True, check=True)
            curves[f"{side}, {way}"] = json.loads(done.stdout)
    return {
        **encoder_settings(WIDTH, DEPTH),
        "texts": SOURCES[SHORT],
        "new_words": NEW_SHARE,
        "texts_in_a_zone": ZONE,
        "curves": curves,
    }


def measure(data_dir: str, side: str, way: str, n_texts: int) -> dict[str, Any]:
    """Measure a curve in this process.

    data_dir (str): The folder of the data.
    side (str): The side.
    way (str): With memory zones or without.
    n_texts (int): How many texts to process.
    RETURNS (Dict[str, Any]): The size of the process by number of texts, and texts a second of the
        processor's time.
    """
    nlp = make_pipeline(side, TASKS, WIDTH, DEPTH)
    zone: Callable[[], AbstractContextManager] = nlp.memory_zone if way == ZONES else nullcontext
    texts = make_texts(data_dir)
    points = [{"texts": 0, "mb": resident_mb()}]
    start = time.process_time()
    with conditions(side):
        for n_done in range(ZONE, max(n_texts, ZONE) + 1, ZONE):
            with zone():
                _process(nlp, list(islice(texts, ZONE)))
            if n_done % POINT == 0 or n_done + ZONE > n_texts:
                points.append({"texts": n_done, "mb": resident_mb()})
                print(side, way, points[-1], file=sys.stderr, flush=True)
                if points[-1]["mb"] > LIMIT:
                    break
    seconds = time.process_time() - start
    return {"texts_per_s": round_to(points[-1]["texts"] / seconds), "points": points}


def _process(nlp: Any, texts: list[str]) -> None:
    # The last document must be gone before its memory zone is.
    for _ in nlp.pipe(texts, batch_size=BATCH_SIZES[SHORT]):
        pass


def make_texts(data_dir: str) -> Iterator[str]:
    """Make up texts without end.

    data_dir (str): The folder of the data.
    YIELDS (str): Real texts, in which some words have a number that no other word has.
    """
    rng = random.Random(0)
    number = 0
    while True:
        for text in read_all(data_dir, SHORT):
            words = re.split(r"(\s+)", text)
            for i, word in enumerate(words):
                if word.isalpha() and rng.random() < NEW_SHARE:
                    number += 1
                    words[i] = f"{word}{number}"
            yield "".join(words)


def resident_mb() -> float:
    """RETURNS (float): Memory of this process in megabytes, as Linux counts it."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))))
