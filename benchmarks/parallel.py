"""Training and pretraining with workers, against one process on one core.

python benchmarks/parallel.py --data DATA --section scores|averaging|gradients|pretraining

scores: examples a second, and dev and test scores after equally many examples, of `spacy train`'s loop and of two
workers in turn, for three seeds.
averaging: the same with two workers that average every 1, 10, 50 and 200 steps.
gradients: the same with two workers that exchange their gradients in every step.
pretraining: words a second of `mtl pretrain` alone and with two workers, in turn.

Each run is a file in results/parallel, and a run whose file is there is left out. Speeds are of the steps between
the first evaluation and the last one, with the evaluations in between.
"""

import argparse
import io
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path
from typing import Any

import spacy
import srsly
from parallel_gradients import train_gradients
from spacy.training.initialize import init_nlp
from spacy.training.loop import train
from thinc.api import Config, use_ops
from tweeteval_data import SETS
from tweeteval_metrics import score_confusions, write_record
from tweeteval_ours import PREFIX, WORK, count, make_config
from tweeteval_pretrain import VECTORS, pretraining_paths, write_raw_text

from spacy_mtl.cli.init_config import init_config
from spacy_mtl.parallel.pretrain import pretrain_parallel
from spacy_mtl.parallel.train import train_parallel
from spacy_mtl.training.pretrain import pretrain
from spacy_mtl.training.vectors import train_vectors

RESULTS = Path(__file__).parent / "results" / "parallel"
N_WORKERS = 2
SEEDS = (0, 1, 2)
ROUNDS = 3
AVERAGE_EVERY = (1, 10, 50, 200)
PRETRAIN_TEXTS = 20_000


def train_one(config: Config, folder: Path, **_: Any) -> None:
    """Train as `spacy train` does.

    config (Config): The config.
    folder (Path): The output folder.
    """
    train(init_nlp(config), folder, stdout=io.StringIO(), stderr=io.StringIO())


def train_workers(config: Config, folder: Path, **settings: Any) -> None:
    """Train with workers.

    config (Config): The config.
    folder (Path): The output folder.
    **settings (Any): Settings of the workers.
    """
    quiet: dict[str, Any] = {"stdout": io.StringIO(), "stderr": io.StringIO()}
    train_parallel(config, folder, workers=N_WORKERS, **quiet, **settings)


SIDES: dict[int, Callable[..., None]] = {1: train_one, N_WORKERS: train_workers}


def run_training(
    data: str,
    path: Path,
    *,
    seed: int,
    workers: int,
    overrides: dict[str, Any],
    with_scores: bool,
    **settings: Any,
) -> None:
    """Train once, and record speed and scores.

    data (str): The folder of the data.
    path (Path): The file of the record. A finished one is left as it is.
    seed (int): The seed.
    workers (int): The number of workers.
    overrides (dict): Values to use instead of the config's.
    with_scores (bool): Whether to score the test sets too.
    **settings (Any): Settings of the workers.
    """
    if path.is_file():
        return
    config = make_config(data, seed, overrides)
    start = time.perf_counter(), cpu_seconds()
    with tempfile.TemporaryDirectory() as name, use_ops("numpy", use_blis=False):
        folder = Path(name)
        SIDES[workers](config, folder, **settings)
        seconds = time.perf_counter() - start[0], cpu_seconds() - start[1]
        rows = read_log(folder)
        record = {
            "command": f"python benchmarks/parallel.py --data DATA --section {path.parent.name}",
            "workers": workers,
            "seed": seed,
            "overrides": overrides,
            **settings,
            "seconds": round(seconds[0], 1),
            "cpu_seconds": round(seconds[1], 1),
            "load": round(os.getloadavg()[0], 2),
            "examples_per_second": round(examples_per_second(rows), 1),
            "log": [[row["step"], row["seconds"], round(row["score"], 4)] for row in rows],
            "dev": max(row["score"] for row in rows),
        }
        if with_scores:
            nlp = spacy.load(folder / "model-best")
            counts = count(nlp, data, SETS, "test")
            record["test"] = score_confusions(counts)
    write_record(path, record)
    print(path.name, record["examples_per_second"], record["dev"], flush=True)


