"""Words drawn by their probability, or from the batch."""

from collections import Counter

import numpy
import pytest
from builders import words
from spacy.strings import hash_string
from spacy.util import registry

from spacy_mtl.layers import random_words
from spacy_mtl.layers.random_words import N_WORDS, RandomWords, load_frequencies, load_words

TABLE = {"the": 0.5, "The": 0.2, "cat": 0.2, "dog": 0.1}
N_DRAWN = 20_000


@pytest.fixture
def table(monkeypatch):
    """A language with four words."""
    rows = {word: float(numpy.log(p)) for word, p in TABLE.items()}
    monkeypatch.setattr(registry, "lookups", {"qq": {"lexeme_prob": "path"}})
    monkeypatch.setattr(random_words, "load_language_data", {"path": rows}.get)
    for function in (load_words, load_frequencies):
        function.cache_clear()
    yield "qq"
    for function in (load_words, load_frequencies):
        function.cache_clear()


def assert_shares(found, expected):
    n = sum(found.values())
    assert set(found) <= set(expected)
    for word, p in expected.items():
        assert abs(found[word] - n * p) <= 5 * numpy.sqrt(n * p * (1 - p))


def test_words_are_drawn_by_the_probabilities_of_the_table(table, nlp):
    found = Counter(RandomWords(table)(words(nlp, "x"), N_DRAWN))
    assert_shares(found, TABLE)


def test_words_of_the_batch_for_a_language_without_a_table(nlp):
    docs = words(nlp, "a a a b", "", "b c c c c c")
    found = Counter(RandomWords("xx")(docs, N_DRAWN))
    assert_shares(found, {"a": 0.3, "b": 0.2, "c": 0.5})


def test_the_table_of_english(nlp):
    names, limits = load_words("en")
    assert len(names) == len(limits) == N_WORDS
    assert (numpy.diff(limits) > 0).all() and 0.5 < limits[-1] <= 1.0
    shares = numpy.diff(limits, prepend=0.0)
    assert (numpy.diff(shares) <= 1e-12).all()
    found = Counter(RandomWords("en")(words(nlp, "x"), N_DRAWN))
    for i in range(5):
        p = shares[i] / limits[-1]
        assert abs(found[names[i]] - N_DRAWN * p) <= 5 * numpy.sqrt(N_DRAWN * p * (1 - p))


def test_equal_seeds_draw_equal_words(nlp):
    docs = words(nlp, "a b c d e f")
    for lang in ("en", "xx"):
        found = []
        for _ in range(2):
            numpy.random.seed(5)
            found.append(RandomWords(lang)(docs, 20))
        assert found[0] == found[1]


@pytest.mark.parametrize("lang", ["en", "xx"])
def test_no_words_are_wanted(nlp, lang):
    assert RandomWords(lang)(words(nlp, "a"), 0) == []


def test_frequencies_count_upper_and_lower_case_together(table):
    found = load_frequencies(table)
    assert found[hash_string("the")] == found[hash_string("The")] == pytest.approx(0.7)
    assert found[hash_string("cat")] == pytest.approx(0.2)
    assert hash_string("bird") not in found


def test_no_table():
    assert load_words("xx")[0] == [] and load_frequencies("xx") == {}
