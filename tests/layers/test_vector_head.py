"""The head that predicts vectors: equal to thinc's layers, with the gradient of what it computes."""

import numpy
import pytest
from builders import numeric_gradient
from numpy.testing import assert_allclose
from thinc.api import Linear, Maxout, chain

from spacy_mtl.layers.kernels import get_kernels
from spacy_mtl.layers.vector_head import INIT_RANGE, vector_head

SIZES = [(5, 0, 1), (5, 4, 3), (6, 7, 1), (5, 4, 2)]


def make(nO, hidden, pieces, n=9, nI=6):
    model = vector_head(nO, hidden, pieces, nI)
    X = numpy.random.default_rng(0).normal(size=(n, nI)).astype("f")
    model.initialize(X=X)
    randomize(model)
    return model, X


def randomize(model):
    rng = numpy.random.default_rng(1)
    for node in model.walk():
        for name in node.param_names:
            shape = node.get_param(name).shape
            node.set_param(name, rng.normal(0.0, 0.5, shape).astype("f"))


def by_thinc(nO, hidden, pieces, nI=6):
    linear = Linear(nO, hidden or nI)
    if not hidden:
        return linear
    return chain(Maxout(hidden, nI, nP=pieces, normalize=True), linear)


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("n", [0, 1, 9, 700])
def test_it_computes_what_thinc_does(kernels, sizes, n):
    model, X = make(*sizes, n=n)
    other = by_thinc(*sizes)
    other.initialize(X=X)
    other.from_bytes(model.to_bytes())
    outputs = [one(X, True) for one in (model, other)]
    assert_allclose(outputs[0][0], outputs[1][0], atol=1e-5)
    assert_allclose(model.predict(X), outputs[1][0], atol=1e-5)
    if not n:
        return
    dY = numpy.random.default_rng(2).normal(size=outputs[0][0].shape).astype("f")
    dXs = [backprop(dY.copy()) for _, backprop in outputs]
    assert_allclose(*dXs, atol=1e-4)
    for node, same in zip(model.walk(), other.walk(), strict=True):
        for name in node.param_names:
            found, expected = node.get_grad(name), same.get_grad(name)
            assert_allclose(found, expected, atol=1e-4 * max(1.0, abs(expected).max()))


@pytest.mark.parametrize("sizes", SIZES)
def test_gradients_are_those_of_the_output(kernels, sizes):
    model, X = make(*sizes)
    Y, backprop = model(X, True)
    rng = numpy.random.default_rng(3)
    dY = rng.normal(size=Y.shape).astype("f")
    dX = backprop(dY)

    def loss():
        return float((model(X, True)[0].astype("float64") * dY).sum())

    arrays = [(X, dX)]
    for node in model.walk():
        arrays += [(node.get_param(name), node.get_grad(name)) for name in node.param_names]
    for array, gradient in arrays:
        direction = gradient + rng.normal(size=gradient.shape).astype("f")
        expected = numeric_gradient(loss, array, direction, eps=5e-4)
        assert (gradient * direction).sum() == pytest.approx(expected, rel=0.02, abs=2e-2)


@pytest.mark.parametrize("sizes", SIZES)
def test_gradients_of_batches_add_up(sizes):
    model, X = make(*sizes)

    def learn(*parts):
        for part in parts:
            Y, backprop = model(part, True)
            backprop(Y)
        found = []
        for node in model.walk():
            for name in node.param_names:
                found.append(node.get_grad(name).copy())
                node.get_grad(name)[:] = 0.0
        return found

    for a, b in zip(learn(X[:4], X[4:]), learn(X), strict=True):
        assert_allclose(a, b, atol=1e-4)


def test_more_rows_than_are_worked_on_at_once():
    model, X = make(5, 4, 3, n=3 * get_kernels().CHUNK + 1)
    apart = numpy.concatenate([model.predict(X[i : i + 1]) for i in range(0, len(X), 97)])
    assert_allclose(model.predict(X)[::97], apart, atol=1e-5)


@pytest.mark.parametrize("hidden", [0, 4])
def test_widths_can_be_found_later(hidden):
    model = vector_head(None, hidden, 2, None)
    model.initialize(X=numpy.zeros((1, 6), dtype="f"), Y=numpy.zeros((1, 5), dtype="f"))
    assert model.predict(numpy.zeros((2, 6), dtype="f")).shape == (2, 5)


def test_predictions_begin_small():
    model = vector_head(5, 0, 1, 6)
    model.initialize()
    assert abs(model.get_param("W")).max() <= INIT_RANGE
