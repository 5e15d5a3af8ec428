"""Features of tokens, and the distinct words among them."""

import numpy
import pytest
from builders import words
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from spacy_mtl.layers.lexeme_features import MULTIPLIERS, find_distinct, make_keys, read_features

COLUMNS = ["NORM", "PREFIX", "SUFFIX", "SHAPE"]


def features_of(*rows):
    return numpy.asarray(rows, dtype="uint64")


def colliding(factor=1):
    """Two words of different features and the same key."""
    rows = [[int(MULTIPLIERS[1]) * factor, 0], [0, int(MULTIPLIERS[0]) * factor]]
    return features_of(*[[value % 2**64 for value in row] for row in rows])


@pytest.mark.parametrize("columns", [COLUMNS, COLUMNS[:1], COLUMNS[2:]])
def test_features_are_those_of_all_tokens_in_order(nlp, columns):
    docs = words(nlp, "A good Film", "", "film", "Great 2024")
    expected = [
        [token.vocab.strings[getattr(token, f"{column.lower()}_")] for column in columns]
        for doc in docs
        for token in doc
    ]
    found = read_features(docs, columns)
    assert found.dtype == "uint64"
    assert_array_equal(found, features_of(*expected))


@pytest.mark.parametrize("texts", [[], [""], ["", ""]])
def test_no_tokens_have_no_features(nlp, texts):
    found = read_features(words(nlp, *texts), COLUMNS)
    assert found.shape == (0, 4)
    assert found.dtype == "uint64"


def test_features_are_a_copy_of_those_of_the_document(nlp):
    docs = words(nlp, "a good film")
    read_features(docs, COLUMNS)[:] = 0
    assert read_features(docs, COLUMNS).all()


def test_keys_depend_on_every_feature_and_its_column():
    rows = features_of([1, 2, 3, 4], [2, 1, 3, 4], [1, 2, 4, 3], [0, 2, 3, 4], [1, 2, 3, 5])
    assert len(set(make_keys(rows).tolist())) == len(rows)


def test_keys_of_a_word_do_not_depend_on_its_batch(nlp):
    features = read_features(words(nlp, "a good film a"), COLUMNS)
    keys = make_keys(features)
    assert_array_equal(keys, [make_keys(features[i : i + 1])[0] for i in range(4)])
    assert keys[0] == keys[3]


@given(
    rows=st.lists(
        st.tuples(*[st.one_of(st.integers(0, 3), st.integers(0, 2**64 - 1))] * 2),
        min_size=1,
        max_size=20,
    )
)
def test_distinct_words_are_all_words_once(rows):
    features = features_of(*rows)
    distinct = find_distinct(features)
    assert_array_equal(distinct.features[distinct.where], features)
    assert sorted(map(tuple, distinct.features.tolist())) == sorted(set(rows))
    assert_array_equal(distinct.keys, make_keys(distinct.features))


def test_no_words_are_distinct_in_an_empty_batch():
    distinct = find_distinct(features_of([1, 2])[:0])
    assert [len(part) for part in distinct] == [0, 0, 0]


@pytest.mark.parametrize("order", [[0, 1], [1, 0], [0, 1, 0, 1, 1], [1, 1, 0, 0]])
def test_words_of_one_key_are_told_apart(order):
    features = numpy.concatenate([colliding()[order], features_of([5, 6], [5, 6])])
    assert len(set(make_keys(features).tolist())) == 2
    distinct = find_distinct(features)
    assert_array_equal(distinct.features[distinct.where], features)
    assert len(distinct.features) == 3
