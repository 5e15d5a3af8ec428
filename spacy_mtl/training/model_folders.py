"""The pipelines in the output folder of a training. Each is complete at any time: the one before, or the new."""

import shutil
from pathlib import Path

from spacy.language import Language
from spacy.training.loop import DIR_MODEL_BEST, DIR_MODEL_LAST

from ..staging import staged_folder


def save_last(nlp: Language, output: Path) -> None:
    """Save a pipeline as the last one.

    nlp (Language): The pipeline.
    output (Path): The output folder.
    RAISES (OSError): If it cannot be written.
    """
    with staged_folder(output / DIR_MODEL_LAST, keep=False) as folder:
        nlp.to_disk(folder)


def save_best(output: Path) -> None:
    """Copy the last pipeline: it is the best one so far.

    output (Path): The output folder.
    RAISES (OSError): If it cannot be written.
    """
    with staged_folder(output / DIR_MODEL_BEST, keep=False) as folder:
        shutil.copytree(output / DIR_MODEL_LAST, folder, dirs_exist_ok=True)
