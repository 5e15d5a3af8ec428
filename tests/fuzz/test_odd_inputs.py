"""Odd files, names, settings, arguments and texts end well or with a clear error: the targets of the benchmark
that fuzzes, for a moment each.
"""

import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

pytest.importorskip("pyarrow", reason="Parquet is one of the formats")

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
#: How many inputs each target is given. The others get the most.
N_INPUTS = {"models": 5, "weights": 5, "states": 8, "names": 10, "commands": 10}
MOST = 15
NAMES = (
    *("jsonl", "tables", "gzip", "docbin", "raw text", "convert", "review", "vectors"),
    *("models", "weights", "states", "journals", "indexes", "spaces", "config"),
    *("names", "texts", "commands"),
)


@pytest.fixture(scope="module")
def fuzz() -> Iterator[tuple[ModuleType, ModuleType]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        yield importlib.import_module("fuzz_targets"), importlib.import_module("fuzz_judge")


def test_every_target_is_tried(fuzz):
    assert tuple(fuzz[0].TARGETS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_an_odd_input_ends_well_or_with_a_clear_error(name, fuzz, tmp_path):
    targets, judge = fuzz

    @settings(
        max_examples=N_INPUTS.get(name, MOST),
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.binary(min_size=8, max_size=120))
    def try_some(data):
        found = judge.try_input(targets.TARGETS[name], data, tmp_path / "place")
        assert found is None, found["trace"]

    try_some()


def test_an_unclear_error_is_found(fuzz, tmp_path):
    _, judge = fuzz

    def fail(draw, place):
        raise KeyError(draw.below(200))

    target = judge.Target("a", "", fail, list)
    found = judge.try_input(target, b"\7", tmp_path / "place")
    assert (found["error"], found["text"]) == ("KeyError", "7")


def test_a_hang_is_found(fuzz, tmp_path, monkeypatch):
    _, judge = fuzz
    monkeypatch.setattr(judge, "LIMIT", 0.1)

    def hang(draw, place):
        while True:
            pass

    found = judge.try_input(judge.Target("a", "", hang, list), b"", tmp_path / "place")
    assert found["error"] == "Hang"


def test_a_clear_error_is_none(fuzz, tmp_path):
    _, judge = fuzz

    def fail(draw, place):
        raise ValueError("[E101] Data file not found")

    target = judge.Target("a", "", fail, list)
    assert judge.try_input(target, b"", tmp_path / "place") is None
