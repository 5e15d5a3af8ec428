"""Weights of the encoder in files, copies and pipelines: those of spaCy, and nothing remembered."""

import copy
import pickle

import numpy
import pytest
import spacy
import srsly
from builders import ENCODER, SENTIMENT, TOPIC, initialize, make_examples, make_pipeline, step
from numpy.testing import assert_array_equal
from reference import (
    KINDS,
    assert_current,
    assert_equal_outputs,
    initialized,
    learn,
    make_docs,
    make_nlp,
    make_pair,
    params_of,
    randomize,
    stock_like,
    used,
)
from spacy.tokens import Doc
from thinc.api import SGD, Adam, Config

pytestmark = pytest.mark.usefixtures("kernels")

ROWS = SENTIMENT + TOPIC
SIZES = {key: value for key, value in ENCODER.items() if key != "@architectures"}


@pytest.fixture(scope="module")
def nlp():
    return make_nlp(vectors=True)


@pytest.fixture
def pipeline():
    """A pipeline that has been used."""
    nlp = make_pipeline("sentiment", "topic")
    initialize(nlp, ROWS)
    encoder = nlp.get_pipe("tok2vec").model
    randomize(encoder)
    docs_of(nlp)
    return nlp


def docs_of(nlp):
    return list(nlp.pipe([text for text, _ in ROWS] + [""]))


def assert_current_tensors(nlp, encoder=None):
    """Check that a pipeline predicts with the encoder's weights as they are now."""
    found = docs_of(nlp)
    encoder = encoder or nlp.get_pipe("tok2vec").model
    expected = stock_like(encoder, nlp, **SIZES).predict([nlp.make_doc(doc.text) for doc in found])
    assert_equal_outputs([doc.tensor.reshape(-1, SIZES["width"]) for doc in found], expected)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_bytes_are_those_of_spacy(nlp, docs, kind):
    stock, ours = make_pair(nlp, **kind)
    used(ours, docs)
    stock, ours = (srsly.msgpack_loads(model.to_bytes()) for model in (stock, ours))
    assert ours["nodes"] == stock["nodes"]
    assert ours["shims"] == stock["shims"]
    for attrs in ours["attrs"]:
        for own in ("word_dropout", "token_dropout"):
            attrs.pop(own, None)
    assert ours["attrs"] == stock["attrs"]
    for found, expected in zip(ours["params"], stock["params"], strict=True):
        assert found.keys() == expected.keys()
        for name, array in expected.items():
            assert_array_equal(found[name], array)


def test_used_weights_load_into_spacy(nlp, docs, model):
    stock = initialized("stock", nlp)
    learn(model, docs).finish_update(SGD(0.1))
    expected = model.predict(docs)
    stock.from_bytes(model.to_bytes())
    assert_equal_outputs(stock.predict(docs), expected)


def test_used_weights_load_back(nlp, docs, model):
    learn(model, docs).finish_update(SGD(0.1))
    other = used(initialized("ours", nlp), docs).from_bytes(model.to_bytes())
    assert_equal_outputs(other.predict(docs), model.predict(docs))
    assert other.to_bytes() == model.to_bytes()


def test_bytes_do_not_depend_on_use(nlp, docs):
    model = initialized("ours", nlp)
    before = model.to_bytes()
    assert used(model, docs).to_bytes() == before


@pytest.mark.parametrize("dumps", [pickle.dumps, lambda model: model.to_bytes()])
def test_words_are_not_saved(nlp, dumps):
    model = initialized("ours", nlp)
    before = len(dumps(model))
    used(model, make_docs(nlp, [3000]))
    assert len(dumps(model)) == pytest.approx(before, abs=2000)


WAYS = [lambda model: model.copy(), lambda model: pickle.loads(pickle.dumps(model)), copy.deepcopy]


@pytest.mark.parametrize("way", WAYS, ids=["copy", "pickle", "deepcopy"])
def test_copies_predict_the_same(docs, model, way):
    assert_equal_outputs(way(model).predict(docs), model.predict(docs))


@pytest.mark.parametrize("way", WAYS, ids=["copy", "pickle", "deepcopy"])
def test_copies_learn_alone(nlp, docs, model, way):
    before = model.predict(docs)
    copied = used(way(model), docs)
    learn(copied, docs).finish_update(SGD(0.1))
    assert_current(copied, nlp, docs)
    assert_equal_outputs(model.predict(docs), before)


