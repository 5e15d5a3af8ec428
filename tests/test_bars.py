"""Progress bars while the clock is set."""

import io
import time
from pathlib import Path

import pytest

import spacy_mtl
from spacy_mtl.bars import ProgressBar


@pytest.mark.parametrize("year", [1970, 2100])
def test_the_clock_on_the_wall_does_not_count(year, monkeypatch):
    out = io.StringIO()
    with ProgressBar(total=100, file=out, mininterval=0) as bar:
        bar.update(10)
        now = (year - 1970) * 365.25 * 86400
        monkeypatch.setattr(time, "time", lambda: now)
        monkeypatch.setattr("tqdm.std.time", lambda: now)
        bar.update(10)
        bar.refresh()
        rate, elapsed = bar.format_dict["rate"], bar.format_dict["elapsed"]
    assert bar.n == 20
    assert 0 <= elapsed < 60
    assert rate is None or rate > 0
    assert "-" not in out.getvalue() and " 20%" in out.getvalue()


def test_no_other_bar_is_used():
    paths = Path(spacy_mtl.__file__).parent.rglob("*.py")
    found = [path.name for path in paths if "import tqdm" in path.read_text("utf8")]
    assert found == ["bars.py"]
