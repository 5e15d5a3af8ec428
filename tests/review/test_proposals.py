"""Which texts to label next."""

import numpy
import pytest
from review_data_small import flipped_rows, write_rows

from spacy_mtl.review.progress import Progress
from spacy_mtl.review.proposals import choose, propose_rows, uncertainty

SILENT = Progress(silent=True)


@pytest.fixture
def mixed(tmp_path):
    rows, _ = flipped_rows("sentiment", 60, seed=1, every=1000)
    unlabelled = [
        {"text": "good great lovely film"},
        {"text": "good bad great awful"},
        {"text": "awful poor nasty plot"},
        {"text": rows[0]["text"]},
        {"text": " "},
    ]
    return write_rows(tmp_path / "mixed.jsonl", rows + unlabelled)


def propose(reviewed, data, tasks=("sentiment",), **settings):
    return propose_rows(reviewed / "small.cfg", data, tasks, progress=SILENT, **settings)


def test_unlabelled_rows_are_proposed_the_uncertain_one_first(reviewed, mixed):
    found = propose(reviewed, mixed)
    assert found[0].row.text == "good bad great awful"
    assert {item.row.line for item in found} == {61, 62, 63}
    assert found[0].labels == [] and found[0].options == ["negative", "positive"]


def test_as_many_as_are_wanted_for_several_tasks_at_once(reviewed, mixed, tmp_path):
    rows, _ = flipped_rows("topic", 40, seed=2)
    labels = {"positive": "x", "negative": "y"}
    other = write_rows(
        tmp_path / "l" / "train" / "topic.jsonl", [r | {"label": labels[r["label"]]} for r in rows]
    )
    write_rows(tmp_path / "l" / "train" / "sentiment.jsonl", flipped_rows("s", 40, seed=3)[0])
    raw = write_rows(tmp_path / "raw.jsonl", [{"text": f"film {i} good"} for i in range(20)])
    found = propose(reviewed, raw, ["sentiment", "topic"], n=3, labelled=other.parent.parent)
    assert [item.task for item in found] == ["sentiment", "topic"] * 3
    assert found[0].row == found[1].row


def test_nothing_to_learn_from_and_nothing_to_propose(reviewed, tmp_path):
    raw = write_rows(tmp_path / "raw.jsonl", [{"text": "film"}])
    with pytest.raises(ValueError, match="E709"):
        propose(reviewed, raw)
    with pytest.raises(ValueError, match="E708"):
        propose(reviewed, write_rows(tmp_path / "l.jsonl", flipped_rows("s", 20, seed=1)[0]))


def test_uncertainty_of_one_label_and_of_many():
    P = numpy.array([[0.5, 0.5], [0.9, 0.1]])
    assert uncertainty(P, multi_label=False) == pytest.approx([1.0, 0.2])
    P = numpy.array([[0.5, 0.99], [0.9, 0.1]])
    assert uncertainty(P, multi_label=True) == pytest.approx([1.0, 0.2])


def test_chosen_rows_differ_from_each_other():
    vectors = numpy.array([[1, 0], [1, 0.01], [0, 1], [1, 0.02]], dtype="float32")
    assert choose(numpy.array([1.0, 0.99, 0.7, 0.98]), vectors, 2) == [0, 2]


def test_more_than_there_are():
    chosen = choose(numpy.ones(3), numpy.ones((3, 2), dtype="float32"), 10)
    assert sorted(chosen) == [0, 1, 2]
