"""The search for advisories that concern a release."""

import importlib
import sys
from pathlib import Path

import pytest
from packaging.version import Version

pytest.importorskip("yaml")
CI = Path(__file__).parents[2] / ".ci"
BROKEN = """
id: PYSEC-2020-1
aliases: [CVE-2020-1]
summary: It breaks.
affected:
- package: {name: Some_Library, ecosystem: PyPI}
  ranges:
  - type: ECOSYSTEM
    events: [{introduced: '1.2'}, {fixed: 1.4.1}, {introduced: 2.0.0-cu124}, {last_affected: '2.3'}]
  versions: ['0.9d', '1.0']
"""


@pytest.fixture
def advisories(monkeypatch):
    monkeypatch.syspath_prepend(str(CI))
    return importlib.import_module("advisories")


@pytest.fixture
def database(tmp_path):
    folder = tmp_path / "vulns" / "some-library"
    folder.mkdir(parents=True)
    (folder / "PYSEC-2020-1.yaml").write_text(BROKEN, "utf8")
    return tmp_path


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        ("0.9", False),
        ("1", True),
        ("1.1", False),
        ("1.2", True),
        ("1.4.0", True),
        ("1.4.1", False),
        ("2.0", True),
        ("2.3.0", True),
        ("2.3.1", False),
    ],
)
def test_a_release_by_lists_and_ranges(advisories, database, release, expected):
    found = list(advisories.find(database, {"some-library": Version(release)}))
    assert bool(found) is expected


def test_what_was_withdrawn_is_left_out(advisories, database):
    (path,) = database.rglob("*.yaml")
    path.write_text(BROKEN + "withdrawn: '2021-01-01'\n", "utf8")
    assert not list(advisories.find(database, {"some-library": Version("1.2")}))


@pytest.mark.parametrize(("accepted", "status"), [("PYSEC-2020-1", 0), ("CVE-2020-1", 0), ("", 1)])
def test_what_is_accepted_does_not_fail(
    advisories, database, tmp_path, monkeypatch, capsys, accepted, status
):
    (tmp_path / "pins").write_text("Some.Library==1.2\nother==1\n", "utf8")
    (tmp_path / "accepted").write_text(f"# comment\n\n{accepted} not called\n", "utf8")
    words = [str(database), str(tmp_path / "pins"), "--accepted", str(tmp_path / "accepted")]
    monkeypatch.setattr(sys, "argv", ["advisories.py", *words])
    assert advisories.main() == status
    assert f"2 releases, {status} advisories" in capsys.readouterr().out


def test_what_is_accepted_has_a_reason():
    lines = (CI / "accepted.txt").read_text("utf8").splitlines()
    assert all(line.startswith("#") or len(line.split()) > 3 for line in lines)
