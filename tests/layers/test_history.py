"""What is found for a text does not depend on the texts before it, to the last bit."""

import numpy
import pytest
from builders import make_three_tasks
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from spacy_mtl.layers import lexeme_cache
from spacy_mtl.layers.blas import PRODUCT_VARIABLE

WORDS = ["a", "good", "bad", "film", "indeed", "waste", "of", "time", "!", "Überraschung"]
TEXT = "a waste of a good film !"


@pytest.fixture(params=["numpy", "thinc"])
def nlp(request, kernels, monkeypatch):
    monkeypatch.setenv(PRODUCT_VARIABLE, request.param)
    return make_three_tasks("xx")


def values(doc):
    return [*doc.cats.values(), *doc.tensor.ravel()]


def forget(nlp):
    """Let the encoder compute all words anew: it remembers them for one state of the weights."""
    for node in nlp.get_pipe("tok2vec").model.walk():
        for name in node.param_names:
            node.set_param(name, node.get_param(name))


texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=12).map(" ".join)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=st.lists(texts, max_size=6), room=st.sampled_from([4, 1 << 14]))
def test_texts_before(nlp, before, room):
    forget(nlp)
    expected = values(nlp(TEXT))
    forget(nlp)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lexeme_cache, "CACHE_SIZE", room)
        for text in before:
            nlp(text)
        assert_array_equal(values(nlp(TEXT)), expected)


def test_many_new_words_before(nlp):
    forget(nlp)
    expected = values(nlp(TEXT))
    forget(nlp)
    rng = numpy.random.default_rng(0)
    list(nlp.pipe([" ".join(rng.choice(WORDS, 5)) + f" w{i} v{i}" for i in range(300)]))
    assert_array_equal(values(nlp(TEXT)), expected)


def test_batches_before(nlp):
    expected = [values(doc) for doc in nlp.pipe([TEXT, "a bad film"])]
    list(nlp.pipe(["good", "bad film", "time"], batch_size=2))
    assert [values(doc) for doc in nlp.pipe([TEXT, "a bad film"])] == expected


def test_other_heads(nlp):
    expected = nlp(TEXT).cats
    nlp(TEXT)
    for names in (["topic"], ["tags", "topic"], ["sentiment"]):
        with nlp.select_pipes(enable=["tok2vec", *names]):
            for _ in range(3):
                cats = nlp(TEXT).cats
                assert cats == {key: expected[key] for key in cats}


def test_vectors_of_an_earlier_run(nlp):
    doc = nlp(TEXT)
    for _ in range(2):
        nlp("a bad film")
        assert nlp.get_pipe("topic").predict([doc]).tolist() == [
            [doc.cats[f"topic/{label}"] for label in nlp.get_pipe("topic").labels]
        ]
