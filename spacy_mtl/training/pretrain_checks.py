"""What can be wrong with a pretraining before any time is spent on it."""

import os
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from spacy.training.corpus import JsonlCorpus
from spacy.util import dot_to_object
from thinc.api import Config, Optimizer

from ..errors import Errors, Warnings
from .checkpoint import PRETRAINING, State, find_run
from .pretrain_texts import read_raw_texts


def check_config(config: Config) -> None:
    """Check that a config is one for pretraining.

    config (Config): The config, with all variables filled in.
    RAISES (ValueError): If it has no [pretraining] block, or lacks something else.
    """
    pretraining = config.get("pretraining")
    if not pretraining:
        raise ValueError(Errors.E263)
    needed = ["training.seed", "training.gpu_allocator", "initialize", "pretraining.corpus"]
    if pretraining.get("corpus"):
        needed.append(pretraining["corpus"])
    for name in needed:
        try:
            dot_to_object(config, name)
        except KeyError as error:
            raise ValueError(Errors.E279.format(name=name)) from error


def check_output(folder: Path) -> None:
    """Make the output folder, and check that files can be written there.

    folder (Path): The folder.
    RAISES (OSError): If not.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder)
        os.close(handle)
        os.unlink(name)
    except OSError as error:
        reason = error.strerror or error
        raise OSError(Errors.E268.format(path=folder, reason=reason)) from error


def find_pretraining(
    folder: Path, *, resume: bool, force: bool, kind: str = PRETRAINING
) -> State | None:
    """Find the pretraining to go on with, see `find_run`.

    folder (Path): The output folder.
    resume (bool): Whether to go on.
    force (bool): Whether an unfinished run may be overwritten.
    kind (str): What the run is to be, the `kind` of its states.
    RETURNS (Optional[Dict[str, Any]]): Its state, None to start anew.
    RAISES (ValueError): If there is none to go on with, it is damaged, or it would be overwritten.
    """

    def unfinished(state: State) -> str:
        words = state["progress"]["nr_word"]
        return Errors.E269.format(path=folder, epoch=state["epoch"], words=words)

    return find_run(folder, resume=resume, force=force, kind=kind, unfinished=unfinished)


def check_corpus(corpus: Callable[..., Any], name: str) -> None:
    """Check all raw texts, if they are read by spaCy's reader of JSONL.

    corpus (Callable): The reader.
    name (str): Its name in the config.
    RAISES (ValueError): If there is no text, or a line cannot be read.
    """
    if isinstance(corpus, JsonlCorpus):
        setting = f"path of [{name}]"
        if corpus.path is None:
            reason = "no path is set"
            raise ValueError(Errors.E264.format(path="null", setting=setting, reason=reason))
        for _ in read_raw_texts(corpus.path, setting):
            pass


def check_optimizer(optimizer: Optimizer) -> None:
    """Check that an optimizer will move anything, and warn of a schedule, which pretraining does not follow.

    optimizer (Optimizer): The optimizer.
    RAISES (ValueError): If its learning rate is 0.
    """
    if not optimizer.learn_rate:
        raise ValueError(Errors.E278)
    if "learn_rate" in getattr(optimizer, "schedules", {}):
        warnings.warn(Warnings.W208.format(value=optimizer.learn_rate), stacklevel=2)
