import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def scores(value: float, hate: float) -> dict[str, object]:
    tasks = {"emotion": value - 1, "irony": value + 1, "hate": hate}
    return {"tasks": tasks, "ALL": sum(tasks.values()) / 3}


@pytest.fixture
def table(tmp_path: Path) -> Iterator[ModuleType]:
    """The module, with two runs of one system: 4 points lost for the first kind and half as much for
    others, but 10 won on the task that is left out."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        module = importlib.import_module("typos_table")
        patch.setattr(module, "RESULTS", tmp_path)
        for seed, clean in enumerate((50.0, 52.0)):
            noisy = {
                f"{kind}-{percent}": scores(clean - (2 if number else 4), clean + 10)
                for percent in module.PERCENT
                for number, kind in enumerate(module.KINDS)
            }
            record = {"test": scores(clean, clean), "typos": noisy}
            (tmp_path / f"words-{seed}.json").write_text(json.dumps(record), encoding="utf8")
        yield module


def test_losses_are_means_over_kinds_and_seeds(table: ModuleType) -> None:
    (row,) = table.table_rows()
    assert len(row) == len(table.HEADER)
    assert row[1:3] == ["2", "51.0 ± 1.4"]
    # (2 * -2.5 + 10) / 3
    assert row[3] == "1.7 ± 0.0"
    assert row[4] == "51.0 ± 1.4"
    assert row[5:] == ["-2.5 ± 0.0"] * 3 + ["-4.0 ± 0.0"] + ["-2.0 ± 0.0"] * 3


def test_no_rows_without_results(table: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "RESULTS", BENCHMARKS / "missing")
    assert table.table_rows() == []


def test_kinds_and_systems_are_those_of_the_benchmark(table: ModuleType) -> None:
    pytest.importorskip("sklearn", reason="the metrics come from scikit-learn, an optional extra")
    benchmark = importlib.import_module("typos")
    assert list(table.KINDS) == list(benchmark.KINDS)
    assert list(table.SYSTEMS) == list(benchmark.SYSTEMS)
