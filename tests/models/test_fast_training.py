"""Gradients of the encoder are those of spaCy's with equal weights, and dropout works as there."""

import numpy
import pytest
from builders import numeric_gradient
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from reference import (
    KINDS,
    assert_equal_gradients,
    assert_equal_outputs,
    build,
    d_outputs,
    gradients_of,
    initialized,
    learn,
    make_docs,
    make_nlp,
    make_pair,
    make_untied,
    make_words,
    randomize,
)
from spacy.tokens import Doc
from thinc.api import SGD, fix_random_seed, set_dropout_rate

pytestmark = pytest.mark.usefixtures("kernels")

SOME = [{"depth": 0}, {"window_size": 2}, {"depth": 4}, {"pretrained_vectors": True}]
SHAPES = [[1], [2], [3, 0, 5, 0, 0, 1], [0, 0, 4, 2, 0], [0, 1, 0], [511, 1, 0, 512, 513, 2]]


@pytest.fixture(scope="module")
def nlp():
    return make_nlp(vectors=True)


@pytest.fixture
def model(nlp):
    return initialized("ours", nlp)


@pytest.mark.parametrize("is_repeating", [False, True])
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_gradients_equal_those_of_spacy(nlp, kind, is_repeating):
    docs = make_docs(nlp, [7, 0, 1, 9, 2])
    if is_repeating:
        texts = ("a a a b a", "b b", "c", "a b c a b c")
        docs = [Doc(nlp.vocab, words=text.split()) for text in texts]
    stock, ours = make_untied(nlp, docs, **kind)
    assert_equal_gradients(learn(ours, docs), learn(stock, docs))


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_first_gradients_equal_those_of_spacy(nlp, kind):
    # Before the first step all biases are 0: all maxout pieces of the padding tie, and its rows have
    # no variance for the layer norm.
    docs = make_docs(nlp, [7, 0, 1, 9, 2])
    stock, ours = build("stock", **kind), build("ours", **kind)
    stock.initialize(X=docs)
    ours.initialize(X=docs).from_bytes(stock.to_bytes())
    assert_equal_outputs(ours.predict(docs), stock.predict(docs))
    assert_equal_gradients(learn(ours, docs), learn(stock, docs))


@pytest.mark.parametrize("lengths", SHAPES, ids=str)
@pytest.mark.parametrize("kind", SOME, ids=str)
def test_gradients_of_any_shape_equal_those_of_spacy(nlp, lengths, kind):
    docs = make_docs(nlp, lengths)
    stock, ours = make_pair(nlp, clear_pieces=True, **kind)
    assert_equal_gradients(learn(ours, docs), learn(stock, docs))


@pytest.mark.parametrize("lengths", [[50_000], [1 + i % 3 for i in range(3000)]], ids=len)
def test_gradients_of_large_batches_are_near_those_of_spacy(nlp, lengths):
    docs = make_docs(nlp, lengths)
    stock, ours = make_pair(nlp, clear_pieces=True)
    # A float32 sum over so many rows is itself off by more than 1e-5.
    assert_equal_gradients(learn(ours, docs), learn(stock, docs), tolerance=1e-4)


@given(
    texts=st.lists(st.lists(st.sampled_from("abAB1"), max_size=6), min_size=1, max_size=6),
    kind=st.sampled_from(SOME),
)
def test_gradients_of_any_docs_equal_those_of_spacy(nlp, texts, kind):
    docs = [Doc(nlp.vocab, words=words) for words in texts]
    stock, ours = make_pair(nlp, clear_pieces=True, **kind)
    learn(ours, docs)
    if any(texts):
        assert_equal_gradients(ours, learn(stock, docs))
    else:
        assert not any(gradient.any() for gradient in gradients_of(ours).values())


def test_gradients_of_two_batches_add_up(nlp):
    stock, ours = make_pair(nlp, clear_pieces=True)
    for model in (stock, ours):
        learn(model, make_docs(nlp, [7, 0, 1]), seed=0)
        learn(model, make_docs(nlp, [4, 5], seed=1), seed=1)
    assert_equal_gradients(ours, stock)


def test_gradients_of_one_batch_twice_add_up(nlp):
    stock, ours = make_pair(nlp, clear_pieces=True)
    for model in (stock, ours):
        Ys, backprop = model.begin_update(make_docs(nlp, [7, 0, 1]))
        backprop(d_outputs(Ys, seed=0))
        backprop(d_outputs(Ys, seed=1))
    assert_equal_gradients(ours, stock)


