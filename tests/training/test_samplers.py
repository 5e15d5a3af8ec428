import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spacy.util import registry

from spacy_mtl.training.samplers import STRATEGIES, TaskSampler, configure_task_sampler

SIZES = st.dictionaries(
    st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,5}", fullmatch=True),
    st.integers(1, 10**9),
    min_size=1,
    max_size=20,
)
STEPS = st.integers(0, 10**7)


def make_sampler(strategy, sizes):
    weights = {task: 1.0 + i for i, task in enumerate(sorted(sizes))}
    return TaskSampler(strategy, weights=weights if strategy == "weights" else None)


@pytest.mark.parametrize("strategy", STRATEGIES)
@given(sizes=SIZES, step=STEPS)
def test_probabilities_sum_to_one(strategy, sizes, step):
    probabilities = make_sampler(strategy, sizes).probabilities(sizes, step)
    assert math.isclose(sum(probabilities.values()), 1.0, abs_tol=1e-9)
    assert all(0.0 <= p <= 1.0 for p in probabilities.values())


@pytest.mark.parametrize("strategy", STRATEGIES)
@given(sizes=SIZES, step=STEPS, seed=st.integers(0, 100))
def test_order_of_sizes_does_not_matter(strategy, sizes, step, seed):
    sampler = make_sampler(strategy, sizes)
    shuffled = list(sizes.items())
    Random(seed).shuffle(shuffled)
    probabilities = sampler.probabilities(dict(shuffled), step)
    assert probabilities == sampler.probabilities(sizes, step)
    assert list(probabilities) == sorted(sizes)
    drawn = sampler.draw(dict(shuffled), step, Random(seed))
    assert drawn == sampler.draw(sizes, step, Random(seed))


@given(sizes=SIZES)
def test_temperature_one_is_proportional(sizes):
    total = sum(sizes.values())
    probabilities = TaskSampler("temperature", temperature=1.0).probabilities(sizes, 0)
    assert probabilities == pytest.approx({task: n / total for task, n in sizes.items()})
    assert probabilities == TaskSampler("proportional").probabilities(sizes, 0)


@given(sizes=SIZES, temperature=st.sampled_from([1e9, math.inf]))
def test_high_temperature_is_uniform(sizes, temperature):
    probabilities = TaskSampler("temperature", temperature=temperature).probabilities(sizes, 0)
    assert probabilities == pytest.approx(dict.fromkeys(sizes, 1 / len(sizes)), rel=1e-6)


@pytest.mark.parametrize("temperature", [1e-5, 1e-320])
def test_low_temperature_draws_the_largest_task(temperature):
    sampler = TaskSampler("temperature", temperature=temperature)
    assert sampler.probabilities({"big": 1000, "small": 999}, 0)["big"] == pytest.approx(1.0)


def test_temperature_formula():
    probabilities = TaskSampler("temperature", temperature=2.0).probabilities(
        {"a": 900, "b": 100}, 0
    )
    assert probabilities == pytest.approx({"a": 0.75, "b": 0.25})


def test_max_size_caps_large_tasks():
    sampler = TaskSampler("temperature", temperature=1.0, max_size=300)
    assert sampler.probabilities({"a": 9000, "b": 100}, 0) == pytest.approx({"a": 0.75, "b": 0.25})


@given(sizes=SIZES)
def test_annealed_goes_from_proportional_to_uniform(sizes):
    sampler = TaskSampler("annealed", anneal_steps=100)
    proportional = TaskSampler("proportional").probabilities(sizes, 0)
    uniform = TaskSampler("uniform").probabilities(sizes, 0)
    assert sampler.probabilities(sizes, 0) == pytest.approx(proportional)
    assert sampler.probabilities(sizes, 100) == pytest.approx(uniform)
    assert sampler.probabilities(sizes, 10**6) == pytest.approx(uniform)


