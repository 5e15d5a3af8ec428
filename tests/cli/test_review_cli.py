"""`mtl review` and `mtl apply-review` on the command line."""

import csv
import json
import re

import pytest
from small_data import make_rows, write_rows
from spacy.cli._util import app
from typer.testing import CliRunner

from spacy_mtl.cli.init_config import init_config
from spacy_mtl.review import folds as folds_module
from spacy_mtl.training.rows import parse_row

pytest.importorskip("cleanlab", reason="cleanlab is not installed")


def run(*args):
    return CliRunner().invoke(app, ["mtl", *map(str, args)])


@pytest.fixture
def config(data, tmp_path):
    path = tmp_path / "c.cfg"
    path.write_text(init_config(data, width=32, depth=1, max_steps=6), encoding="utf8")
    return path


def test_all_formats_are_written_and_hold_the_same(config, data, tmp_path):
    outputs = [tmp_path / f"r.{kind}" for kind in ("jsonl", "csv", "html")]
    out = [part for path in outputs for part in ("--out", path)]
    result = run("review", config, data, "--task", "sentiment", *out, "--seeds", 1)
    assert result.exit_code == 0, result.output
    rows = [json.loads(line) for line in outputs[0].read_text().splitlines()]
    with open(outputs[1], newline="") as file:
        cells = list(csv.DictReader(file))
    assert [row["meta"]["line"] for row in rows] == [int(cell["line"]) for cell in cells]
    html = outputs[2].read_text()
    (found,) = re.findall(r'id="page-data">(.*?)</script>', html)
    assert [row["line"] for row in json.loads(found)["rows"]] == [r["meta"]["line"] for r in rows]
    assert len(rows) == 60
    assert not list(tmp_path.glob(".*folds"))


def test_rows_are_valid_data_once_decided(config, data, tmp_path):
    run("review", config, data, "-t", "mood", "-o", tmp_path / "r.jsonl", "--seeds", 1)
    row = json.loads((tmp_path / "r.jsonl").read_text().splitlines()[0])
    assert row["answer"] == "ignore"
    record = parse_row(row | {"answer": "accept"}, 1, task="mood", known=None)
    accepted = {key.partition("/")[2] for key, value in record.cats.items() if value}
    assert accepted == set(row["meta"]["labels"])


def test_decisions_are_applied(config, data, tmp_path):
    run("review", config, data, "-t", "sentiment", "-o", tmp_path / "r.jsonl", "--seeds", 1)
    lines = (tmp_path / "r.jsonl").read_text().splitlines()
    first = json.loads(lines[0])
    new = [o["id"] for o in first["options"] if o["id"] not in first["accept"]]
    lines[0] = json.dumps(first | {"accept": new, "answer": "accept"})
    (tmp_path / "r.jsonl").write_text("\n".join(lines))
    source = data / "train" / "sentiment.jsonl"
    result = run("apply-review", tmp_path / "r.jsonl", source, "--out", tmp_path / "new.jsonl")
    assert result.exit_code == 0, result.output
    assert "1 rows changed" in result.output and "59 still open" in result.output
    changed = (tmp_path / "new.jsonl").read_text().splitlines()[first["meta"]["line"] - 1]
    assert json.loads(changed)["label"] == new[0]
    again = run("apply-review", tmp_path / "r.jsonl", source, "--out", tmp_path / "new.jsonl")
    assert again.exit_code == 1 and "E707" in again.output


def test_unlabelled_text_is_proposed_by_a_trained_pipeline(trained, tmp_path):
    raw = tmp_path / "raw.txt"
    raw.write_text("good film\nbad parcel\n\nthe plot\n")
    out = tmp_path / "p.jsonl"
    model = trained / "multi" / "model-best"
    result = run("review", model, raw, "-t", "sentiment", "-t", "mood", "-o", out)
    assert result.exit_code == 0, result.output
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert len(rows) == 6
    assert {row["meta"]["task"] for row in rows} == {"sentiment", "mood"}
    styles = {row["meta"]["task"]: row["config"]["choice_style"] for row in rows}
    assert styles == {"sentiment": "single", "mood": "multiple"}


def test_an_interruption_says_how_to_go_on_and_the_same_command_does(
    config, data, tmp_path, monkeypatch
):
    real, calls = folds_module.predict_head, []

    def interrupt(*args, **settings):
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return real(*args, **settings)

    monkeypatch.setattr(folds_module, "predict_head", interrupt)
    command = (
        "review",
        config,
        data / "train" / "sentiment.jsonl",
        "-t",
        "sentiment",
        "--seeds",
        1,
    )
    out = ("-o", tmp_path / "r.jsonl")
    result = run(*command, *out)
    assert result.exit_code == 130 and "Interrupted" in result.output
    assert not (tmp_path / "r.jsonl").exists()
    assert run(*command, *out).exit_code == 0
    assert len(calls) == 4 + 7


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"config": "none.cfg"}, "E701"),
        ({"data": "none.jsonl"}, "E703"),
        ({"task": "nothing"}, "E715"),
        ({"out": "r.xlsx"}, "E706"),
        ({"out": "c.cfg.csv"}, "E707"),
    ],
)
def test_what_is_wrong_is_said(config, data, tmp_path, change, error):
    (tmp_path / "c.cfg.csv").write_text("")
    source = tmp_path / change.get("config", config.name)
    folder = tmp_path / change["data"] if "data" in change else data
    out = tmp_path / change.get("out", "r.jsonl")
    result = run("review", source, folder, "-t", change.get("task", "sentiment"), "-o", out)
    assert result.exit_code == 1
    assert error in result.output


def test_whole_pipelines_judge_rows_they_were_not_trained_on(tmp_path):
    data = tmp_path / "d"
    for split, seed in (("train", 0), ("dev", 1)):
        write_rows(data / split / "topic.jsonl", list(make_rows("topic", 24, seed)))
    text = init_config(data, width=32, depth=1, max_steps=4)
    (tmp_path / "c.cfg").write_text(text, encoding="utf8")
    out = tmp_path / "r.jsonl"
    options = ("--whole", "--folds", 2, "--seeds", 1)
    result = run("review", tmp_path / "c.cfg", data, "-t", "topic", "-o", out, *options)
    assert result.exit_code == 0, result.output
    assert len(out.read_text().splitlines()) == 24


def test_an_empty_file_and_a_task_without_data_are_said_to_be_so(config, data, tmp_path):
    empty = tmp_path / "empty.jsonl"
    empty.touch()
    result = run("review", config, empty, "-t", "sentiment", "-o", tmp_path / "r.jsonl")
    assert result.exit_code == 1
    assert "E704" in result.output
    (data / "raw.txt").write_text("a text without labels\n", encoding="utf8")
    result = run("review", config, data, "-t", "nothing", "-o", tmp_path / "r.jsonl")
    assert result.exit_code == 1
    assert "E709" in result.output
    assert "sentiment" in result.output
