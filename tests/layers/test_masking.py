"""Masking: what is chosen, what the encoder sees of it, and that it is over afterwards."""

import copy
import pickle

import numpy
import pytest
import spacy
from builders import make_vectors, words
from numpy.testing import assert_allclose, assert_array_equal
from spacy.tokens import Doc
from spacy.util import registry
from thinc.api import Linear, chain

from spacy_mtl.layers.extract_features import extract_features
from spacy_mtl.layers.fast_encoder import STATE
from spacy_mtl.layers.masking import (
    HIDDEN_KEY,
    MASKING,
    Masking,
    Shown,
    draw_masking,
    find_readers,
    hide,
    masked,
)
from spacy_mtl.layers.ngram_embed import NgramEmbed

COLUMNS = ["NORM", "PREFIX", "SUFFIX", "SHAPE"]
N_TOKENS = 40_000
ENCODERS = {
    "plain": {},
    "words only": {"subword_features": False},
    "n-grams": {"ngram_width": 4, "ngram_size": 3},
    "vectors": {"pretrained_vectors": True},
    "vectors and n-grams": {"pretrained_vectors": True, "ngram_width": 4},
    "depth 0": {"depth": 0, "pretrained_vectors": True},
}


def always(word):
    """Replace by one word."""

    def draw(docs, n):
        return [word] * n

    return draw


def draw(docs, *, chosen=0.15, hidden=0.8, replaced=0.1, **settings):
    return draw_masking(
        docs, always("other"), chosen=chosen, hidden=hidden, replaced=replaced, **settings
    )


def assert_binomial(count, n, p):
    assert abs(count - n * p) <= 5 * numpy.sqrt(n * p * (1 - p)) + 1e-9


def encoder(docs, **settings):
    build = registry.architectures.get("spacy_mtl.HashEmbedCNN.v1")
    model = build(**{"width": 12, "depth": 2, "embed_size": 50, **settings})
    model.initialize(X=docs)
    return model


# What is drawn


