"""`mtl apply` as a user meets it."""

import csv
import json

import pytest
from spacy.cli import app
from typer.testing import CliRunner

from spacy_mtl.bulk import apply


@pytest.fixture(scope="module")
def model(trained):
    return trained / "multi" / "model-best"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jsonl").write_text('{"text": "a plot", "id": 7}\n{"text": 3}\n')
    (tmp_path / "in" / "b.csv").write_text("text\na plot\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*args):
    return CliRunner().invoke(app, ["mtl", "apply", *map(str, args)])


def test_a_folder(model, folder):
    result = run(model, "in", "out", "--scores", "--workers", 1)
    assert result.exit_code == 0, result.output
    assert "2 texts of 2 files" in result.output
    assert "1 bad rows are left out" in result.output
    row = json.loads((folder / "out" / "a.jsonl").read_text())
    assert row["id"] == 7
    assert all(found["scores"] for found in row["predicted"].values())
    with (folder / "out" / "b.csv").open(newline="") as file:
        header, cells = csv.reader(file)
    assert header[0] == "text"
    assert len(header) == len(cells) > 1
    assert len((folder / "out.rejected.jsonl").read_text().splitlines()) == 1


def test_a_file_that_cannot_be_read_is_told_at_the_end(model, folder):
    (folder / "in" / "c.csv").write_text("body\nx\n")
    result = run(model, "in", "out", "--workers", 1)
    assert result.exit_code == 1
    assert "no column 'text'" in result.output
    assert (folder / "out" / "b.csv").exists()


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["nowhere", "out"], "E775"),
        (["in", "out", "--engine", "spark"], "E782"),
        (["in/a.jsonl", "out.csv"], "E778"),
        (["in/a.jsonl", "-"], "E932"),
        (["-", "out"], "E932"),
    ],
)
def test_what_cannot_be_done(model, args, code):
    result = run(model, *args)
    assert result.exit_code == 1
    assert code in result.output


def test_an_interruption(model, monkeypatch):
    def interrupt(*args, **settings):
        raise KeyboardInterrupt

    monkeypatch.setattr(apply, "spread", interrupt)
    result = run(model, "in", "out")
    assert result.exit_code == 130
    assert "same command again" in result.output


def test_no_success_is_told_where_nothing_was_written(model, folder):
    (folder / "in" / "c.csv").write_text("body\nx\n")
    result = run(model, "in/c.csv", "out.csv", "--workers", 1)
    assert result.exit_code == 1
    assert "Wrote" not in result.output
    assert not (folder / "out.csv").exists()
