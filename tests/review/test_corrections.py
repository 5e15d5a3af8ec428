"""Decisions of a review, written into new data."""

import csv
import gzip
import json

import pytest

from spacy_mtl.review.corrections import apply_review

ROWS = [
    {"text": "good film", "label": "positive", "id": 7},
    {"text": "bad film", "label": "positive"},
    {"text": "line\u2028break", "label": "negative"},
]


def write_lines(path, rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf8")
    return path


def decision(path, line, text, labels, answer="accept", task="sentiment"):
    return {
        "text": text,
        "accept": labels,
        "answer": answer,
        "config": {"choice_style": "single"},
        "meta": {"task": task, "file": str(path), "line": line},
    }


@pytest.fixture
def data(tmp_path):
    return write_lines(tmp_path / "data.jsonl", ROWS)


def test_labels_are_corrected_and_the_rest_stays_byte_for_byte(data, tmp_path):
    review = write_lines(tmp_path / "r.jsonl", [decision(data, 2, "bad film", ["negative"])])
    report = apply_review(review, data, tmp_path / "new.jsonl")
    old, new = data.read_bytes().split(b"\n"), (tmp_path / "new.jsonl").read_bytes().split(b"\n")
    assert [a == b for a, b in zip(old, new, strict=True)] == [True, False, True, True]
    assert json.loads(new[1]) == {"text": "bad film", "label": "negative"}
    assert [(c.line, c.before, c.after) for c in report.changes] == [
        (2, ["positive"], ["negative"])
    ]


def test_kept_rejected_and_open_rows(data, tmp_path):
    rows = [
        decision(data, 1, "good film", ["positive"]),
        decision(data, 2, "bad film", ["positive"], "reject"),
        decision(data, 3, ROWS[2]["text"], ["positive"], "ignore"),
    ]
    report = apply_review(write_lines(tmp_path / "r.jsonl", rows), data, tmp_path / "new.jsonl")
    kept = [
        json.loads(line) for line in (tmp_path / "new.jsonl").read_text("utf8").split("\n") if line
    ]
    assert kept == [ROWS[0], ROWS[2]]
    assert (report.confirmed, report.open, report.changes[0].after) == (1, 1, None)


def test_nothing_is_overwritten(data, tmp_path):
    review = write_lines(tmp_path / "r.jsonl", [decision(data, 2, "bad film", ["negative"])])
    before = data.read_bytes()
    with pytest.raises(OSError, match="E707"):
        apply_review(review, data, data)
    assert data.read_bytes() == before


def test_unknown_rows_are_told_and_left_out(data, tmp_path):
    rows = [
        decision(data, 2, "bad film", ["negative"]),
        decision(data, 9, "no such row", ["negative"]),
        decision(data, 1, "another text", ["negative"]),
        decision(data, 3, ROWS[2]["text"], ["joy"]),
        decision("other.jsonl", 1, "x", ["negative"]),
    ]
    report = apply_review(write_lines(tmp_path / "r.jsonl", rows), data, tmp_path / "new.jsonl")
    assert len(report.changes) == 1
    text = "\n".join(report.unknown)
    for part in (
        "data.jsonl:9: no row",
        "data.jsonl:1: the row has another text",
        "joy",
        "other.jsonl:1",
    ):
        assert part in text


def test_a_review_of_other_data_writes_nothing(data, tmp_path):
    review = write_lines(tmp_path / "r.jsonl", [decision("a.jsonl", 1, "x", ["negative"])])
    with pytest.raises(ValueError, match="E712"):
        apply_review(review, data, tmp_path / "new.jsonl")
    assert not (tmp_path / "new.jsonl").exists()


def test_a_review_without_decisions_and_a_file_that_is_none(data, tmp_path):
    still_open = write_lines(tmp_path / "o.jsonl", [decision(data, 1, "x", [], "ignore")])
    with pytest.raises(ValueError, match="E714"):
        apply_review(still_open, data, tmp_path / "new.jsonl")
    with pytest.raises(ValueError, match=r"E711.*Row 1"):
        apply_review(data, data, tmp_path / "new.jsonl")


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (
            {"text": "t", "cats": {"positive": 1.0, "negative": 0.0}},
            {"cats": {"positive": 0.0, "negative": 1.0}},
        ),
        (
            {"text": "t", "cats": {"sentiment/positive": 1, "topic/film": 1}},
            {"cats": {"topic/film": 1, "sentiment/positive": 0.0, "sentiment/negative": 1.0}},
        ),
        ({"text": "t", "labels": ["positive"]}, {"labels": ["negative"]}),
        (
            {"text": "t", "accept": ["positive"], "answer": "accept"},
            {"accept": ["negative"], "answer": "accept"},
        ),
    ],
    ids=["cats", "keys with tasks", "labels", "accept"],
)
def test_rows_keep_their_form(tmp_path, row, expected):
    other = json.loads(json.dumps(row).replace("positive", "negative"))
    data = write_lines(tmp_path / "data.jsonl", [row, other | {"text": "other"}])
    review = write_lines(tmp_path / "r.jsonl", [decision(data, 1, "t", ["negative"])])
    apply_review(review, data, tmp_path / "new.jsonl")
    first = json.loads((tmp_path / "new.jsonl").read_text().splitlines()[0])
    assert first == {"text": "t", **expected}


