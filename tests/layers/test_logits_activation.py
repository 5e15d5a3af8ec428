import numpy
import pytest

from spacy_mtl.layers.logits_activation import logits_activation

LOGITS = numpy.asarray([[1.0, 2.0, -1.0], [0.0, 0.0, 0.0], [800.0, -800.0, 0.0]], dtype="f")


def test_exclusive_classes_share_one():
    Y = logits_activation(exclusive_classes=True).predict(LOGITS)
    numpy.testing.assert_allclose(Y.sum(axis=1), 1.0, rtol=1e-5)
    numpy.testing.assert_allclose(
        Y[0], numpy.exp(LOGITS[0]) / numpy.exp(LOGITS[0]).sum(), rtol=1e-5
    )


def test_independent_classes_are_logistic():
    Y = logits_activation(exclusive_classes=False).predict(LOGITS[:2])
    numpy.testing.assert_allclose(Y, 1 / (1 + numpy.exp(-LOGITS[:2])), rtol=1e-5)


@pytest.mark.parametrize("exclusive", [True, False])
def test_huge_logits_stay_finite_probabilities(exclusive):
    Y = logits_activation(exclusive_classes=exclusive).predict(LOGITS)
    assert ((Y >= 0) & (Y <= 1)).all()


@pytest.mark.parametrize("exclusive", [True, False])
def test_input_is_left_alone_and_the_gradient_handed_on(exclusive):
    X = LOGITS.copy()
    _, backprop = logits_activation(exclusive_classes=exclusive).begin_update(X)
    numpy.testing.assert_array_equal(X, LOGITS)
    numpy.testing.assert_array_equal(backprop(LOGITS), LOGITS)
