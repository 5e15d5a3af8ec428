"""The pretraining of an encoder: the steps of `spacy pretrain`, in a run that can be interrupted."""

import math
import sys
import warnings
from collections.abc import Callable, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any, NoReturn

from spacy.schemas import ConfigSchemaPretrain
from spacy.tokens import Doc
from spacy.training.pretrain import create_pretraining_model, ensure_docs
from spacy.util import dot_to_object, load_model_from_config, registry
from thinc.api import Config, fix_random_seed, set_gpu_allocator
from wasabi import Printer

from ..errors import Errors, Warnings
from ..finite import find_broken_gradient
from ..staging import write_atomically
from ..util import describe_texts
from .checkpoint import State, check_settings, find_settings, restoring, save_checkpoint
from .learned_state import (
    get_model_state,
    get_optimizer_state,
    is_finite,
    set_model_state,
    set_optimizer_state,
)
from .pretrain_checks import (
    check_config,
    check_corpus,
    check_optimizer,
    check_output,
    find_pretraining,
)
from .pretrain_files import PretrainFiles
from .pretrain_progress import Progress
from .random_state import get_random_state, set_random_state
from .replayable_batches import ReplayableBatches

#: Batches between two checkpoints.
SAVE_EVERY = 200


def pretrain(
    config: Config,
    output: str | Path,
    *,
    resume: bool = False,
    force: bool = False,
    save_every: int = SAVE_EVERY,
    use_gpu: int = -1,
    silent: bool = True,
    skip_last: bool = False,
    hint: str = "",
) -> None:
    """Pretrain an encoder as `spacy pretrain` does: the same batches, steps, weights and files. Beside
    them it writes checkpoints, and `model-best.bin` if the objective has a monitor.

    A run that was interrupted and resumed on a CPU ends with the same weights, bit for bit, as one that was
    not.

    config (Config): The config.
    output (Union[str, Path]): Folder for all files.
    resume (bool): Go on with the run in this folder.
    force (bool): Overwrite an unfinished run.
    save_every (int): Batches between two checkpoints. There is one at the end of each epoch too.
    use_gpu (int): ID of the GPU, or -1 for CPU.
    silent (bool): Print nothing.
    skip_last (bool): Do not write `model-last.bin`.
    hint (str): What to print when everything is ready.
    RAISES (ValueError): If the config, the texts, the folder or the checkpoint cannot be used, or if the
        model diverges.
    RAISES (OSError): If the folder cannot be written to.
    """
    filled = config.interpolate()
    check_config(filled)
    output = Path(output)
    state = find_pretraining(output, resume=resume, force=force)
    settings = find_settings(filled)
    if state is not None:
        with restoring(output):
            check_settings(output, state["settings"], settings)
    check_output(output)
    if state is None and any(output.glob("model*.bin")):
        warnings.warn(Warnings.W210.format(path=output), stacklevel=2)
    run = PretrainRun(filled, output, save_every=save_every, use_gpu=use_gpu, silent=silent)
    run.settings = settings
    write_atomically(output / "config.cfg", config.to_str().encode("utf8"))
    if state is None:
        run.save()
    else:
        with restoring(output):
            run.restore(state)
    if hint and not silent:
        sys.stdout.write(hint + "\n")
    run.train(skip_last=skip_last)


