"""The figure of a search."""

import sys

import pytest

from spacy_mtl.sweep.figure import draw, import_drawing
from spacy_mtl.sweep.importance import ValueScores

LONG = "components.tok2vec.model.a_setting_with_a_name_of_some_length"


def test_shows_all_names_and_values():
    values = [
        ValueScores(LONG, "0.001 to 0.002", [0.9, 0.5]),
        ValueScores("b", "<&\U0001f642>", [0.1]),
    ]
    picture = draw({LONG: 0.7, "b": 0.3}, values, "svg").decode("utf8")
    assert "0.001 to 0.002" in picture
    assert "\U0001f642" in picture
    assert LONG[:50] in picture


def test_needs_no_importance():
    picture = draw({}, [ValueScores("b", "1", [0.5])], "svg").decode("utf8")
    assert "What mattered" not in picture


def test_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "altair", None)
    with pytest.raises(ValueError, match=r"E847.*altair.*spacy-mtl\[sweep\]"):
        import_drawing()
