"""One number for all dropout, as a setting of the components."""

import pytest
import spacy
from builders import (
    ENCODER,
    SENTIMENT,
    add_task,
    head,
    initialize,
    make_examples,
    same_weights,
    step,
    weights_of,
)
from thinc.api import Adam, Config, fix_random_seed

from spacy_mtl.layers import dropout_places
from spacy_mtl.layers.dropout_places import RATIOS


def make(*, encoder_mult=None, head_mult=None):
    """A pipeline with the number in its encoder and its head."""
    nlp = spacy.blank("xx")
    config = {"model": ENCODER, "drop_mult": encoder_mult}
    nlp.add_pipe("multitask_tok2vec", name="tok2vec", config=config)
    add_task(nlp, "sentiment", drop_mult=head_mult)
    initialize(nlp, SENTIMENT)
    return nlp


def learned(nlp, drop):
    """All weights after two steps."""
    fix_random_seed(0)
    optimizer = Adam(0.01)
    for _ in range(2):
        step(nlp, make_examples(nlp, SENTIMENT), optimizer, drop=drop)
    return [array for _, pipe in nlp.pipeline for array in weights_of(pipe.model)]


def test_a_head_of_one_place_learns_as_with_that_rate_everywhere():
    plain, ours = make(), make(head_mult=0.5, encoder_mult=0.0)
    for nlp in (plain, ours):
        nlp.get_pipe("tok2vec").cfg["drop_mult"] = 0.0
    rate = 0.5 * RATIOS["pooled"]
    assert same_weights(learned(ours, drop=0.9), learned(plain, drop=rate))


def test_equal_ratios_are_one_rate_everywhere(monkeypatch):
    monkeypatch.setattr(dropout_places, "RATIOS", dict.fromkeys(RATIOS, 0.5))
    ours = make(encoder_mult=0.4, head_mult=0.4)
    assert same_weights(learned(ours, drop=0.9), learned(make(), drop=0.2))


def test_ratios_differ():
    assert not same_weights(learned(make(encoder_mult=0.5), drop=0.2), learned(make(), drop=0.2))


@pytest.mark.parametrize("name", ["tok2vec", "sentiment"])
def test_dropout_of_the_training_has_no_effect(name):
    numbers = {"tok2vec": {"encoder_mult": 0.5}, "sentiment": {"head_mult": 0.5}}[name]
    nlp = make(**numbers)
    pipe = nlp.get_pipe(name)
    nlp.update(make_examples(nlp, SENTIMENT), drop=0.77, sgd=False)
    rates = {node.attrs.get("dropout_rate") for node in pipe.model.walk()}
    assert 0.77 not in rates and rates - {None}


@pytest.mark.parametrize("factory", ["multitask_tok2vec", "textcat_multitask"])
@pytest.mark.parametrize("value", [-0.1, "nan", "inf"])
def test_no_number_of_at_least_0(factory, value):
    nlp = spacy.blank("xx")
    with pytest.raises(ValueError, match=r"E225.*'some'.*'drop_mult'.*\[components.some\]"):
        nlp.add_pipe(factory, name="some", config={"drop_mult": value})


@pytest.mark.parametrize("value", [None, 0.0, 0.75, 2.0])
def test_the_number_survives_saving(tmp_path, value):
    nlp = make(encoder_mult=value, head_mult=value)
    nlp.to_disk(tmp_path)
    for loaded in (spacy.load(tmp_path), spacy.util.load_model_from_config(nlp.config)):
        assert loaded.get_pipe("tok2vec").cfg["drop_mult"] == value
        assert loaded.get_pipe("sentiment").cfg["drop_mult"] == value


def test_the_config_counts_when_it_is_changed_after_saving(tmp_path):
    make(encoder_mult=0.3, head_mult=0.3).to_disk(tmp_path)
    numbers = {"components.tok2vec.drop_mult": 0.9, "components.sentiment.drop_mult": 0.9}
    nlp = spacy.load(tmp_path, config=numbers)
    assert nlp.get_pipe("tok2vec").cfg["drop_mult"] == 0.9
    assert nlp.get_pipe("sentiment").cfg["drop_mult"] == 0.9


def test_heads_follow_the_encoder():
    text = Config(
        {
            "nlp": {"lang": "xx", "pipeline": ["tok2vec", "sentiment"]},
            "components": {
                "tok2vec": {"factory": "multitask_tok2vec", "drop_mult": 0.6, "model": ENCODER},
                "sentiment": {
                    "factory": "textcat_multitask",
                    "drop_mult": "${components.tok2vec.drop_mult}",
                    "model": head(),
                },
            },
        }
    ).to_str(interpolate=False)
    config = Config().from_str(text, overrides={"components.tok2vec.drop_mult": 0.8})
    nlp = spacy.util.load_model_from_config(config, auto_fill=True)
    assert nlp.get_pipe("sentiment").cfg["drop_mult"] == 0.8
