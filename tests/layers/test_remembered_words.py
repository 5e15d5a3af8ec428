"""Words that a frozen encoder remembers, in another process."""

import numpy
import spacy
from builders import SENTIMENT, WIDTH, add_encoder, initialize, make_pipeline

from spacy_mtl.layers.fast_encoder import STATE


def encoder_of(nlp):
    model = nlp.get_pipe("tok2vec").model
    return next(node for node in model.walk() if STATE in node.attrs)


def make():
    nlp = make_pipeline("sentiment")
    initialize(nlp, SENTIMENT)
    return nlp


def test_words_are_computed_just_as_before():
    nlp, other = make(), make()
    for text in ("a good film", "a bad film indeed", "waste of time"):
        nlp(text)
    encoder, twin = encoder_of(nlp), encoder_of(other)
    words = encoder.attrs[STATE].get_remembered(encoder)
    assert [len(part) for part in words] == [3, 2, 3]
    twin.attrs[STATE].set_remembered(twin, words)
    again = twin.attrs[STATE].get_remembered(twin)
    assert all(numpy.array_equal(a, b) for a, b in zip(words, again, strict=True))
    assert numpy.array_equal(nlp("a bad time").tensor, other("a bad time").tensor)


def test_nothing_is_remembered_of_weights_that_have_changed():
    nlp = make()
    nlp("a good film")
    encoder = encoder_of(nlp)
    node = next(node for node in encoder.walk() if node.has_param("W") is True)
    node.set_param("W", node.get_param("W") + 1.0)
    assert encoder.attrs[STATE].get_remembered(encoder) is None


def test_looking_does_not_make_it_forget():
    nlp = make()
    nlp("a good film")
    encoder = encoder_of(nlp)
    assert len(encoder.attrs[STATE].get_remembered(encoder)) == 1
    nlp("a bad film")
    assert len(encoder.attrs[STATE].get_remembered(encoder)) == 2


def test_nothing_is_remembered_before_the_first_text():
    nlp = spacy.blank("xx")
    add_encoder(nlp)
    nlp.initialize()
    encoder = encoder_of(nlp)
    assert encoder.attrs[STATE].get_remembered(encoder) is None
    assert encoder.get_dim("nO") == WIDTH
