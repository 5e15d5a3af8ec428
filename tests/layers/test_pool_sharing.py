"""Heads of one encoder share what they pool, and each predicts as if it were alone."""

import numpy
import pytest
from builders import SENTIMENT, TOPIC, WIDTH, add_encoder, add_task, initialize, words
from numpy.testing import assert_allclose
from spacy.language import Language
from spacy.tokens import Doc

from spacy_mtl.layers import pool

pytestmark = pytest.mark.usefixtures("kernels")

ROWS = [*SENTIMENT, *TOPIC]
TEXTS = ("a good film", "", "the battery of the year", "phone", "", "really awful acting film film")
POOLINGS = [
    (["mean", "max"], ["mean", "max"]),
    (["mean", "max"], ["max", "mean"]),
    (["mean"], ["max"]),
    (["max"], ["mean", "max"]),
]


def make(first=("mean", "max"), second=("mean", "max"), between=None):
    """A pipeline with two heads, and maybe another component between them."""
    nlp = Language()
    add_encoder(nlp)
    add_task(nlp, "sentiment", model={"pooling": list(first)})
    add_task(nlp, "topic", model={"pooling": list(second)})
    initialize(nlp, ROWS)
    if between:
        Language.component(between.__name__, func=between)
        nlp.add_pipe(between.__name__, before="topic")
    return nlp


@pytest.fixture(scope="module")
def nlp():
    return make()


def alone(nlp, name, docs):
    """The scores of one head for documents whose vectors it shares with nobody."""
    copies = []
    for doc in docs:
        copies.append(Doc(nlp.vocab, words=[token.text for token in doc]))
        copies[-1].tensor = numpy.array(doc.tensor)
    return nlp.get_pipe(name).predict(copies)


def encoded(nlp, *texts):
    """Docs that the encoder has seen, as its latest batch."""
    docs = words(nlp, *texts)
    encoder = nlp.get_pipe("tok2vec")
    encoder.set_annotations(docs, encoder.predict(docs))
    return docs


def assert_as_if_alone(nlp, docs, names=("sentiment", "topic")):
    for name in names:
        expected = alone(nlp, name, docs)
        for _ in range(2):
            assert_allclose(nlp.get_pipe(name).predict(docs), expected, atol=1e-6)


@pytest.mark.parametrize("first, second", POOLINGS)
def test_two_heads_predict_what_each_predicts_alone(first, second):
    nlp = make(first, second)
    assert_as_if_alone(nlp, encoded(nlp, *TEXTS))


def test_the_second_head_pools_nothing(nlp, monkeypatch):
    docs = encoded(nlp, *TEXTS)
    nlp.get_pipe("sentiment").predict(docs)
    monkeypatch.setattr(pool, "_forward", None)
    nlp.get_pipe("topic").predict(docs)


# A component between the heads


def scales_in_place(doc):
    doc.tensor *= 0.3
    return doc


def scales_some_in_place(doc):
    if len(doc) > 3:
        doc.tensor *= 0.3
    return doc


