"""The compiled inner loops compute what NumPy's do."""

import inspect

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from thinc.api import NumpyOps, fix_random_seed

from spacy_mtl.layers import kernels_numpy

kernels_numba = pytest.importorskip(
    "spacy_mtl.layers.kernels_numba", reason="the extra 'fast' is not installed"
)


class Shapes:
    """Sizes of a window layer, and arrays of random values to feed it."""

    def __init__(self, n, width, n_pieces, n_window, seed):
        self.n, self.width, self.n_pieces, self.n_window = n, width, n_pieces, n_window
        self.n_rows = n + 3
        self.rng = numpy.random.default_rng(seed)

    def values(self, *shape):
        # Multiples of 1/64 are equal or far from each other: rounding decides no maximum.
        return (self.rng.integers(-64, 65, shape) / 64).astype("f")

    def rows(self, *shape, dtype="int64"):
        return self.rng.integers(0, self.n_rows, shape).astype(dtype)

    def sources(self):
        """Rows of which only row 0 comes more than once in a column, as in a plan of windows."""
        columns = [self.rng.permutation(self.n_rows)[: self.n] for _ in range(self.n_window)]
        sources = numpy.stack(columns, axis=1)
        return sources * (self.rng.random(sources.shape) < 0.7)

    def pieces(self):
        """Pieces of a maxout layer, their bias, and gain and bias of the layer norm."""
        # Outputs are so far apart that no row is without variance, which rounding would decide.
        b = self.values(self.n_pieces, self.width) + numpy.linspace(0, 6, self.width)
        Z = self.values(self.n, self.n_pieces * self.width)
        return Z, b.astype("f").reshape(-1), self.values(self.width), self.values(self.width)


SHAPES = st.builds(
    Shapes,
    n=st.integers(1, 12),
    width=st.integers(1, 40),
    n_pieces=st.integers(1, 4),
    n_window=st.sampled_from([3, 5]),
    seed=st.integers(0, 2**32 - 1),
)


def part_of_wider(array):
    """A copy of an array whose rows do not follow one another in memory."""
    wide = numpy.zeros((len(array), array.shape[1] + 5), dtype=array.dtype)
    wide[:, 2:-3] = array
    return wide[:, 2:-3]


# For each function: its arguments, and which of them it changes.


def gather_windows(s):
    out = s.values(s.n, s.n_window * s.width)
    return [s.values(s.n_rows, s.width), s.sources(), out], [2]


def scatter_windows(s):
    d_windows = s.values(s.n, s.n_window * s.width)
    return [s.values(s.n_rows, s.width), s.sources(), d_windows], [0]


def add_rows(s):
    return [s.values(s.n_rows, s.width), s.rows(s.n), s.values(s.n, s.width)], [0]


def sum_rows(s):
    rows = s.rows(s.n, 4, dtype="uint32")
    return [s.values(s.n_rows, s.width), rows, part_of_wider(s.values(s.n, s.width))], [2]


def add_to_rows(s):
    rows = s.rows(s.n, 4, dtype="uint32")
    return [s.values(s.n_rows, s.width), rows, part_of_wider(s.values(s.n, s.width))], [0]


def add_table_rows(s):
    rows = s.rows(s.n, 4, dtype="uint32")
    return [s.values(s.n_rows, s.width), rows, s.rows(s.n), s.values(s.n_rows, s.width)], [3]


def add_to_rows_of(s):
    rows = s.rows(s.n, 4, dtype="uint32")
    return [s.values(s.n_rows, s.width), rows, s.rows(s.n), s.values(s.n_rows, s.width)], [0]


def maxout_norm(s):
    return [*s.pieces(), s.values(s.n, s.width)], [4]


def maxout_norm_residual(s):
    return [s.values(s.n, s.n_window * s.width), *s.pieces(), s.values(s.n, s.width)], [5]


def maxout_norm_train(s):
    out, x_hat = s.values(s.n, s.width), s.values(s.n, s.width)
    which = numpy.full((s.n, s.width), 9, dtype="uint8")
    return [*s.pieces(), out, x_hat, s.values(s.n), which], [4, 5, 6, 7]


def backprop_maxout_norm(s):
    which = s.rng.integers(0, s.n_pieces, (s.n, s.width)).astype("uint8")
    inputs = [s.values(s.n, s.width), s.values(s.width), s.values(s.n, s.width), s.values(s.n)]
    dZ = s.values(s.n, s.n_pieces * s.width)
    return [*inputs, which, dZ, s.values(s.width), s.values(s.width)], [5, 6, 7]


def drop(s):
    noise = s.rng.integers(0, 1 << 16, (s.n, s.width)).astype("uint16")
    threshold = numpy.uint16(s.rng.integers(1, 1 << 16))
    return [s.values(s.n, s.width), noise, threshold, numpy.float32(1.5)], [0]


CASES = [
    gather_windows,
    scatter_windows,
    add_rows,
    sum_rows,
    add_to_rows,
    add_table_rows,
    add_to_rows_of,
    maxout_norm,
    maxout_norm_residual,
    maxout_norm_train,
    backprop_maxout_norm,
    drop,
]


def copied(arguments):
    """Copies with the same memory layout."""
    return [
        part_of_wider(value)
        if isinstance(value, numpy.ndarray) and not value.flags.c_contiguous
        else value.copy()
        for value in arguments
    ]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
