"""Does `mtl sweep` find settings that are better than those of the shipped config, on dev and on test?

python benchmarks/sweep.py [--trials 20] [--steps 200] [--repeats 1] [--full] [--output benchmarks/results/sweep/demo.json]

On the demo data, with few steps, random search and TPE draw as many trials from `sweep_space.yml`, each several
times with other seeds of the sampler. The best config of each search, and the config as it is, are then trained
with three seeds that no search has used, and evaluated on dev and test. With --full they are then trained with the
steps of the config as it is: do settings that were found in short trainings hold in a long one?
"""

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import spacy
from spacy.util import load_config
from thinc.api import Config

from spacy_mtl.sweep import sweep
from spacy_mtl.sweep.study import score_of
from spacy_mtl.sweep.trial import MODEL, Job, run_trial
from spacy_mtl.sweep.values import set_values
from spacy_mtl.training.corpus import create_multitask_corpus

ROOT = Path(__file__).parent.parent
CONFIG = ROOT / "configs" / "demo.cfg"
SPACE = Path(__file__).parent / "sweep_space.yml"
DATA = ROOT / "assets" / "demo"
SEEDS = (101, 102, 103)
SAMPLERS = ("random", "tpe")
RATE = "training.optimizer.learn_rate"


def budget(steps: int) -> dict[str, Any]:
    """The overrides for a number of training steps.

    steps (int): The number.
    RETURNS (dict): Values by dotted name.
    """
    return {
        "paths.train": str(DATA),
        "paths.dev": str(DATA),
        "training.max_steps": steps,
        "training.eval_frequency": max(1, steps // 10),
        "training.patience": 0,
        f"{RATE}.total_steps": steps,
        f"{RATE}.warmup_steps": steps // 20,
    }


def evaluate(config: Config, seed: int) -> dict[str, float]:
    """Train with a seed, and evaluate the best model.

    config (Config): The config.
    seed (int): The seed.
    RETURNS (dict): The mean task scores on dev and test, and the seconds of training.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / MODEL
        job = Job(0, config.to_str(interpolate=False), seeds=(seed,), model=str(path))
        *_, report = run_trial(job)
        if report.state != "complete":
            raise RuntimeError(report.details)
        nlp = spacy.load(path)
    scores = nlp.evaluate(list(create_multitask_corpus(DATA, split="test")(nlp)))
    test = statistics.fmean(scores[name] for name in report.weighted)
    return {"dev": 100 * report.score, "test": 100 * test, "seconds": report.seconds}


def evaluate_all(config: Config) -> dict[str, Any]:
    """Train with each seed.

    config (Config): The config.
    RETURNS (dict): Lists of the scores by split.
    """
    rows = [evaluate(config, seed) for seed in SEEDS]
    return {name: [round(row[name], 2) for row in rows] for name in rows[0]}


def search(sampler: str, seed: int, *, trials: int, steps: int) -> dict[str, Any]:
    """Search, and evaluate the best config.

    sampler (str): "random" or "tpe".
    seed (int): The sampler's seed.
    trials (int): How many trials.
    steps (int): Steps of a training.
    RETURNS (dict): What was found.
    """
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        found = sweep(
            CONFIG,
            SPACE,
            folder,
            trials=trials,
            sampler=sampler,
            seed=seed,
            overrides=budget(steps),
        )
        seconds = time.perf_counter() - start
        config = load_config(Path(folder) / "best.cfg", interpolate=False)
    record = {
        "sampler": sampler,
        "seed": seed,
        "seconds": round(seconds),
        **{state: found.count(state) for state in ("complete", "pruned", "failed")},
        "best_dev": round(100 * (score_of(found.best) or 0.0), 2),
        "values": found.best.params,
        "short": evaluate_all(config),
    }
    print(json.dumps(record), flush=True)
    return {**record, "config": config}


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument(
        "--output", type=Path, default=ROOT / "benchmarks" / "results" / "sweep" / "demo.json"
    )
    parser.add_argument("--full", action="store_true")
    args = parser.parse_args()
    full = load_config(CONFIG, interpolate=True)["training"]["max_steps"]
    command = f"python benchmarks/sweep.py --trials {args.trials} --steps {args.steps}"
    result: dict[str, Any] = {
        "command": f"{command} --repeats {args.repeats}{' --full' if args.full else ''}",
        "trials": args.trials,
        "steps": args.steps,
        "full_steps": full,
        "default": {},
        "searches": [],
    }

    def write() -> None:
        args.output.parent.mkdir(parents=True, exist_ok=True)
        args.output.write_text(json.dumps(result, indent=1) + "\n", encoding="utf8")

    default = load_config(CONFIG, overrides=budget(args.steps), interpolate=False)
    result["default"]["short"] = evaluate_all(default)
    configs = [default]
    for seed in range(args.repeats):
        for sampler in SAMPLERS:
            record = search(sampler, seed, trials=args.trials, steps=args.steps)
            configs.append(record.pop("config"))
            result["searches"].append(record)
            write()
    if args.full:
        for record, config in zip([result["default"], *result["searches"]], configs, strict=True):
            record["full"] = evaluate_all(set_values(config, budget(full)))
            write()


if __name__ == "__main__":
    main()
