"""Commands that are killed at random moments: is what was there intact, and do they go on?

    python benchmarks/faults.py --work DIR [--factor 1] [--seed 0] [--only NAME ...]

Each command runs on the demo data in a process group of its own (a copy of a process that has imported spaCy, so
that the kills fall into its work), with the outputs of an earlier run in place where it replaces them. SIGKILL for the
whole group comes after a delay drawn from the time of a run that is not killed. Then each output has to be, byte
for byte, the earlier one or the final one (or, of a training, a pipeline that loads), and the documented way to go
on has to end with the outputs of a run that was not killed, with nothing left beside them.
"""

import argparse
import json
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import spacy
import srsly
from spacy.cli import app
from thinc.api import Config

import spacy_mtl.cli  # noqa: F401 (adds the commands)
from spacy_mtl.cli.init_config import init_config
from spacy_mtl.training.checkpoint import load_checkpoint
from spacy_mtl.training.raw_text import collect_raw_text

DATA = Path(__file__).parents[1] / "assets" / "demo"
RESULT = Path(__file__).parent / "results" / "faults.json"
COMMAND = "python benchmarks/faults.py --work DIR"
SMALL = {"width": 32, "depth": 1}
CHARACTERS = {
    "@architectures": "spacy.PretrainCharacters.v1",
    "maxout_pieces": 2,
    "hidden_size": 32,
    "n_characters": 4,
}


@dataclass
class Job:
    """A command that is killed."""

    name: str
    #: Makes its arguments, given the folder that it works in.
    args: Callable[[Path], list]
    #: What it writes there: each is complete at any time.
    outputs: list[str]
    #: Makes what it finds there.
    base: Callable[[Path], object] = lambda place: None
    #: A state of this kind tells that --resume goes on.
    kind: str | None = None
    #: How often it is killed.
    kills: int = 12
    #: Whether an output may be another than the first or the last one, if it loads.
    loads: bool = False


