"""Pipelines of all TweetEval sets but one task, from which the left-out task is added later."""

import io
from collections.abc import Sequence
from pathlib import Path

import spacy
from spacy.language import Language
from spacy.training.initialize import init_nlp
from spacy.training.loop import train
from thinc.api import Config, use_ops
from tweeteval_data import SETS, TASKS
from tweeteval_ours import make_config

#: The tasks that are left out in turn. `stance` is five sets.
LEFT_OUT = ("emotion", "irony", "offensive", "stance")
#: Less than a config's own rule gives, so that twelve pipelines take an hour.
STEPS = 4000


def old_sets(left_out: str) -> list[str]:
    """RETURNS (list[str]): The sets that a pipeline without a task is trained on."""
    return [name for name in SETS if name not in TASKS[left_out]]


def base_config(
    data_dir: str, left_out: str, seed: int, raw: Path | None, *, others: Sequence[str] = ()
) -> Config:
    """Write the config of a pipeline without one task.

    data_dir (str): The folder of the data.
    left_out (str): The task.
    seed (int): The seed.
    raw (Path | None): Where the encoder pretrained on raw tweets is kept. None to start from scratch.
    others (Sequence[str]): Tasks of other data sets, to train along.
    RETURNS (Config): The config, without variables.
    """
    changes = {
        "training.max_steps": STEPS,
        "training.eval_frequency": STEPS // 8,
        "training.optimizer.learn_rate.total_steps": STEPS,
        "training.optimizer.learn_rate.warmup_steps": STEPS // 20,
    }
    return make_config(data_dir, seed, changes, raw, sets=old_sets(left_out), others=others)


def train_base(data_dir: str, work: Path, left_out: str, seed: int, *, pretrained: bool) -> Path:
    """Train a pipeline without one task, unless that has been done.

    data_dir (str): The folder of the data.
    work (Path): Where pipelines and the pretrained encoder are kept.
    left_out (str): The task.
    seed (int): The seed.
    pretrained (bool): Start from the encoder that has read the raw tweets.
    RETURNS (Path): The pipeline.
    """
    start = "lmao" if pretrained else "plain"
    folder = work / "bases" / f"{left_out}-{seed}-{start}"
    if not (folder / "model-best" / "meta.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        config = base_config(data_dir, left_out, seed, work if pretrained else None)
        with use_ops("numpy", use_blis=False):
            train(init_nlp(config), folder, stdout=io.StringIO(), stderr=io.StringIO())
    return folder / "model-best"


def load_base(path: Path) -> Language:
    """RETURNS (Language): A pipeline that `train_base` has trained."""
    with use_ops("numpy", use_blis=False):
        return spacy.load(path)
