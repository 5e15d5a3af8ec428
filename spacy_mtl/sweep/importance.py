"""Which of the searched settings mattered, and which of their values were good."""

import bisect
import json
import statistics
from collections.abc import Sequence
from typing import Any, NamedTuple

from .results import format_value
from .space import Parameter
from .study import import_optuna, parse_values, score_of

#: A value is as good as the best so many trials with it, on average.
TOP = 3
#: More different numbers than this are put together in ranges.
MOST_VALUES = 8
RANGES = 4
#: Fewer trials tell nothing about importance.
FEWEST = 4


class ValueScores(NamedTuple):
    """Scores with a value of a parameter.

    parameter (str): The parameter.
    value (str): The value, or a range of values.
    scores (List[float]): Scores of the trials with it, the best first.
    """

    parameter: str
    value: str
    scores: list[float]

    @property
    def top(self) -> float:
        """RETURNS (float): The mean of the best three."""
        return statistics.fmean(self.scores[:TOP])


def find_importance(space: Sequence[Parameter], trials: Sequence[Any]) -> dict[str, float]:
    """Find which share of the differences between trials each parameter explains (fANOVA; Hutter et al. 2014).
    What differs is the rank: the scores of trials that were stopped early, or learned nothing, are so low that
    they would hide all other differences.

    space (Sequence[Parameter]): What was searched.
    trials (Sequence[optuna.FrozenTrial]): The trials. Those that were pruned count with their best score.
    RETURNS (Dict[str, float]): Shares by name, the largest first. Empty if there are too few trials. Without
        parameters that depend on others.
    """
    optuna = import_optuna()
    pairs = [(trial, score) for trial in trials if (score := score_of(trial)) is not None]
    scores = sorted(score for _, score in pairs)
    searched = [p.name for p in space if p.is_open and not p.when]
    if len(scores) < FEWEST or scores[0] == scores[-1] or not searched:
        return {}
    study = optuna.create_study(direction="maximize")
    for trial, score in pairs:
        frozen = optuna.trial.create_trial(
            params=trial.params,
            distributions=trial.distributions,
            value=float(bisect.bisect_left(scores, score)),
        )
        study.add_trial(frozen)
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
    found = optuna.importance.get_param_importances(study, evaluator=evaluator, params=searched)
    return {name: float(share) for name, share in found.items()}


def find_value_scores(space: Sequence[Parameter], trials: Sequence[Any]) -> list[ValueScores]:
    """Find the scores with each value of each parameter.

    space (Sequence[Parameter]): What was searched.
    trials (Sequence[optuna.FrozenTrial]): The trials.
    RETURNS (List[ValueScores]): Scores by parameter and value, in the order of the space.
    """
    found: list[ValueScores] = []
    for parameter in space:
        pairs = [
            (parse_values([parameter], trial.params)[parameter.name], score)
            for trial in trials
            if (score := score_of(trial)) is not None and parameter.name in trial.params
        ]
        names, places = _group(parameter, [value for value, _ in pairs])
        for i, name in enumerate(names):
            scores = [score for (_, score), place in zip(pairs, places, strict=True) if place == i]
            if scores:
                found.append(ValueScores(parameter.name, name, sorted(scores, reverse=True)))
    return found


def _group(parameter: Parameter, values: list[Any]) -> tuple[list[str], list[int]]:
    """Names of values or of ranges of them, and which of these each value belongs to."""
    if parameter.choices:
        known = [json.dumps(choice) for choice in parameter.choices]
        return [format_value(choice) for choice in parameter.choices], [
            known.index(json.dumps(value)) for value in values
        ]
    distinct = sorted(set(values))
    if len(distinct) <= MOST_VALUES:
        return [format_number(value) for value in distinct], [distinct.index(v) for v in values]
    edges = statistics.quantiles(values, n=RANGES, method="inclusive")
    places = [bisect.bisect_left(edges, value) for value in values]
    names = []
    for i in range(RANGES):
        inside = [value for value, place in zip(values, places, strict=True) if place == i]
        names.append(
            f"{format_number(min(inside))} to {format_number(max(inside))}" if inside else ""
        )
    return names, places


def format_number(value: float) -> str:
    """Write a number shortly.

    value (float): The number.
    RETURNS (str): The text, with three digits that count if it is no whole number.
    """
    return str(value) if isinstance(value, int) else f"{value:.3g}"
