"""Batches from a streamed corpus, and both modes in spaCy's own training loop."""

from collections import Counter
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import Doc
from spacy.training import Example
from spacy.training.loop import create_train_batches
from spacy.vocab import Vocab

from spacy_mtl.training.batchers import TaskBatcher
from spacy_mtl.training.samplers import TaskSampler
from spacy_mtl.util import tasks_of

VOCAB = Vocab()


def make_example(name, *tasks):
    reference = Doc(VOCAB, words=[name], spaces=[False])
    reference.cats = {f"{task}/yes": 1.0 for task in tasks}
    return Example(Doc(VOCAB, words=[name], spaces=[False]), reference)


def make_examples(**sizes):
    return [make_example(f"{task}{i}", task) for task, n in sizes.items() for i in range(n)]


def names(examples):
    return [eg.text for eg in examples]


def tasks_in(batch):
    return {task for eg in batch for task in tasks_of(eg.reference.cats)}


def test_unannotated_example_in_a_stream():
    examples = make_examples(a=3) + [make_example("lost"), *make_examples(b=4)]
    with pytest.raises(ValueError, match=r"E155.* 1 of 4 examples .*'lost'"):
        list(make_batcher()(iter(examples)))


@given(
    order=st.lists(st.sampled_from("abc"), min_size=1, max_size=120),
    size=st.integers(1, 10),
    buffer=st.integers(1, 30),
)
def test_stream_keeps_all_examples_in_order(order, size, buffer):
    examples = [make_example(f"{task}{i}", task) for i, task in enumerate(order)]
    batches = list(TaskBatcher(size=size, buffer=buffer)(iter(examples)))
    assert all(len(tasks_in(batch)) == 1 and len(batch) <= size for batch in batches)
    for task in set(order):
        seen = [eg.text for batch in batches for eg in batch if eg.text.startswith(task)]
        assert seen == [eg.text for eg in examples if eg.text.startswith(task)]


@given(
    order=st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=150),
    size=st.integers(1, 40),
    buffer=st.integers(1, 20),
)
def test_stream_holds_no_more_than_the_buffer(order, size, buffer):
    read = 0

    def stream():
        nonlocal read
        for i, task in enumerate(order):
            read += 1
            yield make_example(f"{task}{i}", task)

    given_out = 0
    for batch in TaskBatcher(size=size, buffer=buffer)(stream()):
        assert read - given_out <= buffer
        given_out += len(batch)
    assert given_out == len(order)


def test_stream_gives_a_batch_as_soon_as_it_is_full():
    batches = TaskBatcher(size=3)(iter(make_examples(a=2, b=3, c=1)))
    assert [names(batch) for batch in batches] == [["b0", "b1", "b2"], ["a0", "a1"], ["c0"]]


def test_stream_with_full_buffer_gives_the_longest_queue():
    examples = make_examples(a=1, b=2, c=1) + make_examples(d=1)
    batches = list(TaskBatcher(size=3, buffer=4)(iter(examples)))
    assert names(batches[0]) == ["b0", "b1"]


def test_stream_may_be_endless():
    def stream():
        while True:
            yield from make_examples(a=3, b=1)

    batches = list(islice(TaskBatcher(size=8, buffer=50)(stream()), 20))
    assert {len(batch) for batch in batches} == {8}


def test_stream_multi_task_example_is_seen_once():
    shared = [make_example(f"shared{i}", "a", "b") for i in range(5)]
    batches = list(TaskBatcher(size=4)(iter(make_examples(a=9, b=2) + shared)))
    assert max(Counter(eg.text for batch in batches for eg in batch).values()) == 1
    (batch,) = [batch for batch in batches if "shared0" in names(batch)]
    assert "b0" in names(batch)


def make_batcher():
    return TaskBatcher(size=4, sampler=TaskSampler("uniform"))


class Corpus:
    def __init__(self, **sizes):
        self.sizes = sizes
        self.passes = 0

    def __call__(self, nlp):
        self.passes += 1
        yield from make_examples(**self.sizes)


def test_spacy_loop_in_memory():
    corpus = Corpus(a=40, b=8)
    batches = list(create_train_batches(None, corpus, make_batcher(), 3))
    assert corpus.passes == 1
    assert Counter(epoch for epoch, _ in batches) == {0: 12, 1: 12, 2: 12}
    assert all(len(tasks_in(batch)) == 1 for _, batch in batches)


def test_spacy_loop_streaming():
    corpus = Corpus(a=40, b=8)
    loop = create_train_batches(None, corpus, make_batcher(), -1)
    batches = list(islice(loop, 36))
    assert corpus.passes == 3
    assert Counter(epoch for epoch, _ in batches) == {0: 12, 1: 12, 2: 12}
    assert all(len(tasks_in(batch)) == 1 for _, batch in batches)
