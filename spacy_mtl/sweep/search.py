"""Search for the settings of a config with which the tasks score best on the dev data."""

import json
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from spacy.util import load_config
from thinc.api import Config

from ..errors import Errors
from ..training.train_checks import check_training
from .figure import import_drawing, write_figures
from .locks import alive, locked
from .results import SCORES, TRIALS, finish_trial, start_trial, trial_folder, write_results
from .space import Parameter, place_values, read_space
from .study import LOCK, SAMPLERS, SIGNS, Study, state_of
from .trial import MODEL, Job, Report
from .values import check_space, flatten_config, set_values
from .workers import ENGINES, Workers, open_workers

#: So many first trials that fail for the same reason end a search.
FIRST = 3
#: The part of the training before which no trial is pruned: the first evaluations are mostly chance.
PRUNE_FROM = 0.25


@dataclass
class Sweep:
    """What a search has found.

    folder (Path): Where it lies.
    trials (List[optuna.FrozenTrial]): The trials that are complete, pruned or failed.
    best (Optional[optuna.FrozenTrial]): The best one of those that are complete.
    running (int): How many trials still run, in other processes.
    """

    folder: Path
    trials: list[Any]
    best: Any
    running: int = 0

    def count(self, state: str) -> int:
        """Count the trials of a state.

        state (str): "complete", "pruned" or "failed".
        RETURNS (int): How many there are.
        """
        return sum(state_of(trial) == state for trial in self.trials)


#: Called with the number of a finished trial, its state, last report, and values where there is a choice.
OnTrial = Callable[[int, str, Report, dict[str, Any]], None]


def sweep(
    config_path: str | Path,
    space_path: str | Path,
    output: str | Path,
    *,
    trials: int = 50,
    engine: str = "local",
    address: str | None = None,
    workers: int = 1,
    sampler: str = "tpe",
    seed: int = 0,
    seeds: int = 1,
    prune: bool = True,
    keep_models: bool = False,
    code: str | Path | None = None,
    overrides: Mapping[str, Any] | None = None,
    on_start: Callable[[Sweep], None] | None = None,
    on_trial: OnTrial | None = None,
) -> Sweep:
    """Search for the settings with which the tasks score best. What an interrupted search has finished is kept:
    the same call goes on.

    config_path (Union[str, Path]): The config. What is not searched stays as it is there.
    space_path (Union[str, Path]): What to search, see `read_space`.
    output (Union[str, Path]): Folder for the study, the trials, the table and the figure.
    trials (int): How many trials there are to be in all.
    engine (str): "local" for processes of this machine, or "ray".
    address (Optional[str]): The Ray cluster. None to start Ray on this machine.
    workers (int): How many trials run at once, one thread each.
    sampler (str): "tpe" draws near what was good, "random" anywhere.
    seed (int): Seed of the sampler. The trainings have the config's.
    seeds (int): Train each trial with so many seeds, the config's and those after it. Its score is the mean.
    prune (bool): Stop trials that are below the median of the others at the same step.
    keep_models (bool): Save the best model of each trial.
    code (Optional[Union[str, Path]]): Python file that the workers import first.
    overrides (Optional[Mapping[str, Any]]): Values that replace those of the config, by dotted name.
    on_start (Optional[Callable]): Called with what there is already.
    on_trial (Optional[Callable]): Called after each trial with its number, state, last report and values.
    RETURNS (Sweep): What was found.
    RAISES (ValueError): If the config, the space or an option is wrong, the folder holds another search, or the first
        trials all fail for the same reason.
    """
    _check_options(engine, sampler, {"trials": trials, "workers": workers, "seeds": seeds})
    if address is not None and engine != "ray":
        raise ValueError(Errors.E783.format(engine=engine))
    import_drawing()
    if not Path(config_path).is_file():
        raise ValueError(Errors.E310.format(path=config_path))
    config = load_config(config_path, overrides=dict(overrides or {}), interpolate=False)
    check_training(config)
    space = read_space(space_path)
    check_space(space, config, space_path)
    training = config.interpolate()["training"]
    settings = {
        **{name: json.dumps(value) for name, value in flatten_config(config.interpolate()).items()},
        **{f"{parameter.name} (space)": parameter.describe() for parameter in space},
        **{"--sampler": sampler, "--seed": str(seed), "--seeds": str(seeds)},
        "--no-prune": str(not prune),
    }
    start = training.get("seed") or 0
    job = Job(
        number=-1,
        config="",
        seeds=(None,) if seeds == 1 else tuple(range(start, start + seeds)),
        code=None if code is None else str(Path(code).resolve()),
    )
    steps = training.get("max_steps", 0), training.get("eval_frequency", 1)
    folder = Path(output)
    _make_folders(folder)
    with alive(folder / SIGNS) as process:
        study = Study(
            folder,
            process,
            space,
            settings,
            sampler=sampler,
            seed=seed,
            prune_from=max(int(PRUNE_FROM * steps[0]), *steps[1:]) if prune else None,
        )
        search = _Search(folder, config, space, study, job, keep_models, on_trial)
        if on_start is not None:
            on_start(search.summary())
        if len(study.finished()) < trials:
            with open_workers(engine, workers, address=address) as opened:
                search.run(opened, workers, trials)
        found = search.summary()
        with locked(folder / LOCK):
            write_figures(folder, space, found.trials)
    return found


