"""How far pretraining is: counters, evaluations, and when to stop."""

import sys
from dataclasses import asdict
from time import perf_counter
from typing import Any

from spacy.tokens import Doc
from spacy.training.pretrain import ProgressTracker
from thinc.api import Model
from wasabi import Printer

from .pretrain_files import PretrainFiles
from .pretrain_report import Report

#: Seconds between two rows of the table, if there is no monitor.
EVERY_SECONDS = 10.0
COUNTERS = ("loss", "prev_loss", "nr_word", "last_update", "epoch_loss")


class Progress:
    """The counters of `spacy pretrain`, and the evaluations of the monitor."""

    def __init__(self, printer: Printer, monitor: Any, max_epochs: int) -> None:
        """Start to count.

        printer (Printer): Prints the table.
        monitor (Optional[PretrainMonitor]): Evaluates the model.
        max_epochs (int): How many epochs there are.
        """
        self.tracker = ProgressTracker(frequency=sys.maxsize)
        self.has_diverged = False
        self._printer = printer
        self._monitor = monitor
        self._max_epochs = max_epochs
        self._report = Report(printer, has_monitor=monitor is not None)
        self._words_per_epoch: int | None = None
        self._start_interval()

    def begin(self, epoch: int, n_batches: int) -> None:
        """Print where the run starts.

        epoch (int): The epoch.
        n_batches (int): How many of its batches were done before.
        """
        start = f"epoch {epoch}" + (f", batch {n_batches:,}" if n_batches else "")
        self._printer.divider(f"Pretraining, from {start}")
        self._report.begin()
        self._start_interval()

    def count(self, epoch: int, loss: float, docs: list[Doc]) -> None:
        """Count a batch.

        epoch (int): The epoch.
        loss (float): Its loss.
        docs (List[Doc]): The batch.
        """
        self.tracker.update(epoch, loss, docs)
        self._n_batches += 1
        if self._monitor is not None:
            self._monitor.count(sum(map(len, docs)), loss)
        elif perf_counter() - self._start > EVERY_SECONDS:
            self._add_row(epoch)

    def evaluate(self, model: Model, files: PretrainFiles, epoch: int) -> None:
        """Evaluate the averaged weights, if it is time to, and save them if they are the best.

        model (Model): The model.
        files (PretrainFiles): The files of the run.
        epoch (int): The epoch.
        """
        if self.is_due:
            self._evaluate(model, files, epoch)

    def finish(self, model: Model, files: PretrainFiles, epoch: int) -> None:
        """Evaluate and report what the last words have done.

        model (Model): The model.
        files (PretrainFiles): The files of the run.
        epoch (int): The epoch.
        """
        if self._monitor is None:
            if self._n_batches:
                self._add_row(epoch)
        elif self._monitor.words > self._monitor.last_words:
            self._evaluate(model, files, epoch)
        if self.should_stop:
            self._printer.info(f"Stopped: no better score in {self._monitor.n_worse} evaluations")

    def end_epoch(self, epoch: int) -> None:
        """Note how many words an epoch has.

        epoch (int): The epoch.
        """
        self._words_per_epoch = self.tracker.words_per_epoch[epoch]
        self.tracker.epoch_loss = 0.0

    @property
    def is_due(self) -> bool:
        """RETURNS (bool): Whether it is time for an evaluation."""
        return self._monitor is not None and self._monitor.is_due

    @property
    def should_stop(self) -> bool:
        """RETURNS (bool): Whether the score has not risen for so long that training stops."""
        return self._monitor is not None and self._monitor.should_stop

    def get_state(self) -> dict[str, Any]:
        """RETURNS (Dict[str, Any]): What an interrupted run needs to go on."""
        return {
            **{name: getattr(self.tracker, name) for name in COUNTERS},
            "words_by_epoch": list(self.tracker.words_per_epoch.items()),
            "words_per_epoch": self._words_per_epoch,
            "monitor": None if self._monitor is None else self._monitor.get_state(),
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on from an earlier state.

        state (Dict[str, Any]): The state.
        """
        for name in COUNTERS:
            setattr(self.tracker, name, state[name])
        self.tracker.words_per_epoch.update(dict(state["words_by_epoch"]))
        self._words_per_epoch = state["words_per_epoch"]
        if self._monitor is not None:
            self._monitor.set_state(state["monitor"], self.tracker.nr_word)
        self._start_interval()

    def _evaluate(self, model: Model, files: PretrainFiles, epoch: int) -> None:
        with model.use_params(files.averages):
            evaluation = self._monitor.evaluate(model)
        if evaluation.improved:
            files.save_best()
        n_words = evaluation.words
        files.log({"epoch": epoch, "nr_word": n_words, "evaluation": asdict(evaluation)})
        speed = evaluation.words_per_second
        self._report.add(epoch, n_words, evaluation.loss, speed, self._left(), evaluation)

    def _add_row(self, epoch: int) -> None:
        tracker = self.tracker
        loss = (tracker.loss - self._first_loss) / self._n_batches
        speed = (tracker.nr_word - self._first_word) / (perf_counter() - self._start)
        self._report.add(epoch, tracker.nr_word, loss, speed, self._left())
        self._start_interval()

    def _left(self) -> int | None:
        if self._words_per_epoch is None:
            return None
        return max(0, self._words_per_epoch * self._max_epochs - self.tracker.nr_word)

    def _start_interval(self) -> None:
        self._n_batches = 0
        self._first_word = self.tracker.nr_word
        self._first_loss = self.tracker.loss
        self._start = perf_counter()
