"""Schedules against a plain implementation, their shapes, and the steps that they count themselves."""

import math
import pickle
from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spacy.cli.init_config import fill_config
from spacy.util import load_config, registry
from thinc.api import Config

from spacy_mtl.training.schedules import create_one_cycle_v1, create_slanted_triangular_v1

SLANTED = "spacy_mtl.slanted_triangular.v1"
ONE_CYCLE = "spacy_mtl.one_cycle.v1"
STEPS = st.integers(2, 2000)
RATE = st.floats(1e-6, 10.0)
SHARE = st.floats(0.01, 0.99)


def rates(schedule, n):
    return list(islice(schedule, n))


def peak_of(total_steps, share):
    return max(1, int(total_steps * share))


def reference_slanted(t, T, max_rate, cut_frac, ratio):
    """Equation 3 of Howard & Ruder 2018, for a number of steps that cut_frac divides."""
    cut = math.floor(T * cut_frac)
    p = t / cut if t < cut else 1 - (t - cut) / (cut * (1 / cut_frac - 1))
    return max_rate * (1 + p * (ratio - 1)) / ratio


def reference_one_cycle(t, T, max_rate, warmup, div_factor, final_div_factor, cosine):
    first, lowest = max_rate / div_factor, max_rate / div_factor / final_div_factor
    top = math.floor(T * warmup)
    start, end, x = (
        (first, max_rate, t / top) if t < top else (max_rate, lowest, (t - top) / (T - top))
    )
    if cosine:
        return end + (start - end) / 2 * (1 + math.cos(math.pi * x))
    return start + (end - start) * x


@pytest.mark.parametrize("total_steps, cut_frac", [(10, 0.1), (100, 0.25), (1000, 0.5)])
@pytest.mark.parametrize("ratio", [1.0, 32.0])
def test_slanted_triangular_is_the_paper_s(total_steps, cut_frac, ratio):
    schedule = create_slanted_triangular_v1(
        max_rate=0.01, total_steps=total_steps, cut_frac=cut_frac, ratio=ratio
    )
    expected = [
        reference_slanted(t, total_steps, 0.01, cut_frac, ratio) for t in range(total_steps + 1)
    ]
    assert rates(schedule, total_steps + 1) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("total_steps, warmup", [(10, 0.5), (100, 0.25), (1000, 0.125)])
@pytest.mark.parametrize("shape", ["cosine", "linear"])
def test_one_cycle_is_two_arcs(total_steps, warmup, shape):
    schedule = create_one_cycle_v1(
        max_rate=0.01, total_steps=total_steps, warmup=warmup, shape=shape, final_div_factor=100.0
    )
    expected = [
        reference_one_cycle(t, total_steps, 0.01, warmup, 25.0, 100.0, shape == "cosine")
        for t in range(total_steps + 1)
    ]
    assert rates(schedule, total_steps + 1) == pytest.approx(expected, rel=1e-9)


@given(STEPS, RATE, SHARE, st.floats(1.0, 1000.0))
def test_slanted_triangular_shape(total_steps, max_rate, cut_frac, ratio):
    schedule = create_slanted_triangular_v1(
        max_rate=max_rate, total_steps=total_steps, cut_frac=cut_frac, ratio=ratio
    )
    check_shape(
        rates(schedule, total_steps + 3),
        peak_of(total_steps, cut_frac),
        first=max_rate / ratio,
        highest=max_rate,
        last=max_rate / ratio,
    )


@given(STEPS, RATE, SHARE, st.floats(1.0, 100.0), st.sampled_from(["cosine", "linear"]))
def test_one_cycle_shape(total_steps, max_rate, warmup, factor, shape):
    schedule = create_one_cycle_v1(
        max_rate=max_rate,
        total_steps=total_steps,
        warmup=warmup,
        div_factor=factor,
        final_div_factor=2 * factor,
        shape=shape,
    )
    check_shape(
        rates(schedule, total_steps + 3),
        peak_of(total_steps, warmup),
        first=max_rate / factor,
        highest=max_rate,
        last=max_rate / factor / (2 * factor),
    )