@dataclass
class _Search:
    """Hands trials to workers, and writes what comes of them."""

    folder: Path
    config: Config
    space: list[Parameter]
    study: Study
    job: Job
    keep_models: bool
    on_trial: OnTrial | None

    def __post_init__(self) -> None:
        self._first: list[Report] = []
        self._values: dict[int, dict[str, Any]] = {}

    def run(self, workers: Workers, n: int, limit: int) -> None:
        free = list(range(n))
        try:
            while True:
                while free and (job := self._next(limit)) is not None:
                    workers.send(free.pop(0), job)
                if len(free) == n:
                    return
                worker, report = workers.receive()
                if report.state == "running":
                    if not self.study.report(report):
                        workers.send(worker, None)
                        continue
                    report = replace(report, state="pruned")
                free.append(worker)
                self._finish(report)
        finally:
            self.study.release()

    def summary(self) -> Sweep:
        with locked(self.folder / LOCK):
            trials = self.study.finished()
            best = write_results(self.folder, self.space, trials)
        return Sweep(self.folder, trials, best, self.study.running())

    def _next(self, limit: int) -> Job | None:
        """The next trial that has to be trained."""
        while (asked := self.study.ask(limit)) is not None:
            number, values, twin = asked
            config = set_values(self.config, place_values(self.space, values))
            text = config.to_str(interpolate=False)
            start_trial(self.folder, number, text)
            self._values[number] = values
            if twin is None:
                model = trial_folder(self.folder, number).resolve() / MODEL
                kept = str(model) if self.keep_models else None
                return replace(self.job, number=number, config=text, model=kept)
            self.study.copy(number, twin)
            self._tell(number, f"the same as {twin}", Report(number))
        return None

    def _finish(self, report: Report) -> None:
        if report.state != "complete":
            shutil.rmtree(trial_folder(self.folder, report.number) / MODEL, ignore_errors=True)
        finish_trial(self.folder, report)
        self.study.finish(report)
        self._tell(report.number, report.state, report)
        self._first.append(report)
        reasons = {re.sub(r"\d+", "0", report.reason) for report in self._first}
        if len(self._first) == FIRST and len(reasons) == 1 and report.reason:
            path = trial_folder(self.folder, report.number) / SCORES
            raise ValueError(Errors.E846.format(count=FIRST, reason=report.reason, path=path))

    def _tell(self, number: int, state: str, report: Report) -> None:
        self.summary()
        values = self._values.pop(number)
        if self.on_trial is not None:
            searched = {
                p.name: values[p.name] for p in self.space if p.is_open and p.name in values
            }
            self.on_trial(number, state, report, searched)


def _make_folders(folder: Path) -> None:
    for part in (folder / TRIALS, folder / SIGNS):
        try:
            part.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = error.strerror or error
            raise OSError(Errors.E135.format(path=part, reason=reason)) from error


def _check_options(engine: str, sampler: str, numbers: Mapping[str, int]) -> None:
    names: Sequence[tuple[str, str, Sequence[str]]] = (
        ("engine", engine, ENGINES),
        ("sampler", sampler, SAMPLERS),
    )
    for name, value, known in names:
        if value not in known:
            raise ValueError(
                Errors.E848.format(name=name, value=value, expected=" or ".join(known))
            )
    for name, number in numbers.items():
        if number < 1:
            raise ValueError(Errors.E848.format(name=name, value=number, expected="1 or more"))
