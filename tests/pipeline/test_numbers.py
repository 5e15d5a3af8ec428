"""Numbers that are infinite or none: who says so, where, and that nothing has changed."""

import copy
import math

import numpy
import pytest
import spacy
from builders import (
    SENTIMENT,
    TAGS,
    TOPIC,
    add_encoder,
    add_task,
    initialize,
    make_examples,
    make_pipeline,
    make_trained,
    same_weights,
    step,
    weights_of,
)
from thinc.api import Adam

from spacy_mtl.finite import find_broken_gradient
from spacy_mtl.layers.fused_adam import create_adam_v1
from spacy_mtl.layers.kernels import use_kernels

BOTH = [*SENTIMENT, *TOPIC]
#: A weight of the loss with which the loss is finite, and its gradient is not.
HUGE = 1e200


def fail(*parts):
    return pytest.raises(ValueError, match=".*".join(parts))


def make_both(**settings):
    nlp = make_pipeline("sentiment")
    add_task(nlp, "topic", **settings)
    optimizer = Adam(0.01)
    initialize(nlp, BOTH)
    for _ in range(2):
        step(nlp, make_examples(nlp, BOTH), optimizer)
    return nlp, optimizer


def state_of(nlp, optimizer):
    kept = (optimizer.mom1, optimizer.mom2, optimizer.averages, optimizer.nr_update)
    return [weights_of(pipe.model) for _, pipe in nlp.pipeline], copy.deepcopy(kept)


def assert_same(nlp, optimizer, before):
    weights, kept = before
    for (_, pipe), old in zip(nlp.pipeline, weights, strict=True):
        assert same_weights(weights_of(pipe.model), old)
    found = (optimizer.mom1, optimizer.mom2, optimizer.averages, optimizer.nr_update)
    for now, then in zip(found, kept, strict=True):
        assert now.keys() == then.keys()
        assert all(numpy.array_equal(now[key], then[key]) for key in now)


def spoil_backprop(monkeypatch, model, name, value):
    """Let a layer's backward pass put a number into the gradient of one of its parameters."""
    node = next(node for node in model.walk() if name in node.param_names)
    forward = node._func

    def spoiled(model, X, is_train):
        Y, backprop = forward(model, X, is_train)

        def spoiled_backprop(dY):
            dX = backprop(dY)
            if is_train:
                node.get_grad(name).flat[0] = value
            return dX

        return Y, spoiled_backprop

    monkeypatch.setattr(node, "_func", spoiled)
    return node


def test_the_loss_names_the_batch():
    nlp, optimizer = make_both()
    nlp.get_pipe("topic").model.get_ref("output_layer").get_param("b")[:] = numpy.nan
    texts = ["'a good film', 'a great film', 'really lovely acting', ..."]
    with fail("E229", "'topic', task 'topic'", "nan in update 3, a batch of 10 documents", *texts):
        step(nlp, make_examples(nlp, BOTH), optimizer)


def test_long_texts_are_shortened_in_errors():
    nlp, optimizer = make_both()
    nlp.get_pipe("topic").model.get_ref("output_layer").get_param("b")[:] = numpy.nan
    with pytest.raises(ValueError) as caught:
        step(nlp, make_examples(nlp, [("long " * 500, TOPIC[0][1])]), optimizer)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("value", [math.nan, math.inf, 1e30])
def test_a_broken_gradient_of_a_head_changes_nothing(monkeypatch, value):
    nlp, optimizer = make_both()
    before = state_of(nlp, optimizer)
    node = spoil_backprop(monkeypatch, nlp.get_pipe("topic").model, "b", value)
    with fail("E870", "'topic'", f"parameter b of layer '{node.name}'", "10 documents", "a good"):
        step(nlp, make_examples(nlp, BOTH), optimizer)
    assert_same(nlp, optimizer, before)


def test_a_finite_loss_with_an_infinite_gradient():
    nlp, optimizer = make_both()
    nlp.get_pipe("topic").cfg["loss_weight"] = HUGE
    before = state_of(nlp, optimizer)
    with fail("E870", "'topic'", "loss_weight"), numpy.errstate(all="ignore"):
        step(nlp, make_examples(nlp, BOTH), optimizer)
    assert_same(nlp, optimizer, before)


def test_an_infinite_weight_that_only_the_encoder_feels():
    nlp = spacy.blank("xx")
    add_encoder(nlp)
    add_task(nlp, "tags", multi_label=True)
    optimizer = Adam(0.01)
    initialize(nlp, TAGS)
    nlp.get_pipe("tags").model.get_ref("output_layer").get_param("W")[0, 0] = 1e38
    before = state_of(nlp, optimizer)
    with fail("E870", "'tags'", "encoder"), numpy.errstate(all="ignore"):
        step(nlp, make_examples(nlp, TAGS), optimizer)
    assert_same(nlp, optimizer, before)


