"""Libraries that not everybody has."""

import json
import sys

import pytest

from spacy_mtl.errors import Errors
from spacy_mtl.extras import import_extra


def test_a_module_that_is_there():
    assert import_extra("json", Errors.E640) is json


def test_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "altair", None)
    with pytest.raises(ValueError, match=r"E640.*altair.*spacy-mtl\[plot\]"):
        import_extra("altair", Errors.E640)
