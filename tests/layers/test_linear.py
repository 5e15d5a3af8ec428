"""The output layer computes what thinc's linear layer does."""

import numpy
import pytest
from numpy.testing import assert_allclose
from thinc.api import Linear

from spacy_mtl.layers.linear import output_linear

SIZES = [(1, 1, 1), (7, 3, 192), (256, 2, 192), (3, 150, 8)]


def draw(*shape, seed=0):
    return numpy.random.default_rng(seed).normal(size=shape).astype("f")


def make_pair(nO, nI):
    """Ours and thinc's, with equal weights."""
    models = output_linear(nO, nI), Linear(nO, nI)
    for model in models:
        model.initialize()
        model.set_param("W", draw(nO, nI, seed=1))
        model.set_param("b", draw(nO, seed=2))
    return models


@pytest.fixture(params=["numpy", "thinc"], autouse=True)
def each_product(request, monkeypatch):
    monkeypatch.setenv("SPACY_MTL_PRODUCT", request.param)


@pytest.mark.parametrize("n, nO, nI", SIZES)
def test_predictions_equal_those_of_thinc(n, nO, nI):
    ours, thincs = make_pair(nO, nI)
    found = ours.predict(draw(n, nI))
    assert found.dtype == "float32"
    assert_allclose(found, thincs.predict(draw(n, nI)), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("n, nO, nI", SIZES)
def test_gradients_equal_those_of_thinc(n, nO, nI):
    results = []
    for model in make_pair(nO, nI):
        Y, backprop = model.begin_update(draw(n, nI))
        results.append([Y, backprop(draw(n, nO)), model.get_grad("W"), model.get_grad("b")])
    for found, expected in zip(*results, strict=True):
        assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_input_that_is_not_contiguous():
    ours, thincs = make_pair(3, 8)
    for X in (draw(8, 5).T, draw(5, 16)[:, ::2], draw(10, 8)[::2]):
        assert_allclose(ours.predict(X), thincs.predict(X), rtol=1e-4, atol=1e-5)


def test_no_documents_at_all():
    ours, _ = make_pair(3, 8)
    assert ours.predict(draw(0, 8)).shape == (0, 3)


def test_input_is_not_changed():
    ours, _ = make_pair(3, 8)
    X = draw(5, 8)
    ours.predict(X)
    assert_allclose(X, draw(5, 8))


def test_changed_weights_are_used():
    ours, thincs = make_pair(3, 8)
    ours.predict(draw(5, 8))
    for model in (ours, thincs):
        model.get_param("W")[...] *= 2
        model.get_param("b")[...] -= 1
    assert_allclose(ours.predict(draw(5, 8)), thincs.predict(draw(5, 8)), rtol=1e-4, atol=1e-5)


def test_weights_start_at_zero():
    model = output_linear(None, None)
    model.initialize(X=draw(2, 8), Y=draw(2, 3))
    assert model.get_param("W").shape == (3, 8)
    assert not model.get_param("W").any()
    assert not model.get_param("b").any()


def test_weights_fit_those_of_thinc():
    ours, thincs = make_pair(3, 8)
    other = output_linear(3, 8).from_bytes(thincs.to_bytes())
    assert_allclose(other.predict(draw(5, 8)), ours.predict(draw(5, 8)))
