import pytest
import spacy
from builders import (
    ENCODER,
    SENTIMENT,
    TOPIC,
    add_encoder,
    add_task,
    initialize,
    make_examples,
    make_pipeline,
    step,
    weights_of,
)
from numpy.testing import assert_allclose
from spacy.util import registry
from thinc.api import Adam

from spacy_mtl.layers.layer_groups import layer_groups
from spacy_mtl.pipeline.rates import resolve_rates

DEFAULTS = {"frozen": "none", "lr_decay": 1.0, "lr_scales": {}}


def rates_of(held=None, **settings):
    config = {**ENCODER, "depth": 2, "ngram_width": 2}
    model = registry.resolve({"model": config})["model"]
    rates = resolve_rates("tok2vec", model, {**DEFAULTS, **settings}, held)
    scales = {}
    for group in layer_groups(model):
        (scales[group.name],) = {rates.scales.get(key, 1.0) for key in group.keys}
    return rates, [scales[name] for name in ("embed", "ngrams", "window1", "window2")]


@pytest.mark.parametrize(
    "settings, expected",
    [
        ({}, [1.0, 1.0, 1.0, 1.0]),
        ({"lr_decay": 2.0}, [0.125, 0.125, 0.25, 0.5]),
        ({"lr_scales": {"embed": 0.1, "window2": 2.0}}, [0.1, 1.0, 1.0, 2.0]),
        ({"lr_decay": 2.0, "lr_scales": {"window1": 1.0}}, [0.125, 0.125, 1.0, 0.5]),
        ({"lr_decay": 2.0, "frozen": "embed"}, [0.0, 0.0, 0.25, 0.5]),
        ({"lr_scales": {"embed": 0.1}, "frozen": "window1"}, [0.0, 0.0, 0.0, 1.0]),
        ({"frozen": "ngrams"}, [0.0, 0.0, 1.0, 1.0]),
        ({"held": "window1"}, [0.0, 0.0, 0.0, 1.0]),
        ({"held": "embed", "frozen": "window1"}, [0.0, 0.0, 0.0, 1.0]),
        ({"held": "none", "frozen": "embed"}, [0.0, 0.0, 1.0, 1.0]),
    ],
)
def test_each_group_has_its_rate(settings, expected):
    rates, found = rates_of(**settings)
    assert_allclose(found, expected)
    assert not rates.is_frozen


@pytest.mark.parametrize("frozen", ["all", "window2"])
def test_all_groups_can_be_frozen(frozen):
    rates, found = rates_of(frozen=frozen)
    assert rates.is_frozen
    assert found == [0.0] * 4


def test_no_settings_need_no_scales():
    assert rates_of()[0].scales == {}


def learned(rate, decay=1.0, scale=1.0):
    """The weights of the encoder and of a head after some steps with averages and weight decay."""
    nlp = spacy.blank("xx")
    add_encoder(nlp)
    add_task(nlp, "topic", model={"hidden_width": 3})
    initialize(nlp, TOPIC)
    # The pass through the other part has to be the same, so only one of them learns.
    frozen = "topic" if scale == 1.0 else "tok2vec"
    nlp.get_pipe(frozen).cfg["frozen"] = "all"
    nlp.get_pipe("tok2vec").cfg["lr_scales"] = {"embed": decay, "window1": decay}
    nlp.get_pipe("topic").cfg["lr_scale"] = scale
    optimizer = Adam(rate, L2=0.1, grad_clip=0.01, use_averages=True)
    for _ in range(5):
        step(nlp, make_examples(nlp, TOPIC), optimizer)
    averages = [optimizer.averages[key] for key in sorted(optimizer.averages)]
    return [*(w for _, pipe in nlp.pipeline for w in weights_of(pipe.model)), *averages]


@pytest.mark.parametrize("part", ["decay", "scale"])
def test_a_scaled_component_learns_as_at_another_learning_rate(part):
    found = learned(0.02, **{part: 0.25})
    if part == "decay":
        expected = learned(0.005)
    else:
        # Any scale but 1 trains the head alone.
        expected = learned(0.01, scale=0.5)
    assert len(found) == len(expected)
    for first, second in zip(found, expected, strict=True):
        assert_allclose(first, second, rtol=1e-4, atol=1e-6)


def test_gradients_accumulate_under_rates():
    nlp = make_pipeline("sentiment")
    initialize(nlp, SENTIMENT)
    nlp.get_pipe("tok2vec").cfg["lr_decay"] = 2.6
    optimizer = Adam(0.01)
    for _ in range(2):
        nlp.update(make_examples(nlp, SENTIMENT), sgd=False)
    for _, pipe in nlp.pipeline:
        pipe.finish_update(optimizer)
    assert set(optimizer.nr_update.values()) == {1}
