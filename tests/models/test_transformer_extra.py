"""A transformer as the encoder, without the packages that it needs."""

import sys

import pytest
import spacy

from spacy_mtl.models.transformer import import_transformers

MODEL = {
    "@architectures": "spacy_mtl.TransformerTok2Vec.v1",
    "kind": "bert",
    "width": 8,
    "depth": 1,
    "n_heads": 2,
    "inner_width": 8,
    "vocab_size": 9,
}


def test_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "spacy_curated_transformers.models", None)
    nlp = spacy.blank("xx")
    with pytest.raises(ValueError, match=r'E490.*pip install "spacy-mtl\[transformers\]"'):
        nlp.add_pipe("multitask_tok2vec", config={"model": MODEL})


def test_a_module_that_is_there():
    assert import_transformers("json").loads("1") == 1
