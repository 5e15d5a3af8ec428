"""Remembered vectors are those that would be computed anew."""

from concurrent.futures import ThreadPoolExecutor

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from spacy_mtl.layers import lexeme_cache
from spacy_mtl.layers.lexeme_cache import LexemeCache
from spacy_mtl.layers.lexeme_features import MULTIPLIERS

#: Two words of the same key.
TWINS = [[int(MULTIPLIERS[1]), 0], [0, int(MULTIPLIERS[0])]]


class Words:
    """Stands for the embedding layers. It notes which words it was asked for."""

    def __init__(self):
        self.asked = []

    def embed(self, features):
        self.asked.append(features.copy())
        return vectors_of(features)


def vectors_of(features):
    primes = numpy.asarray([97, 89, 83], dtype="uint64")
    return (1 + features.sum(axis=1)[:, None] % primes + features[:, :1] % primes).astype("f")


def multiply(vectors):
    return vectors[:, None] * numpy.asarray([1, 2, 3], dtype="f")[:, None]


def features_of(rows):
    return numpy.asarray(rows, dtype="uint64").reshape(-1, 2)


def some_words(n, start=0):
    return features_of([[i, i % 7] for i in range(start, start + n)])


def assert_correct(lexemes, features):
    vectors = lexemes.vectors[lexemes.slots]
    assert not vectors[0].any()
    assert_array_equal(vectors[1:], vectors_of(features))
    if lexemes.products is not None:
        assert_array_equal(lexemes.products[lexemes.slots], multiply(vectors))


@pytest.fixture
def small(monkeypatch):
    """Room for eight words, and for two at first."""
    monkeypatch.setattr(lexeme_cache, "CACHE_SIZE", 8)
    monkeypatch.setattr(lexeme_cache, "FIRST_SIZE", 2)


@given(
    batches=st.lists(
        st.lists(
            st.one_of(st.sampled_from(TWINS), st.lists(st.integers(0, 4), min_size=2, max_size=2)),
            min_size=1,
            max_size=15,
        ),
        max_size=8,
    ),
    size=st.sampled_from([1, 2, 8, 64]),
    uses_products=st.booleans(),
)
def test_vectors_are_those_of_the_words_in_any_batches(batches, size, uses_products):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lexeme_cache, "CACHE_SIZE", size)
        patch.setattr(lexeme_cache, "FIRST_SIZE", 1)
        cache = LexemeCache(vectors_of, multiply if uses_products else None)
        found = [(features_of(rows), cache.look_up(features_of(rows))) for rows in batches]
    # What was handed out early has to be right even now.
    for features, lexemes in found:
        assert (lexemes.products is not None) == uses_products
        assert_correct(lexemes, features)


def test_each_word_is_computed_once():
    words = Words()
    cache = LexemeCache(words.embed, multiply)
    for rows in ([3, 1, 3, 2], [2, 5, 5, 1], [1, 2, 3, 5]):
        cache.look_up(features_of([[i, 0] for i in rows]))
    computed = numpy.concatenate(words.asked)[:, 0].tolist()
    assert sorted(computed) == [1, 2, 3, 5]


def test_an_embedding_is_not_called_without_new_words():
    words = Words()
    cache = LexemeCache(words.embed)
    for _ in range(3):
        cache.look_up(some_words(4))
    assert len(words.asked) == 1


def test_a_full_memory_is_emptied_and_goes_on(small):
    words = Words()
    cache = LexemeCache(words.embed, multiply)
    for start in (0, 3, 6, 9, 0):
        features = some_words(3, start)
        assert_correct(cache.look_up(features), features)
    assert cache.n_words <= 8
    cache.look_up(some_words(3))
    assert [len(asked) for asked in words.asked] == [3] * 5


def test_a_memory_takes_as_many_words_as_it_has_room_for(small):
    words = Words()
    cache = LexemeCache(words.embed)
    for _ in range(2):
        assert_correct(cache.look_up(some_words(8)), some_words(8))
    assert len(words.asked) == 1


def test_a_batch_with_more_words_than_room_is_computed_and_not_remembered(small):
    words = Words()
    cache = LexemeCache(words.embed, multiply)
    for _ in range(2):
        assert_correct(cache.look_up(some_words(9)), some_words(9))
    assert [len(asked) for asked in words.asked] == [9, 9]
    assert cache.n_words == 0


def test_the_memory_works_after_a_batch_with_more_words_than_room(small):
    cache = LexemeCache(vectors_of, multiply)
    for n in (3, 20, 3, 8, 20, 1):
        assert_correct(cache.look_up(some_words(n)), some_words(n))


def test_arrays_handed_out_keep_their_contents(small):
    cache = LexemeCache(vectors_of, multiply)
    handed_out = []
    for start in range(12):
        lexemes = cache.look_up(some_words(2, start))
        handed_out.append((lexemes, lexemes.vectors[lexemes.slots].copy()))
    for lexemes, before in handed_out:
        assert_array_equal(lexemes.vectors[lexemes.slots], before)
        assert_array_equal(lexemes.products[lexemes.slots], multiply(before))


def test_the_memory_grows_with_the_words(monkeypatch):
    monkeypatch.setattr(lexeme_cache, "FIRST_SIZE", 4)
    cache = LexemeCache(vectors_of)
    sizes = [len(cache.look_up(some_words(n)).vectors) for n in (3, 4, 7, 8, 40)]
    assert sizes == [4, 8, 8, 16, 64]


@pytest.mark.parametrize(
    "batches", [[[0, 1]], [[0], [1], [0]], [[1], [0, 1], [1, 0]], [[0, 1], [1]]]
)
def test_words_of_one_key_are_told_apart(batches):
    cache = LexemeCache(vectors_of, multiply)
    for batch in batches:
        features = numpy.concatenate([features_of([TWINS[i] for i in batch]), some_words(3)])
        assert_correct(cache.look_up(features), features)


def test_words_beside_those_of_one_key_are_remembered():
    words = Words()
    cache = LexemeCache(words.embed)
    cache.look_up(features_of(TWINS[:1]))
    cache.look_up(numpy.concatenate([features_of(TWINS[1:]), some_words(3)]))
    words.asked.clear()
    cache.look_up(some_words(3))
    assert not words.asked


def test_an_embedding_that_fails_leaves_a_memory_that_works():
    def embed(features):
        if fails:
            raise MemoryError
        return vectors_of(features)

    fails = False
    cache = LexemeCache(embed, multiply)
    cache.look_up(some_words(3))
    fails = True
    with pytest.raises(MemoryError):
        cache.look_up(some_words(5))
    fails = False
    assert_correct(cache.look_up(some_words(8)), some_words(8))


def test_words_that_came_in_may_be_changed_afterwards():
    cache = LexemeCache(vectors_of)
    features = some_words(3)
    cache.look_up(features)
    features[:] = 5
    assert_correct(cache.look_up(some_words(3)), some_words(3))


def test_threads_share_a_memory(monkeypatch):
    monkeypatch.setattr(lexeme_cache, "CACHE_SIZE", 60)
    monkeypatch.setattr(lexeme_cache, "FIRST_SIZE", 2)
    cache = LexemeCache(vectors_of, multiply)
    rng = numpy.random.default_rng(0)
    batches = [features_of(rng.integers(0, 12, (rng.integers(1, 40), 2))) for _ in range(400)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(cache.look_up, batches))
    for lexemes, features in zip(found, batches, strict=True):
        assert_correct(lexemes, features)
