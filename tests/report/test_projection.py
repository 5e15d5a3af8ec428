"""Embeddings in two dimensions."""

import sys

import numpy
import pytest

from spacy_mtl.report.projection import project, turn_towards

pytest.importorskip("sklearn", reason="extra plot is not installed")


def distances(points):
    return numpy.linalg.norm(points[:, None] - points[None], axis=-1)


def test_pca_keeps_the_directions_of_most_variance():
    rng = numpy.random.default_rng(0)
    X = rng.normal(size=(200, 5)) * [1, 9, 1, 3, 1]
    points, note = project(X.astype("f"))
    assert abs(numpy.corrcoef(points[:, 0], X[:, 1])[0, 1]) > 0.95
    assert abs(numpy.corrcoef(points[:, 1], X[:, 3])[0, 1]) > 0.95
    shares = (X.var(axis=0) / X.var(axis=0).sum())[[1, 3]]
    found = [int(part.strip(" %")) / 100 for part in note[5:].split(" of")[0].split("+")]
    assert found == pytest.approx(shares, abs=0.03)


@pytest.mark.parametrize("shape", [(1, 1), (1, 4), (2, 4), (5, 1), (3, 2)])
def test_few_rows_and_columns(shape):
    X = numpy.arange(shape[0] * shape[1], dtype="f").reshape(shape)
    points, note = project(X)
    assert points.shape == (shape[0], 2)
    assert numpy.isfinite(points).all()
    assert "nan" not in note


def test_rows_that_are_all_alike():
    points, note = project(numpy.ones((6, 3), dtype="f"))
    assert not points.any()
    assert note == "PCA: 0% + 0% of the variance"


def test_pictures_are_turned_and_mirrored_but_not_bent():
    rng = numpy.random.default_rng(0)
    target = rng.normal(size=(30, 2))
    turn = numpy.array([[0.6, 0.8], [0.8, -0.6]])
    points = target @ turn + 3
    found = turn_towards(points, target)
    assert found == pytest.approx(target - target.mean(axis=0))
    assert distances(found) == pytest.approx(distances(points))


def test_unknown_method():
    with pytest.raises(ValueError, match=r"E643.*'tsne'"):
        project(numpy.ones((2, 2), dtype="f"), method="tsne")


def test_umap_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "umap", None)
    with pytest.raises(ValueError, match=r"E642.*pip install umap-learn"):
        project(numpy.ones((9, 2), dtype="f"), method="umap")


@pytest.mark.slow
def test_umap():
    pytest.importorskip("umap", reason="umap-learn is not installed")
    X = numpy.random.default_rng(0).normal(size=(12, 4)).astype("f")
    points, _ = project(X, method="umap")
    assert points.shape == (12, 2)
    assert numpy.isfinite(points).all()
    with pytest.raises(ValueError, match="E648"):
        project(X[:3], method="umap")