def test_gradients_after_a_step_are_those_of_the_new_weights(nlp):
    stock, ours = make_pair(nlp, clear_pieces=True)
    docs = make_docs(nlp, [7, 0, 1])
    for model in (stock, ours):
        learn(model, docs).finish_update(SGD(0.01))
        learn(model, docs)
    assert_equal_gradients(ours, stock)


def test_backward_passes_wait_for_later_forward_passes(nlp):
    stock, ours = make_pair(nlp, clear_pieces=True)
    batches = [make_docs(nlp, lengths, i) for i, lengths in enumerate([[7, 0, 1], [30], [2, 9]])]
    for model in (stock, ours):
        passes = [model.begin_update(docs) for docs in batches]
        model.predict(batches[1])
        for i in (1, 0, 2):
            Ys, backprop = passes[i]
            backprop(d_outputs(Ys, seed=i))
    assert_equal_gradients(ours, stock)


def test_outputs_changed_before_the_backward_pass_do_not_matter(nlp):
    stock, ours = make_pair(nlp, clear_pieces=True)
    docs = make_docs(nlp, [7, 0, 1])
    Ys, backprop = ours.begin_update(docs)
    dYs = d_outputs(Ys)
    for Y in Ys:
        Y *= 0
    backprop(dYs)
    assert_equal_gradients(ours, learn(stock, docs))


@pytest.mark.parametrize("depth", [0, 2])
def test_the_gradient_that_came_in_is_not_changed(nlp, depth):
    model = initialized("ours", nlp, depth=depth)
    Ys, backprop = model.begin_update(make_docs(nlp, [7, 0, 1]))
    dYs = d_outputs(Ys)
    backprop(dYs)
    assert_array_equal(numpy.concatenate(dYs), numpy.concatenate(d_outputs(Ys)))


@pytest.mark.parametrize("depth", [0, 2])
def test_columns_of_a_wider_gradient_may_come_in(nlp, depth):
    stock, ours = make_pair(nlp, clear_pieces=True, depth=depth)
    docs = make_docs(nlp, [7, 0, 1])
    Ys, backprop = ours.begin_update(docs)
    backprop([numpy.hstack([dY[:, 5:], dY, dY])[:, 11:27] for dY in d_outputs(Ys)])
    assert_equal_gradients(ours, learn(stock, docs))


@pytest.mark.parametrize("rate", [0.0, 0.5])
@pytest.mark.parametrize("kind", [*SOME, {"word_dropout": 0.4}], ids=str)
def test_gradients_equal_the_numeric_ones(nlp, kind, rate):
    model = initialized("ours", nlp, width=6, embed_size=20, **kind)
    randomize(model, clear_pieces=True)
    set_dropout_rate(model, rate)
    # Words with vectors: spaCy lets those without one train the projection by the last row.
    a, b = [word for word in sorted(set(make_words(400))) if nlp.vocab.has_vector(word)][:2]
    docs = [Doc(nlp.vocab, words=words) for words in ([a, b, a, a], [], [b])]
    fix_random_seed(1)
    Ys, backprop = model.begin_update(docs)
    dYs = d_outputs(Ys)
    backprop(dYs)

    def loss():
        fix_random_seed(1)
        pairs = zip(model.begin_update(docs)[0], dYs, strict=True)
        return sum(float((Y * dY).sum(dtype="float64")) for Y, dY in pairs)

    for node in model.walk():
        for name in node.param_names:
            gradient = node.get_grad(name).copy()
            # Along the gradient itself the derivative is large next to the rounding.
            direction = gradient / numpy.linalg.norm(gradient)
            found = numeric_gradient(loss, node.get_param(name), direction)
            expected = float((gradient * direction).sum())
            assert found == pytest.approx(expected, rel=2e-2), (node.name, name)


def dropout_nodes(model, *names):
    nodes = [node for node in model.walk() if "dropout_rate" in node.attrs]
    return [node for node in nodes if not names or node.name in names]


@pytest.mark.parametrize(
    "depth, rate, share", [(0, 0.2, 0.2), (0, 0.5, 0.5), (1, 0.5, 0.25), (2, 0.5, 0.125)]
)
def test_dropout_zeroes_its_share(nlp, depth, rate, share):
    model = initialized("ours", nlp, depth=depth, width=64)
    set_dropout_rate(model, rate)
    Y = numpy.concatenate(model.begin_update(make_docs(nlp, [100, 0, 1, 99]))[0])
    assert float((Y == 0).mean()) == pytest.approx(share, abs=0.04)


