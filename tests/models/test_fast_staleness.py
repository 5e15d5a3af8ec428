"""The encoder remembers words. It must not remember them from other weights, features or models."""

import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy
import pytest
from reference import (
    assert_current,
    assert_equal_outputs,
    initialized,
    learn,
    make_docs,
    make_nlp,
    make_pair,
    other_weights,
    params_of,
    randomize,
    used,
)
from spacy.tokens import Doc
from spacy.vectors import Vectors
from thinc.api import SGD, Adam

from spacy_mtl.layers import lexeme_cache

pytestmark = pytest.mark.usefixtures("kernels")


@pytest.fixture(scope="module")
def nlp():
    return make_nlp()


def with_adam(model, docs, path):
    learn(model, docs).finish_update(Adam(0.1))


def with_sgd(model, docs, path):
    learn(model, docs).finish_update(SGD(0.1))


def with_several_steps(model, docs, path):
    optimizer = Adam(0.1)
    for _ in range(3):
        learn(model, docs).finish_update(optimizer)


def with_from_bytes(model, docs, path):
    model.from_bytes(other_weights(model).to_bytes())


def with_from_dict(model, docs, path):
    model.from_dict(other_weights(model).to_dict())


def with_from_disk(model, docs, path):
    other_weights(model).to_disk(path / "model")
    model.from_disk(path / "model")


def with_set_param(model, docs, path):
    randomize(model, seed=7)


def with_initialize(model, docs, path):
    model.initialize(X=docs)


def with_change_in_place(model, docs, path):
    for node, name in params_of(model):
        node.get_param(name)[...] *= 1.5


def with_new_nodes(model, docs, path):
    for old, new in zip(list(model.layers), other_weights(model).layers, strict=True):
        model.replace_node(old, new)


def with_replaced_node(model, docs, path):
    old = [node for node in model.walk() if node.name == "maxout"][-1]
    model.replace_node(old, other_weights(old))


CHANGES = [change for name, change in list(globals().items()) if name.startswith("with_")]


@pytest.mark.parametrize("is_train", [False, True])
@pytest.mark.parametrize("change", CHANGES)
def test_changed_weights_are_used(nlp, docs, model, tmp_path, change, is_train):
    before = model.predict(docs)
    change(model, docs, tmp_path)
    assert_current(model, nlp, docs, is_train=is_train)
    assert numpy.abs(model.predict(docs)[0] - before[0]).max() > 0.01


@pytest.mark.parametrize("vectors, is_train", [(False, False), (False, True), (True, False)])
def test_each_changed_param_is_used(vectors, is_train):
    nlp = make_nlp(vectors=vectors)
    docs = make_docs(nlp, [9, 0, 4, 1])
    model = used(initialized("ours", nlp, pretrained_vectors=vectors), docs)
    for node, name in params_of(model):
        node.set_param(name, node.get_param(name) * 1.5)
        assert_current(model, nlp, docs, is_train=is_train, pretrained_vectors=vectors)


def itself(array):
    return array


def part(array):
    return array[1:]


@pytest.mark.parametrize("view", [itself, part, memoryview])
@pytest.mark.parametrize("is_held", [True, False])
def test_params_held_and_changed_in_place_are_used(nlp, docs, view, is_held):
    model = initialized("ours", nlp)
    for node, name in params_of(model)[::3]:
        held = view(node.get_param(name))
        used(model, docs)
        array = numpy.asarray(held)
        array += 0.3
        del array
        if not is_held:
            del held
        assert_current(model, nlp, docs)


def test_one_changed_entry_is_used(nlp, docs, model):
    for node, name in params_of(model):
        if name == "E":
            keys = docs[0].to_array(["NORM", "PREFIX", "SUFFIX", "SHAPE"])[:, node.attrs["column"]]
            row = int(node.ops.hash(keys[:1].copy(), node.attrs["seed"])[0, 0] % node.get_dim("nV"))
        else:
            row = 0
        node.get_param(name)[row].flat[0] += 2.0
        assert_current(model, nlp, docs)


@pytest.mark.parametrize("is_view", [False, True])
@pytest.mark.parametrize("is_held", [True, False])
def test_arrays_given_to_set_param_may_change_later(nlp, docs, model, is_view, is_held):
    for node, name in params_of(model)[::3]:
        array = numpy.stack([node.get_param(name) * 1.2])
        array = array if is_view else array[0].copy()
        node.set_param(name, array[0] if is_view else array)
        used(model, docs)
        array *= 1.5
        if not is_held:
            del array
        assert_current(model, nlp, docs)


def test_new_arrays_in_the_place_of_freed_ones_are_used(nlp, docs, model):
    node = next(node for node in model.walk() if node.name == "maxout")
    for i in range(10):
        node.set_param("W", node.get_param("W") * (1.5 if i % 2 else 0.6))
        assert_current(model, nlp, docs)


