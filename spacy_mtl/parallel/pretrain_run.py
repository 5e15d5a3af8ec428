"""The leader's side of a pretraining: rounds, evaluations, files and checkpoints."""

from typing import Any

from ..training.checkpoint import State, save_checkpoint
from ..training.learned_params import find_params
from ..training.learned_state import is_finite
from ..training.pretrain import PretrainRun
from .leading import Leader
from .shared_state import SharedState
from .worker import Report

KIND = "pretraining with workers"


class ParallelPretrainRun:
    """A pretraining with workers, from its beginning or from a checkpoint."""

    def __init__(
        self,
        run: PretrainRun,
        leader: Leader,
        *,
        basis: dict[str, Any],
        round_size: int,
        save_every: int,
    ) -> None:
        """Prepare the run.

        run (PretrainRun): Model, files and counters of this process.
        leader (Leader): Leads the workers.
        basis (Dict[str, Any]): What a checkpoint has to be gone on with.
        round_size (int): Batches between two averagings, of all workers together.
        save_every (int): Batches between two checkpoints.
        """
        self._run = run
        self._leader = leader
        self._basis = basis
        self._round_size = round_size
        self._save_every = save_every
        self._state = SharedState(find_params(run.model), run.optimizer)
        self._step = self._epoch = 0
        self._epoch_start = 0
        self._saved_at = 0

    def begin(self, checkpoint: State | None) -> None:
        """Set the weights that workers begin with.

        checkpoint (Optional[Dict[str, Any]]): What to go on from.
        RAISES (ValueError): If it does not fit the model.
        """
        if checkpoint is None:
            self._leader.begin(self._state, None)
            self._save()
            return
        run = self._run
        self._state.check(checkpoint["params"], run.files.folder)
        self._step, self._epoch = checkpoint["step"], checkpoint["epoch"]
        self._epoch_start = checkpoint["epoch_start"]
        self._saved_at = self._step
        run.progress.set_state(checkpoint["progress"])
        run.files.shorten_log(checkpoint["log_size"])
        self._leader.begin(self._state, (checkpoint["arrays"], checkpoint["counts"]))

    def train(self, *, skip_last: bool) -> None:
        """Train up to the last epoch, or until the monitor says stop.

        skip_last (bool): Do not write the weights at the end, or of where the run was interrupted.
        """
        run, max_epochs = self._run, self._run.pretraining["max_epochs"]
        run.progress.begin(self._epoch, self._step - self._epoch_start)
        try:
            self._train(max_epochs)
            run.progress.finish(run.model, run.files, self._epoch - 1)
            self._save(is_finished=True)
        finally:
            # Weights that have diverged must not overwrite others.
            if not skip_last and not run.progress.has_diverged:
                run.files.save_last(max_epochs, run.progress.tracker)

    def _train(self, max_epochs: int) -> None:
        is_over = self._epoch >= max_epochs or self._run.progress.should_stop
        if not is_over:
            self._leader.start(self._step, self._step + self._round_size)
        while not is_over:
            reports = self._leader.finish()
            self._count(reports)
            ends_epoch = reports[0].ends_epoch
            is_over = ends_epoch and self._epoch == max_epochs - 1
            # What is done with the weights is done while the workers go on.
            if not is_over:
                self._leader.start(self._step, self._step + self._round_size)
            self._look(reports[0])
            is_over = is_over or self._run.progress.should_stop

    def _count(self, reports: list[Report]) -> None:
        self._step = reports[0].stop
        batches = sorted(batch for report in reports for batch in report.results["batches"])
        for _, loss, n_words in batches:
            # Of documents only the lengths are counted.
            self._run.progress.count(self._epoch, loss, [range(n_words)])  # type: ignore[list-item]

    def _look(self, report: Report) -> None:
        """Evaluate and save what is due."""
        run, P = self._run, self._run.pretraining
        is_last = report.ends_epoch and self._epoch == P["max_epochs"] - 1
        done = self._step - self._epoch_start
        is_temp = bool(P["n_save_every"]) and self._is_due(P["n_save_every"], done)
        is_saved = self._step - self._saved_at >= self._save_every
        if not (report.ends_epoch or is_temp or is_saved or run.progress.is_due):
            return
        self._leader.load()
        if is_temp:
            run.files.save_epoch(self._epoch, run.progress.tracker, is_temp=True)
        run.progress.evaluate(run.model, run.files, self._epoch)
        if report.ends_epoch:
            if not P["n_save_epoch"] or self._epoch % P["n_save_epoch"] == 0 or is_last:
                run.files.save_epoch(self._epoch, run.progress.tracker)
            run.progress.end_epoch(self._epoch)
            self._epoch += 1
            self._epoch_start = self._step
        self._save()

    def _is_due(self, every: int, done: int) -> bool:
        return done // every > max(0, done - self._round_size) // every

    def _save(self, *, is_finished: bool = False) -> None:
        run = self._run
        if not is_finite(run.model):
            batch = self._step - self._epoch_start
            run.diverge(self._epoch, batch, "weights are infinite or no numbers")
        arrays, counts = self._state.saved
        self._saved_at = self._step
        save_checkpoint(
            run.files.folder,
            {
                **self._basis,
                "is_finished": is_finished,
                "step": self._step,
                "epoch": self._epoch,
                "epoch_start": self._epoch_start,
                "progress": run.progress.get_state(),
                "log_size": run.files.log_size(),
                "params": self._state.description,
                "arrays": arrays,
                "counts": counts,
            },
        )
