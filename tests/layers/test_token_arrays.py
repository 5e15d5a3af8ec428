"""Token vectors in one array, and what is remembered of them."""

import copy
import pickle

import numpy
import pytest
from numpy.testing import assert_array_equal
from thinc.api import NumpyOps

from spacy_mtl.layers.pool import pool
from spacy_mtl.layers.token_arrays import Latest, TokenArrays, flatten

LENGTHS = [[3, 1, 2], [0, 2, 0], [2, 0, 0, 1, 0], [0], [0, 0], [1], []]
KINDS = ("mean", "max")


def make(lengths, width=4):
    flat = numpy.random.default_rng(0).normal(size=(sum(lengths), width)).astype("f")
    return TokenArrays.split(flat, numpy.asarray(lengths, dtype="int64"))


def recall(arrays, kinds):
    """What a head finds that comes after a head that pooled."""
    arrays.notice_changes()
    return arrays.pooled.get(kinds)


def remembering(arrays, kinds=KINDS):
    """Remember something that is told from everything that could be pooled."""
    assert recall(arrays, kinds) is None
    arrays.pooled[kinds] = numpy.full((len(arrays), 1), 99, dtype="f")
    return arrays


@pytest.mark.parametrize("lengths", LENGTHS)
def test_documents_are_slices_of_one_array(lengths):
    arrays = make(lengths)
    assert [array.shape for array in arrays] == [(length, 4) for length in lengths]
    assert_array_equal(numpy.concatenate([numpy.zeros((0, 4)), *arrays]), arrays.flat)
    assert all(numpy.shares_memory(array, arrays.flat) for array in arrays if len(array))


@pytest.mark.parametrize("lengths", LENGTHS[:-1])
def test_flattening_them_is_their_array_itself(lengths):
    arrays = make(lengths)
    assert flatten(NumpyOps(), arrays) is arrays.flat
    assert_array_equal(flatten(NumpyOps(), list(arrays)), arrays.flat)


def test_a_part_of_them_is_a_plain_list():
    for part in (make([2, 1])[:1], make([2, 1]) + [], copy.copy(make([2, 1])), make([2, 1]).copy()):
        assert type(part) is list


@pytest.mark.parametrize("lengths", LENGTHS[:-1])
def test_what_was_pooled_is_recalled(lengths):
    arrays = remembering(make(lengths))
    for _ in range(2):
        assert (recall(arrays, KINDS) == 99).all()


def test_other_kinds_of_pooling_are_told_apart():
    arrays = remembering(make([3, 1]))
    for kinds in (("max", "mean"), ("mean",), ("max",)):
        assert recall(arrays, kinds) is None
    assert recall(arrays, KINDS) is not None


@pytest.mark.parametrize("row", range(6))
@pytest.mark.parametrize("column", range(4))
def test_every_value_of_a_small_batch_counts(row, column):
    arrays = remembering(make([3, 1, 2]))
    arrays.flat[row, column] += 1
    assert recall(arrays, KINDS) is None


@pytest.mark.parametrize("doc", [0, 1, 300, 598, 599])
@pytest.mark.parametrize("width", [3, 8, 96])
def test_a_change_of_one_document_of_a_large_batch_is_noticed(doc, width):
    arrays = remembering(make([5, 7] * 300, width))
    arrays[doc] *= 1.5
    assert recall(arrays, KINDS) is None


