"""Rows with and without labels, in all formats."""

import json
import zlib

import numpy
import pytest
import spacy
import srsly
from review_data_small import write_rows
from spacy.tokens import DocBin

from spacy_mtl.review.rows import read_task, tasks_of_folder


def test_rows_without_labels_are_kept_apart(tmp_path):
    rows = [{"text": "a", "label": "x"}, {"text": "b"}, {"text": "c", "label": None}]
    found = read_task(write_rows(tmp_path / "f.jsonl", rows), "t")
    assert [(row.line, row.text) for row in found.rows] == [(1, "a")]
    assert [(row.line, row.text) for row in found.unlabelled] == [(2, "b"), (3, "c")]


def test_an_empty_cell_is_no_label(tmp_path):
    path = tmp_path / "f.csv"
    path.write_text("text,label\na,x\nb,\n")
    found = read_task(path, "t")
    assert (len(found.rows), len(found.unlabelled)) == (1, 1)


def test_labels_of_other_tasks_are_none_of_this_one(tmp_path):
    rows = [{"text": "a", "cats": {"t/x": 1, "u/y": 1}}, {"text": "b", "cats": {"u/y": 1}}]
    found = read_task(write_rows(tmp_path / "f.jsonl", rows), "t")
    assert found.labels == ["x"]
    assert [row.text for row in found.unlabelled] == ["b"]


def test_targets_of_many_labels_say_what_is_unknown(tmp_path):
    rows = [
        {"text": "a", "cats": {"x": 1, "y": 1}},
        {"text": "b", "cats": {"x": 0}},
        {"text": "c", "cats": {"z": 1, "x": 0, "y": 0}},
    ]
    found = read_task(write_rows(tmp_path / "f.jsonl", rows), "t")
    nan = numpy.nan
    assert found.multi_label
    expected = [[1, 1, nan], [0, nan, nan], [0, 0, 1]]
    assert numpy.array_equal(found.targets(), expected, equal_nan=True)


def test_lists_of_labels_are_of_many_even_if_each_has_one(tmp_path):
    rows = [{"text": "a", "labels": ["x"]}, {"text": "b", "labels": ["y"]}]
    assert read_task(write_rows(tmp_path / "f.jsonl", rows), "t").multi_label


@pytest.mark.parametrize("labelled", [True, False])
def test_doc_bins(tmp_path, nlp, labelled):
    docs = DocBin()
    for text in ("a b", "c"):
        doc = nlp.make_doc(text)
        doc.cats = {"t/x": 1.0} if labelled else {}
        docs.add(doc)
    docs.to_disk(tmp_path / "f.spacy")
    found = read_task(tmp_path / "f.spacy", "t")
    rows = found.rows if labelled else found.unlabelled
    assert [(row.line, row.text) for row in rows] == [(1, "a b"), (2, "c")]


def test_damaged_files_and_other_files_are_named(tmp_path):
    (tmp_path / "f.spacy").write_bytes(b"no DocBin")
    with pytest.raises(ValueError, match="E105"):
        read_task(tmp_path / "f.spacy", "t")
    (tmp_path / "f.xlsx").write_bytes(b"")
    with pytest.raises(ValueError, match="E106"):
        read_task(tmp_path / "f.xlsx", "t")


def test_raw_files_of_a_folder_are_read_if_wanted(tmp_path):
    write_rows(tmp_path / "train" / "t.jsonl", [{"text": "a", "label": "x"}])
    (tmp_path / "raw.txt").write_text("b\n\nc\n")
    assert not read_task(tmp_path, "t").unlabelled
    assert [row.text for row in read_task(tmp_path, "t", raw=True).unlabelled] == ["b", "c"]
    assert tasks_of_folder(tmp_path) == ["t"]


def test_what_cannot_be_json_is_listed(tmp_path):
    path = tmp_path / "f.jsonl"
    path.write_text(json.dumps({"text": "a", "label": "x"}) + "\n{broken\n")
    with pytest.raises(ValueError, match=r"E705[^$]*f\.jsonl:2"):
        read_task(path, "t")


def test_a_doc_bin_that_is_damaged_within_is_told_of(tmp_path):
    path = tmp_path / "texts.spacy"
    whole = DocBin(docs=[spacy.blank("xx").make_doc("a film")]).to_bytes()
    found = srsly.msgpack_loads(zlib.decompress(whole))
    path.write_bytes(zlib.compress(srsly.msgpack_dumps({**found, "cats": []})))
    with pytest.raises(ValueError, match=r"E105.*texts\.spacy"):
        read_task(path, "sentiment")
