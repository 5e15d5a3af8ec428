"""Heads of one encoder compute their logits in one product, and each predicts as if it were alone."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

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
from spacy.tokens import Doc
from thinc.api import SGD, Adam

from spacy_mtl.layers import linear, readers
from spacy_mtl.layers.blas import row_product

pytestmark = pytest.mark.usefixtures("kernels")

ROWS = [*SENTIMENT, *TOPIC, *TAGS]
TASKS = ("sentiment", "topic", "tags")
N_LABELS = 6
TEXTS = ("a good film", "", "the battery of the year", "phone", "fast but expensive", "  ")


def make(**models):
    """Three heads that read the same, or have the models that are given."""
    nlp = spacy.blank("xx")
    add_encoder(nlp)
    for task in TASKS:
        add_task(nlp, task, multi_label=task == "tags", model=models.get(task))
    initialize(nlp, ROWS)
    return nlp


@pytest.fixture
def products(monkeypatch):
    """The numbers of outputs of all products of heads, below 0 where a layer is of another kind."""
    counts = []

    def joint(A, B):
        counts.append(len(A))
        return row_product(A, B)

    def alone(A, B):
        counts.append(-B.shape[1])
        return numpy.dot(A, B)

    monkeypatch.setattr(readers, "row_product", joint)
    monkeypatch.setattr(linear, "product", alone)
    return counts


def alone(nlp, name, doc):
    """The scores of one head for a document whose vectors it shares with nobody."""
    other = Doc(nlp.vocab, words=[token.text for token in doc])
    other.tensor = numpy.array(doc.tensor)
    pipe = nlp.get_pipe(name)
    scores = pipe.predict([other])[0]
    return {f"{pipe.task}/{label}": p for label, p in zip(pipe.labels, scores, strict=True)}


def assert_as_if_alone(nlp, docs):
    names = [name for name in nlp.pipe_names if name in TASKS]
    for doc in docs:
        expected = {}
        for name in names:
            expected.update(alone(nlp, name, doc))
        found = {key: doc.cats[key] for key in expected}
        assert_allclose(list(found.values()), list(expected.values()), rtol=2e-6, atol=1e-7)


def run(nlp):
    docs = list(nlp.pipe(TEXTS))
    assert_as_if_alone(nlp, docs)
    return docs


def test_from_the_second_batch_on_there_is_one_product(products):
    nlp = make()
    products.clear()
    list(nlp.pipe(TEXTS))
    assert products == [2, 2, 2]
    for _ in range(2):
        products.clear()
        docs = list(nlp.pipe(TEXTS))
        assert products == [N_LABELS]
    assert_as_if_alone(nlp, docs)


def test_single_documents(products):
    nlp = make()
    nlp("a good film")
    products.clear()
    docs = [nlp(text) for text in TEXTS if text]
    assert set(products) == {N_LABELS}
    assert_as_if_alone(nlp, docs)


def test_a_head_that_is_disabled_costs_nothing(products):
    nlp = make()
    run(nlp)
    with nlp.select_pipes(disable=["topic"]):
        run(nlp)
        products.clear()
        list(nlp.pipe(TEXTS))
        assert products == [4]
    run(nlp)
    run(nlp)
    products.clear()
    list(nlp.pipe(TEXTS))
    assert products == [N_LABELS]


@pytest.mark.parametrize("model, of_topic", [({"hidden_width": 4}, -2), ({"pooling": ["max"]}, 2)])
def test_a_head_of_another_kind_computes_alone(products, model, of_topic):
    nlp = make(topic=model)
    run(nlp)
    products.clear()
    docs = list(nlp.pipe(TEXTS))
    assert products == [4, of_topic]
    assert_as_if_alone(nlp, docs)


def test_a_head_with_n_grams_takes_part_with_its_other_part(products):
    nlp = make(topic={"ngrams": ngrams()})
    run(nlp)
    products.clear()
    docs = list(nlp.pipe(TEXTS))
    assert products == [N_LABELS]
    assert_as_if_alone(nlp, docs)
    assert_as_if_alone(nlp, nlp.pipe(docs))


def test_a_head_that_is_removed(products):
    nlp = make()
    run(nlp)
    nlp.remove_pipe("topic")
    run(nlp)
    products.clear()
    list(nlp.pipe(TEXTS))
    assert products == [4]


# Heads that change


def weights(nlp, name="topic"):
    return nlp.get_pipe(name).model.get_ref("output_layer")


def learns(nlp):
    step(nlp, make_examples(nlp, ROWS), Adam(0.05))


def learns_alone(nlp):
    examples = make_examples(nlp, TOPIC)
    for example in examples:
        nlp.get_pipe("tok2vec")(example.predicted)
    nlp.get_pipe("topic").update(examples, sgd=SGD(5.0))


def sets_weights(nlp):
    weights(nlp).set_param("W", -weights(nlp).get_param("W"))


def writes_in_place(nlp):
    weights(nlp).get_param("b")[0] += 2


def gets_a_label(nlp):
    nlp.get_pipe("topic").add_label("other")


def loads_bytes(nlp):
    other = make()
    sets_weights(other)
    nlp.get_pipe("topic").from_bytes(other.get_pipe("topic").to_bytes())


def gets_another_layer(nlp):
    other = make()
    sets_weights(other)
    topic = nlp.get_pipe("topic").model
    topic.get_ref("resizable").layers[0] = weights(other)
    topic.set_ref("output_layer", weights(other))


def gets_an_own_encoder(nlp):
    nlp.replace_listeners("tok2vec", "topic", ["model.tok2vec"])


CHANGES = [
    learns,
    learns_alone,
    sets_weights,
    writes_in_place,
    gets_a_label,
    loads_bytes,
    gets_another_layer,
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_head_predicts_by_its_new_weights(change):
    nlp = make()
    run(nlp)
    before = [doc.cats for doc in run(nlp)]
    change(nlp)
    for _ in range(3):
        after = [doc.cats for doc in run(nlp)]
        assert (
            max(abs(a["topic/film"] - b["topic/film"]) for a, b in zip(after, before, strict=True))
            > 0.001
        )


@pytest.mark.parametrize("change", CHANGES)
def test_a_head_that_changes_between_two_heads_of_a_batch(change):
    nlp = make()
    run(nlp)
    docs = [nlp.make_doc(text) for text in TEXTS]
    for name, pipe in nlp.pipeline:
        if name == "topic":
            change(nlp)
        pipe.set_annotations(docs, pipe.predict(docs))
    expected = [alone(nlp, "topic", doc) for doc in docs]
    found = [
        {key: doc.cats[key] for key in scores} for doc, scores in zip(docs, expected, strict=True)
    ]
    for a, b in zip(found, expected, strict=True):
        assert_allclose(list(a.values()), list(b.values()), rtol=2e-6, atol=1e-7)


def test_a_head_gets_an_own_encoder():
    nlp = make()
    expected = [doc.cats for doc in run(nlp)]
    gets_an_own_encoder(nlp)
    for _ in range(3):
        for doc, scores in zip(nlp.pipe(TEXTS), expected, strict=True):
            assert_allclose([doc.cats[key] for key in scores], list(scores.values()), atol=1e-6)


def test_averages_hold_within_their_block():
    nlp = make()
    plain = [doc.cats for doc in run(nlp)]
    node = weights(nlp)
    averages = {(node.id, "b"): numpy.asarray([3, 0], dtype="f")}
    with nlp.use_params(averages):
        run(nlp)
        averaged = [doc.cats for doc in run(nlp)]
    for found in (averaged, [doc.cats for doc in run(nlp)]):
        distance = max(
            abs(a["topic/film"] - b["topic/film"]) for a, b in zip(found, plain, strict=True)
        )
        assert (distance > 0.01) == (found is averaged)


def test_a_head_from_another_pipeline():
    source = make()
    run(source)
    nlp = spacy.blank("xx")
    for name in ("tok2vec", "sentiment", "topic"):
        nlp.add_pipe(name, source=source)
    for _ in range(3):
        run(nlp)
        run(source)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda nlp: pickle.loads(pickle.dumps(nlp))])
def test_a_copy_has_heads_of_its_own(copied, products):
    nlp = make()
    for _ in range(2):
        before = [doc.cats for doc in run(nlp)]
    other = copied(nlp)
    sets_weights(other)
    for _ in range(3):
        run(other)
        products.clear()
        docs = list(nlp.pipe(TEXTS))
        assert products == [N_LABELS]
        assert [doc.cats for doc in docs] == before


def test_several_threads_at_once():
    nlp = make()
    expected = {text: nlp(text).cats for text in TEXTS}

    def run_some(seed):
        texts = [TEXTS[(seed + i) % len(TEXTS)] for i in range(20)]
        return list(zip(texts, nlp.pipe(texts, batch_size=1 + seed % 7), strict=True))

    with ThreadPoolExecutor(4) as pool:
        for pairs in pool.map(run_some, range(40)):
            for text, doc in pairs:
                found = [doc.cats[key] for key in expected[text]]
                assert_allclose(found, list(expected[text].values()), atol=1e-5)


def test_a_batch_that_is_not_the_latest_is_computed_alone(products):
    nlp = make()
    docs = run(nlp)
    run(nlp)
    products.clear()
    topic = nlp.get_pipe("topic")
    topic.set_annotations(docs, topic.predict(docs))
    assert products == [2]
    assert_as_if_alone(nlp, docs)