def cpu_seconds() -> float:
    """RETURNS (float): Processor time of this process and of those that it has ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def read_log(folder: Path) -> list[dict[str, Any]]:
    """Read the log of a run.

    folder (Path): Its output folder.
    RETURNS (list): The evaluations.
    """
    lines = (folder / "training.jsonl").read_text(encoding="utf8").splitlines()
    return [json.loads(line) for line in lines]


def examples_per_second(rows: list[dict[str, Any]]) -> float:
    """Compute the speed between the first evaluation and the last one.

    rows (list): The evaluations.
    RETURNS (float): Examples a second.
    """
    first, last = (sum(task["n_seen"] or 0 for task in rows[i]["tasks"].values()) for i in (0, -1))
    return (last - first) / max(1, rows[-1]["seconds"] - rows[0]["seconds"])


def scores(data: str, seeds: Iterable[int], overrides: dict[str, Any]) -> None:
    """Both sides for each seed, with the budget of the config."""
    for seed in seeds:
        for workers in SIDES:
            path = RESULTS / "scores" / f"{workers}-{seed}.json"
            run_training(
                data, path, seed=seed, workers=workers, overrides=overrides, with_scores=True
            )


def averaging(data: str, seeds: Iterable[int], overrides: dict[str, Any]) -> None:
    """Two workers that meet at other intervals."""
    steps = overrides.get("training.max_steps", 0)
    if steps:
        # The last step is to be one that is evaluated.
        overrides = {**overrides, "training.eval_frequency": steps // 2}
    for seed in seeds:
        for every in AVERAGE_EVERY:
            path = RESULTS / "averaging" / f"{every}-{seed}.json"
            run_training(
                data,
                path,
                seed=seed,
                workers=N_WORKERS,
                overrides=overrides,
                with_scores=True,
                average_every=every,
            )


def gradients(data: str, seeds: Iterable[int], overrides: dict[str, Any]) -> None:
    """Two workers that exchange gradients in every step."""
    for seed in seeds:
        path = RESULTS / "averaging" / f"gradients-{seed}.json"
        if not path.is_file():
            load = round(os.getloadavg()[0], 2)
            found = train_gradients(make_config(data, seed, overrides), workers=N_WORKERS)
            write_record(path, {"seed": seed, "overrides": overrides, "load": load, **found})
            print(path.name, found, flush=True)


def pretraining(data: str, seeds: Iterable[int], overrides: dict[str, Any]) -> None:
    """Pretraining on the training tweets, both sides in turn."""
    del seeds
    work = WORK / "parallel"
    work.mkdir(parents=True, exist_ok=True)
    raw, vectors = work / "raw.jsonl", work / "vectors"
    if not raw.exists():
        write_raw_text(data, raw)
        srsly.write_jsonl(raw, islice(list(srsly.read_jsonl(raw)), PRETRAIN_TEXTS))
    if not vectors.exists():
        train_vectors(raw, vectors, VECTORS)
    text = init_config(data, tasks=[PREFIX + name for name in SETS], **pretraining_paths(work))
    overrides = {"pretraining.max_epochs": 2, **overrides}
    config = Config().from_str(text, overrides=overrides).interpolate()
    for number in range(ROUNDS):
        for workers in SIDES:
            path = RESULTS / "pretraining" / f"{workers}-{number}.json"
            if not path.is_file():
                run_pretraining(config, path, workers=workers)


def run_pretraining(config: Config, path: Path, *, workers: int) -> None:
    """Pretrain for two epochs, and record the speed of the second.

    config (Config): The config.
    path (Path): The file of the record.
    workers (int): The number of workers.
    """
    with tempfile.TemporaryDirectory() as name, use_ops("numpy", use_blis=False):
        folder = Path(name)
        if workers == 1:
            pretrain(config, folder)
        else:
            pretrain_parallel(config, folder, workers=workers)
        rows = [row for row in srsly.read_jsonl(folder / "log.jsonl") if "epoch_loss" in row]
        words = rows[1]["nr_word"] - rows[0]["nr_word"]
        ends = [(folder / f"model{epoch}.bin").stat().st_mtime for epoch in (0, 1)]
        losses = [row["epoch_loss"] for row in rows[:2]]
    speed = round(words / (ends[1] - ends[0]))
    load = round(os.getloadavg()[0], 2)
    record = {"workers": workers, "words": words, "words_per_second": speed, "load": load}
    write_record(path, {**record, "epoch_losses": losses})
    print(path.name, speed, flush=True)


SECTIONS = {
    "scores": scores,
    "averaging": averaging,
    "gradients": gradients,
    "pretraining": pretraining,
}


def summarize() -> dict[str, Any]:
    """Sum up all records that are there.

    RETURNS (dict): Medians of speeds, and means and all values of scores, by section and side.
    """
    summary: dict[str, Any] = {}
    for path in sorted(RESULTS.glob("*/*.json")):
        record = json.loads(path.read_text(encoding="utf8"))
        side = summary.setdefault(path.parent.name, {}).setdefault(path.stem.split("-")[0], {})
        for name in ("examples_per_second", "words_per_second", "dev"):
            if name in record:
                side.setdefault(name, []).append(record[name])
        if "test" in record:
            side.setdefault("test", []).append(record["test"]["ALL"])
    return summary


def main() -> None:
    """Run sections, and print what all records say."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default=os.environ.get("SPACY_MTL_DATA"))
    parser.add_argument("--section", choices=SECTIONS, action="append")
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    parser.add_argument("--max-steps", type=int, default=0, help="0: those of the config")
    arguments = parser.parse_args()
    steps = arguments.max_steps
    overrides = {"training.max_steps": steps} if steps else {}
    for name in arguments.section or ():
        SECTIONS[name](arguments.data, arguments.seeds, {} if name == "pretraining" else overrides)
    for section, sides in summarize().items():
        for side, values in sides.items():
            medians = {name: round(statistics.median(v), 3) for name, v in values.items()}
            print(section, side, medians)


if __name__ == "__main__":
    main()
