"""This package on TweetEval: one pipeline for all eleven sets, and one for each set alone.

The config is the one that `python -m spacy mtl init-config` writes for the eleven folders, so that the best
model is the one with the best mean macro-F1 on dev, whatever metric the benchmark has for a set. (Its metric for
`irony` would choose models that find irony everywhere.) The single-task pipelines have the same encoder
and head, and together as many training steps, as `python -m spacy mtl baselines` gives them.
"""

import io
import os
import platform
import tempfile
import time
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import spacy
from spacy.language import Language
from spacy.training.initialize import init_nlp
from spacy.training.loop import train
from thinc.api import Config, use_ops
from tweeteval_data import SETS, load
from tweeteval_metrics import confusion, score_confusions, write_record
from tweeteval_pretrain import pretrain_encoder, pretraining_paths

from spacy_mtl.cli.init_config import init_config
from spacy_mtl.training.single_task import single_task_config, task_shares

PACKAGES = ("spacy", "thinc", "numpy", "spacy-mtl")
EVALUATED = ("dev", "test")
PREFIX = "tweeteval-"
#: Where the raw text, vectors and pretrained encoder are kept from seed to seed.
WORK = Path(os.environ.get("SPACY_MTL_WORK", ".tweeteval"))
COMMAND = "python benchmarks/tweeteval.py --data DATA --systems {system} --seeds {seed}"


def make_config(
    data_dir: str | Path,
    seed: int,
    overrides: dict[str, Any],
    work: Path | None = None,
    *,
    sets: Iterable[str] = SETS,
    others: Iterable[str] = (),
) -> Config:
    """Write the config for the eleven sets, or for some of them.

    data_dir (str | Path): The folder of the data.
    seed (int): The seed of the training.
    overrides (dict): Values to use instead of the written ones, by dotted name.
    work (Path | None): Where the pretrained encoder is kept. None to start from scratch.
    sets (Iterable[str]): The sets.
    others (Iterable[str]): Tasks of other data sets.
    RETURNS (Config): The config, without variables.
    """
    tasks = [*(PREFIX + name for name in sets), *others]
    if work is None:
        text = init_config(data_dir, tasks=tasks)
    else:
        weights = pretrain_encoder(data_dir, work, {})
        text = init_config(data_dir, tasks=tasks, **pretraining_paths(work))
        overrides = {"paths.init_tok2vec": str(weights), **overrides}
    config = Config().from_str(text, overrides={"system.seed": seed, **overrides})
    return config.interpolate()


def run_pretrained(
    data_dir: str | Path, seed: int, path: Path, overrides: dict[str, Any]
) -> dict[str, Any]:
    """The same as `run_multitask`, from an encoder that has read the training tweets before."""
    return run_multitask(data_dir, seed, path, overrides, work=WORK)


def run_multitask(
    data_dir: str | Path,
    seed: int,
    path: Path,
    overrides: dict[str, Any],
    work: Path | None = None,
) -> dict[str, Any]:
    """Train one pipeline for all sets, and record what it predicts.

    data_dir (str | Path): The folder of the data.
    seed (int): The seed.
    path (Path): The file of the record. A finished one is left as it is.
    overrides (dict): Values to use instead of the config's, by dotted name.
    work (Path | None): Where the pretrained encoder is kept. None to start from scratch.
    RETURNS (dict): The record.
    """
    config = make_config(data_dir, seed, overrides, work)
    nlp, seconds, log = train_config(config)
    counts = {split: count(nlp, data_dir, SETS, split) for split in EVALUATED}
    record = header("pretrained" if work else "multitask", seed, seconds, config, overrides) | {
        "size_mb": round(len(nlp.to_bytes(exclude=["vocab"])) / 1e6, 1),
        "log": log,
        "counts": counts,
        **{split: score_confusions(counts[split]) for split in EVALUATED},
    }
    write_record(path, record)
    return record


def run_single(
    data_dir: str | Path, seed: int, path: Path, overrides: dict[str, Any]
) -> dict[str, Any]:
    """Train one pipeline for each set, with its share of the same budget, and record what they
    predict.

    data_dir (str | Path): The folder of the data.
    seed (int): The seed.
    path (Path): The file of the record.
    overrides (dict): Values to use instead of the config's, by dotted name.
    RETURNS (dict): The record.
    """
    config = make_config(data_dir, seed, overrides)
    shares = task_shares(config)
    counts: dict[str, dict[str, Any]] = {split: {} for split in EVALUATED}
    seconds: dict[str, float] = {}
    steps: dict[str, int] = {}
    for name in SETS:
        task = PREFIX + name
        task_config = single_task_config(config, task, shares[task])
        nlp, seconds[name], _ = train_config(task_config)
        steps[name] = task_config["training"]["max_steps"]
        for split in EVALUATED:
            counts[split] |= count(nlp, data_dir, [name], split)
        print(f"single {seed} {name}: {seconds[name]:.0f} s", flush=True)
    record = header("single", seed, sum(seconds.values()), config, overrides) | {
        "steps": steps,
        "counts": counts,
        **{split: score_confusions(counts[split]) for split in EVALUATED},
    }
    write_record(path, record)
    return record


def train_config(config: Config) -> tuple[Language, float, list[str]]:
    """Train a pipeline as `spacy train` does.

    config (Config): The config.
    RETURNS (tuple): The best pipeline, the wall time in seconds and the scores at each evaluation.
    """
    start = time.perf_counter()
    # Equal output; BLIS runs a slow generic kernel on processors that it does not know.
    with tempfile.TemporaryDirectory() as folder, use_ops("numpy", use_blis=False):
        log = io.StringIO()
        train(init_nlp(config), Path(folder), stdout=log, stderr=io.StringIO())
        nlp = spacy.load(Path(folder) / "model-best")
        lines = [line for line in log.getvalue().splitlines() if line.startswith("Step")]
    return nlp, time.perf_counter() - start, lines


def count(
    nlp: Language, data_dir: str | Path, names: Iterable[str], split: str
) -> dict[str, list[list[int]]]:
    """Count the pairs of gold and predicted labels of some sets.

    nlp (Language): The pipeline.
    data_dir (str | Path): The folder of the data.
    names (Iterable[str]): The sets.
    split (str): "dev" or "test".
    RETURNS (dict): A matrix for each set.
    """
    counts = {}
    for name in names:
        texts, gold = load(data_dir, name, split)
        with nlp.select_pipes(enable=["tok2vec", PREFIX + name]):
            scores = [doc._.tasks[PREFIX + name] for doc in nlp.pipe(texts, batch_size=256)]
        counts[name] = confusion(name, gold, [max(row, key=row.__getitem__) for row in scores])
    return counts


def header(
    system: str, seed: int, seconds: float, config: Config, overrides: dict[str, Any]
) -> dict[str, Any]:
    """Say what a record is about.

    system (str): The system.
    seed (int): The seed.
    seconds (float): Wall time of the training.
    config (Config): The config of the training.
    overrides (dict): What was changed in it.
    RETURNS (dict): The first entries of the record.
    """
    return {
        "system": system,
        "seed": seed,
        "command": COMMAND.format(system=system, seed=seed),
        "seconds": round(seconds, 1),
        "versions": {"python": platform.python_version()} | {p: version(p) for p in PACKAGES},
        "overrides": overrides,
        "settings": {
            "encoder": config["components"]["tok2vec"]["model"],
            "head": config["components"][PREFIX + "emotion"],
            "training": {
                key: config["training"][key]
                for key in ("dropout", "max_steps", "eval_frequency", "batcher", "optimizer")
            },
        },
    }
