"""What released versions have saved can be loaded, and gives what it gave then."""

import importlib.util
import json
import shutil
from pathlib import Path

import numpy
import pytest

from spacy_mtl.layers.kernels import use_kernels

FIXTURES = Path(__file__).parent.parent / "fixtures"
VERSIONS = sorted(path.name for path in (FIXTURES / "models").iterdir() if path.is_dir())
#: Another matrix product rounds the last bits in another way.
ROUNDING = 1e-5
LARGEST = 150_000


def load_generator():
    spec = importlib.util.spec_from_file_location("make_models", FIXTURES / "make_models.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


make_models = load_generator()


def flat(value):
    """All numbers of nested lists and dictionaries, with the keys that lead to them."""
    if isinstance(value, dict):
        return [(f"{key}.{rest}", x) for key in value for rest, x in flat(value[key])]
    if isinstance(value, list):
        return [(f"{i}.{rest}", x) for i, part in enumerate(value) for rest, x in flat(part)]
    return [("", value)]


def test_there_are_models_of_a_released_version():
    assert VERSIONS[0] == "0.1.0"


@pytest.mark.parametrize("version", VERSIONS)
def test_models_are_small(version):
    files = [path for path in (FIXTURES / "models" / version).rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < LARGEST


@pytest.mark.parametrize("mode", ["numpy", "numba"])
@pytest.mark.parametrize("version", VERSIONS)
def test_models_of_released_versions_give_what_they_gave(tmp_path, monkeypatch, version, mode):
    if mode == "numba":
        pytest.importorskip("numba", reason="the extra 'fast' is not installed")
    folder = tmp_path / version
    shutil.copytree(FIXTURES / "models" / version, folder)
    shutil.copytree(folder / "pretraining", tmp_path / "work")
    expected = json.loads((folder / "expected.json").read_text("utf8"))
    computed_with = expected["computed_with"]
    monkeypatch.setenv("SPACY_MTL_PRODUCT", computed_with["product"])
    with use_kernels(mode):
        found = make_models.compute(folder, tmp_path / "work")
        is_alike = make_models.conditions() == computed_with
    for (place, was), (other, now) in zip(flat(expected[mode]), flat(found), strict=True):
        assert place == other
        if is_alike:
            assert now == was, place
        else:
            # Steps of training carry a rounded bit on.
            limit = ROUNDING * (100 if place.startswith("pretrained") else 1)
            assert abs(now - was) <= limit * max(1.0, abs(was)), place
    assert numpy.isfinite([value for _, value in flat(found)]).all()
