"""What is predicted from what: words, neighbours, heads and halves of texts."""

import numpy
import pytest
from builders import words
from numpy.testing import assert_allclose, assert_array_equal
from spacy.tokens import Doc

from spacy_mtl.layers.target_vectors import Targets
from spacy_mtl.layers.vector_pairs import CUTS, SHORTEST_TEXT, TARGETS, Batch

WIDTH, VECTOR = 3, 2


def make_batch(lengths, *, known=None, chosen=None, docs=()):
    n = sum(lengths)
    rng = numpy.random.default_rng(0)
    vectors = rng.normal(size=(n, VECTOR)).astype("f")
    known = numpy.ones(n, dtype=bool) if known is None else numpy.asarray(known, dtype=bool)
    vectors[~known] = 0.0
    return Batch(
        docs=docs,
        lengths=numpy.asarray(lengths, dtype="int64"),
        Y=rng.normal(size=(n, WIDTH)).astype("f"),
        targets=Targets(vectors, known),
        chosen=None if chosen is None else numpy.asarray(chosen, dtype=bool),
    )


def pair(name, batch):
    pairs = TARGETS[name].pair(batch)
    assert pairs.targets.shape == (len(pairs.inputs), TARGETS[name].n_vectors * VECTOR)
    assert pairs.known.shape == (len(pairs.inputs), TARGETS[name].n_vectors)
    return pairs


def parsed(nlp):
    first = Doc(nlp.vocab, words=["a", "b", "c"], heads=[1, 1, 1], deps=["x", "ROOT", "y"])
    second = Doc(nlp.vocab, words=["d", "e"], heads=[0, 0], deps=["ROOT", "x"])
    return [first, Doc(nlp.vocab), second]


def batches(nlp):
    docs = parsed(nlp)
    return {
        "word": make_batch([3, 0, 2]),
        "trigram": make_batch([3, 0, 2]),
        "head": make_batch([3, 0, 2], docs=docs),
        "document": make_batch([12, 0, 3, 20]),
    }


def test_words():
    batch = make_batch([3, 0, 2], known=[1, 0, 1, 1, 1])
    pairs = pair("word", batch)
    assert_array_equal(pairs.inputs, batch.Y[[0, 2, 3, 4]])
    assert_array_equal(pairs.targets, batch.targets.vectors[[0, 2, 3, 4]])
    assert pairs.known.all()


def test_only_chosen_words():
    pairs = pair("word", make_batch([3, 2], known=[1, 0, 1, 1, 1], chosen=[1, 1, 0, 0, 1]))
    assert len(pairs.inputs) == 2
    assert not len(pair("word", make_batch([3, 2], chosen=[0] * 5)).inputs)


def test_neighbours_end_with_the_text():
    batch = make_batch([3, 0, 1, 2], known=[1, 0, 1, 1, 1, 1])
    pairs = pair("trigram", batch)
    assert_array_equal(
        pairs.known,
        [[0, 1, 0], [1, 0, 1], [0, 1, 0], [0, 1, 0], [0, 1, 1], [1, 1, 0]],
    )
    V = batch.targets.vectors
    assert_array_equal(pairs.targets[1], numpy.concatenate([V[0], V[1], V[2]]))
    assert_array_equal(pairs.targets[4, VECTOR:], numpy.concatenate([V[4], V[5]]))


def test_a_word_without_a_vector_predicts_its_neighbours():
    pairs = pair("trigram", make_batch([2], known=[0, 1]))
    assert_array_equal(pairs.known, [[0, 0, 1], [0, 1, 0]])
    assert not len(pair("trigram", make_batch([2], known=[0, 0])).inputs)


def test_heads_lie_in_their_own_text(nlp):
    batch = make_batch([3, 0, 2], docs=parsed(nlp))
    pairs = pair("head", batch)
    assert_array_equal(pairs.inputs, batch.Y[[0, 2, 4]])
    assert_array_equal(pairs.targets, batch.targets.vectors[[1, 1, 3]])


