"""The output of the encoder is that of spaCy's with equal weights, whatever the batch looks like."""

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from reference import (
    EQUAL,
    KINDS,
    SMALL,
    assert_equal_gradients,
    assert_equal_outputs,
    build,
    initialized,
    learn,
    make_docs,
    make_nlp,
    make_pair,
    randomize,
    reference,
)
from spacy.tokens import Doc
from thinc.api import NumpyOps, use_ops
from thinc.compat import has_cupy_gpu

from spacy_mtl.layers.blas import PRODUCT_VARIABLE
from spacy_mtl.layers.lexeme_features import MULTIPLIERS

pytestmark = pytest.mark.usefixtures("kernels")

SHAPES = {
    "one token": [1],
    "two tokens": [2],
    "empty in the middle": [3, 0, 5, 0, 0, 1],
    "empty at the ends": [0, 0, 4, 2, 0],
    "one token among empty": [0, 1, 0],
    "around a block of rows": [511, 1, 0, 512, 513, 2],
    "3,000 short": [1 + i % 3 for i in range(3000)],
    "one of 50,000": [50_000],
}
WORDS = ("a", "b", "A", "bb", "1")


@pytest.fixture(scope="module")
def nlp():
    return make_nlp(vectors=True)


@pytest.fixture(scope="module", params=KINDS.values(), ids=KINDS)
def pair(request, nlp):
    return make_pair(nlp, **request.param)


@pytest.fixture(scope="module")
def small(nlp):
    return make_pair(nlp)


@pytest.fixture(scope="module", params=SHAPES.values(), ids=SHAPES)
def batch(request, nlp):
    """Two encoders, docs and what spaCy's encoder puts out for them."""
    stock, ours = make_pair(nlp, width=32, maxout_pieces=2)
    docs = make_docs(nlp, request.param)
    return ours, docs, stock.predict(docs)


def errors_of(pair, docs):
    """Errors of spaCy's output and of ours, number by number."""
    exact = numpy.concatenate(reference(pair[0], docs))
    return [numpy.concatenate(model.predict(docs)) - exact for model in pair]


def test_mean_error_is_about_that_of_spacy(nlp, pair):
    stock, ours = errors_of(pair, make_docs(nlp, [40, 1, 80, 3, 0, 276]))
    assert numpy.linalg.norm(ours) <= 1.5 * numpy.linalg.norm(stock)


@pytest.mark.parametrize("width, depth", [(96, 4), (64, 2)])
def test_largest_error_is_about_that_of_spacy(nlp, width, depth):
    pair = make_pair(nlp, width=width, depth=depth, embed_size=1000)
    stock, ours = errors_of(pair, make_docs(nlp, [400, 1, 800, 3, 0]))
    assert numpy.abs(ours).max() <= 1.5 * numpy.abs(stock).max()


def test_prediction_equals_that_of_spacy(nlp, pair):
    stock, ours = pair
    docs = make_docs(nlp, [7, 0, 1, 30, 2])
    assert_equal_outputs(ours.predict(docs), stock.predict(docs))


def test_output_in_training_equals_that_of_spacy(nlp, pair):
    stock, ours = pair
    docs = make_docs(nlp, [7, 0, 1, 30, 2])
    assert_equal_outputs(ours.begin_update(docs)[0], stock.begin_update(docs)[0])


def test_prediction_of_any_shape(batch):
    ours, docs, expected = batch
    assert_equal_outputs(ours.predict(docs), expected)


def test_output_in_training_of_any_shape(batch):
    ours, docs, expected = batch
    assert_equal_outputs(ours.begin_update(docs)[0], expected)


@pytest.mark.parametrize("n_docs", [0, 1, 3])
@pytest.mark.parametrize("is_train", [False, True])
def test_a_batch_without_any_token(nlp, pair, n_docs, is_train):
    ours = pair[1]
    Ys, backprop = ours(make_docs(nlp, [0] * n_docs), is_train)
    assert [Y.shape for Y in Ys] == [(0, ours.get_dim("nO"))] * n_docs
    assert backprop(Ys) == []


