import numpy
import pytest
from builders import words

from spacy_mtl.layers.extract_ngrams import extract_ngrams


def extract(docs, **settings):
    defaults = {"attr": "NORM", "ngram_size": 2, "char_min": 3, "char_max": 0}
    return extract_ngrams(**{**defaults, **settings}).predict(docs)


@pytest.mark.parametrize("size, expected", [(1, 4), (2, 4 + 3), (3, 4 + 3 + 2), (9, 4 + 3 + 2 + 1)])
def test_all_ngrams_up_to_a_size(nlp, size, expected):
    assert extract(words(nlp, "a b c d"), ngram_size=size).lengths.tolist() == [expected]


def test_repeated_ngrams_count_as_often_as_they_occur(nlp):
    keys = extract(words(nlp, "a b a b"), ngram_size=2).dataXd.tolist()
    assert sorted(keys.count(key) for key in set(keys)) == [1, 2, 2, 2]


def test_word_order_matters_to_bigrams_only(nlp):
    for size, equal in ((1, True), (2, False)):
        first, second = (
            sorted(extract([doc], ngram_size=size).dataXd.tolist())
            for doc in words(nlp, "a b c", "c b a")
        )
        assert (first == second) == equal


def test_ngrams_do_not_cross_documents(nlp):
    together = extract(words(nlp, "a b", "c d"))
    apart = [extract([doc]) for doc in words(nlp, "a b", "c d")]
    assert together.lengths.tolist() == [3, 3]
    expected = numpy.concatenate([X.dataXd for X in apart])
    numpy.testing.assert_array_equal(together.dataXd, expected)


def test_documents_without_tokens(nlp):
    assert extract(words(nlp, "", "a", "")).lengths.tolist() == [0, 1, 0]
    assert extract(words(nlp, ""), char_max=5).dataXd.shape == (0,)


def test_character_ngrams_stand_beside_the_words(nlp):
    found = extract(words(nlp, "abc abc"), ngram_size=1, char_max=4)
    assert found.lengths.tolist() == [2 * (1 + 5)]


def test_keys_survive_the_way_into_64_bits(nlp):
    found = extract(words(nlp, "zebra"), ngram_size=1)
    assert found.dataXd.dtype == numpy.uint64
    assert found.dataXd.tolist() == words(nlp, "zebra")[0].to_array("NORM").tolist()


def test_attribute_decides_what_counts_as_equal(nlp):
    docs = words(nlp, "Word word")
    assert len(set(extract(docs, ngram_size=1, attr="LOWER").dataXd.tolist())) == 1
    assert len(set(extract(docs, ngram_size=1, attr="ORTH").dataXd.tolist())) == 2