def test_heads_without_a_vector(nlp):
    pairs = pair("head", make_batch([3, 0, 2], known=[1, 0, 1, 1, 1], docs=parsed(nlp)))
    assert len(pairs.inputs) == 1


def test_heads_need_a_parse(nlp):
    with pytest.raises(ValueError, match=r"E254.*not parsed"):
        pair("head", make_batch([2, 0], docs=[*words(nlp, "not parsed"), Doc(nlp.vocab)]))


def find_cut(batch, start, stop, mean):
    """Where a text was cut, by the mean of its first part."""
    (cut,) = [
        i
        for i in range(start + 1, stop)
        if numpy.allclose(batch.Y[start:i].mean(axis=0), mean, atol=1e-5)
    ]
    return cut


def test_each_part_of_a_text_predicts_the_other():
    known = [1] * 12 + [1, 0] * 10
    batch = make_batch([12, 20], known=known)
    pairs = pair("document", batch)
    assert len(pairs.inputs) == 4 and pairs.known.all()
    V, known = batch.targets
    for i, (start, stop) in enumerate([(0, 12), (12, 32)]):
        cut = find_cut(batch, start, stop, pairs.inputs[2 * i])
        first, second = slice(start, cut), slice(cut, stop)
        assert_allclose(pairs.inputs[2 * i + 1], batch.Y[second].mean(axis=0), atol=1e-6)
        assert_allclose(pairs.targets[2 * i], V[second][known[second]].mean(axis=0), atol=1e-6)
        assert_allclose(pairs.targets[2 * i + 1], V[first][known[first]].mean(axis=0), atol=1e-6)


def test_texts_are_cut_at_many_places():
    batch = make_batch([100])
    found = {find_cut(batch, 0, 100, pair("document", batch).inputs[0]) for _ in range(60)}
    assert len(found) > 20
    assert min(found) >= int(100 * CUTS[0]) and max(found) <= 100 * CUTS[1]


def test_short_texts_are_not_parted():
    assert not len(pair("document", make_batch([SHORTEST_TEXT - 1, 0, 1])).inputs)
    assert len(pair("document", make_batch([SHORTEST_TEXT])).inputs) == 2


def test_a_part_without_vectors_is_no_target():
    pairs = pair("document", make_batch([20], known=[1] * 4 + [0] * 16))
    assert_array_equal(pairs.known[:, 0], [False, True])


@pytest.mark.parametrize("name", TARGETS)
def test_gradients_flow_back_to_the_tokens(name, nlp):
    batch = batches(nlp)[name]
    numpy.random.seed(0)
    pairs = pair(name, batch)
    rng = numpy.random.default_rng(1)
    d_inputs = rng.normal(size=pairs.inputs.shape)
    dY = numpy.zeros(batch.Y.shape)
    pairs.backprop(d_inputs, dY)
    direction = rng.normal(size=batch.Y.shape)
    numpy.random.seed(0)
    moved = pair(name, batch._replace(Y=batch.Y + direction)).inputs
    assert (dY * direction).sum() == pytest.approx(
        (d_inputs * (moved - pairs.inputs)).sum(), rel=1e-4
    )


@pytest.mark.parametrize("name", TARGETS)
def test_gradients_are_added(name, nlp):
    batch = batches(nlp)[name]
    pairs = pair(name, batch)
    dY = numpy.ones(batch.Y.shape)
    pairs.backprop(numpy.zeros(pairs.inputs.shape), dY)
    assert (dY == 1.0).all()


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize("lengths", [[], [0], [0, 0]], ids=str)
def test_nothing_to_predict(name, lengths, nlp):
    batch = make_batch(lengths, docs=[Doc(nlp.vocab) for _ in lengths])
    pairs = pair(name, batch)
    assert pairs.inputs.shape == (0, WIDTH)
    pairs.backprop(numpy.zeros((0, WIDTH)), numpy.zeros((0, WIDTH)))