@given(shapes=SHAPES)
def test_compiled_loops_equal_those_of_numpy(case, shapes):
    arguments, outputs = case(shapes)
    found, expected = copied(arguments), copied(arguments)
    getattr(kernels_numba, case.__name__)(*found)
    getattr(kernels_numpy, case.__name__)(*expected)
    for i in outputs:
        assert_allclose(found[i], expected[i], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    "case", [add_rows, add_table_rows, add_to_rows_of], ids=lambda c: c.__name__
)
def test_no_rows_change_nothing(kernels, case):
    arguments, (changed,) = case(Shapes(n=0, width=4, n_pieces=1, n_window=3, seed=0))
    before = arguments[changed].copy()
    getattr(kernels, case.__name__)(*arguments)
    assert_array_equal(arguments[changed], before)


@given(shapes=SHAPES)
def test_first_window_layer_equals_gathering_and_multiplying(shapes):
    s = shapes
    vectors = s.values(s.n_rows, s.width)
    vectors[0] = 0.0
    slots = s.rows(s.n_rows)
    slots[0] = 0
    W = s.values(s.n_pieces * s.width, s.n_window * s.width) / 8
    _, b, G, beta = s.pieces()
    parts = numpy.split(W, s.n_window, axis=1)
    products = numpy.stack([vectors @ part.T for part in parts], axis=1)
    products[:, s.n_window // 2] += b
    found, expected = numpy.empty((2, s.n, s.width), dtype="f")
    sources = s.sources()
    kernels_numba.first_window_layer(products, vectors, slots, sources, G, beta, found)
    windows = vectors[slots][sources].reshape(s.n, -1)
    kernels_numpy.maxout_norm_residual(windows, windows @ W.T, b, G, beta, expected)
    assert_allclose(found, expected, rtol=1e-3, atol=1e-3)


@given(
    lengths=st.lists(st.integers(0, 6), min_size=1, max_size=6),
    width=st.integers(1, 20),
    seed=st.integers(0, 2**32 - 1),
)
def test_maximum_over_rows_and_its_gradient_equal_those_of_numpy(lengths, width, seed):
    rng = numpy.random.default_rng(seed)
    ops = NumpyOps()
    X = rng.normal(size=(sum(lengths), width)).astype("f")
    lengths = ops.asarray1i(lengths)
    Y, winners = ops.alloc2f(len(lengths), width), ops.alloc2i(len(lengths), width)
    kernels_numba.reduce_max(X, lengths, Y, winners)
    dY = rng.normal(size=Y.shape).astype("f")
    dX = numpy.zeros_like(X)
    kernels_numba.backprop_reduce_max(dY, lengths, winners, dX)
    stops = numpy.cumsum(lengths)
    for y, dy, start, stop in zip(Y, dY, stops - lengths, stops, strict=True):
        rows = X[start:stop]
        if len(rows):
            assert_array_equal(y, rows.max(axis=0))
            assert_array_equal(dX[start:stop], dy * (rows == rows.max(axis=0)))
        else:
            assert not y.any()


@given(
    n=st.integers(0, 8),
    n_labels=st.integers(1, 20),
    scale=st.sampled_from([0.0, 1.0, 30.0, 1e4]),
    seed=st.integers(0, 2**32 - 1),
)
def test_softmax_equals_that_of_thinc(n, n_labels, scale, seed):
    X = (scale * numpy.random.default_rng(seed).normal(size=(n, n_labels))).astype("f")
    found = numpy.empty_like(X)
    kernels_numba.softmax(X, found)
    assert_allclose(found, NumpyOps().softmax(X), rtol=1e-4, atol=1e-6)
    assert_allclose(found.sum(axis=1), 1.0, rtol=1e-5)


def test_every_function_of_numpy_has_a_compiled_counterpart_that_is_compared_here():
    functions = inspect.getmembers(kernels_numpy, inspect.isfunction)
    names = {name for name, function in functions if function.__module__ == kernels_numpy.__name__}
    names = {name for name in names if not name.startswith("_")}
    assert names == {case.__name__ for case in CASES} | {"noise"}
    assert all(hasattr(kernels_numba, name) for name in names)


@pytest.mark.parametrize("size", [0, 1, 3, 4, 5, 1001])
def test_noise_has_the_size_asked_for(kernels, size):
    found = kernels.noise(size)
    assert found.shape == (size,)
    assert found.dtype == "uint16"


def test_noise_is_spread_evenly_over_all_bits(kernels):
    bits = numpy.unpackbits(kernels.noise(1 << 16).view("uint8").reshape(-1, 2), axis=1)
    assert_allclose(bits.mean(axis=0), 0.5, atol=0.01)


def test_noise_is_not_correlated_with_its_neighbours(kernels):
    found = kernels.noise(1 << 16).astype("d")
    for distance in (1, 2, 3, 4, 96):
        assert abs(numpy.corrcoef(found[:-distance], found[distance:])[0, 1]) < 0.02


def test_noise_follows_the_seed_and_differs_from_draw_to_draw(kernels):
    draws = []
    for _ in range(2):
        fix_random_seed(3)
        draws.append([kernels.noise(100), kernels.noise(100)])
    assert_array_equal(draws[0], draws[1])
    assert (draws[0][0] != draws[0][1]).any()
