"""LMAO that goes on from an earlier pretraining, and its monitor."""

import numpy
import pytest
import spacy
from pretrain_setup import make_config, weights
from spacy.training.pretrain import pretrain as spacy_pretrain
from spacy.vectors import Vectors

from spacy_mtl.training.pretrain import pretrain


def second_stage(root, path, **changes):
    config = make_config(root, pretraining__max_epochs=0, **changes)
    config["pretraining"]["objective"]["init_tok2vec"] = str(path)
    return config


@pytest.fixture
def first(tmp_path):
    """Weights of a first stage."""
    pretrain(make_config(tmp_path), tmp_path / "first")
    return tmp_path / "first" / "model-last.bin"


def test_starts_from_earlier_weights(tmp_path, first):
    (tmp_path / "second").mkdir()
    spacy_pretrain(second_stage(tmp_path, first).interpolate(), tmp_path / "second")
    assert weights(tmp_path / "second") == first.read_bytes()


def test_goes_on_from_them(tmp_path, first):
    config = second_stage(tmp_path, first)
    config["pretraining"]["max_epochs"] = 1
    pretrain(config, tmp_path / "second")
    pretrain(make_config(tmp_path, pretraining__max_epochs=1), tmp_path / "anew")
    second = weights(tmp_path / "second")
    assert second not in (first.read_bytes(), weights(tmp_path / "anew"))


@pytest.mark.parametrize("name, error", [("none.bin", "E260"), ("raw.jsonl", "E261")])
def test_names_a_file_that_cannot_be_used(tmp_path, name, error):
    with pytest.raises(ValueError, match=f"{error}.*{name}"):
        pretrain(second_stage(tmp_path, tmp_path / name), tmp_path / "second")


def test_names_file_and_shapes(tmp_path, first):
    config = second_stage(tmp_path, first, components__tok2vec__model__embed_size=60)
    with pytest.raises(ValueError, match=r"E262.*model-last\.bin.*\(50, 8\) there and \(60, 8\)"):
        pretrain(config, tmp_path / "second")


def test_targets_may_be_floret_vectors_of_another_pipeline(tmp_path):
    nlp = spacy.blank("xx")
    data = numpy.random.default_rng(0).normal(size=(50, 6)).astype("f")
    nlp.vocab.vectors = Vectors(
        strings=nlp.vocab.strings, data=data, mode="floret", minn=2, maxn=3, hash_count=1
    )
    nlp.to_disk(tmp_path / "floret")
    config = make_config(tmp_path, initialize__vectors=str(tmp_path / "floret"))
    pretrain(config, tmp_path / "own")
    config["initialize"]["vectors"] = None
    config["pretraining"]["objective"]["vectors"] = str(tmp_path / "floret")
    pretrain(config, tmp_path / "others")
    assert weights(tmp_path / "own") == weights(tmp_path / "others")
