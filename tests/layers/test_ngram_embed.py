import numpy
import pytest
from builders import numeric_gradient, words

from spacy_mtl.layers.ngram_embed import NgramEmbed


def make(nlp, *, ngram_size=2, char_max=4, rows=200, **settings):
    model = NgramEmbed(6, rows, ngram_size=ngram_size, char_min=3, char_max=char_max, **settings)
    model.initialize(X=words(nlp, "some words"))
    return model


def test_one_vector_a_token_of_the_width_asked_for(nlp):
    shapes = [Y.shape for Y in make(nlp).predict(words(nlp, "a b c", "", "word"))]
    assert shapes == [(3, 6), (0, 6), (1, 6)]


def test_documents_are_independent_of_their_batch(nlp):
    docs = words(nlp, "the film", "", "the battery of the phone", "film")
    model = make(nlp)
    for doc, Y in zip(docs, model.predict(docs), strict=True):
        numpy.testing.assert_allclose(model.predict([doc])[0], Y, atol=1e-6)


def test_without_word_ngrams_a_word_has_one_vector_wherever_it_stands(nlp):
    Y = make(nlp, ngram_size=1).predict(words(nlp, "film the film"))[0]
    numpy.testing.assert_allclose(Y[0], Y[2], atol=1e-6)


def test_word_ngrams_tell_contexts_apart(nlp):
    Y = make(nlp, ngram_size=2).predict(words(nlp, "film the film phone"))[0]
    assert numpy.abs(Y[0] - Y[2]).max() > 1e-4


def test_character_ngrams_bring_similar_words_together(nlp):
    docs = words(nlp, "wonderful wonderfull battery")

    def similarity(char_max, other):
        Y = make(nlp, ngram_size=1, char_max=char_max, rows=5000).predict(docs)[0]
        return float(Y[0] @ Y[other] / numpy.linalg.norm(Y[0]) / numpy.linalg.norm(Y[other]))

    assert similarity(5, 1) > 0.7
    assert similarity(5, 1) > similarity(5, 2)
    assert similarity(5, 1) > similarity(0, 1)


@pytest.mark.parametrize("ngram_size", [1, 2, 3])
@pytest.mark.parametrize("char_max", [0, 4])
def test_gradient_equals_the_numeric_one(nlp, ngram_size, char_max):
    rng = numpy.random.default_rng(0)
    model = make(nlp, ngram_size=ngram_size, char_max=char_max)
    docs = words(nlp, "the film and the film", "", "x")
    Ys, backprop = model.begin_update(docs)
    dYs = [rng.normal(size=Y.shape).astype("f") for Y in Ys]
    backprop(dYs)
    direction = rng.normal(size=(200, 6)).astype("f")
    pairs = lambda: zip(model.predict(docs), dYs, strict=True)  # noqa: E731
    loss = lambda: sum(float((Y * dY).sum()) for Y, dY in pairs())  # noqa: E731
    found = numeric_gradient(loss, model.get_param("E"), direction)
    assert float((model.get_grad("E") * direction).sum()) == pytest.approx(found, rel=1e-2)


def test_dropped_words_have_zeros_and_no_gradient(nlp):
    model = make(nlp, ngram_size=1, char_max=0, word_dropout=0.5)
    docs = words(nlp, " ".join(f"word{i}" for i in range(40)))
    (Y,), backprop = model.begin_update(docs)
    dropped = ~Y.any(axis=1)
    assert 5 < dropped.sum() < 35
    dY = numpy.zeros_like(Y)
    dY[dropped] = 1.0
    backprop([dY])
    assert not model.get_grad("E").any()


def test_nothing_is_dropped_at_prediction(nlp):
    model = make(nlp, word_dropout=0.9)
    assert model.predict(words(nlp, "a b c d e f"))[0].any(axis=1).all()


def test_a_batch_without_tokens_passes_forward_and_backward(nlp):
    Ys, backprop = make(nlp).begin_update(words(nlp, "", ""))
    assert [Y.shape for Y in Ys] == [(0, 6), (0, 6)]
    assert backprop(Ys) == []


def test_size_of_the_vectors_is_that_of_a_learnable_layer(nlp):
    Y = make(nlp).predict(words(nlp, "the wonderful battery of this phone"))[0]
    assert 1e-3 < numpy.abs(Y).mean() < 10
