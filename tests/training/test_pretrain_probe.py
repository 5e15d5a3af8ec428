"""The classifier on an encoder's output."""

import sys

import numpy
import pytest
import spacy
import srsly
from pretrain_setup import WORDS, write_labels
from thinc.api import Model

from spacy_mtl.training.pretrain_probe import Probe

HALF = len(WORDS) // 2


def make_encoder(knows):
    """An encoder whose output tells the half of the words, or nothing."""

    def forward(model, docs, is_train):
        halves = [[WORDS.index(token.text) < HALF for token in doc] for doc in docs]
        Ys = [
            numpy.asarray([[float(x and knows), 1.0] for x in half], dtype="f") for half in halves
        ]
        return Ys, lambda dYs: []

    return Model("encoder", forward)


def make_probe(path, test_path=None):
    return Probe(path, test_path, spacy.blank("xx").make_doc)


def test_scores_what_the_encoder_knows(tmp_path):
    probe = make_probe(write_labels(tmp_path / "labels.jsonl"))
    assert probe.score(make_encoder(True)) == 1.0
    assert probe.score(make_encoder(False)) <= 0.6


def test_scores_the_test_file(tmp_path):
    path = write_labels(tmp_path / "labels.jsonl")
    rows = [{"text": WORDS[0], "label": "a"}, {"text": WORDS[0], "label": "b"}]
    srsly.write_jsonl(tmp_path / "test.jsonl", rows)
    assert make_probe(path, tmp_path / "test.jsonl").score(make_encoder(True)) == 0.5


@pytest.mark.parametrize(
    "rows, reason",
    [
        ([("a", ["x"])] * 9, "all its texts have the label"),
        ([("a", ["x"])] * 9 + [("a", ["y"])] * 4, "has 4 texts"),
        ([("a", ["x", "y"])], "row 1 has 2 labels"),
    ],
)
def test_names_what_is_wrong(tmp_path, rows, reason):
    path = tmp_path / "labels.jsonl"
    srsly.write_jsonl(path, [{"text": text, "labels": labels} for text, labels in rows])
    with pytest.raises(ValueError, match=f"E276.*labels.jsonl.*{reason}"):
        make_probe(path)


def test_reports_bad_rows(tmp_path):
    path = tmp_path / "labels.jsonl"
    path.write_text('{"label": "a"}\n')
    with pytest.raises(ValueError, match=r"labels.jsonl:1"):
        make_probe(path)


def test_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(ImportError, match=r"spacy-mtl\[sklearn\]"):
        make_probe(write_labels(tmp_path / "labels.jsonl"))
