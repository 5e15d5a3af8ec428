"""Pictures of arrays: what is kept, what is written, what is refused."""

import json
import re
import xml.etree.ElementTree as ElementTree

import numpy
import pytest

from spacy_mtl.report import plot_embeddings

pytest.importorskip("plotly", reason="extra plot is not installed")
pytest.importorskip("altair", reason="extra plot is not installed")
pytest.importorskip("sklearn", reason="extra plot is not installed")

RNG = numpy.random.default_rng(0)
X = RNG.normal(size=(6, 4))
TEXTS = [f"text {i}" for i in range(6)]
LABELS = ["b", "a", "b", None, "a", "b"]
PNG = b"\x89PNG\r\n\x1a\n"


def read_data(html):
    (text,) = re.findall(r'<script type="application/json" id="page-data">(.*?)</script>', html)
    return json.loads(text)


def words_of(svg):
    return [element.text for element in ElementTree.fromstring(svg).iter() if element.text]


def test_the_page_has_texts_points_and_labels():
    picture = plot_embeddings(X, TEXTS, LABELS)
    data = read_data(picture.to_html())
    assert data["texts"] == TEXTS
    assert data["colourings"] == [
        {"name": "label", "labels": ["b", "a"], "codes": [0, 1, 0, -1, 1, 0]}
    ]
    (panel,) = data["panels"]
    found = numpy.array([panel["x"], panel["y"]]).T
    assert found == pytest.approx(picture.panels[0].points, rel=1e-5)


def test_pictures_side_by_side_are_turned_alike():
    turned = numpy.roll(-X, 1, axis=1)
    picture = plot_embeddings({"before": X, "after": turned})
    before, after = picture.panels
    assert (before.name, after.name) == ("before", "after")
    assert after.points == pytest.approx(before.points, abs=1e-4)


def test_arrays_of_different_width():
    picture = plot_embeddings({"before": X, "after": X[:, :1]})
    assert [panel.points.shape for panel in picture.panels] == [(6, 2), (6, 2)]


@pytest.mark.parametrize("suffix", ["png", "svg", "html", "SVG"])
def test_the_suffix_tells_the_format(tmp_path, suffix):
    path = tmp_path / f"map.{suffix}"
    plot_embeddings(X, TEXTS, LABELS, out=path)
    data = path.read_bytes()
    start = {"png": PNG, "svg": b"<svg", "html": b"<!DOCTYPE html>"}[suffix.lower()]
    assert data.startswith(start)


def test_a_picture_names_its_labels_and_panels():
    labels = ["<b>&", "a\0b", None, "a\0b", "<b>&", "x" * 90]
    svg = plot_embeddings({"one": X, "two": -X}, labels=labels, title="A & B").to_svg()
    words = words_of(svg)
    assert {"A & B", "one", "two", "<b>&", "a\ufffdb", "x" * 39 + "…", "no label"} <= set(words)


def test_a_picture_without_labels_has_no_legend():
    words = words_of(plot_embeddings(X).to_svg())
    assert "no label" not in words


def test_rare_labels_share_a_name():
    n = 45
    labels = [f"l{i}" for i in range(n)]
    words = words_of(plot_embeddings(RNG.normal(size=(n, 3)), labels=labels).to_svg())
    assert "other labels (5)" in words
    assert sum(word.startswith("l") for word in words) == 40


def test_a_picture_of_many_points_shows_some(monkeypatch):
    monkeypatch.setattr("spacy_mtl.report.embedding_picture.MAX_POINTS", 4)
    svg = plot_embeddings(X).to_svg()
    assert any("4 of 6 points" in word for word in words_of(svg))


def test_a_notebook_shows_the_picture():
    assert plot_embeddings(X)._repr_png_().startswith(PNG)


def test_a_file_is_not_overwritten_unless_allowed(tmp_path):
    path = tmp_path / "map.svg"
    path.write_text("mine")
    with pytest.raises(ValueError, match="E641"):
        plot_embeddings(X, out=path)
    assert path.read_text() == "mine"
    plot_embeddings(X, out=path, overwrite=True)
    assert path.read_text() != "mine"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"embeddings": X[0]}, "E644"),
        ({"embeddings": X[:0]}, "E644"),
        ({"embeddings": {}}, "E644"),
        ({"embeddings": {"a": X, "b": X[1:]}}, "E646.*rows of 'b'"),
        ({"embeddings": numpy.where(X[2, 1] == X, numpy.nan, X)}, "E645.*first is row 2"),
        ({"texts": TEXTS[1:]}, "E646.*5 texts"),
        ({"labels": [*LABELS, "a"]}, "E646.*7 label"),
        ({"labels": {"gold": LABELS, "predicted": LABELS[1:]}}, "E646.*5 predicted"),
        ({"rows": []}, "E646.*0 rows"),
        ({"method": "tsne"}, "E643"),
        ({"out": "map.pdf"}, "E647.*map.pdf"),
    ],
)
def test_what_cannot_be_drawn(change, code):
    settings = {"embeddings": X, "texts": TEXTS, "labels": LABELS, **change}
    with pytest.raises(ValueError, match=code):
        plot_embeddings(**settings)
