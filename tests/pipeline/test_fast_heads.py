"""Many heads on one encoder in a pipeline: what they share changes no score and is not saved."""

import pickle

import numpy
import pytest
import spacy
from builders import (
    SENTIMENT,
    TAGS,
    TOPIC,
    add_encoder,
    add_task,
    initialize,
    make_examples,
    ngrams,
    step,
)
from numpy.testing import assert_allclose
from thinc.api import Adam

ROWS = [
    *SENTIMENT,
    *TOPIC,
    *TAGS,
    *((text, {f"length/{'long' if len(text) > 12 else 'short'}": 1.0}) for text, _ in SENTIMENT),
    *((text, {f"style/{'the' if 'the' in text else 'a'}": 1.0}) for text, _ in TOPIC + SENTIMENT),
    *((text, {f"scaled/{'e' if 'e' in text else '-'}": 1.0}) for text, _ in SENTIMENT),
    *((text, {f"scaled2/{len(text) % 2}": 1.0}) for text, _ in TOPIC),
]
HEADS = ("sentiment", "topic", "tags", "length", "style", "scaled", "scaled2")
TEXTS = [
    text
    for i in range(10)
    for text in (
        "a good film",
        "",
        "the battery of the year",
        f"an unseen word{i}",
        "  ",
        "film " * i,
    )
]


def make(seed=0):
    """Heads that differ in what they pool, and in what comes after that."""
    nlp = spacy.blank("xx")
    add_encoder(nlp)
    add_task(nlp, "sentiment")
    add_task(nlp, "topic", model={"pooling": ["max", "mean"]})
    add_task(nlp, "tags", multi_label=True, model={"pooling": ["mean"]})
    add_task(nlp, "length", model={"hidden_width": 4})
    add_task(nlp, "style", model={"ngrams": ngrams(char_max=3)})
    add_task(nlp, "scaled", model={"standardized": True})
    add_task(nlp, "scaled2", model={"standardized": True})
    initialize(nlp, ROWS, seed=seed)
    step(nlp, make_examples(nlp, ROWS), Adam(0.01))
    return nlp


@pytest.fixture(scope="module")
def nlp():
    return make()


@pytest.fixture(scope="module")
def expected(nlp):
    """The scores of each head alone, one document at a time."""
    scores = [{} for _ in TEXTS]
    for head in HEADS:
        with nlp.select_pipes(enable=["tok2vec", head]):
            for doc_scores, text in zip(scores, TEXTS, strict=True):
                doc_scores.update(nlp(text).cats)
    return scores


def assert_scores(docs, expected):
    docs = list(docs)
    assert len(docs) == len(expected)
    for doc, scores in zip(docs, expected, strict=True):
        assert doc.cats.keys() == scores.keys()
        assert_allclose([doc.cats[key] for key in scores], list(scores.values()), atol=1e-5)


def test_the_heads_alone_have_something_to_say(expected):
    assert len(expected[0]) == 14
    for key in expected[0]:
        assert numpy.std([scores[key] for scores in expected]) > 0.01


@pytest.mark.parametrize("batch_size", [1, 7, 60, 1000])
def test_scores_in_a_pipe_equal_those_of_each_head_alone(nlp, expected, batch_size):
    assert_scores(nlp.pipe(TEXTS, batch_size=batch_size), expected)


@pytest.mark.parametrize("head", HEADS)
def test_one_head_alone_in_a_pipe(nlp, expected, head):
    with nlp.select_pipes(enable=["tok2vec", head]):
        scores = [
            {key: score for key, score in scores.items() if key.startswith(f"{head}/")}
            for scores in expected
        ]
        assert_scores(nlp.pipe(TEXTS), scores)


def test_two_processes(nlp, expected):
    assert_scores(nlp.pipe(TEXTS, n_process=2, batch_size=11), expected)


def test_documents_of_two_pipes_at_once(nlp, expected):
    # The batches of one come between those of the other.
    first, second = nlp.pipe(TEXTS, batch_size=7), nlp.pipe(TEXTS[::-1], batch_size=5)
    pairs = list(zip(first, second, strict=True))
    assert_scores([doc for doc, _ in pairs], expected)
    assert_scores([doc for _, doc in pairs], expected[::-1])


def test_single_documents_between_the_batches_of_a_pipe(nlp, expected):
    docs = []
    for doc in nlp.pipe(TEXTS, batch_size=7):
        nlp("the charger")
        docs.append(doc)
    assert_scores(docs, expected)


def test_texts_with_contexts(nlp, expected):
    pairs = list(
        nlp.pipe([(text, i) for i, text in enumerate(TEXTS)], as_tuples=True, batch_size=7)
    )
    assert_scores([doc for doc, _ in pairs], expected)
    assert [context for _, context in pairs] == list(range(len(TEXTS)))


def test_documents_instead_of_texts(nlp, expected):
    assert_scores(nlp.pipe([nlp.make_doc(text) for text in TEXTS], batch_size=7), expected)


def test_documents_that_pass_twice(nlp, expected):
    assert_scores(nlp.pipe(list(nlp.pipe(TEXTS)), batch_size=7), expected)


def test_other_heads_later(nlp, expected):
    with nlp.select_pipes(disable=HEADS[2:]):
        docs = list(nlp.pipe(TEXTS, batch_size=7))
    for name in HEADS[2:]:
        docs = list(nlp.get_pipe(name).pipe(docs, batch_size=20))
    assert_scores(docs, expected)


def test_memory_zones(nlp, expected):
    for _ in range(3):
        with nlp.memory_zone():
            assert_scores(nlp.pipe(TEXTS, batch_size=7), expected)
    assert_scores(nlp.pipe(TEXTS, batch_size=7), expected)


def test_new_words_in_each_memory_zone(nlp):
    for i in range(3):
        texts = [f"a good word{i}x{j}" for j in range(5)]
        expected = [nlp(text).cats for text in texts]
        with nlp.memory_zone():
            assert_scores(nlp.pipe(texts), expected)


def test_training_between_two_pipes(expected):
    nlp = make()
    assert_scores(nlp.pipe(TEXTS), expected)
    step(nlp, make_examples(nlp, ROWS), Adam(0.05))
    found = [doc.cats for doc in nlp.pipe(TEXTS)]
    assert (
        max(abs(a[key] - b[key]) for a, b in zip(found, expected, strict=True) for key in a) > 0.01
    )
    other = pickle.loads(pickle.dumps(nlp))
    assert_scores(nlp.pipe(TEXTS), [other(text).cats for text in TEXTS])


def sizes(nlp):
    """Bytes of the pickled pipeline, and of its components."""
    return numpy.asarray([len(pickle.dumps(pipe)) for pipe in (nlp, *dict(nlp.pipeline).values())])


def test_pickles_hold_nothing_that_is_remembered():
    nlp = make()
    texts = [" ".join(f"word{i}" for i in range(200))] * 50
    # The vocabulary and the tokenizer know the words before, too.
    list(nlp.tokenizer.pipe(texts))
    before = sizes(nlp)
    list(nlp.pipe(texts))
    # Counters may have become longer by some bytes. Vectors of the words alone would be 6,400 bytes.
    assert (sizes(nlp) < before + 200).all()


def test_a_pickled_pipeline_gives_the_same_scores(nlp, expected):
    list(nlp.pipe(TEXTS))
    assert_scores(pickle.loads(pickle.dumps(nlp)).pipe(TEXTS), expected)
