"""Word vectors as targets: which tokens have one, and how long it is."""

import pickle

import numpy
import pytest
import spacy
from builders import make_vectors, words
from numpy.testing import assert_allclose, assert_array_equal
from spacy.strings import hash_string
from spacy.tokens import Doc
from spacy.vectors import Vectors

from spacy_mtl.layers import target_vectors
from spacy_mtl.layers.target_vectors import SIF, TargetVectors, read_vectors

NAMES = ["the", "cat", ".", "dog", " ", "zero"]


@pytest.fixture
def source():
    """Vectors, the last of which is zero."""
    nlp = make_vectors(*NAMES)
    nlp.vocab.vectors.data[-1] = 0.0
    return nlp


def make(vectors, **settings):
    settings = {"normalize": False, "weighting": "none", "skip_punctuation": False, **settings}
    return TargetVectors(vectors, lang=settings.pop("lang", "xx"), **settings)


def test_words_with_and_without_a_vector(source):
    docs = [Doc(source.vocab, words=["the", "CAT", " ", "zero"]), Doc(source.vocab, words=["."])]
    vectors, known = make(source.vocab.vectors).look_up(docs)
    assert_array_equal(known, [True, False, False, False, True])
    assert_array_equal(vectors[~known], 0.0)
    assert_array_equal(vectors[[0, 4]], source.vocab.vectors.data[[0, 2]])


def test_punctuation_can_be_left_out(source):
    docs = words(source, "the . cat .")
    _, known = make(source.vocab.vectors, skip_punctuation=True).look_up(docs)
    assert_array_equal(known, [True, False, True, False])


@pytest.mark.parametrize("mode", ["default", "floret"])
def test_targets_can_have_length_1(mode):
    nlp = make_vectors(*NAMES, mode=mode)
    docs = words(nlp, "the cat dog")
    plain = make(nlp.vocab.vectors).look_up(docs).vectors
    found = make(nlp.vocab.vectors, normalize=True).look_up(docs).vectors
    lengths = numpy.linalg.norm(plain, axis=1, keepdims=True)
    assert_allclose(found, plain / lengths, rtol=1e-5)
    assert not numpy.allclose(lengths, 1.0)


def test_frequent_words_weigh_less_by_their_rank(source):
    docs = words(source, "the cat dog")
    plain = make(source.vocab.vectors).look_up(docs).vectors
    found = make(source.vocab.vectors, weighting="sif").look_up(docs).vectors
    p = 1.0 / (numpy.asarray([1, 2, 4]) * numpy.log(len(NAMES)))
    assert_allclose(found, plain * (SIF / (SIF + p))[:, None], rtol=1e-5)


def test_frequent_words_weigh_less_by_a_table(monkeypatch):
    nlp = make_vectors(mode="floret")
    docs = words(nlp, "the cat")
    table = {hash_string("the"): 0.05}
    monkeypatch.setattr(target_vectors, "load_frequencies", {"en": table}.get)
    plain = make(nlp.vocab.vectors).look_up(docs).vectors
    found = make(nlp.vocab.vectors, weighting="sif", lang="en").look_up(docs).vectors
    assert_allclose(found[0], plain[0] * SIF / (SIF + 0.05), rtol=1e-5)
    assert_allclose(found[1], plain[1], rtol=1e-5)


def test_a_language_without_a_table_has_no_frequent_words():
    nlp = make_vectors(mode="floret")
    docs = words(nlp, "the cat")
    found = [make(nlp.vocab.vectors, weighting=w).look_up(docs).vectors for w in ("sif", "none")]
    assert_allclose(*found)


def test_floret_vectors_of_another_vocabulary():
    vectors = make_vectors(mode="floret").vocab.vectors
    for text in ("never seen words", "others at all"):
        nlp = spacy.blank("xx")
        found, known = make(vectors).look_up(words(nlp, text))
        assert known.all()
        assert_allclose(found, vectors.get_batch(text.split()), rtol=1e-6)


def test_vectors_by_another_attribute():
    nlp = spacy.blank("xx")
    data = numpy.ones((1, 3), dtype="f")
    settings = {"strings": nlp.vocab.strings, "keys": ["cat"], "name": "lower", "attr": "LOWER"}
    nlp.vocab.vectors = Vectors(data=data, **settings)
    assert make(nlp.vocab.vectors).look_up(words(nlp, "CAT Cat dog")).known.tolist() == [1, 1, 0]


def test_batches_in_turn(source):
    targets = make(source.vocab.vectors, normalize=True)
    docs = words(source, "the cat", "dog the . dog")
    together = targets.look_up(docs)
    for _ in range(2):
        apart = [targets.look_up([doc]) for doc in docs]
        assert_array_equal(numpy.concatenate([part.vectors for part in apart]), together.vectors)


def test_targets_are_the_callers_own(source):
    targets = make(source.vocab.vectors)
    docs = words(source, "the cat")
    first = targets.look_up(docs).vectors
    before = first.copy()
    first[:] = 7.0
    assert_array_equal(targets.look_up(docs).vectors, before)


@pytest.mark.parametrize("mode", ["default", "floret"])
@pytest.mark.parametrize("skip_punctuation", [False, True])
def test_texts_without_tokens(mode, skip_punctuation):
    nlp = make_vectors(*NAMES, mode=mode)
    targets = make(nlp.vocab.vectors, weighting="sif", skip_punctuation=skip_punctuation)
    empty = Doc(nlp.vocab)
    for docs in ([], [empty], [empty, empty]):
        vectors, known = targets.look_up(docs)
        assert vectors.shape == (0, 5) and known.shape == (0,)
    assert targets.look_up([empty, *words(nlp, "the cat"), empty]).known.tolist() == [True, True]


def test_pickle(source):
    docs = words(source, "the cat dog")
    targets = make(source.vocab.vectors, normalize=True, weighting="sif")
    expected = targets.look_up(docs).vectors
    assert_array_equal(pickle.loads(pickle.dumps(targets)).look_up(docs).vectors, expected)


def test_no_vectors():
    for vectors in (spacy.blank("xx").vocab.vectors, None):
        with pytest.raises(ValueError, match="E251"):
            make(vectors)


def test_vectors_of_zeros(source):
    source.vocab.vectors.data[:] = 0.0
    with pytest.raises(ValueError, match=r"E252.*6.*width 5"):
        make(source.vocab.vectors)


@pytest.mark.parametrize("mode", ["default", "floret"])
def test_a_hidden_word_has_no_vector(mode):
    nlp = make_vectors(*NAMES, mode=mode)
    keys = numpy.asarray([0, hash_string("cat"), 0], dtype="uint64")
    nlp.vocab.strings.add("cat")
    found = read_vectors(nlp.vocab.vectors, keys)
    assert not found[[0, 2]].any() and found[1].any()
    assert read_vectors(nlp.vocab.vectors, keys[:0]).shape == (0, 5)


def test_no_word_of_all_texts_has_a_vector(source, monkeypatch):
    monkeypatch.setattr(target_vectors, "PATIENCE", 6)
    targets = make(source.vocab.vectors)
    assert not targets.look_up(words(source, "un deux trois")).known.any()
    with pytest.raises(ValueError, match=r"E259.* 6 words.*deux"):
        targets.look_up(words(source, "un deux trois"))


def test_texts_without_any_vector_may_come_later(source, monkeypatch):
    monkeypatch.setattr(target_vectors, "PATIENCE", 6)
    targets = make(source.vocab.vectors)
    for text in ("un deux trois", "the cat", *["un deux trois"] * 4):
        targets.look_up(words(source, text))
