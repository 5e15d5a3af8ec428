"""The embedding of tokens by static vectors."""

import numpy
import pytest
import spacy
from builders import make_vectors, numeric_gradient, words
from numpy.testing import assert_allclose, assert_array_equal
from spacy.ml.staticvectors import StaticVectors
from spacy.tokens import Doc

from spacy_mtl.layers.masking import hide, masked
from spacy_mtl.layers.static_vectors import static_vectors

MODES = ["default", "floret"]


@pytest.fixture(params=MODES)
def nlp(request):
    """A vocabulary with vectors of either mode."""
    nlp = make_vectors("the", "cat", "dog", mode=request.param)
    nlp.vocab.vectors.data[-1] = 0.0  # whose gradient spaCy gives to words without a vector
    return nlp


def make(docs, **settings):
    model = static_vectors(4, **settings)
    model.initialize(X=docs)
    return model


def test_it_computes_what_spacy_does(nlp):
    docs = words(nlp, "the cat", "unseen cat cat")
    model, other = make(docs), StaticVectors(4)
    other.initialize(X=docs)
    other.from_bytes(model.to_bytes())
    outputs = [one(docs, True) for one in (model, other)]
    assert_allclose(outputs[0][0].data, outputs[1][0].data, atol=1e-6)
    assert_array_equal(outputs[0][0].lengths, [2, 3])
    rng = numpy.random.default_rng(0)
    dY = rng.normal(size=outputs[0][0].data.shape).astype("f")
    for Y, backprop in outputs:
        Y.data[:] = dY
        backprop(Y)
    assert_allclose(model.get_grad("W"), other.get_grad("W"), atol=1e-5)


def test_gradients_are_those_of_the_output(nlp):
    docs = words(nlp, "the cat", "unseen cat cat")
    model = make(docs)
    W = model.get_param("W")
    Y, backprop = model(docs, True)
    rng = numpy.random.default_rng(0)
    dY = rng.normal(size=Y.data.shape).astype("f")
    expected = numeric_gradient(lambda: float((model.predict(docs).data * dY).sum()), W, W.copy())
    Y.data[:] = dY
    backprop(Y)
    assert (model.get_grad("W") * W).sum() == pytest.approx(expected, rel=1e-3)


def test_single_tokens_lose_their_vector_in_training():
    nlp = make_vectors("cat")
    docs = [Doc(nlp.vocab, words=["cat"] * 4000)]
    model = make(docs, token_dropout=0.3)
    hidden = ~model(docs, True)[0].data.any(axis=1)
    assert abs(hidden.sum() - 1200) <= 5 * numpy.sqrt(4000 * 0.3 * 0.7)
    assert model.predict(docs).data.any(axis=1).all()


def test_hidden_tokens_have_no_vector(nlp):
    docs = words(nlp, "the cat", "dog the")
    model = make(docs)
    plain = model.predict(docs).data
    for is_train in (False, True):
        with masked(model, hide(docs, [1, 2])):
            found = model(docs, is_train)[0].data
        assert not found[[1, 2]].any()
        assert_allclose(found[[0, 3]], plain[[0, 3]], atol=1e-6)


def test_no_gradient_comes_from_hidden_tokens(nlp):
    docs = words(nlp, "the cat")
    model = make(docs)
    with masked(model, hide(docs, [0, 1])):
        Y, backprop = model(docs, True)
    Y.data[:] = 1.0
    backprop(Y)
    assert not model.get_grad("W").any()


def test_texts_without_tokens(nlp):
    model = make(words(nlp, "the cat"))
    for docs in ([], [Doc(nlp.vocab)], [Doc(nlp.vocab)] * 2):
        Y, backprop = model(docs, True)
        assert Y.dataXd.shape == (0, 4) and len(Y.lengths) == len(docs)
        assert backprop(Y) == []


def test_vectors_of_another_width(nlp):
    model = make(words(nlp, "the cat"))
    other = make_vectors("the", width=7)
    with pytest.raises(ValueError, match=r"E257.*width 5.*width 7"):
        model.predict(words(other, "the"))


def test_no_vectors():
    with pytest.raises(ValueError, match="E258"):
        make(words(spacy.blank("xx"), "the"))
