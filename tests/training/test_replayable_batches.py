"""Batches that are drawn again."""

import random

import pytest
import spacy

from spacy_mtl.training.replayable_batches import ReplayableBatches

NLP = spacy.blank("xx")


def make_batches():
    texts = [f"text number {i}" for i in range(12)]
    random.shuffle(texts)
    for text in texts:
        if random.random() < 0.5:
            yield [NLP.make_doc(text)]


def texts_of(batches):
    texts = []
    while (docs := batches.draw()) is not None:
        random.random()  # what training draws in between
        texts.append(docs[0].text)
    return texts


def test_draws_the_same_again():
    first = ReplayableBatches(make_batches)
    for _ in range(3):
        first.draw()
        random.random()
    state, randoms = first.get_state(), random.getstate()
    expected = texts_of(first)
    random.seed(99)
    again = ReplayableBatches(make_batches)
    assert again.replay(state)
    random.setstate(randoms)
    assert texts_of(again) == expected


def test_readers_without_chance_leave_no_states():
    batches = ReplayableBatches(lambda: [[NLP.make_doc("a b")], [NLP.make_doc("c")]])
    while batches.draw() is not None:
        pass
    assert (batches.n_drawn, batches.n_words, batches.states) == (2, 3, {})


@pytest.mark.parametrize("texts", [["a", "x", "c"], ["a"]])
def test_notices_other_texts(texts):
    first = ReplayableBatches(lambda: [[NLP.make_doc(text)] for text in "abc"])
    first.draw()
    first.draw()
    again = ReplayableBatches(lambda: [[NLP.make_doc(text)] for text in texts])
    assert not again.replay(first.get_state())
