"""Losses of predicted vectors, and their gradients in double precision."""

import numpy
import pytest
from builders import numeric_gradient
from numpy.testing import assert_allclose

from spacy_mtl.layers.vector_losses import EPSILON, LOSSES, cosine_loss, l2_loss

RNG = numpy.random.default_rng(0)
PREDICTIONS = RNG.normal(size=(5, 4))
TARGETS = RNG.normal(size=(5, 4))


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("scale", [0.1, 1.0, 30.0])
def test_gradients_are_those_of_the_loss(name, scale):
    predictions = PREDICTIONS * scale
    _, found = LOSSES[name](predictions, TARGETS)
    assert found.shape == predictions.shape
    for _ in range(10):
        direction = numpy.random.normal(size=predictions.shape)
        expected = numeric_gradient(
            lambda: LOSSES[name](predictions, TARGETS)[0], predictions, direction, eps=1e-6
        )
        assert (found * direction).sum() == pytest.approx(expected, rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("name", LOSSES)
def test_nothing_is_lost_on_a_hit(name):
    loss, gradient = LOSSES[name](TARGETS.copy(), TARGETS)
    assert loss == pytest.approx(0.0, abs=1e-12)
    assert_allclose(gradient, 0.0, atol=1e-12)


@pytest.mark.parametrize("name", LOSSES)
def test_the_loss_is_a_mean(name):
    once, _ = LOSSES[name](PREDICTIONS, TARGETS)
    twice, gradient = LOSSES[name](numpy.tile(PREDICTIONS, (2, 1)), numpy.tile(TARGETS, (2, 1)))
    assert twice == pytest.approx(once)
    assert_allclose(gradient[:5], LOSSES[name](PREDICTIONS, TARGETS)[1] / 2)


@pytest.mark.parametrize("name", LOSSES)
def test_arguments_and_precision_are_left_alone(name):
    predictions, targets = PREDICTIONS.astype("f"), TARGETS.astype("f")
    before = predictions.copy(), targets.copy()
    loss, gradient = LOSSES[name](predictions, targets)
    assert isinstance(loss, float) and gradient.dtype == numpy.float32
    assert (predictions == before[0]).all() and (targets == before[1]).all()


def test_l2_is_half_the_squared_distance():
    loss, gradient = l2_loss(numpy.asarray([[3.0, 0.0]]), numpy.asarray([[0.0, 4.0]]))
    assert loss == 12.5
    assert_allclose(gradient, [[3.0, -4.0]])


@pytest.mark.parametrize(
    "target, expected", [([2.0, 0.0], 0.0), ([0.0, 5.0], 1.0), ([-1.0, 0.0], 2.0)]
)
def test_cosine_sees_directions_only(target, expected):
    loss, gradient = cosine_loss(numpy.asarray([[3.0, 0.0]]), numpy.asarray([target]))
    assert loss == pytest.approx(expected)
    assert gradient[0, 0] == pytest.approx(0.0)


@pytest.mark.parametrize("length", [0.0, 1e-30, 1e-6])
def test_the_gradient_of_short_predictions_is_bounded(length):
    predictions = numpy.asarray([[length, 0.0]])
    loss, gradient = cosine_loss(predictions, numpy.asarray([[0.6, 0.8]]))
    assert 0.0 <= loss <= 2.0
    assert numpy.linalg.norm(gradient) <= 1.01 / EPSILON


def test_a_target_of_zeros_pulls_nowhere():
    loss, gradient = cosine_loss(PREDICTIONS[:1], numpy.zeros((1, 4)))
    assert loss == 1.0 and not gradient.any()
