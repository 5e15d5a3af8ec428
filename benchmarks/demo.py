"""The demo data over several seeds: one pipeline for all tasks beside one for each task.

    python benchmarks/demo.py
    python benchmarks/tables.py

Both sides are trained as `python -m spacy project run all` does, with equal total budget, and scored on the
test split. A finished seed in `results/demo.json` is not computed again.
"""

import argparse
import io
import json
import platform
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import spacy
from spacy.training.initialize import init_nlp
from spacy.training.loop import train
from spacy.util import load_config

from spacy_mtl.cli.baselines import train_baselines
from spacy_mtl.training.corpus import create_multitask_corpus
from spacy_mtl.training.single_task import find_task_pipes, task_shares

ROOT = Path(__file__).parent.parent
CONFIG = ROOT / "configs" / "demo.cfg"
DATA = ROOT / "assets" / "demo"
RESULT = Path(__file__).parent / "results" / "demo.json"
PACKAGES = ("spacy", "thinc", "numpy", "spacy-mtl")


def run_seed(seed: int) -> dict[str, Any]:
    """Train and score both sides for one seed.

    seed (int): The seed.
    RETURNS (dict): Test scores in percent by side and task, and the time.
    """
    overrides = {"system.seed": seed, "paths.train": str(DATA), "paths.dev": str(DATA)}
    config = load_config(CONFIG, overrides=overrides, interpolate=True)
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "all").mkdir()
        train(init_nlp(config), folder / "all", stdout=io.StringIO(), stderr=io.StringIO())
        trained = time.perf_counter()
        train_baselines(CONFIG, folder / "single", overrides=overrides)
        end = time.perf_counter()
        tasks = list(find_task_pipes(config))
        multitask = score(folder / "all" / "model-best", tasks)
        single = {}
        for task in tasks:
            single |= score(folder / "single" / task / "model-best", [task])
    return {
        "seed": seed,
        "multitask": multitask,
        "single": single,
        "seconds": {"multitask": round(trained - start, 1), "single": round(end - trained, 1)},
    }


def score(model: Path, tasks: list[str]) -> dict[str, float]:
    """Score a pipeline on the test split.

    model (Path): The pipeline.
    tasks (list[str]): Its tasks.
    RETURNS (dict): The score of each task, in percent.
    """
    nlp = spacy.load(model)
    reader = create_multitask_corpus(DATA, split="test", tasks=tasks)
    scores = nlp.evaluate(list(reader(nlp)))
    return {task: round(100 * scores[f"{task}_score"], 2) for task in tasks}


def main() -> None:
    """Run the seeds that the result file lacks."""
    parser = argparse.ArgumentParser(description="The demo data over several seeds.")
    parser.add_argument("--seeds", default="0,1,2", help="comma-separated")
    args = parser.parse_args()
    config = load_config(CONFIG, interpolate=True)
    config["paths"]["train"] = str(DATA)
    pipes = find_task_pipes(config)
    shares = task_shares(load_config(CONFIG, overrides={"paths.train": str(DATA)}))
    result: dict[str, Any] = {
        "command": f"python benchmarks/demo.py --seeds {args.seeds}",
        "versions": {"python": platform.python_version()} | {p: version(p) for p in PACKAGES},
        "max_steps": config["training"]["max_steps"],
        "tasks": {
            task: {
                "rows": count_rows(task),
                "share": round(shares[task], 3),
                "metric": config["components"][name]["score_metric"],
            }
            for task, name in pipes.items()
        },
        "runs": [],
    }
    if RESULT.is_file():
        result["runs"] = json.loads(RESULT.read_text(encoding="utf8"))["runs"]
    for seed in map(int, args.seeds.split(",")):
        if seed not in [run["seed"] for run in result["runs"]]:
            result["runs"].append(run_seed(seed))
            RESULT.parent.mkdir(parents=True, exist_ok=True)
            RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf8")
            print(json.dumps(result["runs"][-1]), flush=True)


def count_rows(task: str) -> int:
    """Count the training rows of a task.

    task (str): The task.
    RETURNS (int): How many there are.
    """
    reader = create_multitask_corpus(DATA, split="train", tasks=[task])
    return sum(1 for _ in reader(spacy.blank("en")))


if __name__ == "__main__":
    main()