def check_shape(found, peak, *, first, highest, last):
    """It rises to its peak, falls to its end, and stays there."""
    slack = highest * 1e-9
    assert found[0] == pytest.approx(first)
    assert found[peak] == pytest.approx(highest)
    assert found[-3:] == pytest.approx([last] * 3)
    assert all(a <= b + slack for a, b in pairwise(found[: peak + 1]))
    assert all(a >= b - slack for a, b in pairwise(found[peak:]))
    assert min(found) >= min(first, last) - slack > -slack


@pytest.mark.parametrize("create", [create_slanted_triangular_v1, create_one_cycle_v1])
def test_training_of_one_step(create):
    assert all(0 < rate <= 0.1 for rate in rates(create(max_rate=0.1, total_steps=1), 4))


@pytest.mark.parametrize("create", [create_slanted_triangular_v1, create_one_cycle_v1])
def test_steps_may_be_told_after_the_first_rate(create):
    late, early = create(max_rate=0.1), create(max_rate=0.1, total_steps=20)
    first = next(late)
    late.total_steps = 20
    assert [first, *rates(late, 24)] == rates(early, 25)


@pytest.mark.parametrize("create", [create_slanted_triangular_v1, create_one_cycle_v1])
def test_second_rate_needs_the_steps(create):
    schedule = create(max_rate=0.1)
    next(schedule)
    with pytest.raises(ValueError, match=r"E421.*total_steps"):
        next(schedule)


@pytest.mark.parametrize("create", [create_slanted_triangular_v1, create_one_cycle_v1])
def test_pickle_goes_on_where_it_was(create):
    schedule = create(max_rate=0.1, total_steps=20)
    rates(schedule, 7)
    copied = pickle.loads(pickle.dumps(schedule))
    assert rates(copied, 10) == rates(schedule, 10)


@pytest.mark.parametrize(
    ("create", "setting", "value"),
    [
        *[
            (create, setting, value)
            for create in (create_slanted_triangular_v1, create_one_cycle_v1)
            for setting, value in (
                ("max_rate", 0.0),
                ("max_rate", -1.0),
                ("max_rate", math.nan),
                ("total_steps", 0),
                ("total_steps", -5),
            )
        ],
        (create_slanted_triangular_v1, "cut_frac", 0.0),
        (create_slanted_triangular_v1, "cut_frac", 1.0),
        (create_slanted_triangular_v1, "ratio", 0.5),
        (create_slanted_triangular_v1, "ratio", math.nan),
        (create_one_cycle_v1, "warmup", 1.5),
        (create_one_cycle_v1, "div_factor", 0.0),
        (create_one_cycle_v1, "final_div_factor", math.inf),
        (create_one_cycle_v1, "shape", "square"),
    ],
)
def test_settings_out_of_range(create, setting, value):
    with pytest.raises(ValueError, match=rf"E422.*spacy_mtl.*{value}.*'{setting}'"):
        create(**{"max_rate": 0.1, setting: value})


@pytest.mark.parametrize("optimizer", ["Adam.v1", "spacy_mtl.Adam.v1", "RAdam.v1"])
@pytest.mark.parametrize("name", [SLANTED, ONE_CYCLE])
def test_optimizers_take_the_rates(optimizer, name):
    block = {"@schedules": name, "max_rate": 0.1, "total_steps": 4}
    made = registry.resolve({"made": {"@optimizers": optimizer, "learn_rate": block}})["made"]
    expected = rates(registry.resolve({"schedule": block})["schedule"], 3)
    found = [made.learn_rate]
    for _ in range(2):
        made.step_schedules()
        found.append(made.learn_rate)
    assert found == expected


@pytest.mark.parametrize("name", [SLANTED, ONE_CYCLE])
def test_fill_config_keeps_the_schedule(tmp_path, name):
    config = Config(
        {
            "nlp": {"lang": "xx", "pipeline": []},
            "training": {
                "optimizer": {
                    "@optimizers": "Adam.v1",
                    "learn_rate": {"@schedules": name, "max_rate": 0.01},
                }
            },
        }
    )
    config.to_disk(tmp_path / "a.cfg")
    fill_config(tmp_path / "b.cfg", tmp_path / "a.cfg", silent=True)
    filled = load_config(tmp_path / "b.cfg")
    block = filled["training"]["optimizer"]["learn_rate"]
    assert block["total_steps"] is None and block["max_rate"] == 0.01
    fill_config(tmp_path / "c.cfg", tmp_path / "b.cfg", silent=True)
    assert load_config(tmp_path / "c.cfg") == filled