@pytest.mark.parametrize(
    "chosen, hidden, replaced",
    [(0.15, 0.8, 0.1), (0.4, 0.2, 0.5), (1.0, 0.5, 0.5), (0.3, 0.0, 0.0)],
)
def test_shares_of_what_is_drawn(nlp, chosen, hidden, replaced):
    docs = [Doc(nlp.vocab, words=["w"] * (N_TOKENS // 8)) for _ in range(8)]
    masking = draw(docs, chosen=chosen, hidden=hidden, replaced=replaced)
    n_chosen = int(masking.chosen.sum())
    n_hidden, n_replaced = int(masking.hidden.sum()), len(masking.places)
    assert_binomial(n_chosen, N_TOKENS, chosen)
    assert_binomial(n_hidden, n_chosen, hidden)
    assert_binomial(n_replaced, n_chosen, replaced)
    assert_binomial(n_chosen - n_hidden - n_replaced, n_chosen, 1 - hidden - replaced)
    assert masking.chosen[masking.hidden].all() and masking.chosen[masking.places].all()
    assert not masking.hidden[masking.places].any()
    assert [token.text for token in masking.words] == ["other"] * n_replaced


def test_every_place_can_be_chosen(nlp):
    docs = words(nlp, "a b c", "d e")
    counts = sum(draw(docs, chosen=0.5).chosen.astype("i") for _ in range(400))
    for count in counts:
        assert_binomial(count, 400, 0.5)


def test_nothing_to_mask(nlp):
    assert draw(words(nlp, "a b"), chosen=0.0) is None
    assert draw([Doc(nlp.vocab), Doc(nlp.vocab)]) is None
    assert draw([]) is None


def test_only_some_tokens_can_be_chosen(nlp):
    among = numpy.asarray([True, False, True, False, False])
    masking = draw(words(nlp, "a b c", "d e"), chosen=1.0, among=among)
    assert_array_equal(masking.chosen, among)


def test_hiding_certain_tokens(nlp):
    masking = hide(words(nlp, "a b c", "d"), [1, 3])
    assert_array_equal(masking.hidden, [False, True, False, True])
    assert_array_equal(masking.chosen, masking.hidden)
    assert not len(masking.places) and not len(masking.words)


# What the encoder sees


def test_features_of_hidden_and_replaced_tokens(nlp):
    docs = words(nlp, "One two-2", "", "three FOUR")
    model = extract_features(COLUMNS)
    plain = numpy.concatenate(model.predict(docs))
    other = Doc(nlp.vocab, words=["Other!"])
    chosen = numpy.asarray([True, True, False, True])
    hidden = numpy.asarray([True, False, False, False])
    with masked(model, Masking(chosen, hidden, numpy.asarray([1]), other)):
        shown = model.predict(docs)
        assert [len(part) for part in shown] == [2, 0, 2]
        shown = numpy.concatenate(shown)
    assert (shown[0] == HIDDEN_KEY).all()
    assert_array_equal(shown[1], model.predict([other])[0][0])
    assert_array_equal(shown[2:], plain[2:])
    assert_array_equal(numpy.concatenate(model.predict(docs)), plain)


def test_no_word_has_the_key_of_hidden_tokens(nlp):
    assert HIDDEN_KEY not in [nlp.vocab.strings.add(text) for text in ("a", "0", " ", "\0")]


def test_ngrams_of_hidden_tokens_are_those_of_no_word(nlp):
    model = NgramEmbed(4, 100, ngram_size=2, char_min=3, char_max=4)
    docs = words(nlp, "some word here")
    model.initialize(X=docs)
    for is_train in (False, True):
        with masked(model, hide(docs, [0, 1, 2])):
            (Y,) = model(docs, is_train)[0]
        E, rows = model.get_param("E"), 100
        assert_allclose(Y[0], Y[1])  # nothing but the key 0 and the bigram of it with itself
        single = model.ops.hash(numpy.zeros(1, dtype="uint64"), model.attrs["seed"])
        expected = E[single[0, :2] % rows].sum(axis=0) * model.attrs["scale"]
        assert_allclose(Y[2], expected, atol=1e-6)


@pytest.mark.parametrize("mode", ["default", "floret"])
@pytest.mark.parametrize("settings", ENCODERS.values(), ids=ENCODERS)
def test_nothing_is_seen_of_a_hidden_token(mode, settings):
    nlp = make_vectors("the", "cat", "dog", "sat", mode=mode)
    first, second = words(nlp, "the cat sat", "a b"), words(nlp, "the DOGS-2 sat", "a b")
    model = encoder(first, **settings)
    for is_train in (False, True):
        outputs = []
        for docs in (first, second):
            with masked(model, hide(docs, [1])):
                outputs.append(numpy.concatenate(model(docs, is_train)[0]))
        assert_array_equal(*outputs)
        shown = [numpy.concatenate(model(docs, is_train)[0]) for docs in (first, second)]
        assert not numpy.allclose(*shown)
        assert not numpy.allclose(outputs[0], shown[0])


@pytest.mark.parametrize("settings", ENCODERS.values(), ids=ENCODERS)
def test_a_replaced_token_looks_like_its_replacement(settings):
    nlp = make_vectors("the", "cat", "other", "sat")
    docs, replaced = words(nlp, "the cat sat", "a b"), words(nlp, "the other sat", "a b")
    model = encoder(docs, **settings)
    nothing = numpy.zeros(5, dtype=bool)
    masking = Masking(nothing, nothing, numpy.asarray([1]), Doc(nlp.vocab, words=["other"]))
    for is_train in (False, True):
        with masked(model, masking):
            found = numpy.concatenate(model(docs, is_train)[0])
        assert_array_equal(found, numpy.concatenate(model(replaced, is_train)[0]))


def test_hidden_tokens_leave_the_table_rows_of_their_word_alone(nlp):
    docs = words(nlp, "the cat sat")
    model = encoder(docs, subword_features=False)
    with masked(model, hide(docs, [0, 1, 2])):
        Ys, backprop = model(docs, is_train=True)
    backprop([numpy.ones_like(Y) for Y in Ys])
    table = next(node for node in model.walk() if "E" in node.param_names)
    touched = set(numpy.flatnonzero(table.get_grad("E").any(axis=1)).tolist())
    zero = model.ops.hash(numpy.zeros(1, dtype="uint64"), table.attrs["seed"])
    assert touched <= set((zero % 50).reshape(-1).tolist())


def test_documents_are_not_changed(nlp):
    docs = words(nlp, "the cat sat", "", "on")
    before = [doc.to_bytes() for doc in docs]
    model = encoder(docs, ngram_width=4)
    masking = draw(docs, chosen=1.0, hidden=0.5, replaced=0.5)
    with masked(model, masking):
        Ys, backprop = model(docs, is_train=True)
        backprop(Ys)
        model.predict(docs)
    assert [doc.to_bytes() for doc in docs] == before


def test_predictions_remembered_under_a_masking_are_not_used_without_it(nlp):
    docs = words(nlp, "the cat sat", "the cat")
    model = encoder(docs, ngram_width=4)
    expected = numpy.concatenate(model.predict(docs))
    fresh = encoder(docs, ngram_width=4).from_bytes(model.to_bytes())
    with masked(fresh, hide(docs, [0, 3])):
        fresh.predict(docs)
    assert_allclose(numpy.concatenate(fresh.predict(docs)), expected, atol=1e-6)


# Afterwards


def readers(model):
    return [node.attrs[MASKING].masking for node in find_readers(model)]


def test_masking_is_over_after_an_exception(nlp):
    docs = words(nlp, "the cat sat")
    model = encoder(docs, ngram_width=4, pretrained_vectors=False)
    masking = hide(docs, [0])
    with pytest.raises(RuntimeError), masked(model, masking):
        assert len(readers(model)) == 2 and all(found is masking for found in readers(model))
        raise RuntimeError
    assert readers(model) == [None, None]


def test_no_masking_needs_no_layer_that_can_be_masked():
    with masked(Linear(2, 2), None):
        pass


def test_an_encoder_that_cannot_be_masked(nlp):
    model = chain(Linear(2, 2), Linear(2, 2))
    with (
        pytest.raises(ValueError, match=r"E250.*linear>>linear"),
        masked(model, hide(words(nlp, "a"), [0])),
    ):
        pass


def test_copies_are_not_masked(nlp):
    docs = words(nlp, "the cat sat")
    model = encoder(docs)
    with masked(model, hide(docs, [0])):
        for other in (model.copy(), copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
            assert readers(other) == [None]
    assert isinstance(copy.deepcopy(Shown()), Shown)


@pytest.mark.parametrize("token_dropout", [0.0, 0.5])
@pytest.mark.parametrize("mode", ["default", "floret"])
@pytest.mark.parametrize("is_train", [False, True])
def test_both_ways_to_compute_are_equal_under_a_masking(mode, token_dropout, is_train):
    nlp = make_vectors("the", "cat", "dog", "sat", mode=mode)
    docs = words(nlp, "the cat sat", "", "a dog a cat", "the")
    fast = encoder(docs, pretrained_vectors=True, vector_dropout=token_dropout)
    slow = encoder(docs, pretrained_vectors=True, vector_dropout=token_dropout)
    slow.from_bytes(fast.to_bytes())
    del slow.attrs[STATE]
    masking = draw(docs, chosen=0.7, hidden=0.5, replaced=0.4)
    outputs, gradients = [], []
    for model in (fast, slow):
        numpy.random.seed(0)
        with masked(model, masking):
            Ys, backprop = model(docs, is_train)
        outputs.append(numpy.concatenate(Ys))
        if is_train:
            rng = numpy.random.default_rng(0)
            backprop([rng.normal(size=Y.shape).astype("f") for Y in Ys])
            gradients.append(
                [node.get_grad(name) for node in model.walk() for name in node.param_names]
            )
    assert_allclose(*outputs, atol=1e-5)
    for a, b in zip(*gradients, strict=True) if is_train else ():
        assert_allclose(a, b, atol=1e-4, rtol=1e-4)


def test_a_blank_vocabulary_has_no_hidden_word():
    assert spacy.blank("xx").vocab.strings[HIDDEN_KEY] == ""