def main() -> None:
    """Kill the commands and write the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--factor", type=float, default=1.0, help="of the number of kills")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="*", default=None)
    options = parser.parse_args()
    shutil.rmtree(options.work, ignore_errors=True)
    options.work.mkdir(parents=True)
    rng = random.Random(options.seed)
    rows = []
    for job in make_jobs(options.work.resolve()):
        if options.only is None or job.name in options.only:
            rows.append(
                kill(job, options.work.resolve() / job.name, round(options.factor * job.kills), rng)
            )
            print(json.dumps(rows[-1]), flush=True)
            result = {
                "command": COMMAND,
                "factor": options.factor,
                "seed": options.seed,
                "rows": rows,
            }
            RESULT.write_text(json.dumps(result, indent=2) + "\n")


def make_jobs(work: Path) -> list[Job]:
    """Write what the commands read.

    work (Path): The work folder.
    RETURNS (list[Job]): The commands.
    """
    raw, model, texts = work / "raw.jsonl", work / "model", work / "texts.jsonl"
    collect_raw_text([DATA], raw, labelled=True)
    (work / "train.cfg").write_text(init_config(DATA, max_steps=30, **SMALL))
    lines = [json.loads(line)["text"] for line in raw.open(encoding="utf8")]
    srsly.write_jsonl(raw, [{"text": text} for text in lines[:1500]])
    config = Config().from_str(init_config(DATA, raw_text=str(raw), **SMALL), interpolate=False)
    config["pretraining"]["objective"] = CHARACTERS
    config.to_disk(work / "pretrain.cfg")
    train = ["train", work / "train.cfg", "--paths.train", DATA, "--paths.dev", DATA]
    train += ["--training.eval_frequency", "10"]
    run_whole([*train, "--output", work / "trained"])
    shutil.copytree(work / "trained" / "model-best", model)
    srsly.write_jsonl(texts, [{"text": f"{lines[i % len(lines)]} {i}"} for i in range(12_000)])
    pretrain = ["pretrain", work / "pretrain.cfg"]
    short = ["--pretraining.max_epochs", "2", "--save-every", "5"]
    review = ["review", model, DATA, "--task", "emotion", "--seeds", "1", "--folds", "3"]
    run_whole([*review, "--out", work / "decided.jsonl"])
    decide(work / "decided.jsonl")

    def write_old(*names: str) -> Callable[[Path], object]:
        return lambda place: [(place / name).write_bytes(b"old\n") for name in names]

    def embed(command: str, name: str) -> Callable[[Path], list]:
        return lambda place: [command, model, texts, place / name, "--overwrite"]

    return [
        Job(
            "convert",
            lambda place: ["convert", DATA, place / "corpus", "--force"],
            ["corpus"],
            lambda place: run_whole(
                ["convert", DATA, place / "corpus", "--tasks", "intent,emotion", "--lang", "de"]
            ),
            kills=20,
        ),
        Job(
            "pretrain",
            lambda place: [*pretrain, place / "encoder", *short],
            ["encoder/model0.bin", "encoder/model1.bin", "encoder/model-last.bin"],
            lambda place: run_whole([*pretrain, place / "encoder", *short, "--training.seed", "7"]),
            kind="pretraining",
        ),
        Job(
            "train",
            lambda place: [*train, "--output", place / "run"],
            ["run/model-best", "run/model-last"],
            lambda place: run_whole(
                [
                    *train,
                    "--output",
                    place / "run",
                    "--system.seed",
                    "7",
                    "--training.max_steps",
                    "10",
                ]
            ),
            kind="training",
            loads=True,
        ),
        Job(
            "apply",
            lambda place: [
                "apply",
                model,
                texts,
                place / "labels.jsonl",
                "--workers",
                "1",
                "--overwrite",
            ],
            ["labels.jsonl"],
            write_old("labels.jsonl"),
            kills=10,
        ),
        Job(
            "review",
            lambda place: [*review, "--out", place / "review.jsonl"],
            ["review.jsonl"],
            kills=10,
        ),
        Job(
            "apply-review",
            lambda place: ["apply-review", work / "decided.jsonl", DATA, "--out", place / "data"],
            ["data"],
            kills=20,
        ),
        Job("embed", embed("embed", "texts.npy"), ["texts.npy"], write_old("texts.npy")),
        Job(
            "predict", embed("predict", "labels.jsonl"), ["labels.jsonl"], write_old("labels.jsonl")
        ),
    ]


def kill(job: Job, folder: Path, n_kills: int, rng: random.Random) -> dict:
    """Kill a command again and again.

    job (Job): The command.
    folder (Path): Its folder.
    n_kills (int): How often.
    rng (random.Random): Draws the delays.
    RETURNS (dict): What was found.
    """
    base, place, whole = folder / "base", folder / "place", folder / "whole"
    base.mkdir(parents=True)
    job.base(base)
    seconds = []
    for _ in range(2):
        shutil.rmtree(whole, ignore_errors=True)
        shutil.copytree(base, whole)
        start = time.monotonic()
        run_whole(job.args(whole))
        seconds.append(time.monotonic() - start)
    old, new = outputs_of(job, base), outputs_of(job, whole)
    found = {
        "command": job.name,
        "seconds": max(seconds),
        "kills": 0,
        "old": 0,
        "new": 0,
        "between": 0,
    }
    found.update(intact=0, resumed=0)
    while found["kills"] < n_kills:
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(base, place)
        if not run_killed(job.args(place), rng.uniform(0, max(seconds))):
            continue
        found["kills"] += 1
        now = outputs_of(job, place)
        found["old"] += now == old
        found["new"] += now == new
        found["between"] += now not in (old, new)
        found["intact"] += is_intact(job, place, now, old, new)
        if now != new or left_beside(place):
            go_on(job, place)
        found["resumed"] += outputs_of(job, place) == new and not left_beside(place)
    shutil.rmtree(folder)
    return found


def is_intact(job: Job, place: Path, now: dict, old: dict, new: dict) -> bool:
    """Look at what a killed command has left.

    RETURNS (bool): Whether each output is the earlier or the final one, or loads if it may be another.
    """
    for name, files in now.items():
        if files not in (old[name], new[name]):
            if not job.loads:
                return False
            spacy.load(place / name)
    return True


def go_on(job: Job, place: Path) -> None:
    """Do what is documented for a run that was killed: the same command, or --resume if there is a state."""
    args = job.args(place)
    if job.kind is not None:
        (folder,) = place.iterdir()
        state = load_checkpoint(folder, kind=job.kind)
        if state is not None and not state["is_finished"]:
            args.append("--resume")
    run(args).wait()


def outputs_of(job: Job, place: Path) -> dict[str, dict[str, bytes]]:
    """Read the files of each output."""
    return {
        name: {
            str(path.relative_to(place)): path.read_bytes()
            for path in [place / name, *sorted((place / name).rglob("*"))]
            if path.is_file()
        }
        for name in job.outputs
    }


def left_beside(place: Path) -> list[Path]:
    """Find temporary files and folders of runs that are not over."""
    return [
        path
        for path in place.rglob("*")
        if path.name.startswith(".") or path.name.endswith((".partial", ".tmp"))
    ]


class Process:
    """A copy of this process that runs a command, in a group of its own."""

    def __init__(self, args: list) -> None:
        """Start it."""
        self.pid = os.fork()
        if not self.pid:
            os.setsid()
            null = os.open(os.devnull, os.O_RDWR)
            log = os.open(
                os.environ.get("FAULTS_LOG", os.devnull), os.O_WRONLY | os.O_CREAT | os.O_APPEND
            )
            for target, source in ((0, null), (1, log), (2, log)):
                os.dup2(source, target)
            code = 1
            try:
                app(["mtl", *map(str, args)], prog_name="spacy")
            except SystemExit as error:
                code = error.code if isinstance(error.code, int) else 1
            finally:
                os._exit(code)

    def wait(self) -> int:
        """RETURNS (int): Its exit code, once it has ended."""
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def kill(self) -> bool:
        """End it, with all its processes. RETURNS (bool): Whether it was still there."""
        os.killpg(self.pid, signal.SIGKILL)
        return self.wait() == -signal.SIGKILL


def run(args: list) -> Process:
    """Start a command."""
    sys.stdout.flush()
    return Process(args)


def run_whole(args: list) -> None:
    """Run a command that has to succeed."""
    code = run(args).wait()
    if code:
        raise RuntimeError(f"exit code {code}: {args}")


def run_killed(args: list, delay: float) -> bool:
    """Run a command and kill it. RETURNS (bool): Whether it had not ended before."""
    process = run(args)
    time.sleep(delay)
    try:
        return process.kill()
    except ProcessLookupError:
        process.wait()
        return False


def decide(review: Path) -> None:
    """Accept the first rows of a review as they are proposed."""
    rows = list(srsly.read_jsonl(review))
    for row in rows[:20]:
        labels = [option["id"] for option in row["options"] if option["id"] not in row["accept"]]
        row.update(accept=labels[:1], answer="accept")
    srsly.write_jsonl(review, rows)


if __name__ == "__main__":
    main()
