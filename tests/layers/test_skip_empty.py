import numpy
import pytest
from builders import words
from spacy.ml.models.tok2vec import build_hash_embed_cnn_tok2vec

from spacy_mtl.layers.skip_empty import skip_empty


@pytest.fixture
def stock(nlp):
    model = build_hash_embed_cnn_tok2vec(
        width=8,
        depth=1,
        embed_size=50,
        window_size=1,
        maxout_pieces=2,
        subword_features=True,
        pretrained_vectors=None,
    )
    model.initialize(X=words(nlp, "some words"))
    return model


def test_the_layers_of_thinc_fail_without_tokens(nlp, stock):
    with pytest.raises(Exception):  # noqa: B017
        Ys, backprop = stock.begin_update(words(nlp, "", ""))
        backprop(Ys)


def test_a_batch_without_tokens_passes_forward_and_backward(nlp, stock):
    Ys, backprop = skip_empty(stock).begin_update(words(nlp, "", ""))
    assert [Y.shape for Y in Ys] == [(0, 8), (0, 8)]
    assert backprop(Ys) == []


def test_other_batches_are_untouched(nlp, stock):
    docs = words(nlp, "", "some words")
    before = stock.predict(docs)
    for first, second in zip(before, skip_empty(stock).predict(docs), strict=True):
        numpy.testing.assert_array_equal(first, second)
