"""The embedding space of a pipeline, and the command that draws it."""

import json
import re

import numpy
import pytest
import spacy
from builders import add_task, initialize, make_pipeline
from typer.testing import CliRunner

from spacy_mtl.cli import mtl_cli
from spacy_mtl.report import plot_pipeline
from spacy_mtl.report.pipeline_map import embed_texts

pytest.importorskip("plotly", reason="extra plot is not installed")
pytest.importorskip("altair", reason="extra plot is not installed")
pytest.importorskip("sklearn", reason="extra plot is not installed")

TRAINING = [
    ("good film", {"mood/pos": 1.0, "mood/neg": 0.0, "tags/film": 1.0, "tags/shop": 0.0}),
    ("bad shop", {"mood/pos": 0.0, "mood/neg": 1.0, "tags/film": 0.0, "tags/shop": 1.0}),
]
ROWS = [
    {"text": "good film", "label": "pos"},
    {"text": "bad shop", "label": "neg"},
    {"text": "", "label": "pos"},
    {"text": "</script> 👍 \u2028", "label": "neg"},
]


@pytest.fixture(scope="module")
def trained():
    nlp = make_pipeline("mood")
    add_task(nlp, "tags", multi_label=True)
    initialize(nlp, TRAINING)
    return nlp


@pytest.fixture(scope="module")
def folder(tmp_path_factory, trained):
    """A folder with the pipeline `model`, data of the task `mood` and raw texts."""
    root = tmp_path_factory.mktemp("plot")
    trained.to_disk(root / "model")
    (root / "data" / "mood").mkdir(parents=True)
    lines = "".join(json.dumps(row) + "\n" for row in ROWS)
    (root / "data" / "mood" / "test.jsonl").write_text(lines)
    (root / "raw.txt").write_text("good film\nbad shop\n")
    return root


def run(*args):
    return CliRunner().invoke(mtl_cli, ["plot", *map(str, args)])


def read_data(path):
    html = path.read_text(encoding="utf8")
    (text,) = re.findall(r'<script type="application/json" id="page-data">(.*?)</script>', html)
    return json.loads(text)


def test_embeddings_and_labels_are_those_of_the_pipeline(trained):
    texts = [row["text"] for row in ROWS]
    seen = embed_texts(trained, texts, task="mood")
    docs = [trained(text) for text in texts]
    assert seen.embeddings == pytest.approx(
        numpy.array([doc._.embedding for doc in docs]), abs=1e-5
    )
    assert seen.predicted == [
        max(("pos", "neg"), key=lambda label: doc.cats[f"mood/{label}"]) for doc in docs
    ]
    assert trained.pipe_names == ["tok2vec", "mood", "tags"]


def test_labels_of_a_task_with_several(trained):
    texts = [row["text"] for row in ROWS]
    found = embed_texts(trained, texts, task="tags").predicted
    for doc, label in zip(trained.pipe(texts), found, strict=True):
        applied = [own for own in ("film", "shop") if doc.cats[f"tags/{own}"] >= 0.5]
        assert label == (" + ".join(applied) or "(none)")


def test_a_page_of_a_folder(folder, tmp_path):
    result = run(folder / "model", folder / "data", "--out", tmp_path / "map.html")
    assert result.exit_code == 0, result.output
    assert "Drew 4 texts" in result.output
    data = read_data(tmp_path / "map.html")
    assert data["texts"] == [row["text"] for row in ROWS]
    assert data["rows"] == ROWS
    assert [own["name"] for own in data["colourings"]] == ["gold", "predicted"]


def test_predicted_labels_of_raw_texts(folder, tmp_path):
    out = tmp_path / "map.html"
    args = (folder / "model", folder / "raw.txt", "--out", out)
    assert run(*args, "--task", "mood").exit_code == 0
    data = read_data(out)
    assert [own["name"] for own in data["colourings"]] == ["predicted"]
    assert data["rows"] == [{"text": "good film"}, {"text": "bad shop"}]
    assert run(*args, "--force").exit_code == 0
    assert read_data(out)["colourings"][0]["labels"] == []


def test_the_colour_that_comes_first(folder):
    picture = plot_pipeline(folder / "model", folder / "data", colour="predicted")
    assert [own.name for own in picture.colourings] == ["predicted", "gold"]


def test_before_and_after(folder, trained, tmp_path):
    other = make_pipeline("mood")
    initialize(other, TRAINING, seed=1)
    other.to_disk(tmp_path / "other")
    out = tmp_path / "map.svg"
    args = ("--before", tmp_path / "other", "--out", out, "--title", "Two")
    assert run(folder / "model", folder / "data", *args).exit_code == 0
    assert all(f">{word}</text>" in out.read_text() for word in ("before", "after", "Two"))


def test_a_limit(folder):
    with pytest.warns(UserWarning, match="W350.*2 of 4"):
        picture = plot_pipeline(folder / "model", folder / "data", limit=2)
    assert len(picture.texts) == len(picture.panels[0].points) == 2
    result = run(folder / "model", folder / "data", "-n", 2, "-o", folder / "some.svg", "-F")
    assert "W350" in result.output and "Drew 2 texts" in result.output


def test_labels_of_a_task_that_the_pipeline_does_not_have(folder, tmp_path):
    (tmp_path / "new.jsonl").write_text('{"text": "good", "label": "x"}\n')
    picture = plot_pipeline(folder / "model", tmp_path / "new.jsonl")
    assert [(own.name, own.labels) for own in picture.colourings] == [("gold", ("x",))]
    with pytest.raises(ValueError, match=r"E650.*mood, tags"):
        plot_pipeline(folder / "model", tmp_path / "new.jsonl", colour="predicted")


@pytest.mark.parametrize(
    ("data", "args", "code"),
    [
        ("none", (), "E652"),
        ("data", ("--colour", "pink"), "E653"),
        ("data", ("--method", "tsne"), "E643"),
        ("data", ("--out", "map.gif"), "E647"),
        ("data", ("--out", "."), "E647"),
        ("data", ("--split", "dev"), "E116"),
        ("data", ("--task", "a b"), "E001"),
        ("raw.txt", ("--colour", "gold"), "E655"),
        ("raw.txt", ("--colour", "predicted"), "E650"),
        ("raw.txt", ("--task", "other"), "E650"),
        ("data", ("--task", "other"), "E650"),
    ],
)
def test_what_can_be_wrong(folder, tmp_path, data, args, code):
    out = ("--out", tmp_path / "map.svg") if "--out" not in args else ()
    result = run(folder / "model", folder / data, *args, *out)
    assert result.exit_code == 1
    assert code in result.output
    assert isinstance(result.exception, SystemExit)
    assert not (tmp_path / "map.svg").exists()


def test_nothing_is_read_if_the_file_exists(folder, tmp_path):
    (tmp_path / "map.svg").write_text("mine")
    result = run(tmp_path / "no model", folder / "data", "--out", tmp_path / "map.svg")
    assert result.exit_code == 1 and "E641" in result.output


def test_a_pipeline_without_an_encoder(folder):
    with pytest.raises(ValueError, match="E651"):
        plot_pipeline(spacy.blank("en"), folder / "data")
