"""Dropout by 16 random bits a value."""

import numpy
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from thinc.api import fix_random_seed

from spacy_mtl.layers.dropout_noise import DropoutNoise

SHAPE = (500, 200)


def dropped(kernels, rate, shape=SHAPE):
    """Ones, some of which have been dropped."""
    X = numpy.ones(shape, dtype="f")
    DropoutNoise.draw(kernels, shape, rate).apply(kernels, X)
    return X


@pytest.mark.parametrize("rate", [0.01, 0.1, 0.25, 0.5, 0.9])
def test_as_many_values_are_dropped_as_asked_for(kernels, rate):
    share = (dropped(kernels, rate) == 0).mean()
    assert share == pytest.approx(rate, abs=5 * (rate * (1 - rate) / numpy.prod(SHAPE)) ** 0.5)


@pytest.mark.parametrize("rate", [0.01, 0.1, 0.5, 0.9])
def test_the_others_are_scaled_so_that_the_mean_stays(kernels, rate):
    X = dropped(kernels, rate)
    assert_allclose(X[X > 0], 1 / (1 - rate), rtol=1e-3)
    assert X.mean() == pytest.approx(1.0, abs=5 * (rate / (1 - rate) / X.size) ** 0.5)


@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_rows_and_columns_are_dropped_alike(kernels, rate):
    kept = dropped(kernels, rate) > 0
    for axis in (0, 1):
        spread = (rate * (1 - rate) / SHAPE[axis]) ** 0.5
        assert_allclose(kept.mean(axis=axis), 1 - rate, atol=6 * spread)


@pytest.mark.parametrize("rate", [0.0, 1e-9, -0.1])
def test_nothing_is_drawn_if_nothing_is_dropped(kernels, rate):
    before = numpy.random.get_state()[2]
    assert DropoutNoise.draw(kernels, SHAPE, rate) is None
    assert numpy.random.get_state()[2] == before


@pytest.mark.parametrize("rate", [1.0, 1.5])
def test_everything_is_dropped_at_a_rate_of_one(kernels, rate):
    assert not dropped(kernels, rate).any()


def test_a_rate_next_to_one_keeps_next_to_nothing(kernels):
    X = dropped(kernels, 0.99999, (1000, 1000))
    assert 0 < (X > 0).sum() < 100
    assert_allclose(X[X > 0], 1 << 16)


def test_a_seed_gives_the_same_noise_again(kernels):
    found = []
    for _ in range(2):
        fix_random_seed(5)
        found.append([dropped(kernels, 0.5), dropped(kernels, 0.5)])
    assert_array_equal(found[0], found[1])
    assert (found[0][0] != found[0][1]).any()


def test_other_seeds_give_other_noise(kernels):
    found = []
    for seed in (5, 6):
        fix_random_seed(seed)
        found.append(dropped(kernels, 0.5))
    assert 0.4 < (found[0] == found[1]).mean() < 0.6


def test_forward_and_backward_pass_drop_the_same_values(kernels):
    noise = DropoutNoise.draw(kernels, SHAPE, 0.5)
    Y, dY = numpy.ones(SHAPE, dtype="f"), numpy.full(SHAPE, -3, dtype="f")
    noise.apply(kernels, Y)
    noise.apply(kernels, dY)
    assert_array_equal(dY, -3 * Y)


def test_chunks_drop_what_the_whole_drops(kernels):
    noise = DropoutNoise.draw(kernels, SHAPE, 0.3)
    whole, parts = numpy.ones((2, *SHAPE), dtype="f")
    noise.apply(kernels, whole)
    for start in range(0, SHAPE[0], 70):
        rows = slice(start, start + 70)
        noise.chunk(rows).apply(kernels, parts[rows])
    assert_array_equal(parts, whole)


def test_no_values_at_all(kernels):
    assert dropped(kernels, 0.5, (0, 4)).shape == (0, 4)