def changes_one_token(doc):
    if len(doc):
        doc.tensor[len(doc) // 2] += 2.0
    return doc


def changes_one_column(doc):
    if len(doc):
        doc.tensor[:, WIDTH - 1] -= 2.0
    return doc


def changes_one_value(doc):
    if len(doc) == 5:
        doc.tensor[3, 3] -= 90.0
    return doc


def assigns_new_vectors(doc):
    doc.tensor = doc.tensor * 0.3
    return doc


def assigns_some_new_vectors(doc):
    if len(doc) == 1:
        doc.tensor = doc.tensor * 0.3
    return doc


def assigns_equal_vectors(doc):
    doc.tensor = doc.tensor.copy()
    return doc


def changes_what_it_assigns(doc):
    doc.tensor = doc.tensor[:]
    doc.tensor *= 0.3
    return doc


CHANGES = [
    scales_in_place,
    scales_some_in_place,
    changes_one_token,
    changes_one_column,
    changes_one_value,
    assigns_new_vectors,
    assigns_some_new_vectors,
    changes_what_it_assigns,
]


@pytest.mark.parametrize("change", [*CHANGES, assigns_equal_vectors])
def test_a_component_between_two_heads_is_respected(change):
    nlp = make(between=change)
    before = alone(nlp, "topic", encoded(nlp, *TEXTS))
    docs = list(nlp.pipe(words(nlp, *TEXTS)))
    expected = alone(nlp, "topic", docs)
    found = numpy.asarray([[doc.cats["topic/film"], doc.cats["topic/phone"]] for doc in docs])
    assert_allclose(found, expected, atol=1e-6)
    changed = numpy.abs(found - before).max() > 0.01
    assert changed == (change is not assigns_equal_vectors)


def test_the_head_before_the_component_is_not_affected():
    nlp = make(between=scales_in_place)
    expected = alone(nlp, "sentiment", encoded(nlp, *TEXTS))
    docs = list(nlp.pipe(words(nlp, *TEXTS)))
    labels = nlp.get_pipe("sentiment").labels
    found = [[doc.cats[f"sentiment/{label}"] for label in labels] for doc in docs]
    assert_allclose(found, expected, atol=1e-6)


# Documents that are not the latest batch as it was


def other_texts(nlp):
    earlier = encoded(nlp, "lovely scene", "", "the charger")
    encoded(nlp, *TEXTS)
    return earlier


def same_texts(nlp):
    earlier = encoded(nlp, *TEXTS)
    for doc in earlier:
        doc.tensor = doc.tensor * 2
    encoded(nlp, *TEXTS)
    return earlier


def a_subset(nlp):
    return encoded(nlp, *TEXTS)[2:4]


def permuted(nlp):
    return encoded(nlp, *TEXTS)[::-1]


def two_swapped(nlp):
    docs = encoded(nlp, "a good film", "the awful plot", "a phone")
    return [docs[1], docs[0], docs[2]]


def more_than_the_batch(nlp):
    return encoded(nlp, "great acting") + encoded(nlp, *TEXTS)


def twice_the_same(nlp):
    (doc,) = words(nlp, "a good film")
    docs = [doc, doc]
    encoder = nlp.get_pipe("tok2vec")
    encoder.set_annotations(docs, encoder.predict(docs))
    return docs


def without_tokens(nlp):
    encoded(nlp, *TEXTS)
    return encoded(nlp, "", "")


def copies(nlp):
    return [doc.copy() for doc in encoded(nlp, *TEXTS)]


def read_from_bytes(nlp):
    return [Doc(nlp.vocab).from_bytes(doc.to_bytes()) for doc in encoded(nlp, *TEXTS)]


@pytest.mark.parametrize(
    "choose",
    [
        other_texts,
        same_texts,
        a_subset,
        permuted,
        two_swapped,
        more_than_the_batch,
        twice_the_same,
        without_tokens,
        copies,
        read_from_bytes,
    ],
)
def test_documents_that_are_not_the_latest_batch(nlp, choose):
    docs = choose(nlp)
    nlp.get_pipe("topic").predict(encoded(nlp, "bad film") if choose is copies else docs)
    assert_as_if_alone(nlp, docs)


@pytest.mark.parametrize("change", CHANGES)
def test_documents_that_were_changed_after_the_pass(nlp, change):
    docs = encoded(nlp, *TEXTS)
    before = nlp.get_pipe("topic").predict(docs)
    for doc in docs:
        change(doc)
    assert numpy.abs(nlp.get_pipe("topic").predict(docs) - before).max() > 1e-3
    assert_as_if_alone(nlp, docs)


def test_documents_whose_tokens_were_merged_after_the_pass(nlp):
    docs = encoded(nlp, *TEXTS)
    nlp.get_pipe("topic").predict(docs)
    with docs[2].retokenize() as retokenizer:
        retokenizer.merge(docs[2][1:3])
    assert len(docs[2].tensor) == 4
    assert_as_if_alone(nlp, docs)


def test_documents_whose_vectors_were_taken_away_after_the_pass(nlp):
    docs = encoded(nlp, *TEXTS)
    nlp.get_pipe("topic").predict(docs)
    docs[0].tensor = numpy.zeros((0,), dtype="f")
    with pytest.warns(UserWarning, match="W201"):
        found = nlp.get_pipe("topic").predict(docs)
    docs[0].tensor = numpy.zeros((3, WIDTH), dtype="f")
    assert_allclose(found, alone(nlp, "topic", docs), atol=1e-6)


def test_the_next_batch_is_not_taken_for_the_one_before(nlp):
    for texts in (TEXTS, TEXTS[::-1], TEXTS[:3], TEXTS):
        assert_as_if_alone(nlp, encoded(nlp, *texts))


def test_training_between_two_predictions_changes_the_second():
    nlp = make()
    docs = encoded(nlp, *TEXTS)
    before = nlp.get_pipe("topic").predict(docs)
    for node in nlp.get_pipe("tok2vec").model.walk():
        for name in node.param_names:
            node.set_param(name, node.get_param(name) * 1.5)
    docs = encoded(nlp, *TEXTS)
    assert numpy.abs(nlp.get_pipe("topic").predict(docs) - before).max() > 1e-3
    assert_as_if_alone(nlp, docs)
