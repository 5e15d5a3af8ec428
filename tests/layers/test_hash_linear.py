import numpy
import pytest
from builders import numeric_gradient
from thinc.api import Ragged

from spacy_mtl.layers.hash_linear import hash_linear


def batch(*lengths):
    rng = numpy.random.default_rng(0)
    keys = rng.integers(0, 2**63, size=sum(lengths)).astype("uint64")
    return Ragged(keys, numpy.asarray(lengths, dtype="i"))


@pytest.fixture
def model():
    model = hash_linear(rows=40, nO=3)
    model.initialize(X=batch(2))
    model.set_param("W", numpy.random.default_rng(1).normal(size=(40, 3)).astype("f"))
    return model


def test_starts_at_zero():
    model = hash_linear(rows=40, nO=3)
    model.initialize(X=batch(2))
    assert not model.predict(batch(2, 3)).any()


def test_number_of_outputs_is_taken_from_the_data():
    model = hash_linear(rows=40)
    model.initialize(X=batch(2), Y=numpy.zeros((1, 5), dtype="f"))
    assert model.predict(batch(2)).shape == (1, 5)


def test_a_document_without_features_gets_zeros(model):
    Y = model.predict(batch(0, 2, 0))
    assert Y.any(axis=1).tolist() == [False, True, False]


def test_a_repeated_text_grows_with_the_root_of_its_length(model):
    X = batch(3)
    fourfold = Ragged(numpy.tile(X.dataXd, 4), numpy.asarray([12], dtype="i"))
    numpy.testing.assert_allclose(model.predict(fourfold), 2 * model.predict(X), rtol=1e-5)


def test_gradient_equals_the_numeric_one(model):
    rng = numpy.random.default_rng(2)
    X = batch(3, 0, 5, 1)
    Y, backprop = model.begin_update(X)
    dY = rng.normal(size=Y.shape).astype("f")
    backprop(dY)
    direction = rng.normal(size=(40, 3)).astype("f")
    loss = lambda: float((model.predict(X) * dY).sum())  # noqa: E731
    found = numeric_gradient(loss, model.get_param("W"), direction)
    assert float((model.get_grad("W") * direction).sum()) == pytest.approx(found, rel=1e-2)


def test_a_batch_without_any_feature(model):
    Y, backprop = model.begin_update(batch(0, 0))
    backprop(Y + 1)
    assert not model.get_grad("W").any()
