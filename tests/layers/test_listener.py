import numpy
import pytest
from builders import words
from spacy.pipeline.tok2vec import Tok2VecListener as SpacyTok2VecListener

from spacy_mtl.layers.listener import Tok2VecListener, build_tok2vec_listener_v1


@pytest.fixture
def listener():
    return build_tok2vec_listener_v1(width=4, upstream="tok2vec")


def encode(docs, width=4):
    for doc in docs:
        doc.tensor = numpy.random.default_rng(0).normal(size=(len(doc), width)).astype("f")
    return docs


def test_spacy_finds_it_by_class_and_node_name(listener):
    assert isinstance(listener, SpacyTok2VecListener)
    assert type(listener).__name__ == "Tok2VecListener"
    assert listener.name == SpacyTok2VecListener.name


def test_equal_batches_have_equal_ids(nlp):
    first, second = words(nlp, "a b", "c"), words(nlp, "a b", "c")
    assert Tok2VecListener.get_batch_id(first) == Tok2VecListener.get_batch_id(second)


@pytest.mark.parametrize(
    "other", [["c", "a b"], ["b a", "c"], ["a", "b c"], ["a b c"], ["a b", "c", ""], ["a b"]]
)
def test_permuted_and_split_batches_have_other_ids(nlp, other):
    first, second = words(nlp, "a b", "c"), words(nlp, *other)
    assert Tok2VecListener.get_batch_id(first) != Tok2VecListener.get_batch_id(second)


def test_training_on_the_announced_batch_returns_what_was_received(nlp, listener):
    docs = words(nlp, "a b", "c")
    outputs = [numpy.ones((2, 4), dtype="f"), numpy.ones((1, 4), dtype="f")]
    sent = []
    listener.receive(listener.get_batch_id(docs), outputs, sent.append)
    found, backprop = listener.begin_update(docs)
    assert found is outputs
    backprop(outputs)
    assert sent == [outputs]


def test_prediction_reads_the_tensors_not_the_training_batch(nlp, listener):
    docs = encode(words(nlp, "a b", "c"))
    listener.receive(listener.get_batch_id(docs), [], None)
    for found, doc in zip(listener.predict(docs), docs, strict=True):
        numpy.testing.assert_array_equal(found, doc.tensor)


def test_training_on_another_batch_reads_the_tensors(nlp, listener):
    listener.receive(1, [], None)
    docs = encode(words(nlp, "a b", "c"))
    found, backprop = listener.begin_update(docs)
    numpy.testing.assert_array_equal(found[0], docs[0].tensor)
    assert backprop(found) == []


def test_training_without_vectors_is_an_error(nlp, listener):
    with pytest.raises(ValueError, match=r"E204.*tok2vec.*annotating_components"):
        listener.begin_update(words(nlp, "a b"))


def test_documents_without_tokens_need_no_vectors(nlp, listener):
    docs = [*encode(words(nlp, "a b")), *words(nlp, "")]
    found, _ = listener.begin_update(docs)
    assert [X.shape for X in found] == [(2, 4), (0, 4)]


def test_prediction_without_vectors_gives_zeros(nlp, listener):
    (found,) = listener.predict(words(nlp, "a b"))
    assert found.shape == (2, 4)
    assert not found.any()


def test_vectors_of_another_width_are_an_error(nlp, listener):
    docs = encode(words(nlp, "a b"), width=6)
    with pytest.raises(ValueError, match=r"E203.*width 4.*width 6"):
        listener.predict(docs)
