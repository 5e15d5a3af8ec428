"""Few labels for a new task: what a pipeline that has learned from other tasks is worth, and what the
new task costs the old ones.

    python benchmarks/finetune.py --data DIR --work DIR [--seeds 0,1,2] [--tasks emotion,...]
    python benchmarks/tables.py

Each of four TweetEval tasks is left out in turn. A pipeline is trained on the others, and the left-out task is
added with 50, 200 and 1,000 of its labels by `python -m spacy mtl add-task`. Pipelines are kept in the work folder.
Results are written to `results/finetune/` as they come, one file for each task, seed and method, and
gathered in `results/finetune.json`. Whatever is there already is not computed again.
"""

import argparse
import json
import os
import platform
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from finetune_bases import LEFT_OUT, STEPS
from finetune_methods import METHODS, Case
from tweeteval_data import DATA_ENV, TASKS

RESULTS = Path(__file__).parent / "results" / "finetune"
SIZES = (50, 200, 1000)
PACKAGES = ("spacy", "thinc", "numpy", "scikit-learn", "spacy-mtl")
NO_DATA = "Pass the folder of the data with --data, or set {env}."
COMMAND = "python benchmarks/finetune.py --data DATA --work DIR --tasks {left_out} --seeds {seed}"


def run_method(name: str, left_out: str, seed: int, data_dir: str, work: Path, out: Path) -> None:
    """Run one method for one left-out task and one seed, as far as it has not been run.

    name (str): The method.
    left_out (str): The task.
    seed (int): Seed of the pipeline, the draw of the labels and the training.
    data_dir (str): The folder of the data.
    work (Path): Where pipelines are kept.
    out (Path): The folder of the results.
    """
    path = out / f"{left_out}-{seed}-{name}.json"
    record: dict[str, Any] = {"method": name, "left_out": left_out, "seed": seed, "runs": {}}
    if path.exists():
        record = json.loads(path.read_text(encoding="utf8"))
    for task_set in TASKS[left_out]:
        for size in SIZES:
            key = f"{task_set}:{size}"
            if key in record["runs"]:
                continue
            start = time.perf_counter()
            case = Case(left_out, task_set, size, seed, data_dir, work)
            found = METHODS[name].run(case)
            found["seconds"] = round(time.perf_counter() - start, 1)
            record["runs"][key] = found
            save(path, record)
            print(name, seed, key, found, flush=True)


def save(path: Path, record: dict[str, Any]) -> None:
    """Write a record. What a killed run has written stays valid."""
    record = {
        **record,
        "title": METHODS[record["method"]].title,
        "command": COMMAND.format(**record),
        "base_steps": STEPS,
        "versions": {"python": platform.python_version()} | {p: version(p) for p in PACKAGES},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(record, indent=1) + "\n", encoding="utf8")
    temporary.replace(path)


def gather(out: Path) -> None:
    """Write all records to one file beside the folder of the records.

    out (Path): The folder.
    """
    records = [json.loads(path.read_text(encoding="utf8")) for path in sorted(out.glob("*.json"))]
    text = json.dumps(records, indent=1) + "\n"
    out.with_name("finetune.json").write_text(text, encoding="utf8")


def main() -> None:
    """Run what is named on the command line."""
    parser = argparse.ArgumentParser(description="Few labels for a new task.")
    parser.add_argument("--data", default=os.environ.get(DATA_ENV), help="folder of the data")
    parser.add_argument("--work", type=Path, default=Path(".tweeteval"), help="for pipelines")
    parser.add_argument("--tasks", default=",".join(LEFT_OUT), help="comma-separated")
    parser.add_argument("--methods", default=",".join(METHODS), help="comma-separated")
    parser.add_argument("--seeds", default="0,1,2", help="comma-separated")
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args()
    if not args.data:
        parser.error(NO_DATA.format(env=DATA_ENV))
    for names, known in ((args.tasks, LEFT_OUT), (args.methods, METHODS)):
        if unknown := sorted(set(names.split(",")) - set(known)):
            parser.error(f"Unknown {unknown}: expected some of {', '.join(known)}.")
    for seed in map(int, args.seeds.split(",")):
        for left_out in args.tasks.split(","):
            for name in args.methods.split(","):
                run_method(name, left_out, seed, str(args.data), args.work, args.out)
                gather(args.out)


if __name__ == "__main__":
    main()
