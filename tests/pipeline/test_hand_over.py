"""What stands between two heads is noticed, and heads that follow each other need not look for it."""

import functools
from itertools import islice

import numpy
import pytest
import spacy
from builders import SENTIMENT, TAGS, TOPIC, add_encoder, add_task, initialize, listener, ngrams
from numpy.testing import assert_allclose
from spacy.language import Language
from spacy.tokens import Doc

from spacy_mtl.layers.kernels import use_kernels
from spacy_mtl.layers.token_arrays import TokenArrays
from spacy_mtl.pipeline import hand_over
from spacy_mtl.pipeline.textcat_multitask import MultitaskTextCategorizer

ROWS = [*SENTIMENT, *TOPIC, *TAGS]
TASKS = ("sentiment", "topic", "tags")
WORDS = [
    "a",
    "good",
    "film",
    "the",
    "battery",
    "of",
    "year",
    "phone",
    "fast",
    "but",
    "expensive",
    "and",
    "boring",
]
BATCH = 40


@pytest.fixture(params=["numpy", "numba"], autouse=True)
def kernels(request):
    if request.param == "numba":
        pytest.importorskip("numba", reason="the extra 'fast' is not installed")
    with use_kernels(request.param):
        yield


def make(**models):
    nlp = spacy.blank("xx")
    add_encoder(nlp)
    for task in TASKS:
        add_task(nlp, task, multi_label=task == "tags", model=models.get(task))
    initialize(nlp, ROWS)
    return nlp


def texts(n_docs, n_words):
    rng = numpy.random.default_rng(0)
    return [f"number{i} " + " ".join(rng.choice(WORDS, n_words)) for i in range(n_docs)]


@pytest.fixture
def comparisons(monkeypatch):
    """Counts how often the vectors of a batch are compared."""
    calls = []
    method = TokenArrays.notice_changes
    monkeypatch.setattr(
        TokenArrays, "notice_changes", lambda self: (calls.append(len(self)), method(self))[1]
    )
    return calls


def alone(nlp, name, docs):
    copies = []
    for doc in docs:
        copies.append(Doc(nlp.vocab, words=[token.text for token in doc]))
        copies[-1].tensor = numpy.array(doc.tensor)
    return nlp.get_pipe(name).predict(copies)


def assert_as_if_alone(nlp, docs, name):
    labels = nlp.get_pipe(name).labels
    found = [[doc.cats[f"{name}/{label}"] for label in labels] for doc in docs]
    assert_allclose(found, alone(nlp, name, docs), rtol=1e-5, atol=1e-6)


def changes_one_value(doc):
    if doc[0].text == "number5":
        doc.tensor[2, 3] += 50.0
    return doc


class Streaming:
    """A component with a `pipe` of its own."""

    def __call__(self, doc):
        return changes_one_value(doc)

    def pipe(self, stream, batch_size):
        for doc in stream:
            yield changes_one_value(doc)


class Delegating:
    """A component that hands on what a head yields, after it has looked at the first document."""

    def __init__(self, head):
        self.head = head

    def __call__(self, doc):
        return changes_one_value(self.head(doc))

    def pipe(self, stream, batch_size):
        docs = self.head.pipe(stream, batch_size=batch_size)
        held = list(islice(docs, 8))
        for doc in held:
            yield changes_one_value(doc)
        yield from docs


def as_function(nlp):
    Language.component("changes_one_value", func=changes_one_value)
    nlp.add_pipe("changes_one_value", before="topic")


def as_stream(nlp):
    Language.factory("streaming", func=lambda nlp, name: Streaming())
    nlp.add_pipe("streaming", before="topic")


def around_a_head(nlp):
    head = nlp.get_pipe("sentiment")
    Language.factory("delegating", func=lambda nlp, name: Delegating(head))
    nlp.add_pipe("delegating", before="topic")
    nlp.remove_pipe("sentiment")


def by_a_method_of_a_head(nlp):
    head = nlp.get_pipe("sentiment")
    method = head.set_annotations

    @functools.wraps(method)
    def annotate(docs, scores):
        method(docs, scores)
        for doc in docs:
            changes_one_value(doc)

    head.set_annotations = annotate


def by_a_subclass(nlp):
    class Subclass(MultitaskTextCategorizer):
        def set_annotations(self, docs, scores):
            super().set_annotations(docs, scores)
            for doc in docs:
                changes_one_value(doc)

    nlp.get_pipe("sentiment").__class__ = Subclass


WAYS = [as_function, as_stream, around_a_head, by_a_method_of_a_head, by_a_subclass]


@pytest.mark.parametrize("n_docs", [7, BATCH, 2 * BATCH, 90])
@pytest.mark.parametrize("n_words", [3, 400])
@pytest.mark.parametrize("change", WAYS)
def test_a_change_of_one_value_between_two_heads_is_noticed(change, n_words, n_docs):
    nlp = make()
    before = list(nlp.pipe(texts(n_docs, n_words), batch_size=BATCH))
    change(nlp)
    docs = list(nlp.pipe(texts(n_docs, n_words), batch_size=BATCH))
    changed = [i for i in range(n_docs) if (docs[i].tensor != before[i].tensor).any()]
    assert changed == [5]
    assert docs[5].cats["topic/film"] != before[5].cats["topic/film"]
    for name in TASKS[1:]:
        assert_as_if_alone(nlp, docs, name)


