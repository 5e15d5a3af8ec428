from collections import Counter
from math import ceil

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import Doc
from spacy.training import Example
from spacy.training.loop import subdivide_batch
from spacy.util import registry
from spacy.vocab import Vocab
from thinc.api import compounding

from spacy_mtl.training.batchers import TaskBatcher, configure_batch_by_task
from spacy_mtl.training.samplers import STRATEGIES, TaskSampler
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


def make_batcher(strategy, *, size=4, weights=None, seed=0):
    return TaskBatcher(size=size, sampler=TaskSampler(strategy, weights=weights), seed=seed)


@given(
    sizes=st.dictionaries(st.sampled_from("abcde"), st.integers(1, 30), min_size=1),
    size=st.integers(1, 12),
    seed=st.integers(0, 100),
)
def test_proportional_sees_each_example_once(sizes, size, seed):
    examples = make_examples(**sizes)
    batches = list(make_batcher("proportional", size=size, seed=seed)(examples))
    assert sorted(names(eg for batch in batches for eg in batch)) == sorted(names(examples))
    assert len(batches) == sum(ceil(n / size) for n in sizes.values())
    assert all(len(tasks_in(batch)) == 1 and len(batch) <= size for batch in batches)


@pytest.mark.parametrize("strategy", ["uniform", "round_robin", "temperature", "annealed"])
@given(
    sizes=st.dictionaries(st.sampled_from("abcde"), st.integers(1, 30), min_size=1),
    size=st.integers(1, 12),
    seed=st.integers(0, 100),
)
def test_sampled_batches_hold_one_task_without_repeats(strategy, sizes, size, seed):
    batches = list(make_batcher(strategy, size=size, seed=seed)(make_examples(**sizes)))
    assert len(batches) == sum(ceil(n / size) for n in sizes.values())
    for batch in batches:
        assert len(tasks_in(batch)) == 1
        assert len(set(names(batch))) == len(batch) <= size


def test_default_is_once_per_epoch():
    examples = make_examples(a=9, b=2)
    batches = list(configure_batch_by_task(size=4)(examples))
    assert sorted(names(eg for batch in batches for eg in batch)) == sorted(names(examples))


def test_proportional_mixes_the_tasks():
    batches = list(make_batcher("proportional", size=1)(make_examples(a=50, b=50)))
    assert len(set(names(eg for batch in batches[:20] for eg in batch[:1]))) == 20
    assert Counter(min(tasks_in(batch)) for batch in batches[:50])["a"] == pytest.approx(25, abs=15)


def test_uniform_draws_a_task_of_one_hundredth_as_often():
    batches = list(make_batcher("uniform", size=5)(make_examples(big=2000, small=20)))
    drawn = Counter(min(tasks_in(batch)) for batch in batches)
    assert len(batches) == 404
    assert drawn["small"] == pytest.approx(202, abs=40)
    seen = Counter(eg.text for batch in batches for eg in batch)
    small = [seen[f"small{i}"] for i in range(20)]
    assert max(small) - min(small) <= 1


def test_exhausted_task_is_reshuffled():
    passes = list(make_batcher("uniform", size=30)(make_examples(a=900, b=30)))
    small = [names(batch) for batch in passes if tasks_in(batch) == {"b"}]
    assert len({tuple(batch) for batch in small}) == len(small) > 2
    assert len({frozenset(batch) for batch in small}) == 1


def test_first_pass_keeps_the_order_of_the_list():
    examples = make_examples(a=6, b=6)
    batches = list(make_batcher("proportional", size=4)(examples))
    assert names(eg for b in batches for eg in b if "a/yes" in eg.reference.cats) == [
        f"a{i}" for i in range(6)
    ]


def test_multi_task_example_is_seen_once():
    shared = [make_example(f"shared{i}", "a", "b", "c") for i in range(5)]
    batches = list(make_batcher("proportional")(make_examples(a=20, b=10, c=3) + shared))
    seen = Counter(eg.text for batch in batches for eg in batch)
    assert set(seen.values()) == {1} and len(seen) == 38


def test_multi_task_example_goes_to_its_smallest_task():
    examples = make_examples(a=20, b=3) + [make_example("shared", "a", "b")]
    batches = list(make_batcher("proportional", size=4)(examples))
    (batch,) = [batch for batch in batches if "shared" in names(batch)]
    assert names(batch) == ["b0", "b1", "b2", "shared"]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_task_whose_rows_all_went_to_another(strategy):
    examples = [make_example(f"shared{i}", "a", "b") for i in range(8)] + make_examples(c=8)
    weights = {"a": 1.0, "b": 1.0, "c": 1.0} if strategy == "weights" else None
    batches = list(make_batcher(strategy, weights=weights)(examples))
    assert len(batches) == 4 and all(batches)


