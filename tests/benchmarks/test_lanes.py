"""Results of the test lanes."""

import importlib
import json
from importlib.metadata import version
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
CASES = """<testsuites><testsuite>
<testcase classname="tests.test_a" name="one"/>
<testcase classname="tests.test_a" name="two"><failure/></testcase>
<testcase classname="tests.test_a" name="three"><skipped/></testcase>
<testcase classname="tests.test_a" name="four"><error/></testcase>
</testsuite></testsuites>"""
AGAIN = '<testsuites><testcase classname="tests.test_a" name="two"/></testsuites>'


@pytest.fixture
def lanes(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("lanes")


def test_the_last_result_of_a_test_counts(lanes, tmp_path):
    first, second = tmp_path / "first.xml", tmp_path / "second.xml"
    first.write_text(CASES, "utf8")
    second.write_text(AGAIN, "utf8")
    assert lanes.read_outcomes([first]) == {"passed": 1, "skipped": 1, "failed": 2}
    assert lanes.read_outcomes([first, second]) == {"passed": 2, "skipped": 1, "failed": 1}


def test_a_lane_is_added_and_shown(lanes, tmp_path, monkeypatch):
    output, tests = tmp_path / "lanes.json", tmp_path / "tests.xml"
    tests.write_text(CASES, "utf8")
    for name in ("lowest", "newest"):
        monkeypatch.setattr("sys.argv", ["lanes.py", name, str(tests), "--output", str(output)])
        lanes.main()
    assert json.loads(output.read_text("utf8"))["lowest"]["releases"]["spacy"] == version("spacy")
    lanes_table = importlib.import_module("lanes_table")
    monkeypatch.setattr(lanes_table, "RESULT", output)
    rows = lanes_table.table_rows()
    assert [row[0] for row in rows] == ["lowest", "newest"]
    assert all(len(row) == len(lanes_table.HEADER) for row in rows)
    assert rows[0][-3:] == ["1", "1", "2"]