@pytest.mark.parametrize("factor", [math.nan, math.inf, 1e30])
@pytest.mark.parametrize("mode", ["numpy", "numba"])
def test_a_broken_gradient_of_the_encoder_changes_nothing(monkeypatch, factor, mode):
    if mode == "numba":
        pytest.importorskip("numba", reason="the extra 'fast' is not installed")
    with use_kernels(mode):
        nlp, optimizer = make_both()
        before = state_of(nlp, optimizer)
        encoder = nlp.get_pipe("tok2vec").model
        forward = encoder._func

        def spoiled(model, docs, is_train):
            Y, backprop = forward(model, docs, is_train)
            return Y, lambda dYs: backprop([dY * numpy.float32(factor) for dY in dYs])

        monkeypatch.setattr(encoder, "_func", spoiled)
        with fail("E870", "'tok2vec'", "parameter", "10 documents"), numpy.errstate(all="ignore"):
            step(nlp, make_examples(nlp, BOTH), optimizer)
        assert_same(nlp, optimizer, before)


def test_a_table_says_itself_whether_what_was_added_is_finite():
    nlp = make_pipeline("sentiment")
    initialize(nlp, SENTIMENT)
    model = nlp.get_pipe("tok2vec").model
    Y, backprop = model.begin_update([nlp.make_doc("a good film")])
    backprop([numpy.full_like(y, numpy.nan) for y in Y])
    for node in model.walk():
        if node.name != "hashembed":
            for name in node.param_names:
                node.get_grad(name).fill(0.0)
    assert find_broken_gradient(model) == "parameter E of layer 'hashembed'"


@pytest.mark.parametrize("mode", ["numpy", "numba"])
def test_training_goes_on_after_a_bad_batch(mode):
    if mode == "numba":
        pytest.importorskip("numba", reason="the extra 'fast' is not installed")
    with use_kernels(mode):
        nlp, _ = make_both()
        optimizer = create_adam_v1(learn_rate=0.01)
        head = nlp.get_pipe("topic")
        head.cfg["loss_weight"] = HUGE
        with fail("E870"), numpy.errstate(all="ignore"):
            step(nlp, make_examples(nlp, TOPIC), optimizer)
        head.cfg["loss_weight"] = 1.0
        before = weights_of(head.model)
        losses = {}
        step(nlp, make_examples(nlp, TOPIC), optimizer, losses=losses)
        assert math.isfinite(losses["topic"]) and math.isfinite(losses["tok2vec"])
        assert not same_weights(weights_of(head.model), before)
        assert all(numpy.isfinite(array).all() for array in weights_of(head.model))
        assert all(numpy.isfinite(a).all() for a in weights_of(nlp.get_pipe("tok2vec").model))


def test_an_optimizer_within_the_update_sees_no_broken_gradient():
    nlp, optimizer = make_both()
    nlp.get_pipe("topic").cfg["loss_weight"] = HUGE
    before = weights_of(nlp.get_pipe("topic").model), weights_of(nlp.get_pipe("tok2vec").model)
    with fail("E870", "'topic'"), numpy.errstate(all="ignore"):
        nlp.update(make_examples(nlp, TOPIC), sgd=optimizer)
    assert same_weights(weights_of(nlp.get_pipe("topic").model), before[0])
    assert same_weights(weights_of(nlp.get_pipe("tok2vec").model), before[1])


def test_rehearsal_of_a_broken_gradient():
    nlp = make_trained("sentiment", rows=SENTIMENT, n_steps=3, loss_weight=1.0)
    optimizer = nlp.resume_training()
    nlp.get_pipe("sentiment").cfg["loss_weight"] = HUGE
    nlp.get_pipe("sentiment").model.get_ref("output_layer").get_param("W")[:] += 1.0
    before = weights_of(nlp.get_pipe("sentiment").model)
    with fail("E870", "'sentiment'"), numpy.errstate(all="ignore"):
        nlp.rehearse(make_examples(nlp, SENTIMENT), sgd=optimizer)
    assert same_weights(weights_of(nlp.get_pipe("sentiment").model), before)


# Weights that are loaded, and what is computed from them


@pytest.mark.parametrize("where", ["sentiment", "tok2vec"])
@pytest.mark.parametrize("value", [math.nan, -math.inf])
@pytest.mark.parametrize("way", ["bytes", "disk"])
def test_damaged_weights_are_not_loaded(tmp_path, where, value, way):
    nlp = make_trained("sentiment", rows=SENTIMENT, n_steps=1)
    node = [node for node in nlp.get_pipe(where).model.walk() if node.param_names][-1]
    node.get_param(node.param_names[0]).flat[-1] = value
    part = f"parameter {node.param_names[0]} of layer '{node.name}'"
    with fail("E872", f"'{where}'", part):
        if way == "bytes":
            make_pipeline("sentiment").from_bytes(nlp.to_bytes())
        else:
            nlp.to_disk(tmp_path / "model")
            spacy.load(tmp_path / "model")


@pytest.mark.parametrize("where, what", [("sentiment", "scores"), ("tok2vec", "vectors")])
def test_what_is_no_number_is_not_predicted_in_silence(where, what):
    nlp = make_trained("sentiment", rows=SENTIMENT, n_steps=1)
    for node in nlp.get_pipe(where).model.walk():
        for name in node.param_names:
            node.get_param(name)[:] = numpy.nan
    with fail("E873", f"'{where}'", what, "a good film"):
        nlp("a good film")