def test_dropout_of_everything(nlp):
    model = initialized("ours", nlp, depth=0, width=64)
    set_dropout_rate(model, 1.0)
    assert not numpy.concatenate(model.begin_update(make_docs(nlp, [4000]))[0]).any()


@pytest.mark.parametrize("depth", [0, 1])
def test_mean_over_many_draws_is_the_prediction(nlp, depth):
    model = initialized("ours", nlp, depth=depth)
    # The last layer alone, so that nothing but its mask changes.
    nodes = dropout_nodes(model, "dropout")
    *_, last = [node for node in model.walk(order="dfs_post") if node in nodes]
    last.attrs["dropout_rate"] = 0.5
    docs = make_docs(nlp, [20])
    total = sum(model.begin_update(docs)[0][0] for _ in range(300))
    assert_allclose(total / 300, model.predict(docs)[0], atol=1.2)
    assert float(numpy.mean(total / 300 - model.predict(docs)[0])) == pytest.approx(0, abs=0.03)


def test_dropout_is_per_token_not_per_word(nlp):
    model = initialized("ours", nlp, depth=0)
    set_dropout_rate(model, 0.5)
    (Y,) = model.begin_update([Doc(nlp.vocab, words=["a"] * 50)])[0]
    assert len({tuple(row) for row in (Y == 0).tolist()}) > 40


def test_dropout_of_embeddings_is_per_batch(nlp):
    model = initialized("ours", nlp, depth=0)
    for node in dropout_nodes(model, "hashembed"):
        node.attrs["dropout_rate"] = 0.5
    docs = [Doc(nlp.vocab, words=["a"] * 5)]
    first, second = (model.begin_update(docs)[0][0] for _ in range(2))
    assert_allclose(first, first[:1].repeat(5, axis=0), atol=1e-5)
    assert numpy.abs(first - second).max() > 0.1


@pytest.mark.parametrize("kind", SOME, ids=str)
def test_every_rate_counts_by_itself(nlp, kind):
    model = initialized("ours", nlp, **kind)
    docs = make_docs(nlp, [20])
    expected = model.predict(docs)
    for node in dropout_nodes(model):
        set_dropout_rate(model, 0.0)
        assert_equal_outputs(model.begin_update(docs)[0], expected)
        node.attrs["dropout_rate"] = 0.5
        assert numpy.abs(model.begin_update(docs)[0][0] - expected[0]).max() > 0.01, node.name


def test_dropout_can_be_disabled(nlp, model):
    docs = make_docs(nlp, [20])
    for node in dropout_nodes(model, "dropout"):
        node.attrs.update({"dropout_rate": 0.5, "is_enabled": False})
    assert_equal_outputs(model.begin_update(docs)[0], model.predict(docs))


def test_predictions_have_no_dropout(nlp, model):
    docs = make_docs(nlp, [20, 3])
    expected = [Y.copy() for Y in model.predict(docs)]
    set_dropout_rate(model, 0.5)
    assert_equal_outputs(model.predict(docs), expected)


@pytest.mark.parametrize("settings", [{}, {"word_dropout": 0.5}], ids=str)
def test_same_seed_same_dropout(nlp, settings):
    model = initialized("ours", nlp, **settings)
    set_dropout_rate(model, 0.5)
    docs = make_docs(nlp, [20, 3])
    found = []
    for seed in (1, 1, 2):
        fix_random_seed(seed)
        found.append(numpy.concatenate(model.begin_update(docs)[0]))
    assert_array_equal(found[0], found[1])
    assert not numpy.array_equal(found[0], found[2])


def test_dropped_outputs_have_no_gradient(nlp):
    model = initialized("ours", nlp, depth=0)
    set_dropout_rate(model, 0.5)
    Ys, backprop = model.begin_update(make_docs(nlp, [20, 0, 3]))
    backprop([(Y == 0).astype("f") for Y in Ys])
    assert not any(gradient.any() for gradient in gradients_of(model).values())


@pytest.mark.parametrize("kind", [{}, {"subword_features": False}], ids=str)
def test_word_dropout_gives_some_tokens_one_common_vector(nlp, kind):
    model = initialized("ours", nlp, depth=0, word_dropout=0.5, **kind)
    docs = make_docs(nlp, [150, 0, 50])
    found, expected = (numpy.concatenate(model(docs, is_train)[0]) for is_train in (True, False))
    dropped = numpy.abs(found - expected).max(axis=1) > 1e-3
    assert 0.35 < dropped.mean() < 0.65
    assert numpy.ptp(found[dropped], axis=0).max() < 1e-4