@given(
    texts=st.lists(st.lists(st.sampled_from(WORDS), max_size=6), max_size=8),
    is_train=st.booleans(),
)
def test_any_docs(nlp, small, texts, is_train):
    stock, ours = small
    docs = [Doc(nlp.vocab, words=words) for words in texts]
    found = ours(docs, is_train)[0]
    if any(texts):
        assert_equal_outputs(found, stock(docs, is_train)[0])
    else:
        assert [Y.shape for Y in found] == [(0, SMALL["width"])] * len(docs)


@given(
    lengths=st.lists(st.integers(0, 9), min_size=1, max_size=6).filter(any),
    kind=st.sampled_from([{"depth": 0}, {"window_size": 3}, {"depth": 3, "maxout_pieces": 1}]),
    seed=st.integers(0, 3),
)
def test_any_sizes_and_weights(nlp, lengths, kind, seed):
    stock, ours = make_pair(nlp, **kind)
    randomize(stock, seed)
    ours.from_bytes(stock.to_bytes())
    docs = make_docs(nlp, lengths, seed)
    assert_equal_outputs(ours.predict(docs), stock.predict(docs))


@pytest.mark.parametrize("is_train", [False, True])
def test_order_of_the_batch_does_not_matter(nlp, pair, is_train):
    ours = pair[1]
    docs = make_docs(nlp, [4, 0, 1, 9, 2, 5])
    order = numpy.random.default_rng(0).permutation(len(docs)).tolist()
    Ys = ours(docs, is_train)[0]
    found = ours([docs[i] for i in order], is_train)[0]
    assert_equal_outputs(found, [Ys[i] for i in order])


@pytest.mark.parametrize("is_train", [False, True])
def test_batched_equals_unbatched(nlp, pair, is_train):
    ours = pair[1]
    docs = make_docs(nlp, [4, 0, 1, 9, 2, 5])
    assert_equal_outputs(ours(docs, is_train)[0], [ours([doc], is_train)[0][0] for doc in docs])


@pytest.mark.parametrize("is_train", [False, True])
def test_a_doc_twice_in_a_batch(nlp, pair, is_train):
    stock, ours = pair
    first, second = make_docs(nlp, [4, 6])
    docs = [first, second, first]
    assert_equal_outputs(ours(docs, is_train)[0], stock(docs, is_train)[0])


@pytest.mark.parametrize("is_train", [False, True])
def test_repeated_words(nlp, pair, is_train):
    stock, ours = pair
    docs = [Doc(nlp.vocab, words=text.split()) for text in ("a a a a b a", "b b", "a b c a b c")]
    assert_equal_outputs(ours(docs, is_train)[0], stock(docs, is_train)[0])


def test_repeated_calls_are_equal(nlp, pair):
    ours = pair[1].copy()
    docs = make_docs(nlp, [8, 3, 0, 20])
    first, *others = (ours.predict(docs) for _ in range(4))
    for other in others:
        assert_equal_outputs(other, first)


def test_known_and_unknown_words_mixed(nlp, pair):
    stock, ours = pair[0], pair[1].copy()
    docs = make_docs(nlp, [8, 3, 20, 1], seed=5)
    for n in (1, 3, 2, 4):
        assert_equal_outputs(ours.predict(docs[:n]), stock.predict(docs[:n]))


def test_prediction_and_training_in_turn(nlp, small):
    stock, ours = small
    for seed in range(3):
        docs = make_docs(nlp, [4, 0, 7], seed=seed)
        expected = stock.predict(docs)
        assert_equal_outputs(ours.begin_update(docs)[0], expected)
        assert_equal_outputs(ours.predict(docs), expected)


@pytest.mark.parametrize("is_train", [False, True])
def test_changing_the_output_does_not_change_later_ones(nlp, pair, is_train):
    stock, ours = pair
    docs = make_docs(nlp, [4, 1, 7])
    for Y in ours(docs, is_train)[0]:
        Y *= 0
    assert_equal_outputs(ours(docs, is_train)[0], stock.predict(docs))


