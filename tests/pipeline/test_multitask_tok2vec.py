"""The shared encoder: how it collects the gradients of its listeners."""

import numpy
import pytest
from builders import (
    SENTIMENT,
    TOPIC,
    Recorder,
    initialize,
    make_examples,
    make_pipeline,
    same_weights,
    weights_of,
    words,
)
from numpy.testing import assert_allclose
from thinc.api import Adam


@pytest.fixture
def encoder():
    nlp = make_pipeline("sentiment", "topic")
    initialize(nlp, SENTIMENT + TOPIC)
    return nlp.get_pipe("tok2vec")


def start(encoder, losses=None):
    """Encode a batch. Returns what each listener got: outputs and callback."""
    docs = [example.predicted for example in make_batch(encoder)]
    encoder.update(make_batch(encoder), losses=losses)
    return [listener.begin_update(docs) for listener in encoder.listeners]


def make_batch(encoder):
    nlp = make_pipeline()
    nlp.vocab = encoder.vocab
    return make_examples(nlp, SENTIMENT[:2])


def finish(encoder):
    recorder = Recorder()
    encoder.finish_update(recorder)
    return recorder.of(encoder.model)


def test_listeners_are_found(encoder):
    assert encoder.listening_components == ["sentiment", "topic"]


def test_gradients_of_the_listeners_add_up(encoder):
    found = []
    for scales in ((1.0, 2.0), (3.0, None), (None, 3.0)):
        for scale, (Ys, backprop) in zip(scales, start(encoder), strict=True):
            backprop([Y * scale for Y in Ys] if scale else [])
        found.append(finish(encoder))
    for other in found[1:]:
        for a, b in zip(found[0], other, strict=True):
            assert_allclose(a, b, atol=1e-4)


def test_gradients_that_came_in_are_not_changed(encoder):
    (Ys, first), (_, second) = start(encoder)
    gradients = [numpy.ones_like(Y) for Y in Ys]
    first(gradients)
    second(gradients)
    assert all((gradient == 1).all() for gradient in gradients)


def test_outputs_of_one_listener_are_those_of_the_other(encoder):
    (first, _), (second, _) = start(encoder)
    for a, b in zip(first, second, strict=True):
        numpy.testing.assert_array_equal(a, b)


def test_reported_loss_is_the_squared_norm_of_the_gradient(encoder):
    losses = {}
    (Ys, first), (_, second) = start(encoder, losses)
    assert losses == {"tok2vec": 0.0}
    first([numpy.ones_like(Y) for Y in Ys])
    second([])
    finish(encoder)
    assert losses == {"tok2vec": sum(Y.size for Y in Ys)}


def test_no_answer_is_no_gradient(encoder):
    before = weights_of(encoder.model)
    start(encoder)
    encoder.finish_update(Adam(0.1))
    assert same_weights(before, weights_of(encoder.model))


def test_empty_answers_are_no_gradient(encoder):
    before = weights_of(encoder.model)
    for _, backprop in start(encoder):
        backprop([])
    encoder.finish_update(Adam(0.1))
    assert same_weights(before, weights_of(encoder.model))


def test_gradients_of_an_earlier_batch_are_kept(encoder):
    (Ys, backprop), _ = start(encoder)
    backprop(Ys)
    for _, answer in start(encoder):
        answer([])
    assert any(gradient.any() for gradient in finish(encoder))


def test_a_finished_batch_is_forgotten(encoder):
    for Ys, backprop in start(encoder):
        backprop(Ys)
    finish(encoder)
    for listener in encoder.listeners:
        assert listener._outputs is None
        assert listener._backprop is None


def test_prediction_changes_no_document(encoder, nlp):
    docs = words(nlp, "a film", "")
    Ys = encoder.predict(docs)
    assert [Y.shape for Y in Ys] == [(2, 8), (0, 8)]
    assert not any(doc.tensor.size for doc in docs)


def test_a_generator_of_examples_and_documents(encoder, nlp):
    assert len(encoder.predict(doc for doc in words(nlp, "a film", "b"))) == 2
    assert encoder.update(example for example in make_batch(encoder)) == {"tok2vec": 0.0}
