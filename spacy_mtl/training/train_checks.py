"""What is in an output folder before a training begins or goes on."""

import warnings
from pathlib import Path

from spacy.training.loop import DIR_MODEL_BEST, DIR_MODEL_LAST
from thinc.api import Config

from ..errors import Errors, Warnings
from ..temporary import remove_leftovers
from .checkpoint import PLACE, State, find_run
from .run_state import KIND


def check_training(config: Config) -> None:
    """Check that a config is one for training.

    config (Config): The config.
    RAISES (ValueError): If it has no [training] block.
    """
    if not config.get("training"):
        raise ValueError(Errors.E930)


def find_training(folder: Path, *, resume: bool, force: bool, kind: str = KIND) -> State | None:
    """Find the training to go on with, see `find_run`.

    folder (Path): The output folder.
    resume (bool): Whether to go on.
    force (bool): Whether an unfinished run may be overwritten.
    kind (str): What the run is to be, the `kind` of its states.
    RETURNS (Optional[Dict[str, Any]]): Its state, None to start anew.
    RAISES (ValueError): If there is none to go on with, it is damaged, or it would be overwritten.
    """

    def unfinished(state: State) -> str:
        progress = state["progress"]
        return Errors.E801.format(path=folder, step=progress["step"], epoch=progress["epoch"])

    return find_run(folder, resume=resume, force=force, kind=kind, unfinished=unfinished)


def clear_leftovers(folder: Path) -> None:
    """Take away what a killed process has left half-written.

    folder (Path): The output folder.
    """
    for name in (DIR_MODEL_BEST, DIR_MODEL_LAST):
        remove_leftovers(folder / name, folder)


def prepare_output(folder: Path) -> None:
    """Take away what would be mistaken for a part of a run that begins. The pipelines of an earlier run stay until
    there are new ones.

    folder (Path): The output folder.
    """
    if any((folder / name).exists() for name in (DIR_MODEL_BEST, DIR_MODEL_LAST)):
        warnings.warn(Warnings.W375.format(path=folder), stacklevel=3)
    (folder / PLACE).unlink(missing_ok=True)
