"""The README's table of what fuzzing has found."""

import importlib
import json
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def table(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("fuzz_table")


def test_a_row_for_each_target_and_one_for_all(table, monkeypatch, tmp_path):
    row = {"target": "a", "what": "files", "seconds": 90.0, "runs": 1000, "branches": 7}
    other = {**row, "target": "b", "what": "names", "findings": [{"error": "KeyError"}]}
    result = {"rows": [{**row, "findings": []}, other], "fixed": [{"target": "a"}] * 2}
    (tmp_path / "fuzz.json").write_text(json.dumps(result))
    monkeypatch.setattr(table, "RESULT", tmp_path / "fuzz.json")
    assert table.table_rows() == [
        ["files", "1.5", "1,000", "7", "2", "0"],
        ["names", "1.5", "1,000", "7", "0", "1"],
        ["all", "3.0", "2,000", "", "2", "1"],
    ]
    assert {len(row) for row in table.table_rows()} == {len(table.HEADER)}


def test_each_thing_that_was_found_names_its_test(table):
    found = json.loads(table.RESULT.read_text("utf8"))["fixed"]
    for entry in found:
        assert (BENCHMARKS.parent / entry["test"]).is_file()
        for name in entry["where"].split(", "):
            assert (BENCHMARKS.parent / "spacy_mtl" / name).is_file()
