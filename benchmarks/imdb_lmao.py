"""IMDB with 1,000 labels: what pretraining with approximate outputs is worth.

    python benchmarks/imdb_lmao.py --data DIR [--rows NAMES] [--seeds 0,1,2] [--work DIR]
    python benchmarks/tables.py

Word vectors and encoders are trained on the raw text first, and kept in the work folder; results are
written to `results/imdb/` as they come, one file a row, and gathered in `results/imdb_lmao.json`. Whatever is
there already is not computed again.
"""

import argparse
import json
import os
import platform
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy
from imdb_data import DATA_ENV, draw, load
from imdb_encoders import ENCODER, EPOCHS, VECTORS
from imdb_rows import ROWS, Place, Row

RESULTS = Path(__file__).parent / "results" / "imdb"
N_LABELS = 1000
CURVE = (100, 200, 500, 1000, 5000, 25000)
#: The rows whose learning curve is drawn.
CURVES = ("scratch", "tfidf", "lmao_3_frozen", "lmao_vectors_2_frozen", "lmao_vectors_2_tfidf")
PACKAGES = ("spacy", "thinc", "numpy", "scikit-learn", "floret", "spacy-mtl")
NO_DATA = "Pass the folder of the data with --data, or set {env}."
COMMAND = "python benchmarks/imdb_lmao.py --data DATA --rows {name}"


def run_row(name: str, place: Place, seeds: list[int], curve: bool, out: Path) -> dict[str, Any]:
    """Choose the settings of a row on dev, and score it for each seed.

    name (str): The row.
    place (Place): Where the data is.
    seeds (list[int]): Seeds of the draws.
    curve (bool): Whether to try other numbers of labels, too, with the first seed.
    out (Path): The folder of the results.
    RETURNS (dict): The record, which is written, too.
    """
    row: Row = ROWS[name]
    path = out / f"{name}.json"
    record: dict[str, Any] = {"row": name, "title": row.title, "command": COMMAND.format(name=name)}
    if path.exists():
        record = json.loads(path.read_text(encoding="utf8"))
    tuning = record.setdefault("tuning", [])
    for settings in row.grid[len(tuning) :]:
        scores = timed(row, place, N_LABELS, 0, settings, test=False)
        tuning.append({"settings": settings, **scores})
        save(path, record)
        print(name, settings, scores, flush=True)
    best = max(tuning, key=lambda found: found["dev"])
    runs = record.setdefault("seeds", {})
    for seed in seeds:
        if str(seed) not in runs:
            runs[str(seed)] = timed(row, place, N_LABELS, seed, best["settings"])
            save(path, record)
            print(name, seed, runs[str(seed)], flush=True)
    points = record.setdefault("curve", {})
    for n_labels in CURVE if curve else ():
        if str(n_labels) not in points:
            points[str(n_labels)] = timed(row, place, n_labels, 0, best["settings"])
            save(path, record)
            print(name, n_labels, points[str(n_labels)], flush=True)
    return record


def timed(
    row: Row, place: Place, n_labels: int, seed: int, settings: Any, *, test: bool = True
) -> dict[str, float]:
    """RETURNS (dict): Accuracies on dev and test in percent, and the wall time in seconds."""
    start = time.perf_counter()
    model = row.train(place, n_labels, seed, settings)
    scores = {"dev": accuracy(model.predict_dev(), draw(place.data_dir, n_labels, seed).dev_labels)}
    if test:
        scores["test"] = accuracy(model.predict_test(), load(place.data_dir, "test")[1])
    return {**scores, "seconds": round(time.perf_counter() - start, 1)}


def accuracy(predicted: Any, expected: list[str]) -> float:
    """RETURNS (float): The share of equal labels, in percent."""
    return round(100 * float((numpy.asarray(predicted) == numpy.asarray(expected)).mean()), 2)


def save(path: Path, record: dict[str, Any]) -> None:
    """Write a record. What a killed run has written stays valid."""
    header = {
        "versions": {"python": platform.python_version()} | {p: version(p) for p in PACKAGES},
        "encoder": ENCODER,
        "epochs": EPOCHS,
        "vectors": vars(VECTORS),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps({**record, **header}, indent=1) + "\n", encoding="utf8")
    temporary.replace(path)


def gather(out: Path) -> None:
    """Write all finished rows to one file beside the folder of the rows.

    out (Path): The folder.
    """
    rows = {}
    for name in ROWS:
        path = out / f"{name}.json"
        record = json.loads(path.read_text(encoding="utf8")) if path.exists() else {}
        if record.get("seeds"):
            rows[name] = record
    path = out.with_name("imdb_lmao.json")
    path.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf8")


def main() -> None:
    """Run the rows named on the command line."""
    parser = argparse.ArgumentParser(description="IMDB with few labels.")
    parser.add_argument("--data", default=os.environ.get(DATA_ENV), help="folder of the data")
    parser.add_argument("--rows", default=",".join(ROWS), help="comma-separated")
    parser.add_argument("--seeds", default="0,1,2", help="comma-separated")
    parser.add_argument("--work", type=Path, default=Path(".imdb"), help="for vectors and encoders")
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args()
    if not args.data:
        parser.error(NO_DATA.format(env=DATA_ENV))
    names = args.rows.split(",")
    if unknown := sorted(set(names) - set(ROWS)):
        parser.error(f"Unknown rows {unknown}: expected some of {', '.join(ROWS)}.")
    place = Place(str(args.data), args.work)
    for name in names:
        seeds = [int(seed) for seed in args.seeds.split(",")]
        run_row(name, place, seeds, name in CURVES, args.out)
        gather(args.out)


if __name__ == "__main__":
    main()