class PretrainRun:
    """A run, from its first batch or from a checkpoint."""

    def __init__(
        self, config: Config, output: Path, *, save_every: int, use_gpu: int, silent: bool
    ) -> None:
        """Build the model, in the steps of `spacy pretrain`, so that it draws the same random numbers.

        config (Config): The config, with all variables filled in.
        output (Path): Folder for all files.
        save_every (int): Batches between two checkpoints.
        use_gpu (int): ID of the GPU, or -1 for CPU.
        silent (bool): Print nothing.
        """
        config = deepcopy(config)
        if config["training"]["seed"] is not None:
            fix_random_seed(config["training"]["seed"])
        allocator = config["training"]["gpu_allocator"]
        if use_gpu >= 0 and allocator:
            set_gpu_allocator(allocator)
        config["initialize"]["init_tok2vec"] = None
        nlp = load_model_from_config(config)
        filled = nlp.config.interpolate()
        P = registry.resolve(filled["pretraining"], schema=ConfigSchemaPretrain)
        corpus = registry.resolve({"corpus": dot_to_object(filled, P["corpus"])})["corpus"]
        check_corpus(corpus, P["corpus"])
        check_optimizer(P["optimizer"])
        self.model = create_pretraining_model(nlp, P)
        self.optimizer = P["optimizer"]
        self.objective: Callable[..., Any] = self.model.attrs["loss"]
        self.settings: dict[str, str] = {}
        #: The [pretraining] block, resolved, and what reads the corpus and makes batches of it.
        self.pretraining = P
        self.make_batches = lambda: map(ensure_docs, P["batcher"](corpus(nlp)))
        self._save_every = save_every
        # The run evaluates between two batches itself, so the objective must not.
        monitor = getattr(self.objective, "monitor", None)
        if monitor is not None:
            self.objective.monitor = None  # type: ignore[attr-defined]
            monitor.prepare(self.model, nlp.make_doc)
        self.files = PretrainFiles(output, self.model, self.optimizer)
        self.progress = Progress(Printer(no_print=silent), monitor, P["max_epochs"])
        self._epoch = 0
        self._batches = ReplayableBatches(self.make_batches)
        self._stopped_early = False
        self._n_empty = 0

    def restore(self, state: State) -> None:
        """Go on from a checkpoint.

        state (Dict[str, Any]): The checkpoint.
        RAISES (ValueError): If it does not fit the model or the texts.
        """
        try:
            set_model_state(self.model, state["model"])
        except ValueError as error:
            path = self.files.folder
            raise ValueError(Errors.E272.format(path=path, reason=error)) from error
        set_optimizer_state(self.optimizer, self.model, state["optimizer"])
        self._epoch = state["epoch"]
        if not self._batches.replay(state["batches"]):
            n_batches = state["batches"]["n_drawn"]
            raise ValueError(Errors.E273.format(path=self.files.folder, batches=n_batches))
        self.progress.set_state(state["progress"])
        self.files.shorten_log(state["log_size"])
        self._stopped_early = self.progress.should_stop
        set_random_state(state["random"])

    def save(self, *, is_finished: bool = False) -> None:
        """Write a checkpoint.

        is_finished (bool): Whether there is nothing left to do.
        RAISES (ValueError): If the model has diverged.
        RAISES (OSError): If it cannot be written.
        """
        if not is_finite(self.model):
            self.diverge(
                self._epoch, self._batches.n_drawn - 1, "weights are infinite or no numbers"
            )
        state = {
            "settings": self.settings,
            "is_finished": is_finished,
            "epoch": self._epoch,
            "batches": self._batches.get_state(),
            "random": get_random_state(),
            "model": get_model_state(self.model),
            "optimizer": get_optimizer_state(self.optimizer, self.model),
            "progress": self.progress.get_state(),
            "log_size": self.files.log_size(),
        }
        save_checkpoint(self.files.folder, state)

    def train(self, *, skip_last: bool) -> None:
        """Train up to the last epoch, or until the monitor says stop.

        skip_last (bool): Do not write the weights at the end, or of where the run was interrupted.
        """
        P = self.pretraining
        self.progress.begin(self._epoch, self._batches.n_drawn)
        try:
            while self._epoch < P["max_epochs"] and not self._stopped_early:
                self._train_epoch()
            self.progress.finish(self.model, self.files, self._epoch - 1)
        finally:
            # Weights that have diverged must not overwrite others.
            if not skip_last and not self.progress.has_diverged:
                self.files.save_last(P["max_epochs"], self.progress.tracker)

    def _train_epoch(self) -> None:
        P, epoch = self.pretraining, self._epoch
        while (docs := self._batches.draw()) is not None:
            batch = self._batches.n_drawn - 1
            self._train_batch(docs, batch)
            if P["n_save_every"] and batch % P["n_save_every"] == 0:
                self.files.save_epoch(epoch, self.progress.tracker, is_temp=True)
            self.progress.evaluate(self.model, self.files, epoch)
            if self.progress.should_stop:
                self._stopped_early = True
                self.save(is_finished=True)
                return
            if (batch + 1) % self._save_every == 0:
                self.save()
        if not self._batches.n_words:
            raise ValueError(Errors.E277.format(corpus=P["corpus"]))
        is_last = epoch == P["max_epochs"] - 1
        if not P["n_save_epoch"] or epoch % P["n_save_epoch"] == 0 or is_last:
            self.files.save_epoch(epoch, self.progress.tracker)
        self.progress.end_epoch(epoch)
        self._epoch += 1
        self._batches = ReplayableBatches(self.make_batches)
        self.save(is_finished=is_last)

    def _train_batch(self, docs: list[Doc], batch: int) -> None:
        if not any(map(len, docs)):
            if not self._n_empty:
                warnings.warn(Warnings.W207.format(batch=batch, epoch=self._epoch), stacklevel=2)
            self._n_empty += 1
            return
        loss = self.learn(docs, epoch=self._epoch, batch=batch)
        self.progress.count(self._epoch, loss, docs)

    def learn(self, docs: list[Doc], *, epoch: int, batch: int) -> float:
        """Learn from a batch.

        docs (List[Doc]): The batch.
        epoch (int): Its epoch, and
        batch (int): its number, for the error.
        RETURNS (float): Its loss.
        RAISES (ValueError): If the loss is not finite.
        """
        predictions, backprop = self.model.begin_update(docs)
        loss, gradients = self.objective(self.model.ops, docs, predictions)
        if not math.isfinite(float(loss)):
            self.diverge(epoch, batch, f"its loss is {float(loss)}", docs)
        backprop(gradients)
        where = find_broken_gradient(self.model)
        if where is not None:
            what = f"the gradient of {where} is infinite or no number"
            self.diverge(epoch, batch, what, docs)
        self.model.finish_update(self.optimizer)
        return float(loss)

    def diverge(self, epoch: int, batch: int, what: str, docs: Sequence[Doc] = ()) -> NoReturn:
        """End a run whose model is of no use any more.

        epoch (int): The epoch.
        batch (int): The number of the batch.
        what (str): What is wrong.
        docs (Sequence[Doc]): The texts of the batch, if it is their fault.
        RAISES (ValueError): Always.
        """
        self.progress.has_diverged = True
        texts = f", {describe_texts(docs)}" if docs else ""
        text = Errors.E267.format(epoch=epoch, batch=batch, texts=texts, what=what)
        raise ValueError(text)
