import numpy
import pytest
from builders import numeric_gradient

from spacy_mtl.layers.pool import pool

LENGTHS = [[3, 1, 2], [0, 2], [2, 0, 0, 1], [0], [0, 0]]


def arrays(lengths):
    rng = numpy.random.default_rng(0)
    return [rng.normal(size=(length, 4)).astype("f") for length in lengths]


def test_mean_and_max_stand_side_by_side_in_the_order_given():
    Xs = arrays([3, 1])
    expected = [numpy.concatenate([X.max(axis=0), X.mean(axis=0)]) for X in Xs]
    numpy.testing.assert_allclose(pool(["max", "mean"], width=4).predict(Xs), expected, rtol=1e-5)


@pytest.mark.parametrize("poolings", [["mean"], ["max"], ["mean", "max"]])
@pytest.mark.parametrize("lengths", LENGTHS)
def test_documents_without_tokens_get_zeros(poolings, lengths):
    Y = pool(poolings, width=4).predict(arrays(lengths))
    assert Y.shape == (len(lengths), 4 * len(poolings))
    for row, length in zip(Y, lengths, strict=True):
        assert numpy.isfinite(row).all()
        assert row.any() == (length > 0)


def test_all_negative_values_do_not_become_the_zero_of_padding():
    X = -numpy.ones((2, 4), dtype="f")
    empty = numpy.zeros((0, 4), dtype="f")
    assert (pool(["max"], width=4).predict([empty, X, empty])[1] == -1).all()


@pytest.mark.parametrize("poolings", [["mean"], ["max"], ["max", "mean"]])
@pytest.mark.parametrize("lengths", LENGTHS[:3])
def test_gradient_equals_the_numeric_one(poolings, lengths):
    rng = numpy.random.default_rng(1)
    model = pool(poolings, width=4)
    Xs = arrays(lengths)
    Y, backprop = model.begin_update(Xs)
    dY = rng.normal(size=Y.shape).astype("f")
    dXs = backprop(dY)
    assert [dX.shape for dX in dXs] == [X.shape for X in Xs]
    for X, dX in zip(Xs, dXs, strict=True):
        direction = rng.normal(size=X.shape).astype("f")
        found = numeric_gradient(lambda: float((model.predict(Xs) * dY).sum()), X, direction)
        assert float((dX * direction).sum()) == pytest.approx(found, abs=2e-3)


def test_the_gradient_that_came_in_is_not_changed():
    Y, backprop = pool(["mean", "max"], width=4).begin_update(arrays([2, 3]))
    dY = numpy.ones_like(Y)
    backprop(dY)
    assert (dY == 1).all()


def test_no_documents_at_all():
    assert pool(["mean", "max"], width=4).predict([]).shape == (0, 8)


def test_width_is_taken_from_the_first_batch():
    model = pool(["mean", "max"])
    model.initialize(X=arrays([2]))
    assert model.get_dim("nO") == 8


@pytest.mark.parametrize("poolings", [[], ["mean", "mean"], ["sum"], ["mean", "last"]])
def test_other_poolings_are_refused(poolings):
    with pytest.raises(ValueError, match="E205"):
        pool(poolings, width=4)
