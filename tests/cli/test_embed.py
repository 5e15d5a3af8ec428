"""`mtl embed`, `mtl similar` and `mtl predict` as a user meets them."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy
import pytest
import srsly
from old_releases import make_runner
from spacy.cli import app

from spacy_mtl.inference.embedder import Embedder

TEXTS = ["good great plot", "", "bad awful parcel", "a\u0000b 🙂", "lovely order"]


@pytest.fixture(scope="module")
def model(trained):
    return trained / "multi" / "model-best"


@pytest.fixture
def source(tmp_path):
    srsly.write_jsonl(tmp_path / "texts.jsonl", [{"text": text} for text in TEXTS])
    return tmp_path / "texts.jsonl"


def run(*args, stdin=None):
    return make_runner().invoke(app, ["mtl", *map(str, args)], input=stdin)


def start(*args, **settings):
    command = [sys.executable, "-m", "spacy", "mtl", *map(str, args)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **settings
    )


def test_embed_writes_a_file(model, source, tmp_path):
    result = run("embed", model, source, tmp_path / "out.npy")
    assert result.exit_code == 0, result.output
    assert "Wrote the embeddings of 5 texts" in result.output
    vectors = numpy.load(tmp_path / "out.npy")
    assert vectors.shape == (5, 32)
    assert not vectors[1].any()
    again = run("embed", model, source, tmp_path / "out.npy")
    assert again.exit_code == 1
    assert "E616" in again.output


def test_embed_from_and_to_a_pipe(model):
    result = run("embed", model, "-", "-", stdin='{"text": "a plot", "id": 7}\n{"text": ""}\n')
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row["text"] for row in rows] == ["a plot", ""]
    assert rows[0]["id"] == 7
    assert len(rows[1]["embedding"]) == 32


def test_bad_rows_are_named(model, source, tmp_path):
    lines = source.read_text().splitlines()
    source.write_text("\n".join([*lines, lines[0], '{"text": ', *lines]))
    result = run("embed", model, source, tmp_path / "out.npy")
    assert result.exit_code == 1
    assert "texts.jsonl:7: not valid JSON" in result.output
    skipped = run("embed", model, source, tmp_path / "out.npy", "--on-error", "skip")
    assert skipped.exit_code == 0
    assert "1 bad rows are left out" in skipped.stderr
    assert len(numpy.load(tmp_path / "out.npy")) == 11


def test_an_interruption_is_one_line(model, source, tmp_path, monkeypatch):
    def interrupt(self, texts):
        raise KeyboardInterrupt

    monkeypatch.setattr(Embedder, "__call__", interrupt)
    result = run("embed", model, source, tmp_path / "out.npy")
    assert result.exit_code == 130
    assert result.stderr == ("Interrupted. To go on, give the same command again.\n")


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
@pytest.mark.slow
@pytest.mark.parametrize("processes", [1, 2])
def test_killed_and_taken_up_again(model, tmp_path, processes):
    rows = [{"text": f"{TEXTS[i % 5]} {i}"} for i in range(12_000)]
    source, output = tmp_path / "texts.jsonl", tmp_path / "out.npy"
    srsly.write_jsonl(source, rows)
    killed = start("embed", model, source, output, "--n-process", processes)
    state = tmp_path / "out.npy.partial" / "state.json"
    while not state.exists() and killed.poll() is None:
        time.sleep(0.01)
    os.kill(killed.pid, signal.SIGKILL)
    # Its processes hold the pipes until they end, too.
    killed.communicate(timeout=60)
    if killed.returncode == 0:
        pytest.skip("the machine was too fast")
    assert not output.exists()
    result = run("embed", model, source, output)
    assert "Going on after" in result.stderr
    assert run("embed", model, source, tmp_path / "whole.npy").exit_code == 0
    assert output.read_bytes() == (tmp_path / "whole.npy").read_bytes()


@pytest.mark.skipif(os.name != "posix", reason="needs the pipes of a shell")
def test_nobody_reads_the_output(model, tmp_path):
    source = tmp_path / "texts.jsonl"
    srsly.write_jsonl(source, [{"text": "a plot"}] * 2000)
    process = start("predict", model, source)
    assert process.stdout.readline().startswith('{"text": "a plot", "predicted": {')
    process.stdout.close()
    assert process.wait(timeout=120) == 141
    assert process.stderr.read() == ""
    process.stderr.close()


def test_predict_one_text(model):
    result = run("predict", model, "--text", "good great plot", "--tasks", "sentiment", "--scores")
    assert result.exit_code == 0, result.output
    assert [line.split()[0] for line in result.stdout.split("\n")[1:2]] == ["Task"]
    assert result.stdout.count("*") == 1
    assert "negative" in result.stdout


def test_predict_several_texts(model):
    result = run("predict", model, "-x", "good great plot", "-x", "bad")
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row["text"] for row in rows] == ["good great plot", "bad"]
    assert rows[0]["predicted"].keys() == {"sentiment", "topic", "mood"}
    assert rows[0]["predicted"]["sentiment"]["label"] in ("positive", "negative")
    assert rows[0]["predicted"]["mood"].keys() == {"labels"}


def test_predict_lines_of_a_pipe(model):
    result = run("predict", model, "-", "--format", "txt", stdin="good\n\nbad\n")
    assert [json.loads(line)["text"] for line in result.stdout.splitlines()] == ["good", "", "bad"]


def test_predict_to_a_file(model, source, tmp_path):
    result = run("predict", model, source, tmp_path / "out.jsonl", "--tasks", "topic")
    assert "Wrote the labels of 5 texts" in result.output
    rows = list(srsly.read_jsonl(tmp_path / "out.jsonl"))
    assert [list(row["predicted"]) for row in rows] == [["topic"]] * 5


@pytest.mark.parametrize(
    ("args", "code"),
    [
        ([], "E634"),
        (["-", "-x", "a"], "E635"),
        (["-x", "a", "--tasks", "none"], "E623"),
        (["none.jsonl"], "E611"),
    ],
)
def test_predict_what_cannot_be_done(model, args, code):
    result = run("predict", model, *args)
    assert result.exit_code == 1
    assert code in result.output


def test_similar_texts(model, source, tmp_path):
    saved = run("similar", model, source, TEXTS[0], "--top", 2, "--save-index", tmp_path / "index")
    assert saved.exit_code == 0, saved.output
    assert "1.000" in saved.output
    assert TEXTS[0] in saved.output
    again = run("similar", model, tmp_path / "index", TEXTS[2], "--json", "-n", 1)
    (hit,) = json.loads(again.stdout)["similar"]
    assert hit["text"] == TEXTS[2]
    assert hit["row"] == 2


def test_similar_to_many_queries(model, source):
    result = run("similar", model, source, "-q", "-", "--json", stdin="good plot\n\nbad parcel\n")
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row["query"] for row in rows] == ["good plot", "", "bad parcel"]
    assert [len(row["similar"]) for row in rows] == [4, 0, 4]


@pytest.mark.parametrize(
    ("args", "code"), [([], "E633"), (["a", "--index", "fast"], "E626"), (["a", "-q", "x"], "E611")]
)
def test_similar_what_cannot_be_done(model, source, args, code):
    result = run("similar", model, source, *args)
    assert result.exit_code == 1
    assert code in result.output