@pytest.mark.parametrize("way", WAYS, ids=["copy", "pickle", "deepcopy"])
def test_copies_stay_when_the_origin_learns(nlp, docs, model, way):
    before = model.predict(docs)
    copied = used(way(model), docs)
    learn(model, docs).finish_update(SGD(0.1))
    assert_equal_outputs(copied.predict(docs), before)
    assert_current(model, nlp, docs)


def test_copies_in_the_middle_of_training(nlp, docs, model):
    Ys, backprop = model.begin_update(docs)
    copied = model.copy()
    backprop(Ys)
    assert not any(node.has_grad(name) for node, name in params_of(copied))
    assert_current(copied, nlp, docs)


def test_pipeline_bytes_do_not_depend_on_use():
    nlp = make_pipeline("sentiment", "topic")
    initialize(nlp, ROWS)
    docs = [nlp.make_doc(text) for text, _ in ROWS]
    before = nlp.to_bytes()
    for doc in docs:
        nlp(doc)
    assert nlp.to_bytes() == before


def test_pipeline_learns(pipeline):
    optimizer = Adam(0.05)
    for _ in range(2):
        step(pipeline, make_examples(pipeline, ROWS), optimizer)
        assert_current_tensors(pipeline)


def test_pipeline_with_averaged_weights(pipeline):
    optimizer = Adam(0.05, use_averages=True)
    for _ in range(3):
        step(pipeline, make_examples(pipeline, ROWS), optimizer)
    docs_of(pipeline)
    with pipeline.use_params(optimizer.averages):
        assert_current_tensors(pipeline)
    assert_current_tensors(pipeline)


def test_pipeline_with_a_disabled_pipe_learns(pipeline):
    with pipeline.select_pipes(disable="topic"):
        assert_current_tensors(pipeline)
        step(pipeline, make_examples(pipeline, SENTIMENT), Adam(0.05))
    assert_current_tensors(pipeline)


def test_pipeline_whose_encoder_was_disabled_in_between(pipeline):
    with pipeline.select_pipes(disable="tok2vec"):
        randomize(pipeline.get_pipe("tok2vec").model, seed=7)
    assert_current_tensors(pipeline)


@pytest.mark.parametrize("changed", ["tok2vec", "topic"])
def test_replaced_listeners_have_weights_of_their_own(pipeline, changed):
    pipeline.replace_listeners("tok2vec", "topic", ["model.tok2vec"])
    shared = pipeline.get_pipe("tok2vec").model
    head = pipeline.get_pipe("topic").model
    own = next(node for node in head.walk() if node.name == shared.name)
    docs = docs_of(pipeline)
    randomize({"tok2vec": shared, "topic": own}[changed], seed=7)
    for encoder in (own, shared):
        assert_current(encoder, pipeline, docs, **SIZES)
    assert numpy.abs(own.predict(docs)[0] - shared.predict(docs)[0]).max() > 0.01


def test_replaced_listeners_learn(pipeline):
    pipeline.replace_listeners("tok2vec", "topic", ["model.tok2vec"])
    docs_of(pipeline)
    step(pipeline, make_examples(pipeline, TOPIC), Adam(0.05))
    shared, head = (pipeline.get_pipe(name).model for name in ("tok2vec", "topic"))
    own = next(node for node in head.walk() if node.name == shared.name)
    docs = [Doc(pipeline.vocab, words=text.split()) for text, _ in ROWS]
    assert_current(own, pipeline, docs, **SIZES)


def from_bytes(target, source, path):
    return target.from_bytes(source.to_bytes())


def from_disk(target, source, path):
    source.to_disk(path / "nlp")
    return target.from_disk(path / "nlp")


def new_from_disk(target, source, path):
    source.to_disk(path / "nlp")
    return spacy.load(path / "nlp")


def new_from_config(target, source, path):
    config = Config().from_str(source.config.to_str())
    return spacy.util.load_model_from_config(config).from_bytes(source.to_bytes())


def new_from_pickle(target, source, path):
    return pickle.loads(pickle.dumps(source))


LOADERS = [from_bytes, from_disk, new_from_disk, new_from_config, new_from_pickle]


@pytest.mark.parametrize("load", LOADERS)
def test_loaded_pipeline_has_the_loaded_weights(pipeline, tmp_path, load):
    source = make_pipeline("sentiment", "topic")
    initialize(source, ROWS)
    randomize(source.get_pipe("tok2vec").model, seed=7)
    docs_of(source)
    loaded = load(pipeline, source, tmp_path)
    assert_current_tensors(loaded, source.get_pipe("tok2vec").model)
