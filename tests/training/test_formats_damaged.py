"""Data files that are damaged within, and rows that no data has."""

import gzip
import json
import zlib

import pytest
import spacy
import srsly
from spacy.tokens import DocBin

from spacy_mtl.training.formats import read_records
from spacy_mtl.training.textfiles import MAX_DEPTH, is_deep


def packed(**changes):
    """A DocBin, with changes of what is packed."""
    doc = spacy.blank("xx").make_doc("a film")
    doc.cats = {"t/x": 1.0}
    found = srsly.msgpack_loads(zlib.decompress(DocBin(docs=[doc]).to_bytes()))
    return zlib.compress(srsly.msgpack_dumps({**found, **changes}))


@pytest.mark.parametrize(
    "changes",
    [
        {"cats": None},
        {"cats": [None]},
        {"cats": [1]},
        {"attrs": None},
        {"lengths": None},
        {"tokens": b"a"},
        {"flags": None},
        {"strings": 1},
    ],
    ids=repr,
)
def test_a_doc_bin_that_is_damaged_within_is_told_of(changes, tmp_path):
    path = tmp_path / "train.spacy"
    path.write_bytes(packed(**changes))
    with pytest.raises(ValueError, match=r"E105.*train\.spacy|E108|E107"):
        list(read_records(path, "t"))


def test_a_whole_doc_bin_is_read(tmp_path):
    path = tmp_path / "train.spacy"
    path.write_bytes(packed())
    assert [record.text for record in read_records(path, "t")] == ["a film"]


def nested(depth):
    return json.loads("[" * depth + "]" * depth)


@pytest.mark.parametrize("depth", [MAX_DEPTH, 500, 900])
def test_rows_that_are_too_deep_are_bad(depth, tmp_path):
    path = tmp_path / "train.jsonl"
    path.write_text(json.dumps({"text": "a", "label": "x", "more": nested(depth)}))
    with pytest.raises(ValueError, match=r"E108[\s\S]*more than 100 lists or objects"):
        list(read_records(path, "t"))


def test_rows_may_hold_lists_in_lists(tmp_path):
    path = tmp_path / "train.jsonl.gz"
    row = {"text": "[" * 500, "label": "x", "more": nested(MAX_DEPTH - 1)}
    path.write_bytes(gzip.compress(json.dumps(row).encode()))
    assert len(list(read_records(path, "t"))) == 1


def test_the_depth_of_a_row():
    assert not is_deep(nested(3), 3)
    assert is_deep(nested(4), 3)
    assert is_deep({"a": {"b": [{}]}}, 3)
    assert not is_deep("a", 0)


def test_the_score_of_a_pair_that_no_float_holds(tmp_path):
    path = tmp_path / "train.jsonl"
    path.write_text(json.dumps({"text1": "a", "text2": "b", "score": 10**400}))
    with pytest.raises(ValueError, match=r"E108[\s\S]*score of a pair has to be a number"):
        list(read_records(path, "t"))
