"""A training in the steps of `spacy train`, which can be interrupted."""

import io
import sys
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from timeit import default_timer as timer
from typing import IO, Any

from spacy.language import Language
from spacy.schemas import ConfigSchemaTraining
from spacy.tokens import Doc
from spacy.training import Example
from spacy.training.initialize import init_nlp
from spacy.training.loop import (
    DIR_MODEL_LAST,
    create_before_to_disk_callback,
    create_evaluation_callback,
    create_train_batches,
    subdivide_batch,
    update_meta,
)
from spacy.util import registry, resolve_dot_names
from thinc.api import Config, constant, fix_random_seed, set_gpu_allocator
from wasabi import Printer

from ..errors import Errors
from .checkpoint import State, restoring
from .loggers import MultitaskLog
from .model_folders import save_best, save_last
from .pretrain_checks import check_output
from .random_state import get_random_state
from .replayable_batches import ReplayableBatches
from .run_state import Progress, StateWriter, restore_pipeline, restore_random_state
from .train_basis import check_basis
from .train_checks import check_training, clear_leftovers, find_training, prepare_output
from .train_header import print_header

#: An epoch and a batch.
Drawn = tuple[int, list[Example]]


def train(
    config: Config,
    output: str | Path,
    *,
    resume: bool = False,
    force: bool = False,
    save_every: int = 0,
    use_gpu: int = -1,
    silent: bool = True,
) -> Language:
    """Train a pipeline as `spacy train` does: the same batches, steps, weights, scores and files. Beside them
    it writes states, from which an interrupted run goes on.

    A run that was interrupted and resumed on a CPU ends with the same files, bit for bit, as one that was
    not.

    config (Config): The config, with variables or without.
    output (Union[str, Path]): Folder for all files.
    resume (bool): Go on with the run in this folder, be it of this function or of `spacy train` with
        `save_state = true` in its logger.
    force (bool): Overwrite an unfinished run.
    save_every (int): Steps between two states. 0 for one at each evaluation.
    use_gpu (int): ID of the GPU, or -1 for CPU.
    silent (bool): Print nothing.
    RETURNS (Language): The pipeline, as it is after the last step.
    RAISES (ValueError): If the config or the data cannot be used, or the run cannot go on as it began.
    RAISES (OSError): If the folder cannot be written to.
    """
    check_training(config)
    folder = Path(output)
    state = find_training(folder, resume=resume, force=force)
    check_output(folder)
    msg = Printer(no_print=silent)
    msg.divider("Initializing pipeline")
    nlp = init_nlp(config, use_gpu=use_gpu)
    msg.divider("Training pipeline")
    stdout, stderr = (io.StringIO(), io.StringIO()) if silent else (sys.stdout, sys.stderr)
    writer = StateWriter(nlp, folder)
    if state is not None:
        with restoring(folder):
            totals = state["learned"]["schedules"]["total_steps"]
            check_basis(folder, state["basis"], writer.basis, has_plan=bool(totals))
    run = TrainRun(
        nlp, writer, save_every=save_every, use_gpu=use_gpu, stdout=stdout, stderr=stderr
    )
    if state is None:
        prepare_output(folder)
    else:
        start = timer()
        with restoring(folder):
            run.restore(state)
        msg.info(
            f"Going on after step {run.progress.step:,}. Its batches were drawn again in "
            f"{timer() - start:.1f} s"
        )
    run.train()
    msg.good("Saved pipeline to output directory", folder / DIR_MODEL_LAST)
    return nlp


