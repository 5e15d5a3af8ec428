"""The study: which trials there are, what came of them, and which settings come next. It lies in a SQLite file
that several processes may work on, and that survives them."""

import json
import warnings
from pathlib import Path
from typing import Any

from ..errors import Errors
from ..extras import import_extra
from .locks import is_alive, locked
from .space import Parameter, draw_values
from .trial import Report

SAMPLERS = ("tpe", "random")
FILE = "study.db"
NAME = "sweep"
#: Signs of the processes that work on the study, and the lock between them.
SIGNS = "processes"
LOCK = "lock"
VERSION = 1
#: Trials that have to be complete before one is pruned.
PRUNE_AFTER = 5
#: Seconds that a process waits for another one that writes.
PATIENCE = 60
MAX_LISTED = 10


def import_optuna() -> Any:
    """RETURNS (ModuleType): The module optuna, which speaks only of what goes wrong."""
    optuna = import_extra("optuna", Errors.E847.format(name="optuna"))
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna


class Study:
    """Trials in a folder."""

    def __init__(
        self,
        folder: Path,
        process: str,
        space: list[Parameter],
        settings: dict[str, str],
        *,
        sampler: str = "tpe",
        seed: int = 0,
        prune_from: int | None = None,
    ) -> None:
        """Begin a study, or go on with it.

        folder (Path): The folder.
        process (str): The name of this process.
        space (List[Parameter]): What is searched.
        settings (Dict[str, str]): Everything that makes the search what it is.
        sampler (str): "tpe" or "random".
        seed (int): Seed of the sampler.
        prune_from (Optional[int]): The training step from which trials that are worse than others are stopped.
            None to stop none.
        RAISES (ValueError): If the folder holds another search, or a damaged one.
        """
        self._optuna = import_optuna()
        self._space = space
        self._folder = folder
        self._process = process
        self._sampler = sampler
        self._seed = seed
        self._trials: dict[int, Any] = {}
        path = folder / FILE
        pruner = self._optuna.pruners.NopPruner()
        if prune_from is not None:
            # At any evaluation half of the trials are above the median, so that nothing has to be known about
            # how many evaluations there are and how soon they tell good from bad, as successive halving has to.
            pruner = self._optuna.pruners.MedianPruner(
                n_startup_trials=PRUNE_AFTER, n_warmup_steps=prune_from
            )
        with locked(folder / LOCK):
            try:
                storage = self._optuna.storages.RDBStorage(
                    f"sqlite:///{path.resolve()}",
                    engine_kwargs={"connect_args": {"timeout": PATIENCE}},
                )
                self._study = self._optuna.create_study(
                    storage=storage,
                    study_name=NAME,
                    direction="maximize",
                    pruner=pruner,
                    load_if_exists=True,
                )
            # What a damaged file raises is up to the libraries below.
            except Exception as error:
                reason = " ".join(str(error).split()) or type(error).__name__
                raise ValueError(Errors.E849.format(path=path, reason=reason[:200])) from error
            self._check_settings(path, {"version": str(VERSION), **settings})
            self._release_dead()

    def ask(self, limit: int) -> tuple[int, dict[str, Any], int | None] | None:
        """Begin the next trial.

        limit (int): How many trials there are to be in all.
        RETURNS (Optional[Tuple[int, Dict[str, Any], Optional[int]]]): The number of the trial, its values, and
            the number of a finished trial with the same values, if any. None if there are enough.
        """
        with locked(self._folder / LOCK):
            trials = self._study.get_trials(deepcopy=False)
            if len(self._counted(trials)) >= limit:
                return None
            self._study.sampler = self._make_sampler(len(trials))
            trial = self._study.ask()
            trial.set_user_attr("process", self._process)
            self._trials[trial.number] = trial
            values = draw_values(self._space, trial)
            return trial.number, values, self._find_twin(trials, trial.params)

    def copy(self, number: int, twin: int) -> None:
        """Give a trial what came of another one.

        number (int): The number of the trial.
        twin (int): The number of the other one.
        """
        trial = self._trials.pop(number)
        source = self._study.get_trials(deepcopy=False)[twin]
        for step, score in source.intermediate_values.items():
            trial.report(score, step)
        for key in ("score", "scores", "seconds", "steps"):
            trial.set_user_attr(key, source.user_attrs[key])
        trial.set_user_attr("same_as", twin)
        is_complete = source.state == self._optuna.trial.TrialState.COMPLETE
        self._study.tell(trial, source.value if is_complete else None, state=source.state)

    def report(self, report: Report) -> bool:
        """Note an evaluation.

        report (Report): The evaluation.
        RETURNS (bool): Whether to stop the trial.
        """
        trial = self._trials[report.number]
        trial.report(report.score, report.step)
        return bool(trial.should_prune())

    def finish(self, report: Report) -> None:
        """Note the end of a trial, whose state is "complete", "failed" or "pruned".

        report (Report): The last report.
        """
        trial = self._trials.pop(report.number)
        states = self._optuna.trial.TrialState
        trial.set_user_attr("seconds", round(report.seconds, 2))
        if report.state == "failed":
            trial.set_user_attr("reason", report.reason)
            # The sampler learns from what was pruned, without a score as the worst of all, but not from what
            # has failed. A process that was ended says nothing about the values.
            self._study.tell(trial, state=states.FAIL if report.is_lost else states.PRUNED)
            return
        trial.set_user_attr("steps", report.steps)
        trial.set_user_attr("score", report.best)
        scores = {name: report.scores.get(name) for name in report.weighted}
        trial.set_user_attr("scores", scores)
        if report.state == "complete":
            self._study.tell(trial, report.best)
        else:
            self._study.tell(trial, state=states.PRUNED)

    def release(self) -> None:
        """Leave the trials of this process that run to whoever goes on."""
        with locked(self._folder / LOCK):
            for number in list(self._trials):
                del self._trials[number]
                self._release(self._study.get_trials(deepcopy=False)[number])

    def finished(self) -> list[Any]:
        """RETURNS (List[optuna.FrozenTrial]): The trials that are complete, pruned or failed."""
        counted = self._counted(self._study.get_trials(deepcopy=False))
        return [trial for trial in counted if trial.state.is_finished()]

    def running(self) -> int:
        """RETURNS (int): How many trials run, in any process."""
        states = self._optuna.trial.TrialState
        return len(self._study.get_trials(deepcopy=False, states=(states.RUNNING,)))

    def _counted(self, trials: list[Any]) -> list[Any]:
        """Those that were asked for: not the ones that wait or were interrupted."""
        interrupted = set(self._study.user_attrs.get("interrupted", []))
        waiting = self._optuna.trial.TrialState.WAITING
        return [t for t in trials if t.state != waiting and t.number not in interrupted]

    def _make_sampler(self, n_trials: int) -> Any:
        """A sampler that depends on the number of trials before, so that no process repeats another's draws."""
        seed = hash((self._seed, n_trials)) % 2**32
        if self._sampler == "random":
            return self._optuna.samplers.RandomSampler(seed=seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", self._optuna.exceptions.ExperimentalWarning)
            # Trials that run count as bad ones, so that workers do not all try the same.
            return self._optuna.samplers.TPESampler(seed=seed, constant_liar=True)

    def _find_twin(self, trials: list[Any], params: dict[str, Any]) -> int | None:
        """A trial with the same values, which need not be trained again."""
        twins = (t.number for t in trials if t.params == params and score_of(t) is not None)
        return next((n for n in twins if "same_as" not in trials[n].user_attrs), None)

    def _release_dead(self) -> None:
        """Begin anew what ran in processes that were killed."""
        states = self._optuna.trial.TrialState
        signs = self._folder / SIGNS
        for trial in self._study.get_trials(deepcopy=False, states=(states.RUNNING,)):
            process = trial.user_attrs.get("process", "")
            if not process or not is_alive(signs, process):
                self._release(trial)
                if process:
                    (signs / process).unlink(missing_ok=True)

    def _release(self, trial: Any) -> None:
        interrupted = self._study.user_attrs.get("interrupted", [])
        self._study.set_user_attr("interrupted", [*interrupted, trial.number])
        self._study.tell(trial.number, state=self._optuna.trial.TrialState.FAIL)
        # One that was killed before all its values were drawn gets new ones.
        self._study.enqueue_trial(trial.params)

    def _check_settings(self, path: Path, settings: dict[str, str]) -> None:
        saved = self._study.user_attrs.get("settings")
        if saved is None:
            self._study.set_user_attr("settings", settings)
            return
        names = dict.fromkeys([*saved, *settings])
        differ = [name for name in names if saved.get(name) != settings.get(name)]
        if differ:
            lines = [
                f"  {name}: was {saved.get(name, 'not set')}, is {settings.get(name, 'not set')}"
                for name in differ[:MAX_LISTED]
            ]
            if len(differ) > MAX_LISTED:
                lines.append(f"  ... and {len(differ) - MAX_LISTED} more")
            raise ValueError(Errors.E845.format(path=path.parent, listed="\n".join(lines)))


def state_of(trial: Any) -> str:
    """Name the state of a trial.

    trial (optuna.FrozenTrial): The trial.
    RETURNS (str): "complete", "pruned" or "failed".
    """
    if "reason" in trial.user_attrs:
        return "failed"
    return {"COMPLETE": "complete", "PRUNED": "pruned"}.get(trial.state.name, "failed")


def score_of(trial: Any) -> float | None:
    """Get the best score of a trial, also of one that was pruned.

    trial (optuna.FrozenTrial): The trial.
    RETURNS (Optional[float]): The score, None if there is none.
    """
    score = trial.user_attrs.get("score")
    return None if score is None else float(score)


def parse_values(space: list[Parameter], params: dict[str, Any]) -> dict[str, Any]:
    """Get the values of a trial as they stand in the file of the space.

    space (List[Parameter]): What is searched.
    params (Dict[str, Any]): The values as the study keeps them.
    RETURNS (Dict[str, Any]): The values by name of the parameter.
    """
    return {
        parameter.name: json.loads(params[parameter.name])
        if parameter.is_encoded
        else params[parameter.name]
        for parameter in space
        if parameter.name in params
    }
