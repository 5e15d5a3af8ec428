"""The files that pretraining writes: weights after each epoch, the best and the last ones, and a log."""

import os
from pathlib import Path
from typing import Any

import srsly
from spacy.training.pretrain import ProgressTracker
from thinc.api import Model, Optimizer

from ..disk import append_line
from ..staging import write_atomically
from .training_log import to_json

LOG = "log.jsonl"


class PretrainFiles:
    """The files of one run."""

    def __init__(self, folder: Path, model: Model, optimizer: Optimizer) -> None:
        """Name the folder.

        folder (Path): The output folder.
        model (Model): The model, whose encoder is saved.
        optimizer (Optimizer): The optimizer, whose averages are saved, if it has any.
        """
        self.folder = folder
        self._model = model
        self._optimizer = optimizer

    @property
    def averages(self) -> dict[tuple[int, str], Any]:
        """RETURNS (Dict[Tuple[int, str], FloatsXd]): The averaged weights, empty if there are none."""
        return self._optimizer.averages or {}

    def save_epoch(self, epoch: int, tracker: ProgressTracker, *, is_temp: bool = False) -> None:
        """Save the encoder, and write a line into the log.

        epoch (int): The epoch.
        tracker (ProgressTracker): The counters.
        is_temp (bool): Whether the epoch has not ended.
        """
        self._save_weights(f"model{epoch}{'.temp' if is_temp else ''}.bin")
        self._log_counters(epoch, tracker)

    def save_last(self, epoch: int, tracker: ProgressTracker) -> None:
        """Save the encoder at the end, and write a line into the log.

        epoch (int): The epoch.
        tracker (ProgressTracker): The counters.
        """
        self._save_weights("model-last.bin")
        self._log_counters(epoch, tracker)

    def save_best(self) -> None:
        """Save the encoder as the best one."""
        self._save_weights("model-best.bin")

    def log(self, entry: dict[str, Any]) -> None:
        """Write a line into the log.

        entry (Dict[str, Any]): What it holds.
        """
        append_line(self.folder / LOG, srsly.json_dumps(to_json(entry)))

    def log_size(self) -> int:
        """RETURNS (int): Bytes in the log."""
        path = self.folder / LOG
        return path.stat().st_size if path.exists() else 0

    def shorten_log(self, size: int) -> None:
        """Take lines out of the log that are about to be written again.

        size (int): How many bytes to keep.
        """
        if self.log_size() > size:
            os.truncate(self.folder / LOG, size)

    def _save_weights(self, name: str) -> None:
        with self._model.use_params(self.averages):
            data = self._model.get_ref("tok2vec").to_bytes()
        write_atomically(self.folder / name, data)

    def _log_counters(self, epoch: int, tracker: ProgressTracker) -> None:
        self.log(
            {
                "nr_word": tracker.nr_word,
                "loss": tracker.loss,
                "epoch_loss": tracker.epoch_loss,
                "epoch": epoch,
            }
        )
