from spacy.strings import hash_string

from spacy_mtl.layers import word_keys
from spacy_mtl.layers.word_keys import character_keys


def keys_of(text, shortest, longest):
    return character_keys(hash_string(text), text, shortest, longest).tolist()


def test_ngrams_with_marked_boundaries():
    expected = ["<ab", "abc", "bc>", "<abc", "abc>"]
    assert keys_of("abc", 3, 4) == [hash_string(text) for text in expected]


def test_words_shorter_than_the_shortest_ngram_have_none():
    assert keys_of("a", 4, 5) == []


def test_longest_zero_means_none():
    assert keys_of("abc", 3, 0) == []


def test_other_lengths_for_the_same_word_are_not_mixed_up():
    assert keys_of("word", 3, 3) != keys_of("word", 3, 4)
    assert len(keys_of("word", 3, 3)) == 4


def test_memory_is_bounded_and_forgetting_changes_nothing(monkeypatch):
    monkeypatch.setattr(word_keys, "CACHE_SIZE", 5)
    monkeypatch.setattr(word_keys, "_CACHE", {})
    before = keys_of("first", 3, 4)
    for i in range(20):
        keys_of(f"word{i}", 3, 4)
        assert len(word_keys._CACHE) <= 5
    assert keys_of("first", 3, 4) == before
