"""The review of labels from end to end, on heads that are trained in a moment."""

import json
import logging

import pytest
from review_data_small import flipped_rows, write_rows

from spacy_mtl.review.progress import Progress
from spacy_mtl.review.suspects import review_labels

SILENT = Progress(silent=True)


def run(root, data=None, task="sentiment", source="small.cfg", **settings):
    source = root / source if isinstance(source, str) else source
    return review_labels(source, data or root / "data", [task], progress=SILENT, **settings)


@pytest.fixture(scope="module")
def suspects(reviewed):
    return run(reviewed)


def test_flipped_labels_come_first(reviewed, suspects):
    flipped = set(json.loads((reviewed / "flipped.json").read_text()))
    top = {item.row.line for item in suspects[: len(flipped)]}
    assert len(top & flipped) >= 0.75 * len(flipped)


def test_all_rows_are_listed_once_with_their_place(reviewed, suspects):
    assert sorted(item.row.line for item in suspects) == list(range(1, 121))
    assert {item.row.path for item in suspects} == {reviewed / "data/train/sentiment.jsonl"}


def test_scores_fall_and_the_label_is_suggested_that_the_words_tell(suspects):
    scores = [item.score for item in suspects]
    assert scores == sorted(scores, reverse=True)
    first = suspects[0]
    assert first.suggested != first.labels
    assert first.probabilities[first.suggested[0]] > first.probabilities[first.labels[0]]


def test_the_same_seed_gives_the_same_list(reviewed, suspects):
    again = run(reviewed)
    assert [(s.row.line, s.score, s.reasons) for s in again] == [
        (s.row.line, s.score, s.reasons) for s in suspects
    ]


def test_examples_have_the_same_labels_or_others(suspects):
    for item in suspects[:20]:
        assert all(example.labels == item.labels for example in item.agreeing)
        assert all(example.labels != item.labels for example in item.disagreeing)
        places = [example.line for example in (*item.agreeing, *item.disagreeing)]
        assert item.row.line not in places


def test_multi_label_tasks_are_reviewed(reviewed, tmp_path):
    rows, flipped = flipped_rows("moods", 120, seed=3)
    for row in rows:
        row["labels"] = [row.pop("label"), *(["short"] if len(row["text"]) < 33 else [])]
    path = write_rows(tmp_path / "moods.jsonl", rows)
    found = run(reviewed, path, "moods")
    assert found[0].multi_label
    top = {item.row.line for item in found[: len(flipped)]}
    assert len(top & set(flipped)) >= 0.5 * len(flipped)


def test_equal_texts_with_other_labels_are_named(reviewed, tmp_path):
    rows, _ = flipped_rows("sentiment", 60, seed=4, every=1000)
    rows[10]["label"] = "positive"
    rows.append({"text": rows[10]["text"].upper(), "label": "negative"})
    found = run(reviewed, write_rows(tmp_path / "some.jsonl", rows))
    reasons = {item.row.line: {reason.name for reason in item.reasons} for item in found}
    assert "near_duplicate" in reasons[11] & reasons[61]


def test_labels_of_another_task_contradict(reviewed, tmp_path):
    rows, flipped = flipped_rows("sentiment", 120, seed=5)
    anger = [
        {
            "text": r["text"],
            "label": "anger" if "bad" in r["text"] or "awful" in r["text"] else "calm",
        }
        for r in rows
    ]
    write_rows(tmp_path / "d" / "train" / "sentiment.jsonl", rows)
    write_rows(tmp_path / "d" / "train" / "emotion.jsonl", anger)
    found = run(reviewed, tmp_path / "d")
    texts = [r.text for s in found for r in s.reasons if r.name == "other_task"]
    assert texts and all(
        "'positive' seldom goes with emotion/anger (annotated)" in text for text in texts
    )
    lines = {s.row.line for s in found if any(r.name == "other_task" for r in s.reasons)}
    assert lines <= set(flipped)


def test_too_few_rows_and_a_single_label_are_named(reviewed, tmp_path):
    few = write_rows(tmp_path / "few.jsonl", [{"text": "one", "label": "positive"}])
    with pytest.raises(ValueError, match=r"E704.*1 rows"):
        run(reviewed, few)
    same = write_rows(tmp_path / "same.jsonl", [{"text": f"t{i}", "label": "a"} for i in range(30)])
    with pytest.raises(ValueError, match=r"E704.*Labels found: a"):
        run(reviewed, same)


def test_a_rare_label_is_warned_of(reviewed, tmp_path, caplog):
    rows, _ = flipped_rows("sentiment", 60, seed=6)
    rows.append({"text": "what is this", "label": "question"})
    with caplog.at_level(logging.WARNING, logger="spacy"):
        found = run(reviewed, write_rows(tmp_path / "rare.jsonl", rows))
    assert len(found) == 61
    assert "W356" in caplog.text and "question" in caplog.text


@pytest.mark.parametrize(
    "text", ["", " ", "\0", "\u202e\u05e9", "\U0001f469\u200d\U0001f4bb", "x" * 5000]
)
def test_odd_texts_are_reviewed(reviewed, tmp_path, text):
    rows, _ = flipped_rows("sentiment", 40, seed=7)
    rows.append({"text": text, "label": "positive"})
    found = run(reviewed, write_rows(tmp_path / "odd.jsonl", rows), seeds=1)
    assert len(found) == 41


def test_bad_rows_stop_or_are_left_out(reviewed, tmp_path):
    rows, _ = flipped_rows("sentiment", 40, seed=8)
    rows.append({"text": 3, "label": "positive"})
    path = write_rows(tmp_path / "bad.jsonl", rows)
    with pytest.raises(ValueError, match=r"bad.jsonl:41"):
        run(reviewed, path)
    assert len(run(reviewed, path, on_error="skip", seeds=1)) == 40
