"""Pretraining with several workers."""

import sys
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

from thinc.api import Config

from ..errors import Errors
from ..staging import write_atomically
from ..training.checkpoint import check_settings, find_settings
from ..training.learned_params import Param, find_params
from ..training.pretrain import PretrainRun
from ..training.pretrain_checks import check_config, check_output, find_pretraining
from .leading import AVERAGE_EVERY, check_arguments, fix_seed, lead
from .pretrain_run import KIND, ParallelPretrainRun
from .worker import Batch, Settings

#: Batches between two checkpoints.
SAVE_EVERY = 1000


def pretrain_parallel(
    config: Config,
    output: str | Path,
    *,
    workers: int,
    address: str | None = None,
    resume: bool = False,
    force: bool = False,
    save_every: int = SAVE_EVERY,
    use_gpu: int = -1,
    average_every: int = AVERAGE_EVERY,
    code: Path | None = None,
    silent: bool = True,
    skip_last: bool = False,
    hint: str = "",
) -> None:
    """Pretrain an encoder with several workers that learn from different batches. The files are those of
    `pretrain`, and epochs and words count for all workers together.

    config (Config): The config.
    output (Union[str, Path]): Folder for all files.
    workers (int): The number of workers.
    address (Optional[str]): A Ray cluster, which has to have the package and see the same files. None to
        start Ray on this machine.
    resume (bool): Go on with the run in this folder.
    force (bool): Overwrite an unfinished run.
    save_every (int): Batches between two checkpoints. There is one at the end of each epoch too.
    use_gpu (int): Has to be -1: workers train on CPUs.
    average_every (int): Steps of each worker between two averagings.
    code (Optional[Path]): A Python file that the workers import first.
    silent (bool): Print nothing.
    skip_last (bool): Do not write `model-last.bin`.
    hint (str): What to print when everything is ready.
    RAISES (ValueError): If the config, the texts, the folder or the checkpoint cannot be used, or a worker
        fails.
    RAISES (OSError): If the folder cannot be written to.
    """
    check_arguments(workers=workers, average_every=average_every, use_gpu=use_gpu)
    interpolated = config.interpolate()
    check_config(interpolated)
    output = Path(output)
    state = find_pretraining(output, resume=resume, force=force, kind=KIND)
    filled, seed = fix_seed(interpolated, state)
    basis: dict[str, Any] = {"kind": KIND, "seed": seed, "settings": find_settings(filled)}
    if state is not None:
        check_settings(output, state["settings"], basis["settings"])
    check_output(output)
    # Only the leader evaluates.
    for_workers = deepcopy(filled)
    for_workers["pretraining"]["objective"].pop("monitor", None)
    settings = Settings(PretrainLearner, for_workers, workers, seed, code=code)
    with lead(settings, address=address) as leader:
        run = ParallelPretrainRun(
            PretrainRun(filled, output, save_every=save_every, use_gpu=-1, silent=silent),
            leader,
            basis=basis,
            round_size=workers * average_every,
            save_every=save_every,
        )
        write_atomically(output / "config.cfg", config.to_str().encode("utf8"))
        run.begin(state)
        if hint and not silent:
            sys.stdout.write(hint + "\n")
        run.train(skip_last=skip_last)


class PretrainLearner:
    """Takes the steps of `spacy pretrain`."""

    meets_at_epochs = True

    def __init__(self, config: Config) -> None:
        """Build the model.

        config (Config): The config, without a monitor.
        """
        self._run = PretrainRun(config, Path(), save_every=1, use_gpu=-1, silent=True)
        self.optimizer = self._run.optimizer
        self._learned: list[tuple[int, float, int]] = []

    @property
    def params(self) -> dict[str, Param]:
        """RETURNS (Dict[str, Param]): The parameters of encoder and objective."""
        return find_params(self._run.model)

    def batches(self) -> Iterator[Batch]:
        """YIELDS (Batch): The batches of all epochs.

        RAISES (ValueError): If an epoch has no token.
        """
        P = self._run.pretraining
        for epoch in range(P["max_epochs"]):
            n_words = 0
            for items in self._run.make_batches():
                batch = Batch(epoch, items)
                n_words += batch.n_words
                yield batch
            if not n_words:
                raise ValueError(Errors.E277.format(corpus=P["corpus"]))

    def learn(self, step: int, batch: Batch) -> None:
        """Learn from a batch.

        step (int): Its number.
        batch (Batch): The batch.
        RAISES (ValueError): If the loss is not finite.
        """
        if batch.n_words:
            loss = self._run.learn(batch.items, epoch=batch.epoch, batch=step)
            self._learned.append((step, loss, batch.n_words))

    def advance(self) -> None:
        """Do nothing: pretraining stays at the first learning rate."""

    def take_results(self) -> dict[str, Any]:
        """RETURNS (Dict[str, Any]): Number, loss and words of each batch since the last call."""
        batches, self._learned = self._learned, []
        return {"batches": batches}
