"""Which rate each place of a model gets."""

import numpy
import pytest
from builders import ENCODER, head, ngrams, words
from spacy.util import registry
from thinc.api import Dropout, chain, set_dropout_rate

from spacy_mtl.layers.dropout_places import (
    MAX_RATE,
    NGRAM_RATE,
    RATE,
    RATIOS,
    find_places,
    set_dropout,
)

STOCK = {
    "@architectures": "spacy.HashEmbedCNN.v2",
    **{"width": 8, "depth": 1, "embed_size": 50, "window_size": 1, "maxout_pieces": 2},
    **{"subword_features": True, "pretrained_vectors": None},
}
FULL = {**ENCODER, "depth": 2, "ngram_width": 3, "ngram_rows": 50, "pretrained_vectors": True}


def build(config):
    return registry.resolve({"model": config})["model"]


def rates(model):
    """All rates, by what has them: the place, or the n-gram columns."""
    places = find_places(model)
    found = {}
    for node in model.walk():
        if RATE in node.attrs:
            found.setdefault(places.get(node.id), []).append(node.attrs[RATE])
        if NGRAM_RATE in node.attrs:
            found.setdefault("ngrams", []).append(node.attrs[NGRAM_RATE])
    return found


def test_places_of_an_encoder():
    model = build(FULL)
    set_dropout(model, 0.2, 0.5)
    assert rates(model) == {
        "embed": [0.025] * 5,
        "mix": [0.2],
        "window": [0.15] * 2,
        "ngrams": [0.2],
    }


def test_places_of_a_head():
    model = build(head(hidden_width=4, ngrams=ngrams(), standardized=True))
    set_dropout(model, 0.2, 0.5)
    assert rates(model) == {"pooled": [0.2], "hidden": [0.05]}


def test_places_of_a_head_with_its_own_encoder():
    model = build(head(tok2vec=ENCODER))
    set_dropout(model, 0.2, 1.0)
    assert {place: set(found) for place, found in rates(model).items()} == {
        "embed": {RATIOS["embed"]},
        "mix": {RATIOS["mix"]},
        "window": {RATIOS["window"]},
        "pooled": {RATIOS["pooled"]},
    }


@pytest.mark.parametrize(
    "config",
    [FULL, {**ENCODER, "depth": 0}, head(hidden_width=4), head(tok2vec=FULL), head(tok2vec=STOCK)],
)
def test_every_dropout_has_a_place(config):
    assert set(rates(build(config))) <= set(RATIOS)


def test_places_of_spacy_s_own_encoder():
    model = build(STOCK)
    set_dropout(model, 0.2, 1.0)
    assert {place: set(found) for place, found in rates(model).items()} == {
        "embed": {RATIOS["embed"]},
        "mix": {RATIOS["mix"]},
        "window": {RATIOS["window"]},
    }


def test_an_unknown_model_drops_like_the_window_layers():
    model = chain(Dropout(0.0), Dropout(0.0))
    set_dropout(model, 0.2, 1.0)
    assert rates(model) == {None: [RATIOS["window"]] * 2}


def test_without_the_number_all_places_have_the_same_rate():
    one, other = (build(head(tok2vec={**FULL, "ngram_width": 0})) for _ in range(2))
    set_dropout(one, 0.9, 2.0)
    set_dropout(one, 0.2, None)
    set_dropout_rate(other, 0.2)
    assert rates(one) == rates(other)


def test_without_the_number_n_gram_columns_drop_nothing():
    model = build(FULL)
    set_dropout(model, 0.2, 1.0)
    set_dropout(model, 0.2, None)
    assert rates(model)["ngrams"] == [0.0]


@pytest.mark.parametrize("drop_mult", [5.0, 1e9])
def test_no_place_drops_everything(drop_mult):
    model = Dropout(0.0)
    set_dropout(model, 0.2, drop_mult)
    assert model.attrs[RATE] == MAX_RATE < 1.0


@pytest.mark.parametrize("rate", [0.0, 0.6])
def test_n_gram_columns_are_dropped_value_by_value(nlp, rate):
    model = build({**FULL, "pretrained_vectors": False, "ngram_width": 6})
    (ngram_embed,) = [node for node in model.walk() if node.name == "ngram_embed"]
    docs = words(nlp, *["some words that are all distinct from each other"] * 40)
    ngram_embed.initialize(X=docs)
    expected = numpy.vstack(ngram_embed.predict(docs))
    ngram_embed.attrs[NGRAM_RATE] = rate
    Y, backprop = ngram_embed(docs, is_train=True)
    flat = numpy.vstack(Y)
    kept = flat != 0
    assert 1 - kept.mean() == pytest.approx(rate, abs=0.03)
    numpy.testing.assert_allclose(flat[kept], expected[kept] / (1 - rate), rtol=1e-5)
    numpy.testing.assert_allclose(numpy.vstack(ngram_embed.predict(docs)), expected)
    # What was dropped sends no gradient.
    backprop([numpy.where(y == 0, 1.0, 0.0).astype("f") for y in Y])
    assert not ngram_embed.get_grad("E").any()
