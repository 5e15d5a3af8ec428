"""`spacy train` with several workers."""

import sys
from pathlib import Path
from typing import IO

from spacy.language import Language
from spacy.training.loop import DIR_MODEL_LAST
from thinc.api import Config
from wasabi import Printer

from ..training.pretrain_checks import check_output
from ..training.train_basis import check_basis, find_basis
from ..training.train_checks import check_training, find_training
from .leading import AVERAGE_EVERY, check_arguments, fix_seed, lead
from .learners import TrainLearner
from .train_run import TrainRun
from .worker import Settings

KIND = "training with workers"


def train_parallel(
    config: Config,
    output: str | Path,
    *,
    workers: int,
    address: str | None = None,
    resume: bool = False,
    force: bool = False,
    save_every: int = 0,
    use_gpu: int = -1,
    average_every: int = AVERAGE_EVERY,
    code: Path | None = None,
    stdout: IO = sys.stdout,
    stderr: IO = sys.stderr,
) -> Language:
    """Train a pipeline as `spacy train` does, with several workers that learn from different batches.

    Together they go through the batches that one worker would learn from: rates, sizes, epochs, evaluations
    and the rules to stop count those of all workers. Each learns from its own, and every so many the
    workers average what they have learned. With the same seed and number of workers, two runs end with the
    same weights, also if one was interrupted.

    config (Config): The config.
    output (Union[str, Path]): The folder for both pipelines, the log and the checkpoint.
    workers (int): The number of workers.
    address (Optional[str]): A Ray cluster, which has to have the package and see the same files. None to
        start Ray on this machine.
    resume (bool): Go on with the run in this folder.
    force (bool): Overwrite an unfinished run.
    save_every (int): Batches between two checkpoints. 0 for one at each evaluation.
    use_gpu (int): Has to be -1: workers train on CPUs.
    average_every (int): Steps of each worker between two averagings.
    code (Optional[Path]): A Python file that the workers import first.
    stdout (IO): Where messages go.
    stderr (IO): Where errors and the progress bar go.
    RETURNS (Language): The pipeline, as it is after the last step.
    RAISES (ValueError): If the config, the data or the checkpoint cannot be used, or a worker fails.
    RAISES (OSError): If the folder cannot be written to.
    """
    check_arguments(workers=workers, average_every=average_every, use_gpu=use_gpu)
    check_training(config)
    output = Path(output)
    state = find_training(output, resume=resume, force=force, kind=KIND)
    filled, seed = fix_seed(config.interpolate(), state)
    basis = find_basis(filled, output)
    if state is not None:
        check_basis(output, state["basis"], basis, has_plan=state["has_plan"])
    check_output(output)
    settings = Settings(TrainLearner, filled, workers, seed, code=code)
    with lead(settings, address=address) as leader:
        run = TrainRun(
            TrainLearner(filled),
            leader,
            output,
            header={"kind": KIND, "seed": seed, "basis": basis},
            n_workers=workers,
            average_every=average_every,
            save_every=save_every,
            stdout=stdout,
            stderr=stderr,
        )
        run.begin(state)
        run.train()
    stdout.write(Printer(no_print=True).good("Saved pipeline", output / DIR_MODEL_LAST) + "\n")
    return run.learner.nlp