@pytest.mark.parametrize("n_tokens, width", [(5120, 96), (995, 96), (4000, 64), (5000, 17)])
def test_a_change_of_one_column_of_a_large_batch_is_noticed(n_tokens, width):
    for column in range(width):
        arrays = remembering(make([n_tokens // 5] * 5, width))
        arrays.flat[:, column] += 1
        assert recall(arrays, KINDS) is None, column


def test_a_change_of_one_document_among_empty_ones_is_noticed():
    arrays = remembering(make([0, 0, 2000, 0, 3000, 0], 16))
    arrays[4] += 1
    assert recall(arrays, KINDS) is None


def test_after_a_change_everything_pooled_before_is_forgotten():
    arrays = remembering(remembering(make([3, 1])), ("max",))
    arrays.flat *= 2
    assert recall(arrays, KINDS) is None
    assert recall(arrays, ("max",)) is None


def test_after_a_change_the_new_vectors_are_remembered():
    arrays = remembering(make([3, 1]))
    arrays.flat *= 2
    assert recall(remembering(arrays), KINDS) is not None


def test_a_change_that_was_taken_back_is_a_change_if_it_was_seen():
    arrays = remembering(make([3, 1]))
    arrays.flat *= 2
    recall(arrays, KINDS)
    arrays.flat /= 2
    assert recall(arrays, KINDS) is None


def test_vectors_that_are_not_numbers_are_compared_by_their_bits():
    arrays = make([3, 1])
    arrays.flat[0] = numpy.nan
    assert recall(remembering(arrays), KINDS) is not None
    arrays.flat[1] = numpy.nan
    assert recall(arrays, KINDS) is None


@pytest.mark.parametrize("n_tokens, width", [(5120, 96), (995, 96), (5000, 17)])
def test_a_change_of_any_one_value_of_a_large_batch_is_noticed(n_tokens, width):
    arrays = make([n_tokens // 5] * 5, width)
    rng = numpy.random.default_rng(0)
    for _ in range(50):
        remembering(arrays)
        place = rng.integers(n_tokens), rng.integers(width)
        arrays.flat[place] = numpy.nextafter(arrays.flat[place], numpy.float32(9))
        assert recall(arrays, KINDS) is None, place


def test_two_values_that_change_places_are_noticed():
    arrays = remembering(make([600, 700], 96))
    arrays.flat[[3, 900], 5] = arrays.flat[[900, 3], 5]
    assert recall(arrays, KINDS) is None


def test_vectors_that_nobody_compares_are_pooled_each_time():
    arrays = make([3, 1])
    before = pool(["mean"], width=4).predict(arrays)
    arrays.flat *= 2
    assert_array_equal(pool(["mean"], width=4).predict(arrays), before * 2)
    assert arrays.pooled == {}


@pytest.mark.parametrize("kinds", [["mean"], ["max"], ["mean", "max"], ["max", "mean"]])
@pytest.mark.parametrize("lengths", LENGTHS[:-1])
def test_pooling_them_twice_gives_what_pooling_a_list_gives(kernels, kinds, lengths):
    arrays = make(lengths)
    expected = pool(kinds, width=4).predict(list(arrays))
    for _ in range(2):
        assert_array_equal(pool(kinds, width=4).predict(arrays), expected)


def test_pooling_in_training_takes_nothing_from_the_memory():
    arrays = remembering(make([3, 1]))
    assert (pool(list(KINDS), width=4).begin_update(arrays)[0] != 99).all()


def test_pooling_in_training_leaves_nothing_in_the_memory():
    arrays = make([3, 1])
    pool(list(KINDS), width=4).begin_update(arrays)
    assert arrays.pooled == {}


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_copies_are_plain_lists_of_the_same_vectors(copied):
    arrays = remembering(make([3, 0, 2]))
    other = copied(arrays)
    assert type(other) is list
    for a, b in zip(other, arrays, strict=True):
        assert_array_equal(a, b)


def test_pickles_hold_each_vector_once_and_nothing_remembered():
    arrays = remembering(make([200, 300], 96))
    arrays.pooled[KINDS] = numpy.zeros((2, 10000), dtype="f")
    assert len(pickle.dumps(arrays)) < arrays.flat.nbytes + 1000


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_the_latest_batch_is_neither_copied_nor_pickled(copied):
    latest = Latest()
    latest.arrays = make([200, 300], 96)
    assert copied(latest).arrays is None
    assert len(pickle.dumps(latest)) < 200
    assert latest.arrays is not None


@pytest.mark.parametrize("tokens", [43, 84, 95, 191])
def test_a_change_of_any_column_of_few_tokens_is_noticed(tokens):
    for column in range(96):
        arrays = remembering(make([tokens], 96))
        arrays.flat[:, column] += 7.0
        assert recall(arrays, KINDS) is None, column


def test_a_list_that_was_changed_is_flattened_anew():
    arrays = make([2, 3])
    arrays[0] = numpy.zeros_like(arrays[0])
    flat = flatten(NumpyOps(), arrays)
    assert not flat[:2].any()
    arrays.reverse()
    numpy.testing.assert_array_equal(flatten(NumpyOps(), arrays)[:3], arrays[0])
