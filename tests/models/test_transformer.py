"""The transformer as an encoder, built by its registered name."""

import pickle

import numpy
import pytest
from spacy.util import registry
from thinc.api import Config, data_validation, fix_random_seed, set_dropout_rate
from transformer_setup import WIDTH, encoder_config, make_pieces, save_model

from spacy_mtl.models.pretrained_transformer import PretrainedTransformer

KINDS = ["bert", "roberta"]
TEXTS = ["a good film", "", "  ", "unseen words, 3!", "the actor " * 30, "fast \n and cheap"]


def resolve(**settings):
    config = Config({"model": encoder_config(**settings)})
    return registry.resolve(Config().from_str(config.to_str()))["model"]


@pytest.fixture(params=KINDS)
def model(request, tmp_path):
    fix_random_seed(0)
    save_model(tmp_path, request.param)
    model = resolve(kind=request.param)
    PretrainedTransformer(str(tmp_path), weights=False)(model)
    return model.initialize()


@pytest.fixture
def docs(nlp):
    return [nlp.make_doc(text) for text in TEXTS]


def assert_equal(first, second, atol=1e-5):
    for a, b in zip(first, second, strict=True):
        numpy.testing.assert_allclose(a, b, rtol=0, atol=atol)


def test_defaults_are_filled_in_once():
    filled = registry.fill({"model": encoder_config()})
    assert registry.fill(filled) == filled


def test_forward_and_backward_under_validation(model, docs):
    with data_validation(True):
        Y, backprop = model(docs, is_train=True)
    assert [y.shape for y in Y] == [(len(doc), WIDTH) for doc in docs]
    assert all(y.dtype == numpy.float32 and numpy.isfinite(y).all() for y in Y)
    assert backprop(Y) == []


def test_batches_that_are_padded_give_the_same(model, docs):
    apart = [model.predict([doc])[0] for doc in docs]
    assert_equal(model.predict(docs), apart)
    assert_equal(model.predict(docs[::-1]), apart[::-1])


def test_prediction_has_no_dropout(model, docs):
    expected = model.predict(docs)
    set_dropout_rate(model, 0.5)
    assert_equal(model.predict(docs), expected, atol=0)


def test_dropout_holds_for_the_whole_transformer(model, docs):
    set_dropout_rate(model, 0.0)
    assert_equal(model(docs, is_train=True)[0], model.predict(docs))
    set_dropout_rate(model, 0.5)
    model(docs, is_train=True)
    modules = model.get_ref("transformer").shims[0]._model.modules()
    assert {m.p for m in modules if type(m).__name__ == "Dropout"} == {0.5}


def test_bytes_and_pickle_bring_back_the_same_model(model, docs):
    other = resolve(kind=model.attrs["kind"]).from_bytes(model.to_bytes())
    assert_equal(other.predict(docs), model.predict(docs), atol=0)
    assert_equal(pickle.loads(pickle.dumps(model)).predict(docs), model.predict(docs), atol=0)


def test_gradients_of_batches_add_up(model, docs):
    set_dropout_rate(model, 0.0)
    module = model.get_ref("transformer").shims[0]._model

    def gradients(*batches):
        for batch in batches:
            Y, backprop = model(batch, is_train=True)
            backprop([y * 0.1 for y in Y])
        found = [p.grad.numpy().copy() for p in module.parameters() if p.grad is not None]
        module.zero_grad()
        return found

    together, apart = gradients(docs), gradients(docs[:3], docs[3:])
    assert len(together) > 20
    assert_equal(together, apart, atol=1e-4)


def test_whitespace_and_long_texts(model, docs):
    found = model.predict(docs)
    assert not found[2].any()
    assert len(found[4]) == 60 and found[4].all()


@pytest.mark.parametrize(
    "settings, error",
    [
        ({"width": 0}, "E201.*width"),
        ({"span_batch": 0}, "E201.*span_batch"),
        ({"kind": "gpt", "n_pieces": 9}, "E493.*'gpt'.*bert"),
        ({"window": 513, "stride": 400}, "E494.*window = 513"),
        ({"window": 16, "stride": 17}, "E494.*stride = 17"),
        ({"n_heads": 5}, "E495.*n_heads = 5"),
    ],
)
def test_invalid_settings(settings, error):
    with pytest.raises(ValueError, match=error):
        resolve(**settings)


@pytest.mark.parametrize("kind", ["bert", "roberta", "xlmr", "camembert"])
def test_pieces_have_to_be_loaded(kind, docs):
    with pytest.raises(ValueError, match=r"E491.*PretrainedTransformer"):
        resolve(kind=kind, n_pieces=9).initialize(X=docs)


def test_more_pieces_than_the_transformer_has_room_for(tmp_path, docs):
    save_model(tmp_path)
    model = resolve(n_pieces=8)
    PretrainedTransformer(str(tmp_path), weights=False)(model)
    with pytest.raises(ValueError, match=r"E492.* 8 only"):
        model.initialize(X=docs)


def test_the_pieces_of_these_tests_are_distinct():
    for kind in KINDS:
        assert len(set(make_pieces(kind))) == len(make_pieces(kind))
