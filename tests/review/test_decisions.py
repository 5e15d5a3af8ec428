"""Reviews that nobody has written with the commands."""

import gzip
import json

import pytest

from spacy_mtl.review.corrections import apply_review
from spacy_mtl.review.decisions import read_decisions
from spacy_mtl.training.textfiles import MAX_CELL

META = {"task": "sentiment", "file": "data.jsonl", "line": 1}
ROW = {"text": "a", "accept": ["x"], "answer": "accept", "meta": META}
HEADER = "task,file,line,correction\n"


def write(path, *rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.mark.parametrize("name", ["review.jsonl", "review.csv"])
def test_bytes_that_are_no_utf8_are_told_of(name, tmp_path):
    (tmp_path / name).write_bytes(b"a\n\xe8")
    with pytest.raises(ValueError, match=r"E711.*Row 2 of the review.*0xe8 at position 2"):
        read_decisions(tmp_path / name)


@pytest.mark.parametrize(
    "change, reason",
    [
        ({"answer": {"a": 1}}, "answer"),
        ({"meta": {**META, "line": float("inf")}}, "no task, file and line"),
        ({"meta": {**META, "line": None}}, "no task, file and line"),
        ({"accept": [1]}, "no list of labels"),
    ],
)
def test_fields_of_another_type_are_told_of(change, reason, tmp_path):
    with pytest.raises(ValueError, match=rf"E711.*{reason}"):
        read_decisions(write(tmp_path / "r.jsonl", {**ROW, **change}))


def test_lists_in_lists_without_end_are_told_of(tmp_path):
    (tmp_path / "r.jsonl").write_text("[" * 100_000)
    with pytest.raises(ValueError, match=r"E711.*not JSON"):
        read_decisions(tmp_path / "r.jsonl")


def test_a_config_of_another_type_says_nothing(tmp_path):
    decisions, n_open = read_decisions(write(tmp_path / "r.jsonl", {**ROW, "config": 1}))
    assert (len(decisions), n_open) == (1, 0)


def test_a_byte_order_mark_is_no_problem(tmp_path):
    (tmp_path / "r.jsonl").write_bytes(b"\xef\xbb\xbf" + json.dumps(ROW).encode())
    assert len(read_decisions(tmp_path / "r.jsonl")[0]) == 1


@pytest.mark.parametrize("row", ["sentiment", "sentiment,data.jsonl", "a,b,c,REJECT"])
def test_short_rows_of_a_table(row, tmp_path):
    path = tmp_path / "r.csv"
    path.write_text(HEADER + row)
    if row.endswith("REJECT"):
        with pytest.raises(ValueError, match=r"E711.*the line is 'c'"):
            read_decisions(path)
    else:
        assert read_decisions(path) == ([], 1)


def test_a_cell_without_end_is_told_of(tmp_path):
    path = tmp_path / "r.csv"
    path.write_text(HEADER + "a" * (MAX_CELL + 1))
    with pytest.raises(ValueError, match=r"E711.*no row of a table"):
        read_decisions(path)


@pytest.mark.parametrize("name", ["a\0b", "\ud800", "a" * 5000])
def test_names_that_no_file_can_have(name, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    write(data / "sentiment.train.jsonl", {"text": "a", "label": "x"})
    review = write(tmp_path / "r.jsonl", {**ROW, "meta": {**META, "file": name}})
    with pytest.raises(ValueError, match=r"E712.*not a file of"):
        apply_review(review, data, tmp_path / "new")


def test_compressed_data_that_is_cut_is_told_of(tmp_path):
    data = tmp_path / "data.jsonl.gz"
    data.write_bytes(gzip.compress(b'{"text": "a", "label": "x"}\n' * 50)[:-12])
    review = write(tmp_path / "r.jsonl", {**ROW, "meta": {**META, "file": str(data)}})
    with pytest.raises(ValueError, match=r"E105.*gzip"):
        apply_review(review, data, tmp_path / "new.jsonl")
