"""What mattered in a search."""

import optuna
import pytest

from spacy_mtl.sweep.importance import find_importance, find_value_scores
from spacy_mtl.sweep.space import draw_values, read_space

SPACE = "a: {choices: [1, 2, 3]}\nb: {low: 0.0, high: 1.0}\nc: {choices: [x]}\nd: {choices: [1, 2], when: {a: [1]}}"


@pytest.fixture
def space(space_path):
    return read_space(space_path(SPACE))


def make_trials(space, n):
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    for _ in range(n):
        trial = study.ask()
        values = draw_values(space, trial)
        trial.set_user_attr("score", values["a"] + 0.01 * values["b"])
        study.tell(trial, 0.0)
    return study.trials


def test_finds_what_mattered(space):
    shares = find_importance(space, make_trials(space, 30))
    assert list(shares) == ["a", "b"]
    assert shares["a"] > 0.7
    assert sum(shares.values()) == pytest.approx(1.0)


@pytest.mark.parametrize("n", [0, 1, 3])
def test_few_trials_tell_nothing(space, n):
    assert find_importance(space, make_trials(space, n)) == {}


def test_trials_that_have_failed_do_not_count(space):
    trials = make_trials(space, 30)
    for trial in trials[:20]:
        trial.user_attrs.pop("score")
    assert sum(len(v.scores) for v in find_value_scores(space, trials) if v.parameter == "a") == 10


def test_the_best_three_of_each_value(space):
    trials = make_trials(space, 30)
    found = {v.value: v for v in find_value_scores(space, trials) if v.parameter == "a"}
    assert list(found) == ["1", "2", "3"]
    twos = sorted((t.user_attrs["score"] for t in trials if t.params["a"] == 2), reverse=True)
    assert found["2"].scores == twos
    assert found["2"].top == pytest.approx(sum(twos[:3]) / 3)


def test_numbers_of_a_range_come_together(space):
    trials = make_trials(space, 30)
    found = [v for v in find_value_scores(space, trials) if v.parameter == "b"]
    assert len(found) == 4
    assert sum(len(value.scores) for value in found) == 30
    assert all(" to " in value.value for value in found)