def test_use_params_counts_inside_and_ends_after(nlp, docs, model):
    before = model.predict(docs)
    other = other_weights(model)
    pairs = zip(params_of(model), params_of(other), strict=True)
    averages = {(node.id, name): new.get_param(name) for (node, name), (new, _) in pairs}
    for _ in range(2):
        with model.use_params(averages):
            assert_equal_outputs(model.predict(docs), other.predict(docs))
            assert_current(model, nlp, docs)
        assert_equal_outputs(model.predict(docs), before)


def x_as_y(doc):
    doc.vocab["x"].norm_ = "y"


def x_of_another_form(doc):
    doc.vocab["x"].prefix_ = doc.vocab["x"].suffix_ = "q"
    doc.vocab["x"].shape_ = "dd"


def token_as_y(doc):
    doc[1].norm_ = "y"


@pytest.mark.parametrize("is_train", [False, True])
@pytest.mark.parametrize("change", [x_as_y, x_of_another_form, token_as_y])
def test_changed_features_of_a_word_are_used(change, is_train):
    nlp = make_nlp()
    stock, ours = make_pair(nlp)
    docs = [Doc(nlp.vocab, words=text.split()) for text in ("x x y", "y x z")]
    before = used(ours, docs).predict(docs)
    change(docs[0])
    assert_equal_outputs(ours(docs, is_train)[0], stock.predict(docs))
    assert numpy.abs(ours.predict(docs)[0] - before[0]).max() > 0.01


@pytest.mark.parametrize("vectors", [False, True])
def test_another_vocab_has_other_features_for_the_same_word(vectors):
    pipelines = [make_nlp(vectors=vectors) for _ in range(2)]
    stock, ours = make_pair(pipelines[0], pretrained_vectors=vectors)
    docs = [make_docs(nlp, [9, 0, 3])[0] for nlp in pipelines]
    pipelines[1].vocab[docs[1][2].text].norm_ = "y"
    pipelines[1].vocab.vectors.data[...] *= -2
    batches = [docs[:1], docs[1:], docs, docs[::-1]]
    for batch in (*batches, *reversed(batches)):
        assert_equal_outputs(ours.predict(batch), stock.predict(batch))


def vectors_in_place(vocab, words):
    vocab.vectors.data[...] *= -2


def vectors_set(vocab, words):
    for word in words:
        vocab.set_vector(word, numpy.ones(12, dtype="f"))


def vectors_replaced(vocab, words):
    data = numpy.ones((len(words), 12), dtype="f")
    vocab.vectors = Vectors(strings=vocab.strings, data=data, keys=list(words), name="other")


def vectors_remapped(vocab, words):
    for word in words:
        vocab.vectors.add(word, row=0)


@pytest.mark.parametrize(
    "change", [vectors_in_place, vectors_set, vectors_replaced, vectors_remapped]
)
def test_changed_vectors_are_used(change):
    nlp = make_nlp(vectors=True)
    stock, ours = make_pair(nlp, pretrained_vectors=True)
    docs = make_docs(nlp, [9, 0, 4])
    before = used(ours, docs).predict(docs)
    change(nlp.vocab, sorted({token.text for doc in docs for token in doc}))
    assert_equal_outputs(ours.predict(docs), stock.predict(docs))
    assert numpy.abs(ours.predict(docs)[0] - before[0]).max() > 0.01


def test_words_of_a_memory_zone_are_forgotten_with_it():
    nlp = make_nlp()
    stock, ours = make_pair(nlp)
    for seed in range(4):
        with nlp.memory_zone():
            docs = make_docs(nlp, [30, 20], seed)
            assert_equal_outputs(ours.predict(docs), stock.predict(docs))


@pytest.mark.parametrize("size", [1, 8])
def test_more_words_than_can_be_remembered(nlp, monkeypatch, size):
    monkeypatch.setattr(lexeme_cache, "CACHE_SIZE", size)
    stock, ours = make_pair(nlp)
    for seed, lengths in enumerate([[3], [60, 30], [5, 0, 2], [60, 30], [7, 1]] * 2):
        docs = make_docs(nlp, lengths, seed)
        assert_equal_outputs(ours.predict(docs), stock.predict(docs))


def test_memory_of_words_is_bounded(nlp, monkeypatch):
    monkeypatch.setattr(lexeme_cache, "CACHE_SIZE", 8)
    model = initialized("ours", nlp, width=64)
    batches = [[Doc(nlp.vocab, words=[f"word{i}x{j}" for j in range(100)])] for i in range(60)]
    for batch in batches[:10]:
        model.predict(batch)
    tracemalloc.start()
    for batch in batches[10:]:
        model.predict(batch)
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # 5,000 vectors would be 1,280 kB.
    assert grown < 200_000


def test_threads_may_share_a_model(nlp, monkeypatch):
    monkeypatch.setattr(lexeme_cache, "CACHE_SIZE", 50)
    stock, ours = make_pair(nlp)
    batches = [make_docs(nlp, [20, 0, 1 + i % 5, 30], seed=i) for i in range(60)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(ours.predict, batches))
    for docs, Ys in zip(batches, found, strict=True):
        assert_equal_outputs(Ys, stock.predict(docs))