@pytest.mark.parametrize("is_train", [False, True])
def test_later_calls_do_not_change_the_output(nlp, pair, is_train):
    ours = pair[1]
    Ys = ours(make_docs(nlp, [4, 1, 7]), is_train)[0]
    before = [Y.copy() for Y in Ys]
    for lengths in ([4, 1, 7], [12], [30, 2]):
        ours(make_docs(nlp, lengths, seed=1), is_train)
    for Y, expected in zip(Ys, before, strict=True):
        assert_array_equal(Y, expected)


@pytest.mark.parametrize("is_train", [False, True])
def test_words_whose_features_have_one_key(nlp, small, is_train):
    stock, ours = small
    first, second = nlp.vocab["first"], nlp.vocab["second"]
    by_norm, by_prefix = (int(factor) for factor in MULTIPLIERS[:2])
    difference = by_norm * (first.norm - second.norm) * pow(by_prefix, -1, 2**64)
    second.prefix = (first.prefix + difference) % 2**64
    second.suffix, second.shape = first.suffix, first.shape
    docs = [Doc(nlp.vocab, words=words) for words in (["first"], ["second"], ["first", "second"])]
    for batch in (docs[:1], docs[1:2], docs, docs[:1]):
        assert_equal_outputs(ours(batch, is_train)[0], stock.predict(batch))


@pytest.mark.parametrize("depth", [0, 2])
@pytest.mark.parametrize("is_train", [False, True])
def test_columns_beside_the_ngrams_equal_those_of_spacy(nlp, depth, is_train):
    ours = build("ours", width=20, depth=depth, ngram_width=4, ngram_rows=50)
    docs = make_docs(nlp, [5, 0, 9])
    ours.initialize(X=docs)
    stock = initialized("stock", nlp, depth=depth)
    cnn = next(node for node in ours.walk() if node.maybe_get_dim("nO") == 16)
    cnn.from_bytes(stock.to_bytes())
    for found, expected in zip(ours(docs, is_train)[0], stock.predict(docs), strict=True):
        assert found.shape[1] == 20
        assert_allclose(found[:, :16], expected, **EQUAL)


@pytest.mark.parametrize("use_blis", [False, True])
@pytest.mark.parametrize("name", ["numpy", "thinc"])
def test_any_matrix_product_gives_equal_output_and_gradients(nlp, monkeypatch, name, use_blis):
    monkeypatch.setenv(PRODUCT_VARIABLE, name)
    docs = make_docs(nlp, [5, 0, 30, 1])
    with use_ops("numpy", use_blis=use_blis):
        stock, ours = make_pair(nlp, clear_pieces=True)
        assert_equal_outputs(ours.predict(docs), stock.predict(docs))
        assert_equal_gradients(learn(ours, docs), learn(stock, docs))


class OtherOps(NumpyOps):
    """Stands for a backend that the fast code does not know."""

    name = "other"


@pytest.mark.parametrize("is_train", [False, True])
def test_unknown_backends_give_equal_output(nlp, is_train):
    docs = make_docs(nlp, [5, 0, 30, 1])
    expected = initialized("stock", nlp).predict(docs)
    ours = initialized("ours", nlp)
    for node in ours.walk():
        node.ops = OtherOps()
    assert_equal_outputs(ours(docs, is_train)[0], expected)


@pytest.mark.skipif(not has_cupy_gpu, reason="needs CuPy and a GPU")
@pytest.mark.parametrize("depth", [0, 2])
def test_gpu_gives_equal_output_and_gradients(nlp, depth):
    docs = make_docs(nlp, [5, 0, 30, 1])
    with use_ops("cupy"):
        stock, ours = make_pair(nlp, clear_pieces=True, depth=depth)
        expected = stock.predict(docs)
        assert_equal_outputs(ours.predict(docs), expected)
        assert_equal_outputs(ours.begin_update(docs)[0], expected)
        # A GPU adds up the gradients of a table's row in any order.
        assert_equal_gradients(learn(ours, docs), learn(stock, docs), tolerance=1e-4)
