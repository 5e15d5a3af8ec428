"""Batches of texts of like length, for encoders that pad."""

from collections import Counter
from itertools import chain, islice
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import Doc
from spacy.training import Example
from spacy.vocab import Vocab

from spacy_mtl.training.batchers import TaskBatcher, configure_batch_by_task
from spacy_mtl.training.samplers import TaskSampler
from spacy_mtl.util import tasks_of

VOCAB = Vocab()
WINDOW = 6
SIZE = 4


def make_example(length, task):
    docs = [Doc(VOCAB, words=["a"] * length) for _ in range(2)]
    docs[1].cats = {f"{task}/yes": 1.0}
    return Example(*docs)


def make_examples(*, a=96, b=48, seed=0):
    """Examples of two tasks with lengths from 1 to 60, mixed."""
    rng = Random(seed)
    tasks = ["a"] * a + ["b"] * b
    rng.shuffle(tasks)
    return [make_example(rng.randint(1, 60), task) for task in tasks]


def make_batcher(strategy="proportional", *, sort_window=WINDOW, **settings):
    sampler = TaskSampler(strategy)
    return TaskBatcher(size=SIZE, sampler=sampler, sort_window=sort_window, **settings)


def lengths_of(batches):
    return [[len(eg.reference) for eg in batch] for batch in batches]


def padding(batches):
    """Share of the places in padded batches that hold no token."""
    lengths = lengths_of(batches)
    padded = sum(max(batch) * len(batch) for batch in lengths)
    return 1 - sum(map(sum, lengths)) / padded


def feed(examples, is_streamed):
    return iter(examples) if is_streamed else examples


in_memory_and_streamed = pytest.mark.parametrize("is_streamed", [False, True])


@in_memory_and_streamed
def test_little_is_left_to_pad(is_streamed):
    examples = make_examples()
    plain = padding(make_batcher(sort_window=0)(feed(examples, is_streamed)))
    like = padding(make_batcher()(feed(examples, is_streamed)))
    assert plain > 0.3
    assert like < plain / 2


@in_memory_and_streamed
@given(
    size=st.integers(1, 9),
    sort_window=st.integers(0, 9),
    n=st.integers(1, 40),
    seed=st.integers(0, 20),
)
def test_every_example_comes_once(is_streamed, size, sort_window, n, seed):
    examples = make_examples(a=n, b=n // 2, seed=seed)
    batcher = TaskBatcher(size=size, sort_window=sort_window, buffer=30, seed=seed)
    batches = list(batcher(feed(examples, is_streamed)))
    assert Counter(id(eg) for batch in batches for eg in batch) == Counter(map(id, examples))
    for batch in batches:
        assert len({task for eg in batch for task in tasks_of(eg.reference.cats)}) == 1
        assert len(batch) <= size


@in_memory_and_streamed
def test_batches_of_a_window_come_in_random_order(is_streamed):
    batches = lengths_of(make_batcher()(feed(make_examples(a=120, b=0), is_streamed)))
    longest = [max(batch) for batch in batches[:WINDOW]]
    assert longest not in (sorted(longest), sorted(longest, reverse=True))


@in_memory_and_streamed
def test_the_seed_decides_the_order(is_streamed):
    examples = make_examples()
    first, same, other = (
        lengths_of(make_batcher(seed=seed)(feed(examples, is_streamed))) for seed in (0, 0, 1)
    )
    assert first == same
    assert first != other


def test_no_text_is_compared_over_more_than_a_window():
    examples = make_examples(a=2 * WINDOW * SIZE, b=0)
    batches = lengths_of(make_batcher()(examples))
    halves = examples[: WINDOW * SIZE], examples[WINDOW * SIZE :]
    for half, found in zip(halves, (batches[:WINDOW], batches[WINDOW:]), strict=True):
        assert sorted(chain.from_iterable(found)) == sorted(len(eg.reference) for eg in half)


@in_memory_and_streamed
def test_all_batches_but_the_last_are_full(is_streamed):
    examples = make_examples(a=50, b=0)
    sizes = [len(batch) for batch in make_batcher()(feed(examples, is_streamed))]
    assert sizes == [SIZE] * 12 + [2]


def test_a_repeated_task_is_sorted_too():
    batcher = make_batcher("uniform")
    epochs = [list(batcher(make_examples(a=96, b=24))) for _ in range(2)]
    for batches in epochs:
        assert padding(batches) < 0.2


def test_sizes_of_a_schedule():
    examples = make_examples(a=90, b=0)
    plain, like = (
        list(TaskBatcher(size=[2, 4, 8, 8], sort_window=sort_window)(examples))
        for sort_window in (0, WINDOW)
    )
    assert [len(batch) for batch in like[:2]] == [2, 4]
    assert sum(map(len, like)) == 90
    assert padding(like) < padding(plain) / 1.5


def test_an_endless_stream_keeps_to_the_buffer():
    read = 0

    def stream():
        nonlocal read
        while True:
            read += 1
            yield make_example(read % 50 + 1, "a")

    given_out = 0
    for batch in islice(make_batcher(buffer=30)(stream()), 40):
        assert read - given_out <= 30
        given_out += len(batch)


@pytest.mark.parametrize("sort_window", [0, 1])
def test_a_window_of_one_batch_leaves_the_order(sort_window):
    examples = make_examples(a=13, b=0)
    batches = make_batcher(sort_window=sort_window)(examples)
    assert [eg for batch in batches for eg in batch] == examples


def test_window_below_zero():
    with pytest.raises(ValueError, match=r"E156.*sort_window"):
        configure_batch_by_task(size=4, sort_window=-1)