def test_the_error_handler_gets_what_is_no_number():
    nlp = make_trained("sentiment", rows=SENTIMENT, n_steps=1)
    nlp.get_pipe("sentiment").model.get_ref("output_layer").get_param("b")[:] = numpy.nan
    errors = []
    nlp.set_error_handler(lambda name, pipe, docs, error: errors.append((name, len(docs))))
    assert list(nlp.pipe(["a good film", "a bad film"])) == []
    assert errors == [("sentiment", 2)]


def test_large_finite_weights_can_be_loaded():
    nlp = make_trained("sentiment", rows=SENTIMENT, n_steps=1)
    nlp.get_pipe("sentiment").model.get_ref("output_layer").get_param("b")[0] = 1e30
    make_pipeline("sentiment").from_bytes(nlp.to_bytes())("a good film")


# Weights of labels and losses


def update_once(nlp, rows):
    losses = {}
    step(nlp, make_examples(nlp, rows), Adam(0.01), losses=losses)
    return losses["sentiment"]


@pytest.mark.parametrize("number", [2, 2.0, numpy.float64(2)])
def test_weights_of_any_kind_of_number(number):
    nlp = make_pipeline(
        "sentiment", loss_weight=number, class_weights={"positive": number, "negative": 1}
    )
    initialize(nlp, SENTIMENT)
    other = make_pipeline(
        "sentiment", loss_weight=2.0, class_weights={"positive": 2.0, "negative": 1.0}
    )
    initialize(other, SENTIMENT)
    assert update_once(nlp, SENTIMENT) == update_once(other, SENTIMENT)
    model = nlp.get_pipe("sentiment").model
    assert all(array.dtype == "float32" for array in weights_of(model))
    make_pipeline("sentiment").from_bytes(nlp.to_bytes())


@pytest.mark.parametrize("setting", ["loss_weight", "class_weights"])
@pytest.mark.parametrize("number", [-1, math.nan, math.inf, numpy.float32(2), "two"])
def test_weights_that_are_refused(setting, number):
    value = number if setting == "loss_weight" else {"positive": number}
    # What JSON does not have, spaCy refuses itself.
    with pytest.raises(ValueError, match=r"E225|E961|is not <class|not a valid float"):
        make_pipeline("sentiment", **{setting: value})


def test_a_weight_of_zero_changes_no_weight_by_its_gradient():
    nlp = make_pipeline("sentiment", loss_weight=0, class_weights={"positive": 0, "negative": 0})
    initialize(nlp, SENTIMENT)
    before = weights_of(nlp.get_pipe("sentiment").model)
    assert update_once(nlp, SENTIMENT) == 0.0
    assert same_weights(weights_of(nlp.get_pipe("sentiment").model), before)


def test_a_huge_weight_is_said_to_be_too_large():
    nlp = make_pipeline("sentiment", class_weights={"positive": 1e30, "negative": 1.0})
    initialize(nlp, SENTIMENT)
    with fail("E870", "'sentiment'"), numpy.errstate(all="ignore"):
        update_once(nlp, SENTIMENT)


@pytest.mark.parametrize("kind", [float, int, bool, numpy.float32, numpy.float64, numpy.int64])
def test_labels_of_any_kind_of_number(kind):
    rows = [(text, {key: kind(value) for key, value in cats.items()}) for text, cats in TAGS]
    losses = []
    for some in (TAGS, rows):
        nlp = spacy.blank("xx")
        add_encoder(nlp)
        add_task(nlp, "tags", multi_label=True)
        initialize(nlp, some)
        found = {}
        step(nlp, make_examples(nlp, some), Adam(0.01), losses=found)
        losses.append(found["tags"])
    assert losses[0] == losses[1]


def test_soft_labels_keep_single_precision():
    rows = [(text, {"tags/fast": numpy.float64(1 / 3)}) for text, _ in TAGS]
    nlp = spacy.blank("xx")
    add_encoder(nlp)
    add_task(nlp, "tags", multi_label=True)
    initialize(nlp, rows)
    step(nlp, make_examples(nlp, rows), Adam(0.01))
    for _, pipe in nlp.pipeline:
        assert all(array.dtype == "float32" for array in weights_of(pipe.model))
    assert nlp("fast and cheap").tensor.dtype == numpy.float32


def test_double_precision_gradients_leave_single_precision_weights():
    nlp = make_trained("sentiment", rows=SENTIMENT, n_steps=1)
    docs = [nlp.make_doc("a good film"), nlp.make_doc("")]
    model = nlp.get_pipe("tok2vec").model
    Y, backprop = model.begin_update(docs)
    backprop([numpy.ones(y.shape, dtype="float64") for y in Y])
    model.finish_update(Adam(0.01))
    assert all(array.dtype == "float32" for array in weights_of(model))
    assert all(y.dtype == "float32" for y in model.predict(docs))