class TrainRun:
    """A run, from its first step or from a state."""

    def __init__(
        self,
        nlp: Language,
        writer: StateWriter,
        *,
        save_every: int,
        use_gpu: int,
        stdout: IO,
        stderr: IO,
    ) -> None:
        """Prepare everything in the order of `spacy train`, so that it draws the same random numbers.

        nlp (Language): The pipeline, initialized.
        writer (StateWriter): Writes states.
        save_every (int): Steps between two states. 0 for one at each evaluation.
        use_gpu (int): ID of the GPU, or -1 for CPU.
        stdout (IO): Where messages and tables go.
        stderr (IO): Where the progress bar goes.
        """
        self.nlp = nlp
        self.folder = writer.folder
        self._writer = writer
        self._save_every = save_every
        config = nlp.config.interpolate()
        if config["training"]["seed"] is not None:
            fix_random_seed(config["training"]["seed"])
        allocator = config["training"]["gpu_allocator"]
        if use_gpu >= 0 and allocator:
            set_gpu_allocator(allocator)
        T = registry.resolve(config["training"], schema=ConfigSchemaTraining)
        self._T = T
        corpora = resolve_dot_names(config, [T["train_corpus"], T["dev_corpus"]])
        train_corpus, self._dev_corpus = corpora
        self._before_to_disk = create_before_to_disk_callback(T["before_to_disk"])
        self.optimizer = T["optimizer"]
        dropout = T["dropout"]
        self._dropouts = iter(constant(dropout) if isinstance(dropout, float) else dropout)
        self._score_weights = {
            name: weight for name, weight in T["score_weights"].items() if weight is not None
        }
        self.progress = Progress(counted=list(self._score_weights))
        self._batches: ReplayableBatches[Drawn] = ReplayableBatches(
            lambda: create_train_batches(nlp, train_corpus, T["batcher"], T["max_epochs"]),
            _docs_of,
        )
        print_header(nlp, T, self.optimizer.learn_rate, stdout)
        with nlp.select_pipes(disable=T["frozen_components"]):
            self._log_step, self._finalize_logger = T["logger"](nlp, stdout, stderr)
        log = getattr(self._log_step, "__self__", None)
        self._log = log if isinstance(log, MultitaskLog) else None
        if self._log is not None:
            self._log.leave_states()
        self._begin()

    def restore(self, state: State) -> None:
        """Go on from a state.

        state (Dict[str, Any]): The state.
        RAISES (ValueError): If it does not fit the pipeline, or the batches.
        """
        clear_leftovers(self.folder)
        self.progress = Progress.from_state(state["progress"])
        self._replay(state)
        restore_pipeline(self.nlp, self.optimizer, state)
        for _ in islice(self._dropouts, self.progress.step + 1):
            pass
        if self._log is not None and state["log"] is not None:
            step, epoch = self.progress.step, self.progress.epoch
            self._log.set_state(state["log"], self.folder, step=step, epoch=epoch)
        restore_random_state(state)
        self._begin()

    def train(self) -> None:
        """Train up to the last step, or until the score does not rise any more."""
        try:
            while not self._is_over() and (drawn := self._batches.draw()) is not None:
                self._take_step(*drawn)
        finally:
            self._finalize_logger()
            self._save_last()
        self._write(is_finished=True)

    def _take_step(self, epoch: int, batch: list[Example]) -> None:
        T, progress = self._T, self.progress
        progress.step += 1
        progress.epoch = epoch
        self._prepare(progress.step, (epoch, batch))
        self._update(batch)
        is_evaluated = progress.step % T["eval_frequency"] == 0
        score, scores = self._evaluate() if is_evaluated else (None, None)
        progress.words += sum(len(example) for example in batch)
        progress.seconds = int(timer() - self._start)
        info: dict[str, Any] = {
            "epoch": epoch,
            "step": progress.step,
            "score": score,
            "other_scores": scores,
            "losses": progress.losses,
            "checkpoints": progress.results,
            "seconds": progress.seconds,
            "words": progress.words,
        }
        if scores is not None:
            with self.nlp.select_pipes(disable=T["frozen_components"]):
                update_meta(T, self.nlp, info)
            self._save_last()
            if score == max(progress.results)[0]:
                save_best(self.folder)
            info["output_path"] = str(self.folder / DIR_MODEL_LAST)
            progress.losses = {}
        self._log_step(info if is_evaluated else None)
        is_due = (progress.step + 1) % self._save_every == 0 if self._save_every else is_evaluated
        if is_due:
            self._write()

    def _prepare(self, step: int, drawn: Drawn) -> None:
        if self._T["before_update"]:
            self._T["before_update"](self.nlp, {"step": step, "epoch": drawn[0]})

    def _update(self, batch: list[Example]) -> None:
        T, exclude = self._T, self._T["frozen_components"]
        dropout = next(self._dropouts)
        for part in subdivide_batch(batch, T["accumulate_gradient"]):
            self.nlp.update(
                part,
                drop=dropout,
                losses=self.progress.losses,
                sgd=False,  # type: ignore[arg-type]
                exclude=exclude,
                annotates=T["annotating_components"],
            )
        for name, pipe in self.nlp.pipeline:
            is_trained = name not in exclude and getattr(pipe, "is_trainable", False)
            if is_trained and getattr(pipe, "model", None) not in (True, False, None):
                pipe.finish_update(self.optimizer)  # type: ignore[attr-defined]
        self.optimizer.step_schedules()

    def _evaluate(self) -> tuple[float, dict[str, Any]]:
        progress = self.progress
        weights = {name: self._score_weights[name] for name in progress.counted}
        evaluate = create_evaluation_callback(self.nlp, self._dev_corpus, weights)
        if self.optimizer.averages:
            with self.nlp.use_params(self.optimizer.averages):
                score, scores = evaluate()
        else:
            score, scores = evaluate()
        progress.count(scores)
        progress.results.append((score, progress.step))
        return score, scores

    def _is_over(self) -> bool:
        step, results = self.progress.step, self.progress.results
        if not results:
            return False
        # Of equal scores the earliest counts.
        best_step = -max((score, -at) for score, at in results)[1]
        patience, max_steps = self._T["patience"], self._T["max_steps"]
        is_stuck = bool(patience) and step - best_step >= patience
        return is_stuck or (bool(max_steps) and step >= max_steps)

    def _save_last(self) -> None:
        with self.nlp.use_params(self.optimizer.averages):  # type: ignore[arg-type]
            save_last(self._before_to_disk(self.nlp), self.folder)

    def _write(self, *, is_finished: bool = False) -> None:
        self._writer.write(
            self.optimizer,
            self.progress,
            batches=self._batches.get_state(),
            log=None if self._log is None else self._log.get_state(),
            is_finished=is_finished,
        )

    def _replay(self, state: State) -> None:
        n_batches = self.progress.step + 1
        known = state["batches"]
        sought = known or {"n_drawn": n_batches, "checksum": None, "states": []}
        # What the callback has changed for good in one step is no part of the state.
        if not self._batches.replay(sought, self._prepare):
            raise ValueError(Errors.E804.format(path=self.folder, batches=n_batches))
        if known is None:
            # Nothing but the draws may have taken random numbers, as they are drawn without training now.
            if get_random_state()["python"] != state["random"]["python"]:
                raise ValueError(Errors.E805.format(path=self.folder))
            if self._batches.n_words != self.progress.words:
                raise ValueError(Errors.E804.format(path=self.folder, batches=n_batches))

    def _begin(self) -> None:
        self._start = timer() - self.progress.seconds


def _docs_of(drawn: Drawn) -> Iterable[Doc]:
    return [example.predicted for example in drawn[1]]
