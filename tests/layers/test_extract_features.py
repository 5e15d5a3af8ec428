import numpy
import pytest
from builders import words
from spacy.attrs import NORM, PREFIX

from spacy_mtl.layers.extract_features import extract_features
from spacy_mtl.layers.masking import HIDDEN_KEY


def test_one_row_a_token_and_one_column_an_attribute(nlp):
    doc = words(nlp, "Two words")[0]
    (features,) = extract_features(["NORM", "PREFIX"]).predict([doc])
    assert features.dtype == numpy.uint64
    numpy.testing.assert_array_equal(features, doc.to_array([NORM, PREFIX]))


@pytest.mark.parametrize("columns", [["NORM"], ["NORM", "SHAPE"]])
def test_documents_without_tokens_and_with_one(nlp, columns):
    features = extract_features(columns).predict(words(nlp, "", "one"))
    assert [array.shape for array in features] == [(0, len(columns)), (1, len(columns))]


def test_a_dropped_word_loses_all_its_keys(nlp):
    model = extract_features(["NORM", "PREFIX"], word_dropout=0.5)
    features = model.begin_update(words(nlp, "word " * 400))[0][0]
    dropped = features == HIDDEN_KEY
    assert (dropped.all(axis=1) == dropped.any(axis=1)).all()
    assert 0.4 < dropped[:, 0].mean() < 0.6


def test_nothing_is_dropped_at_prediction(nlp):
    model = extract_features(["NORM"], word_dropout=0.9)
    assert (model.predict(words(nlp, "word " * 50))[0] != HIDDEN_KEY).all()


def test_documents_keep_their_own_words_after_a_drop(nlp):
    docs = words(nlp, "a b c d")
    before = docs[0].to_array("NORM").copy()
    extract_features(["NORM"], word_dropout=0.9).begin_update(docs)
    numpy.testing.assert_array_equal(docs[0].to_array("NORM"), before)
