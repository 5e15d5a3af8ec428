import numpy
import pytest
from thinc.api import Model

from spacy_mtl.layers.standardize import SMALLEST, standardize, statistics


@pytest.fixture
def X():
    generator = numpy.random.default_rng(0)
    return (generator.normal(size=(400, 3)) * [0.02, 1.0, 30.0] + [0.2, 0.0, -5.0]).astype("f")


def train(model: Model, X, *, batch_size: int = 40):
    model.initialize(X=X[:1])
    for start in range(0, len(X), batch_size):
        model(X[start : start + batch_size], is_train=True)
    return model


def test_untrained_layer_changes_nothing(X):
    model = standardize().initialize(X=X)
    numpy.testing.assert_array_equal(model.predict(X), X)
    assert model.get_dim("nO") == 3


def test_columns_get_mean_0_and_deviation_1(X):
    Y = train(standardize(), X).predict(X)
    numpy.testing.assert_allclose(Y.mean(axis=0), 0, atol=0.05)
    numpy.testing.assert_allclose(Y.std(axis=0), 1, atol=0.05)


def test_first_batch_counts_in_full(X):
    Y, _ = standardize().initialize(X=X)(X, is_train=True)
    numpy.testing.assert_allclose(Y.std(axis=0), 1, atol=1e-3)


def test_prediction_learns_nothing(X):
    model = train(standardize(), X)
    before = model.to_bytes()
    model.predict(X * 7)
    assert model.to_bytes() == before


def test_constant_column_stays_small():
    X = numpy.full((50, 2), 0.3, dtype="f")
    Y = train(standardize(), X, batch_size=5).predict(X + SMALLEST)
    assert numpy.isfinite(Y).all()
    assert abs(Y).max() < 2


def test_empty_batch(X):
    model = train(standardize(), X)
    before = model.to_bytes()
    Y, backprop = model(X[:0], is_train=True)
    assert Y.shape == (0, 3)
    assert backprop(Y).shape == (0, 3)
    assert model.to_bytes() == before


def test_gradient(X):
    model = train(standardize(), X)
    _, scale = statistics(model)
    # In training the layer moves on, so that the gradient is that of the moment after.
    _, backprop = model(X[:5], is_train=True)
    dY = numpy.cos(X[:5])
    numpy.testing.assert_allclose(backprop(dY), dY * statistics(model)[1], rtol=1e-6)
    assert not numpy.array_equal(scale, statistics(model)[1])


def test_statistics_have_no_gradient(X):
    model = train(standardize(), X)
    _, backprop = model(X, is_train=True)
    backprop(X)
    assert not any(model.has_grad(name) for name in model.param_names)


def test_saved_and_loaded(X):
    model = train(standardize(), X)
    loaded = standardize().initialize(X=X[:1]).from_bytes(model.to_bytes())
    numpy.testing.assert_array_equal(loaded.predict(X), model.predict(X))