def test_a_generator_that_changes_what_it_has_drawn_first():
    nlp = make()
    encoder, sentiment, topic = (nlp.get_pipe(name) for name in nlp.pipe_names[:3])

    def change_first(docs):
        held = list(islice(docs, 8))
        yield from map(changes_one_value, held)
        yield from docs

    docs = [nlp.make_doc(text) for text in texts(2 * BATCH, 3)]
    docs = sentiment.pipe(encoder.pipe(docs, batch_size=BATCH), batch_size=BATCH)
    docs = list(topic.pipe(change_first(docs), batch_size=BATCH))
    assert_as_if_alone(nlp, docs, "topic")


def test_documents_that_change_at_the_end_of_the_stream():
    nlp = make()
    given = [nlp.make_doc(text) for text in texts(BATCH, 3)]

    def stream():
        yield from given
        for doc in given:
            changes_one_value(doc)

    # The second head alone asks for more documents than there are, after the first one has predicted.
    docs = list(nlp.pipe(stream(), batch_size=BATCH, component_cfg={"topic": {"batch_size": 999}}))
    first = numpy.asarray([doc.cats["sentiment/positive"] for doc in docs])
    assert numpy.flatnonzero(first != alone(nlp, "sentiment", docs)[:, 1]).tolist() == [5]
    for name in TASKS[1:]:
        assert_as_if_alone(nlp, docs, name)


def test_heads_in_a_row_compare_once(comparisons):
    nlp = make()
    for _ in nlp.pipe(texts(3 * BATCH, 3), batch_size=BATCH):
        pass
    assert comparisons == [BATCH] * 3


@pytest.mark.parametrize("broken", ["_AROUND", "GeneratorType"])
def test_without_what_spacy_does_now_every_head_compares(comparisons, monkeypatch, broken):
    monkeypatch.setattr(hand_over, broken, type(None))
    nlp = make()
    docs = list(nlp.pipe(texts(BATCH, 3), batch_size=BATCH))
    assert comparisons == [BATCH] * 3
    assert_as_if_alone(nlp, docs, "tags")


def test_the_head_after_another_component_compares(comparisons):
    nlp = make()
    as_function(nlp)
    for _ in nlp.pipe(texts(BATCH, 3), batch_size=BATCH):
        pass
    assert comparisons == [BATCH] * 2


@pytest.mark.parametrize("model", [{"hidden_width": 4}, {"ngrams": ngrams()}])
def test_the_head_after_a_head_with_other_layers_compares(comparisons, model):
    nlp = make(sentiment=model)
    for _ in nlp.pipe(texts(BATCH, 3), batch_size=BATCH):
        pass
    assert comparisons == [BATCH] * 2


def test_the_last_batch_that_is_not_full_is_compared_by_every_head(comparisons):
    nlp = make()
    for _ in nlp.pipe(texts(BATCH + 2, 3), batch_size=BATCH):
        pass
    assert comparisons == [BATCH, 2, 2, 2]


def test_a_head_of_another_encoder_reads_what_is_in_the_documents():
    nlp = spacy.blank("xx")
    add_encoder(nlp, "other")
    add_encoder(nlp, "tok2vec")
    add_task(nlp, "sentiment")
    add_task(nlp, "topic", model={"tok2vec": listener(upstream="other")})
    initialize(nlp, ROWS)
    docs = list(nlp.pipe(texts(BATCH, 3), batch_size=BATCH))
    for name in TASKS[:2]:
        assert_as_if_alone(nlp, docs, name)


def test_heads_with_other_batch_sizes(comparisons):
    nlp = make()
    sizes = {"topic": {"batch_size": 7}, "tags": {"batch_size": 100}}
    docs = list(nlp.pipe(texts(90, 3), batch_size=30, component_cfg=sizes))
    for name in TASKS:
        assert_as_if_alone(nlp, docs, name)


def test_a_batch_that_fails_is_left_to_the_error_handler():
    nlp = make()
    failed = []
    nlp.set_error_handler(lambda name, pipe, docs, error: failed.append((name, len(docs))))
    head = nlp.get_pipe("topic")
    predict = head.predict

    def fail(docs):
        if docs[0].text.startswith("number30 "):
            raise ValueError
        return predict(docs)

    head.predict = fail
    docs = list(nlp.pipe(texts(90, 3), batch_size=30))
    assert failed == [("topic", 30)]
    assert len(docs) == 60
    for name in TASKS:
        assert_as_if_alone(nlp, docs, name)


def test_a_pipe_that_is_given_up():
    nlp = make()
    for doc in nlp.pipe(texts(90, 3), batch_size=30):
        if doc.text.startswith("number40 "):
            break
    docs = list(nlp.pipe(texts(90, 3), batch_size=30))
    for name in TASKS:
        assert_as_if_alone(nlp, docs, name)
