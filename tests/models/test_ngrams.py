import numpy
import pytest
from builders import words

from spacy_mtl.models.ngrams import build_ngram_linear_v1


def test_a_document_without_tokens_has_no_opinion(nlp):
    model = build_ngram_linear_v1(rows=50, nO=2, char_max=4)
    docs = words(nlp, "", "word")
    model.initialize(X=docs)
    model.get_ref("output_layer").get_param("W")[:] = 1.0
    Y = model.predict(docs)
    assert not Y[0].any()
    assert Y[1].all()


def test_size_is_inferred(nlp):
    model = build_ngram_linear_v1(rows=50)
    docs = words(nlp, "a b", "c")
    model.initialize(X=docs, Y=numpy.zeros((2, 4), dtype="f"))
    assert model.predict(docs).shape == (2, 4)


def test_learns_what_a_bag_of_words_cannot(nlp):
    docs = words(nlp, "not good but bad", "not bad but good")
    targets = numpy.asarray([[1.0], [-1.0]], dtype="f")
    for size, learned in ((1, False), (2, True)):
        model = build_ngram_linear_v1(rows=5000, ngram_size=size, nO=1)
        model.initialize(X=docs)
        layer = model.get_ref("output_layer")
        for _ in range(60):
            Y, backprop = model.begin_update(docs)
            backprop(Y - targets)
            layer.get_param("W")[:] -= 0.5 * layer.get_grad("W")
            layer.get_grad("W")[:] = 0.0
        assert numpy.allclose(model.predict(docs), targets, atol=0.1) == learned


@pytest.mark.parametrize(
    "settings",
    [
        {"ngram_size": 0},
        {"char_min": 0},
        {"rows": 0},
        {"char_max": -1},
        {"char_min": 4, "char_max": 3},
    ],
)
def test_sizes_out_of_range_are_refused(settings):
    with pytest.raises(ValueError, match="E201"):
        build_ngram_linear_v1(**settings)


@pytest.mark.parametrize("attr", ["0", "", "norm", "LENGTH"])
def test_an_attribute_that_is_no_text_is_refused(attr):
    with pytest.raises(ValueError, match=rf"E253.*attr is '{attr}'.*NORM"):
        build_ngram_linear_v1(attr=attr)