def test_annealed_halfway_is_the_square_root():
    sampler = TaskSampler("annealed", anneal_steps=100)
    assert sampler.probabilities({"a": 900, "b": 100}, 50) == pytest.approx({"a": 0.75, "b": 0.25})


def test_round_robin_takes_turns_by_name():
    sampler = TaskSampler("round_robin")
    sizes = {"c": 1, "a": 100, "b": 10}
    assert [sampler.draw(sizes, i, Random(i)) for i in range(6)] == ["a", "b", "c"] * 2


def test_weights_are_normalised():
    sampler = TaskSampler("weights", weights={"a": 3.0, "b": 1.0})
    assert sampler.probabilities({"b": 1000, "a": 1}, 0) == {"a": 0.75, "b": 0.25}


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_task_without_rows_is_never_drawn(strategy):
    sizes = {"a": 0, "b": 5, "c": 7}
    sampler = make_sampler(strategy, sizes)
    assert all(sampler.probabilities(sizes, step)["a"] == 0.0 for step in range(5))
    assert {sampler.draw(sizes, step, Random(step)) for step in range(50)} == {"b", "c"}


def test_draw_follows_the_probabilities():
    sampler, rng = TaskSampler("temperature", temperature=2.0), Random(0)
    drawn = [sampler.draw({"a": 900, "b": 100}, 0, rng) for _ in range(4000)]
    assert drawn.count("a") / len(drawn) == pytest.approx(0.75, abs=0.03)


def test_registered_with_config_defaults():
    config = {
        "sampler": {
            "@misc": "spacy_mtl.TaskSampler.v1",
            "strategy": "weights",
            "weights": {"a": 1, "b": 2},
        }
    }
    sampler = registry.resolve(config)["sampler"]
    assert isinstance(sampler, TaskSampler)
    assert sampler.weights == {"a": 1, "b": 2}
    assert registry.fill({"sampler": {"@misc": "spacy_mtl.TaskSampler.v1"}})["sampler"] == {
        "@misc": "spacy_mtl.TaskSampler.v1",
        "strategy": "temperature",
        "temperature": 2.0,
        "max_size": 0,
        "weights": None,
        "anneal_steps": 10000,
    }


@pytest.mark.parametrize(
    "arguments,code",
    [
        ({"strategy": "random"}, "E150"),
        ({"temperature": 0.0}, "E151"),
        ({"temperature": -1.0}, "E151"),
        ({"temperature": math.nan}, "E151"),
        ({"max_size": -1}, "E151"),
        ({"anneal_steps": 0}, "E151"),
        ({"strategy": "weights", "weights": {"a": -1.0}}, "E151"),
        ({"strategy": "weights", "weights": {"a": math.nan}}, "E151"),
        ({"strategy": "weights", "weights": {"a": math.inf}}, "E151"),
        ({"strategy": "weights"}, "E152"),
        ({"strategy": "uniform", "weights": {"a": 1.0}}, "E152"),
    ],
)
def test_bad_settings(arguments, code):
    with pytest.raises(ValueError, match=code):
        configure_task_sampler(**arguments)


@pytest.mark.parametrize("sizes,named", [({"a": 1, "b": 1, "c": 1}, "c"), ({"a": 1}, "b")])
def test_weights_have_to_fit_the_tasks(sizes, named):
    sampler = TaskSampler("weights", weights={"a": 1.0, "b": 1.0})
    with pytest.raises(ValueError, match=rf"E153.*: {named}\."):
        sampler.probabilities(sizes, 0)


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("sizes", [{}, {"a": 0}, {"a": -1}])
def test_nothing_to_draw(strategy, sizes):
    with pytest.raises(ValueError, match="E154"):
        make_sampler(strategy, sizes).draw(sizes, 0, Random(0))


def test_all_available_weights_zero():
    sampler = TaskSampler("weights", weights={"a": 0.0, "b": 1.0})
    with pytest.raises(ValueError, match="E154"):
        sampler.probabilities({"a": 3, "b": 0}, 0)
