"""Rows by plan give the tokens what they get between endless padding."""

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from spacy_mtl.layers.window_plan import plan_windows

WIDTH = 3
LENGTHS = st.lists(st.integers(0, 9), max_size=8)
SIZES = {"window_size": st.integers(1, 3), "depth": st.integers(1, 5)}


class Stack:
    """Window layers whose bias makes padding something else in every layer."""

    def __init__(self, window_size, depth, seed=0):
        rng = numpy.random.default_rng(seed)
        n_window = 2 * window_size + 1
        self.window_size, self.depth = window_size, depth
        self.layers = [
            (rng.normal(size=(n_window * WIDTH, WIDTH)), rng.normal(size=WIDTH))
            for _ in range(depth)
        ]

    def run(self, layer, windows, X):
        W, b = self.layers[layer]
        return X + numpy.tanh(windows.reshape(len(X), -1) @ W + b)

    def alone(self, tokens):
        """Run on a document between zeros that are far enough from it on both sides."""
        n_pad = 2 * self.window_size * self.depth
        X = numpy.pad(tokens, ((n_pad, n_pad), (0, 0)))
        for layer in range(self.depth):
            framed = numpy.pad(X, ((self.window_size, self.window_size), (0, 0)))
            windows = [framed[i : i + 2 * self.window_size + 1] for i in range(len(X))]
            X = self.run(layer, numpy.stack(windows), X)
        return X[n_pad : n_pad + len(tokens)]

    def planned(self, plan, tokens):
        """Run on a batch by its plan."""
        X = numpy.concatenate([numpy.zeros((1, WIDTH)), tokens])
        for layer, sources in enumerate(plan.sources):
            X = self.run(layer, X[sources], X[sources[:, self.window_size]])
        return X[1 : plan.n_tokens + 1]


def plan_of(lengths, window_size, depth):
    return plan_windows(numpy.asarray(lengths, dtype="int64"), window_size, depth)


@given(lengths=LENGTHS, **SIZES)
def test_tokens_get_what_they_get_between_endless_padding(lengths, window_size, depth):
    stack = Stack(window_size, depth)
    tokens = numpy.random.default_rng(1).normal(size=(sum(lengths), WIDTH))
    docs = numpy.split(tokens, numpy.cumsum(lengths)[:-1]) if lengths else []
    found = stack.planned(plan_of(lengths, window_size, depth), tokens)
    expected = [numpy.zeros((0, WIDTH)), *(stack.alone(doc) for doc in docs)]
    assert_allclose(found, numpy.concatenate(expected), atol=1e-12)


@given(lengths=LENGTHS, **SIZES)
def test_only_the_far_padding_is_read_by_many_rows_from_one_side(lengths, window_size, depth):
    # The gradient of a row is added to one column at a time, all at once except for row 0.
    for sources in plan_of(lengths, window_size, depth).sources:
        for column in sources.T:
            rows = column[column > 0]
            assert len(set(rows.tolist())) == len(rows)


@given(lengths=LENGTHS, **SIZES)
def test_the_far_padding_reads_nothing_but_itself(lengths, window_size, depth):
    for sources in plan_of(lengths, window_size, depth).sources:
        assert not sources[0].any()


@given(lengths=LENGTHS, **SIZES)
def test_rows_that_are_read_exist(lengths, window_size, depth):
    n_rows = 1 + sum(lengths)
    for sources in plan_of(lengths, window_size, depth).sources:
        assert sources.min() >= 0
        assert sources.max() < n_rows
        n_rows = len(sources)


@given(lengths=LENGTHS, **SIZES)
def test_documents_without_tokens_change_no_plan(lengths, window_size, depth):
    found = plan_of([length for length in lengths if length], window_size, depth)
    expected = plan_of(lengths, window_size, depth)
    assert found.n_tokens == expected.n_tokens
    for a, b in zip(found.sources, expected.sources, strict=True):
        assert_array_equal(a, b)


@pytest.mark.parametrize("window_size", [1, 2, 3])
def test_one_layer_and_the_last_of_many_compute_no_padding_near_documents(window_size):
    for depth in (1, 2, 4):
        assert len(plan_of([2, 0, 3], window_size, depth).sources[-1]) == 1 + 5


def test_padding_is_computed_as_far_as_it_differs_and_is_of_use():
    n_rows = [len(sources) for sources in plan_of([4, 1], 1, 5).sources]
    assert n_rows == [1 + 5 + 2 * 2 * reach for reach in (1, 2, 2, 1, 0)]


def test_no_layers_need_no_rows():
    assert plan_of([3, 2], 0, 0) == (5, [])


def test_lengths_of_32_bits_do_as_well():
    plan = plan_windows(numpy.asarray([3, 0, 2], dtype="i"), 1, 2)
    for a, b in zip(plan.sources, plan_of([3, 0, 2], 1, 2).sources, strict=True):
        assert_array_equal(a, b)