def test_csv_with_line_breaks_in_cells(tmp_path):
    data = tmp_path / "data.csv"
    data.write_bytes(b'text,label\r\n"two\r\nlines, ""quoted""",a\r\n\r\nplain,b\r\nlast,b\r\n')
    review = tmp_path / "r.csv"
    with open(review, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["task", "file", "line", "correction"])
        writer.writerows([["t", data, 2, "b"], ["t", data, 5, "REJECT"], ["t", data, 6, ""]])
    report = apply_review(review, data, tmp_path / "new.csv")
    with open(tmp_path / "new.csv", newline="") as file:
        assert [row for row in csv.reader(file) if row] == [
            ["text", "label"],
            ['two\r\nlines, "quoted"', "b"],
            ["last", "b"],
        ]
    assert report.open == 1


def test_a_compressed_file_stays_one(tmp_path):
    data = tmp_path / "data.jsonl.gz"
    data.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in ROWS).encode()))
    review = write_lines(tmp_path / "r.jsonl", [decision(data, 2, "bad film", ["negative"])])
    apply_review(review, data, tmp_path / "new.jsonl.gz")
    rows = gzip.decompress((tmp_path / "new.jsonl.gz").read_bytes()).decode().splitlines()
    assert json.loads(rows[1])["label"] == "negative"


def test_a_folder_gives_a_folder_with_the_corrected_files(tmp_path):
    folder = tmp_path / "data" / "train"
    folder.mkdir(parents=True)
    data = write_lines(folder / "sentiment.jsonl", ROWS)
    review = write_lines(tmp_path / "r.jsonl", [decision(data, 2, "bad film", ["negative"])])
    report = apply_review(review, tmp_path / "data", tmp_path / "new")
    assert report.written == [tmp_path / "new" / "train" / "sentiment.jsonl"]


def write_sheet(path, data, rows):
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["task", "file", "line", "correction"])
        writer.writerows(["sentiment", str(data), line, correction] for line, correction in rows)
    return path


def test_a_task_of_one_label_takes_no_two(data, tmp_path):
    review = write_sheet(tmp_path / "r.csv", data, [(1, "negative | positive"), (2, "negative")])
    report = apply_review(review, data, tmp_path / "new.jsonl")
    assert [change.line for change in report.changes] == [2]
    assert "data.jsonl:1: 2 labels, and the task takes one" in report.unknown[0]


def test_labels_that_a_spreadsheet_or_a_separator_could_confuse(tmp_path):
    names = ["-1", "a|b", "=0"]
    data = write_lines(
        tmp_path / "d.jsonl", [{"text": f"t{i}", "label": names[i % 3]} for i in range(6)]
    )
    # As the columns of the review show them.
    review = write_sheet(tmp_path / "r.csv", data, [(1, "'=0"), (2, "'-1"), (3, "a|b"), (4, "=0")])
    report = apply_review(review, data, tmp_path / "new.jsonl")
    assert [c.after for c in report.changes] == [["=0"], ["-1"], ["a|b"], ["=0"]]
    assert not report.unknown


def test_a_correction_can_say_that_no_label_applies(tmp_path):
    rows = [{"text": "t", "labels": ["joy", "anger"]}, {"text": "u", "labels": ["joy"]}]
    data = write_lines(tmp_path / "d.jsonl", rows)
    review = write_sheet(tmp_path / "r.csv", data, [(1, "NONE"), (2, "joy | anger")])
    apply_review(review, data, tmp_path / "new.jsonl")
    new = [json.loads(line) for line in (tmp_path / "new.jsonl").read_text("utf8").splitlines()]
    assert [row["labels"] for row in new] == [[], ["joy", "anger"]]


@pytest.mark.parametrize("labels", [[], ["positive", "negative"]])
def test_a_row_with_room_for_one_label_is_given_none_or_several(labels, tmp_path):
    rows = [
        {"text": "t", "label": "positive", "answer": "accept", "id": 7},
        {"text": "u", "label": "negative", "answer": "reject"},
    ]
    data = write_lines(tmp_path / "d.jsonl", rows)
    chosen = decision(data, 1, "t", labels) | {"config": {"choice_style": "multiple"}}
    apply_review(write_lines(tmp_path / "r.jsonl", [chosen]), data, tmp_path / "new.jsonl")
    new = [json.loads(line) for line in (tmp_path / "new.jsonl").read_text("utf8").splitlines()]
    assert new == [{"text": "t", "id": 7, "labels": labels}, rows[1]]


def test_a_row_of_two_tasks_is_left_out_once(tmp_path):
    cats = [
        {"sentiment/positive": 1, "sentiment/negative": 0, "topic/film": i % 2} for i in range(3)
    ]
    data = write_lines(
        tmp_path / "d.jsonl", [{"text": f"t{i}", "cats": c} for i, c in enumerate(cats)]
    )
    chosen = [
        decision(data, 2, "t1", [], "reject"),
        decision(data, 2, "t1", [], "reject", task="topic"),
        decision(data, 2, "t1", ["negative"]),
    ]
    report = apply_review(write_lines(tmp_path / "r.jsonl", chosen), data, tmp_path / "n.jsonl")
    assert [change.after for change in report.changes] == [None]
    assert (tmp_path / "n.jsonl").read_bytes().count(b"\n") == 2