def test_step_count_goes_on_over_epochs():
    examples = make_examples(a=400, b=4)
    batcher = TaskBatcher(size=4, sampler=TaskSampler("annealed", anneal_steps=101))
    first = Counter(min(tasks_in(batch)) for batch in batcher(examples))
    assert batcher.step == 101
    second = Counter(min(tasks_in(batch)) for batch in batcher(examples))
    assert batcher.step == 202
    assert first["b"] < 40 and second["b"] == pytest.approx(50, abs=20)


def test_weights_missing_for_a_task():
    with pytest.raises(ValueError, match="E153"):
        list(make_batcher("weights", weights={"a": 1.0})(make_examples(a=4, b=4)))


@pytest.mark.parametrize("strategy", ["proportional", "uniform"])
def test_reproducible_for_a_seed(strategy):
    def run(seed):
        batcher = make_batcher(strategy, seed=seed)
        examples = make_examples(a=40, b=8, c=12)
        return [names(batch) for _ in range(3) for batch in batcher(examples)]

    assert run(1) == run(1)
    assert run(1) != run(2)


@pytest.mark.parametrize("strategy", ["proportional", "uniform"])
def test_order_of_tasks_does_not_depend_on_the_list(strategy):
    examples = make_examples(a=40, b=8, c=12)
    first = [tasks_in(batch) for batch in make_batcher(strategy)(examples)]
    second = [tasks_in(batch) for batch in make_batcher(strategy)(examples[::-1])]
    assert first == second


def test_order_of_tasks_differs_between_epochs():
    batcher, examples = make_batcher("proportional"), make_examples(a=40, b=40)
    assert [names(b) for b in batcher(examples)] != [names(b) for b in batcher(examples)]


def test_list_of_the_caller_is_left_alone():
    examples = make_examples(a=20, b=2)
    before = names(examples)
    list(make_batcher("uniform")(examples))
    assert names(examples) == before


@pytest.mark.parametrize("strategy", ["proportional", "round_robin"])
def test_size_schedule_goes_on_over_epochs(strategy):
    batcher = make_batcher(strategy, size=compounding(1.0, 8.0, 2.0))
    sizes = [len(batch) for _ in range(2) for batch in batcher(make_examples(a=40))]
    assert sizes == [1, 2, 4, 8, 8, 8, 8, 1] + [8] * 5


def test_size_schedule_keeps_the_length_of_an_epoch():
    examples = make_examples(a=300, b=300)
    batcher = make_batcher("uniform", size=compounding(2.0, 20.0, 1.5))
    assert sum(len(batch) for batch in batcher(examples)) == pytest.approx(600, abs=40)


def test_last_size_of_a_list_is_kept():
    batches = list(make_batcher("proportional", size=[1, 2, 3])(make_examples(a=9)))
    assert [len(batch) for batch in batches] == [1, 2, 3, 3]


def test_empty_list_gives_no_batch():
    assert list(make_batcher("uniform")([])) == []


@pytest.mark.parametrize("strategy", ["proportional", "uniform"])
def test_one_row(strategy):
    assert [names(b) for b in make_batcher(strategy)(make_examples(a=1))] == [["a0"]]


@pytest.mark.parametrize("cats", [{}, {"positive": 1.0}])
def test_unannotated_examples_in_a_list(cats):
    examples = make_examples(a=3) + [make_example("first"), make_example("second")]
    for example in examples[3:]:
        example.reference.cats = cats
    with pytest.raises(ValueError, match=r"E155.* 2 of 5 examples .*'first'"):
        list(make_batcher("uniform")(examples))


@pytest.mark.parametrize("sizing", [{"size": 0}, {"size": -1}, {"size": []}, {"buffer": 0}])
def test_bad_settings(sizing):
    with pytest.raises(ValueError, match=f"E156.*{next(iter(sizing))}"):
        TaskBatcher(**{"size": 4, **sizing})


@pytest.mark.parametrize("accumulate_gradient", [1, 2, 3, 50])
def test_batches_can_be_subdivided(accumulate_gradient):
    for batch in make_batcher("uniform")(make_examples(a=20, b=3)):
        parts = list(subdivide_batch(batch, accumulate_gradient))
        assert all(parts)
        assert sorted(names(eg for part in parts for eg in part)) == sorted(names(batch))


@pytest.mark.parametrize(
    "size", [8, {"@schedules": "compounding.v1", "start": 8, "stop": 16, "compound": 1.1}]
)
def test_registered(size):
    config = {
        "batcher": {
            "@batchers": "spacy_mtl.batch_by_task.v1",
            "size": size,
            "buffer": 100,
            "seed": 3,
            "sampler": {"@misc": "spacy_mtl.TaskSampler.v1", "strategy": "uniform"},
        }
    }
    batcher = registry.resolve(config)["batcher"]
    assert [len(batch) for batch in batcher(make_examples(a=8))] == [8]


def test_pipeline_learns_from_every_batch():
    nlp = spacy.blank("en")
    nlp.add_pipe("textcat_multilabel").add_label("a/yes")
    examples = make_examples(a=6, b=6)
    nlp.initialize(lambda: examples)
    for batch in make_batcher("uniform", seed=0)(examples):
        assert nlp.update(batch)["textcat_multilabel"] >= 0
