import json

import numpy
import pytest
import spacy
from spacy.tokens import DocBin

from spacy_mtl.pipeline.loss import cross_entropy
from spacy_mtl.training.add_task_data import (
    correct_targets,
    find_old_data,
    format_rows,
    read_task,
)

SHARES = {"train": 0.8, "dev": 0.2, "test": 0.0}
LABELS = ("high", "low")


def write(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf8")
    return path


def rows(count, start=0):
    return [{"text": f"text {i}", "label": LABELS[i % 2]} for i in range(start, start + count)]


def read(path, **settings):
    return read_task(path, "urgency", **{"shares": SHARES, **settings})


def test_a_folder_with_all_splits(tmp_path):
    for start, split in enumerate(("train", "dev", "test")):
        write(tmp_path / f"urgency.{split}.jsonl", rows(4, 10 * start))
        write(tmp_path / f"other.{split}.jsonl", rows(2))
    task = read(tmp_path)
    assert list(task.rows) == ["train", "dev", "test"]
    assert task.rows["dev"][0] == ("text 10", {"urgency/high": 1.0})
    assert (task.summary.labels, task.summary.multi_label) == (["high", "low"], False)
    assert (task.summary.n_train, task.summary.n_dev) == (4, 4)
    assert task.texts[0] == "text 0" and len(task.texts) == 12


@pytest.mark.parametrize("name", ["urgency.jsonl", "urgency.train.jsonl", "urgency/train.jsonl"])
def test_dev_is_taken_from_train(tmp_path, name):
    write(tmp_path / name, rows(50))
    task = read(tmp_path)
    assert {split: len(found) for split, found in task.rows.items()} == {"train": 40, "dev": 10}
    assert task.summary.counts == {"high": 20, "low": 20}
    assert sorted(task.texts) == sorted(row["text"] for row in rows(50))


def test_dev_and_test_are_taken_from_train(tmp_path):
    path = write(tmp_path / "any.jsonl", rows(50))
    task = read(path, shares={"train": 0.6, "dev": 0.2, "test": 0.2})
    assert [len(found) for found in task.rows.values()] == [30, 10, 10]


def test_the_seed_divides(tmp_path):
    path = write(tmp_path / "any.jsonl", rows(50))
    first, again, other = (read(path, seed=seed).rows["dev"] for seed in (0, 0, 1))
    assert first == again != other


def test_equal_texts_stay_together(tmp_path):
    path = write(tmp_path / "any.jsonl", [*rows(20), *rows(20)])
    task = read(path)
    assert not {text for text, _ in task.rows["train"]} & {text for text, _ in task.rows["dev"]}


def test_files_of_their_own_for_dev_and_test(tmp_path):
    path = write(tmp_path / "some.jsonl", rows(6))
    held_out = {"dev": write(tmp_path / "b.jsonl", rows(3)), "test": write(tmp_path / "c.csv", [])}
    held_out["test"].write_text("text,label\nhelp,high\n")
    task = read(path, held_out=held_out)
    assert [len(found) for found in task.rows.values()] == [6, 3, 1]


def test_any_number_of_labels(tmp_path):
    labelled = [{"text": "a", "labels": ["x", "y"]}, {"text": "b", "labels": []}]
    path = write(tmp_path / "some.jsonl", labelled)
    task = read(path, held_out={"dev": path})
    assert task.summary.multi_label
    assert task.rows["train"][1] == ("b", {"urgency/x": 0.0, "urgency/y": 0.0})


def test_labels_of_other_tasks_are_not_read(tmp_path):
    cats = [{"urgency/high": 1.0, "topic/a": 1.0}, {"urgency/low": 1.0}, {"topic/b": 1.0}]
    path = write(tmp_path / "some.jsonl", [{"text": "a", "cats": each} for each in cats])
    task = read(path, held_out={"dev": path})
    assert [cats for _, cats in task.rows["train"]] == [{"urgency/high": 1.0}, {"urgency/low": 1.0}]


def test_docs(tmp_path):
    doc = spacy.blank("en")("a text")
    docs = []
    for label in LABELS:
        docs.append(doc.copy())
        docs[-1].cats = {f"urgency/{label}": 1.0}
    DocBin(docs=docs).to_disk(tmp_path / "urgency.train.spacy")
    DocBin(docs=docs).to_disk(tmp_path / "urgency.dev.spacy")
    assert read(tmp_path).rows["train"][1] == ("a text", {"urgency/low": 1.0})


@pytest.mark.parametrize(
    ("code", "files"),
    [
        ("E467", {"other.train.jsonl": rows(2)}),
        ("E468", {"urgency.train.jsonl": rows(2), "urgency.jsonl": rows(2)}),
        ("E469", {"urgency.dev.jsonl": rows(2)}),
        ("E303", {"urgency.train.jsonl": [{"text": "a", "label": "x"}] * 3}),
        ("E107", {"urgency.train.jsonl": []}),
        ("E108", {"urgency.train.jsonl": [{"text": "a"}]}),
        ("E133", {"urgency.train.jsonl": [{"text": "a", "label": x} for x in LABELS]}),
        (
            "E304",
            {"urgency.train.jsonl": rows(4), "urgency.dev.jsonl": [{"text": "", "label": "z"}]},
        ),
        (
            "E304",
            {"urgency.train.jsonl": rows(9), "urgency.test.jsonl": [{"text": "", "label": "z"}]},
        ),
        ("E473", {"urgency.train.jsonl": [{"text": "a", "cats": {"topic/a": 1}}]}),
        ("E113", {"raw.txt": []}),
    ],
)
def test_data_that_does_not_do(tmp_path, code, files):
    for name, found in files.items():
        write(tmp_path / name, found)
    with pytest.raises(ValueError, match=code):
        read(tmp_path)


@pytest.mark.parametrize(("name", "code"), [("no.jsonl", "E101"), ("no", "E111")])
def test_nothing_there(tmp_path, name, code):
    with pytest.raises(FileNotFoundError, match=code):
        read(tmp_path / name)


def test_no_data_file(tmp_path):
    (tmp_path / "some.xlsx").write_bytes(b"x")
    with pytest.raises(ValueError, match="E106"):
        read(tmp_path / "some.xlsx")


# What is left of old data


def test_old_data_of_some_tasks(tmp_path):
    write(tmp_path / "topic.train.jsonl", rows(4))
    write(tmp_path / "topic.dev.jsonl", rows(2))
    write(tmp_path / "mood.train.jsonl", rows(3))
    write(tmp_path / "urgency.train.jsonl", rows(5))
    write(tmp_path / "foreign.train.jsonl", rows(5))
    old = find_old_data(tmp_path, ["mood", "topic", "sentiment"], new="urgency")
    assert old.rows == {"train": {"mood": 3, "topic": 4}, "dev": {"topic": 2}}
    assert set(old.files["train"]) == {"mood", "topic"}
    assert old.tasks("dev") == ["topic"] and old.tasks("test") == []


def test_old_data_in_a_file_of_several_tasks(tmp_path):
    cats = {"topic/a": 1.0, "mood/joy": 0.0}
    write(tmp_path / "mixed.train.jsonl", [{"text": "a", "cats": cats}])
    old = find_old_data(tmp_path, ["topic", "mood"], new="urgency")
    assert old.rows == {"train": {"topic": 1, "mood": 1}}
    assert set(old.files["train"]) == {"mixed"}


def test_no_old_data(tmp_path):
    write(tmp_path / "foreign.train.jsonl", rows(5))
    with pytest.raises(ValueError, match=r"\[E472\].*topic.*foreign"):
        find_old_data(tmp_path, ["topic"], new="urgency")


# Targets


@pytest.mark.parametrize("weight", [0.2, 1.0, 7.0])
def test_the_loss_of_a_corrected_target_is_smallest_at_the_former_output(weight):
    outputs = {"mood/joy": 0.3, "mood/anger": 0.98, "topic/a": 0.5}
    targets = correct_targets(outputs, "mood", {"joy": weight, "anger": weight})
    assert targets["topic/a"] == 0.5
    keys = ["mood/joy", "mood/anger"]
    p, t = (numpy.asarray([[values[key] for key in keys]]) for values in (outputs, targets))
    weights = numpy.full(2, weight)
    _, gradient = cross_entropy(p, t, numpy.ones((1, 2)), weights, multi_label=True)
    assert numpy.abs(gradient).max() < 1e-6


def test_labels_without_weight_keep_their_output():
    assert correct_targets({"mood/joy": 0.3}, "mood", {"joy": 0.0}) == {"mood/joy": 0.3}
    assert correct_targets({"mood/joy": 0.3}, "mood", {}) == {"mood/joy": pytest.approx(0.3)}


def test_rows_are_lines_of_json():
    data = format_rows([("naïve\n", {"a/b": 0.12345678}), ("", {"a/b": 1.0})])
    first, second = map(json.loads, data.decode("utf8").splitlines())
    assert first == {"text": "naïve\n", "cats": {"a/b": 0.123457}}
    assert second["text"] == ""
