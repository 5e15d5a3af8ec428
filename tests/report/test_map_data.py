"""Texts and labels of a picture, from folders, task files and raw texts."""

import json

import pytest
from spacy.tokens import DocBin

from spacy_mtl.report.map_data import export_row, gold_label, read_map_data
from spacy_mtl.training.rows import Record, parse_row

ROWS = [{"text": "good", "label": "pos"}, {"text": "bad", "label": "neg"}]


def write(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def labels_of(data):
    return [gold_label(record, data.task) for record in data.records]


@pytest.mark.parametrize(
    ("place", "given"),
    [
        ("data/mood/test.jsonl", "data"),
        ("data/mood/test.jsonl", "data/mood"),
        ("data/mood/test.jsonl", "data/mood/test.jsonl"),
        ("data/test/mood.jsonl", "data"),
        ("data/test/mood.jsonl", "data/test/mood.jsonl"),
        ("data/mood.test.jsonl", "data/mood.test.jsonl"),
    ],
)
def test_the_task_is_the_one_that_the_data_is_named_after(tmp_path, place, given):
    write(tmp_path / place, ROWS)
    data = read_map_data(tmp_path / given, tasks=["mood", "topic"])
    assert data.task == "mood" and data.labelled
    assert labels_of(data) == ["pos", "neg"]


def test_one_task_of_several(tmp_path):
    write(tmp_path / "mood" / "test.jsonl", ROWS)
    write(tmp_path / "topic" / "test.jsonl", ROWS[:1])
    with pytest.raises(ValueError, match=r"E649.*mood, topic"):
        read_map_data(tmp_path, tasks=["mood", "topic"])
    assert len(read_map_data(tmp_path, tasks=["mood", "topic"], task="topic").records) == 1
    assert read_map_data(tmp_path, tasks=["mood"]).task == "mood"


def test_a_task_in_the_keys_of_a_file(tmp_path):
    rows = [{"text": "good", "cats": {"mood/pos": 1.0, "topic/film": 1.0}}]
    path = write(tmp_path / "mixed.jsonl", [*rows, {"text": "x", "cats": {"topic/film": 1.0}}])
    data = read_map_data(path, tasks=["mood", "topic"], task="mood")
    assert labels_of(data) == ["pos", None]
    assert [export_row(record) for record in data.records][:1] == rows


@pytest.mark.parametrize("name", ["raw.txt", "raw.jsonl"])
def test_raw_texts(tmp_path, name):
    path = tmp_path / name
    lines = ["one\n", "two\n"] if name.endswith("txt") else ['{"text": "one"}\n{"text": "two"}\n']
    path.write_text("".join(lines))
    data = read_map_data(path, tasks=["mood", "topic"])
    assert (data.task, data.labelled) == (None, False)
    assert [export_row(record) for record in data.records] == [{"text": "one"}, {"text": "two"}]
    assert read_map_data(path, tasks=["mood"]).task == "mood"
    assert read_map_data(path, tasks=["mood", "topic"], task="topic").task == "topic"


def test_a_doc_bin(tmp_path, nlp):
    doc = nlp("good")
    doc.cats = {"mood/pos": 1.0}
    DocBin(docs=[doc]).to_disk(tmp_path / "mood.spacy")
    assert labels_of(read_map_data(tmp_path / "mood.spacy", tasks=[])) == ["pos"]


@pytest.mark.parametrize(
    ("row", "label"),
    [
        ({"label": "a"}, "a"),
        ({"label": "a", "answer": "reject"}, None),
        ({"labels": ["a", "b"]}, "a + b"),
        ({"labels": []}, "(none)"),
        ({"cats": {"a": 0.3, "b": 0.7}}, "b"),
        ({"cats": {"a": 0.0}}, None),
    ],
)
def test_the_label_of_a_row(row, label):
    record = parse_row({"text": "x", **row}, 1, task="t", known=())
    assert gold_label(record, "t") == label


@pytest.mark.parametrize(
    "row", [{"label": "a"}, {"labels": ["a", "b"]}, {"labels": []}, {"cats": {"t/a": 0.25}}]
)
def test_a_row_is_exported_as_it_was(row):
    row = {"text": "x", **row}
    assert export_row(parse_row(row, 1, task="t", known=("t",))) == row


def test_raw_rows_export_nothing_but_text():
    assert export_row(Record("x")) == {"text": "x"}


def test_what_cannot_be_read(tmp_path):
    with pytest.raises(FileNotFoundError, match="E652"):
        read_map_data(tmp_path / "none", tasks=[])
    (tmp_path / "empty.jsonl").write_text("\n")
    with pytest.raises(ValueError, match="E654"):
        read_map_data(tmp_path / "empty.jsonl", tasks=[])
    (tmp_path / "nul.jsonl").write_bytes(b"\0\0")
    with pytest.raises(ValueError, match="E104"):
        read_map_data(tmp_path / "nul.jsonl", tasks=[])
    write(tmp_path / "bad.jsonl", [*ROWS, {"text": 3, "label": "pos"}])
    with pytest.raises(ValueError, match="E108"):
        read_map_data(tmp_path / "bad.jsonl", tasks=[])
    assert len(read_map_data(tmp_path / "bad.jsonl", tasks=[], on_error="skip").records) == 2
