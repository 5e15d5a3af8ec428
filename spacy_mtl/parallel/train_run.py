"""The leader's side of a training: rounds, evaluations, pipelines on disk and checkpoints."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from timeit import default_timer as timer
from typing import IO, Any

from spacy.training.loop import (
    DIR_MODEL_LAST,
    create_before_to_disk_callback,
    create_evaluation_callback,
    update_meta,
)

from ..training.checkpoint import State, save_checkpoint
from ..training.loggers import MultitaskLog
from ..training.model_folders import save_best, save_last
from ..training.train_checks import prepare_output
from ..training.train_header import print_header
from .counters import Counters
from .leading import Leader, sum_up
from .learners import TrainLearner
from .shared_state import SharedState
from .worker import Report

Info = dict[str, Any]
#: What components have learned from, by component and counter.
Counted = dict[tuple[str, str], int]


class TrainRun:
    """A training with workers, from its beginning or from a checkpoint."""

    def __init__(
        self,
        learner: TrainLearner,
        leader: Leader,
        output: Path,
        *,
        header: dict[str, Any],
        n_workers: int,
        average_every: int,
        save_every: int,
        stdout: IO,
        stderr: IO,
    ) -> None:
        """Prepare everything that is not done by workers.

        learner (TrainLearner): The pipeline of this process.
        leader (Leader): Leads the workers.
        output (Path): The output folder.
        header (Dict[str, Any]): What a checkpoint has to be gone on with.
        n_workers (int): The number of workers.
        average_every (int): Steps of each worker between two averagings.
        save_every (int): Batches between two checkpoints. 0 for one at each evaluation.
        stdout (IO): Where messages and tables go.
        stderr (IO): Where the progress bar goes.
        """
        self.learner = learner
        self.leader = leader
        self._output = output
        self.state = SharedState(learner.params, learner.optimizer)
        self._header = header
        self._round_size = n_workers * average_every
        self._save_every = save_every
        T = self._T = learner.settings
        weights = T["score_weights"].items()
        self.counters = Counters(scored=[name for name, weight in weights if weight is not None])
        self._before_to_disk = create_before_to_disk_callback(T["before_to_disk"])
        # Workers scale the rates of their own optimizers by this.
        print_header(learner.nlp, T, learner.optimizer.learn_rate * math.sqrt(n_workers), stdout)
        with learner.nlp.select_pipes(disable=T["frozen_components"]):
            self._log_step, self._finalize_log = T["logger"](learner.nlp, stdout, stderr)
        log = getattr(self._log_step, "__self__", None)
        self._log = log if isinstance(log, MultitaskLog) else None
        if self._log is not None:
            self._log.leave_states()
        schedules = learner.optimizer.schedules.values()
        self._has_plan = any(hasattr(schedule, "total_steps") for schedule in schedules)
        self._counted: Counted = {}
        self._unlogged = 0
        self._saved_at = 0

    def begin(self, checkpoint: State | None) -> None:
        """Set the weights that workers begin with.

        checkpoint (Optional[Dict[str, Any]]): What to go on from.
        RAISES (ValueError): If it does not fit the pipeline.
        """
        saved = None
        if checkpoint is None:
            prepare_output(self._output)
        else:
            self.state.check(checkpoint["params"], self._output)
            saved = checkpoint["arrays"], checkpoint["counts"]
            self.counters = Counters.from_state(checkpoint["progress"])
            self._counted = {(name, key): value for name, key, value in checkpoint["counted"]}
            self.learner.set_counted(self._counted)
            self.learner.nlp.meta["performance"] = checkpoint["performance"]
            if self._log is not None and checkpoint["log"] is not None:
                step, epoch = self.counters.step - 1, self.counters.epoch
                self._log.set_state(checkpoint["log"], self._output, step=step, epoch=epoch)
        self._saved_at = self.counters.step
        self.leader.begin(self.state, saved)
        self._began = timer() - self.counters.seconds
        self._interval = (self.counters.words, timer())

    def train(self) -> None:
        """Train up to the last step, or until the score does not rise any more."""
        try:
            while not self._is_over():
                self._take_round()
            self._finish_evaluation()
            self.leader.do_with_weights(self._finish)
            self.leader.wait()
        finally:
            self._finalize_log()

    def _is_over(self) -> bool:
        while (limit := self._limit()) is not None and self.counters.step >= limit:
            # An evaluation that is under way may find a better score, and so move the limit.
            self._finish_evaluation()
            if not self.counters.settle():
                return True
        return self.counters.is_end

    def _limit(self) -> int | None:
        """The number of the batch that is not learned from any more, by what is known."""
        patience, max_steps, results = (
            self._T["patience"],
            self._T["max_steps"],
            self.counters.results,
        )
        limits = [max_steps + 1] if max_steps else []
        if patience and results:
            # Of equal scores the earliest counts.
            best_step = -max((score, -step) for score, step in results)[1]
            limits.append(best_step + patience + 1)
        return min(limits, default=None)

    def _take_round(self) -> None:
        counters, frequency = self.counters, self._T["eval_frequency"]
        start = counters.step
        # spaCy evaluates after the steps 0, `eval_frequency` and so on.
        next_evaluation = -(-start // frequency) * frequency
        stops = [start + self._round_size, next_evaluation + 1, self._limit()]
        reports = self.leader.run(start, min(stop for stop in stops if stop is not None))
        self._count(reports)
        stop = counters.step
        is_evaluated = stop == next_evaluation + 1
        self._unlogged += stop - start - is_evaluated
        # The thread that evaluates logs too.
        if not self.leader.is_busy:
            self._log_steps()
        if is_evaluated:
            self._finish_evaluation()
            counters.settle()
            self._start_evaluation()
        elif self._save_every and stop // self._save_every > self._saved_at // self._save_every:
            self._finish_evaluation()
            self._saved_at = stop
            saved, counted = asdict(counters), self._counted
            self.leader.do_with_weights(lambda: self._write(saved, counted))

    def _count(self, reports: list[Report]) -> None:
        counters, first = self.counters, reports[0]
        counters.step, counters.epoch = first.stop, first.epoch
        counters.words += first.n_words
        counters.is_end = first.is_end
        counters.seconds = timer() - self._began
        losses = [counters.losses, *(report.results["losses"] for report in reports)]
        counters.losses = sum_up(losses)
        counted: list[dict[Any, Any]] = [
            self._counted,
            *(report.results["counted"] for report in reports),
        ]
        self._counted = sum_up(counted)

    def _start_evaluation(self) -> None:
        counters = self.counters
        self._saved_at = counters.step
        info: Info = {
            "epoch": counters.epoch,
            "step": counters.step - 1,
            "losses": counters.losses,
            "checkpoints": list(counters.results),
            "seconds": int(counters.seconds),
            "words": counters.words,
            "words_per_second": self._measure_speed(),
        }
        counters.losses = {}
        saved, counted = asdict(counters), self._counted
        self.leader.do_with_weights(lambda: self._evaluate(info, saved, counted))

    def _measure_speed(self) -> float | None:
        """Words a second of all workers since the last evaluation."""
        (words, then), now = self._interval, (self.counters.words, timer())
        self._interval = now
        return (now[0] - words) / (now[1] - then) if now[1] > then else None

    def _evaluate(self, info: Info, saved: dict[str, Any], counted: Counted) -> Info:
        T, nlp, scored = self._T, self.learner.nlp, self.counters.scored
        self.learner.set_counted(counted)
        weights = {name: T["score_weights"][name] for name in scored}
        evaluate = create_evaluation_callback(nlp, self.learner.dev_corpus, weights)
        with self._averages():
            info["score"], info["other_scores"] = evaluate()
        # One that an evaluation did not have is left out from then on.
        scored = [name for name in scored if name in info["other_scores"]]
        self.counters.scored = scored
        result = info["score"], info["step"]
        info["checkpoints"].append(result)
        with nlp.select_pipes(disable=T["frozen_components"]):
            update_meta(T, nlp, info)
        self._save_last()
        if info["score"] == max(info["checkpoints"])[0]:
            self._save_best()
        info["output_path"] = str(self._output / DIR_MODEL_LAST)
        self._log_step(info)
        self._write({**saved, "pending": result, "scored": scored}, counted)
        return info

    def _finish_evaluation(self) -> None:
        """Wait for the last evaluation, and log the steps that were taken meanwhile."""
        info = self.leader.wait()
        if info is not None:
            self.counters.pending = info["score"], info["step"]
        self._log_steps()

    def _log_steps(self) -> None:
        for _ in range(self._unlogged):
            self._log_step(None)
        self._unlogged = 0

    @contextmanager
    def _averages(self) -> Iterator[None]:
        # None and no averages at all are the same to spaCy, but not to its types.
        with self.learner.nlp.use_params(self.learner.optimizer.averages or {}):
            yield

    def _save_last(self) -> None:
        with self._averages():
            save_last(self._before_to_disk(self.learner.nlp), self._output)

    def _save_best(self) -> None:
        save_best(self._output)

    def _finish(self) -> None:
        self._save_last()
        self._write(asdict(self.counters), self._counted, is_finished=True)

    def _write(
        self, counters: dict[str, Any], counted: Counted, *, is_finished: bool = False
    ) -> None:
        arrays, counts = self.state.saved
        save_checkpoint(
            self._output,
            {
                **self._header,
                "is_finished": is_finished,
                "has_plan": self._has_plan,
                "progress": counters,
                "counted": [[*key, value] for key, value in counted.items()],
                "params": self.state.description,
                "arrays": arrays,
                "counts": counts,
                "log": None if self._log is None else self._log.get_state(),
                "performance": self.learner.nlp.meta.get("performance", {}),
            },
        )
