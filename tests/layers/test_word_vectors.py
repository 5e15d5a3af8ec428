"""Words and their vectors."""

import numpy
import pytest
import spacy
from spacy.vectors import Vectors

from spacy_mtl.layers.word_vectors import word_vectors


@pytest.fixture
def table(nlp):
    data = numpy.arange(12, dtype="f").reshape(4, 3)
    nlp.vocab.vectors = Vectors(
        strings=nlp.vocab.strings, data=data, keys=[nlp.vocab.strings.add(w) for w in "abc"]
    )
    nlp.vocab.vectors.add(nlp.vocab.strings.add("A"), row=0)
    return nlp


def test_words_of_a_table(table, tmp_path):
    table.to_disk(tmp_path)
    for vocab in (table, table.vocab, spacy.load(tmp_path)):
        words, vectors = word_vectors(vocab)
        assert words == ["a", "b", "c"]
        assert (vectors == numpy.arange(9, dtype="f").reshape(3, 3)).all()


def test_words_that_are_asked_for(table):
    words, vectors = word_vectors(table, ["c", "unknown", "A"])
    assert words == ["c", "A"]
    assert vectors.tolist() == [[6, 7, 8], [0, 1, 2]]
    words, vectors = word_vectors(table, ["unknown"])
    assert words == [] and vectors.shape == (0, 3)


def test_words_that_only_the_table_knows_are_left_out(table):
    table.vocab.vectors.add(2**50, row=3)
    assert word_vectors(table)[0] == ["a", "b", "c"]


def test_floret_needs_words(nlp):
    data = numpy.random.default_rng(0).standard_normal((50, 3)).astype("f")
    nlp.vocab.vectors = Vectors(
        strings=nlp.vocab.strings,
        data=data,
        mode="floret",
        minn=2,
        maxn=3,
        hash_count=2,
        attr="LOWER",
    )
    words, vectors = word_vectors(nlp, ["any", "Any", "word"])
    assert words == ["any", "Any", "word"]
    assert (vectors[0] == vectors[1]).all() and (vectors[0] != vectors[2]).any()
    with pytest.raises(ValueError, match=r"\[E249\].*floret"):
        word_vectors(nlp)


def test_no_vectors(nlp):
    with pytest.raises(ValueError, match=r"\[E248\].*mtl vectors"):
        word_vectors(nlp)
