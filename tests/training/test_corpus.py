"""The corpus reader, in memory and as a stream."""

import json
import logging
from collections import Counter
from itertools import islice
from pathlib import Path

import pytest
from spacy.lang.en import English
from spacy.tokens import Doc, DocBin
from spacy.training.loop import create_train_batches
from spacy.util import registry
from thinc.api import Config

import spacy_mtl.training.corpus as corpus_module
from spacy_mtl.training.corpus import MultitaskCorpus, create_multitask_corpus
from spacy_mtl.training.samplers import TaskSampler

CONFIG = """
[corpora]

[corpora.train]
@readers = "spacy_mtl.MultitaskCorpus.v1"
path = "{path}"
split = "train"
tasks = null
on_error = "raise"
max_length = 0
limit = 0
stream = false
shuffle_buffer = 10000
sampler = null
seed = 0
raw = null
raw_task = "lmao"
raw_limit = 0
"""
SIZES = {"big": 60, "mid": 12, "small": 3}


@pytest.fixture(scope="module")
def nlp():
    return English()


def write(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def sized(tmp_path):
    for task, size in SIZES.items():
        rows = [{"text": f"{task} {i}", "label": "x"} for i in range(size)]
        write(tmp_path / task / "train.jsonl", rows)
    return tmp_path


def texts(examples):
    return [example.reference.text for example in examples]


def task_of(text):
    return text.split()[0]


def test_tasks_in_the_order_of_names_and_rows_in_the_order_of_the_file(tmp_path, nlp):
    write(
        tmp_path / "b" / "train.jsonl", [{"text": "1", "label": "x"}, {"text": "2", "label": "y"}]
    )
    write(tmp_path / "a" / "train.jsonl", [{"text": "3", "label": "x"}])
    examples = list(MultitaskCorpus(tmp_path, split="train")(nlp))
    assert [(e.reference.text, e.reference.cats) for e in examples] == [
        ("3", {"a/x": 1.0}),
        ("1", {"b/x": 1.0}),
        ("2", {"b/y": 1.0}),
    ]


def test_examples_have_two_docs_and_only_the_reference_is_annotated(tmp_path, nlp):
    path = write(tmp_path / "a.jsonl", [{"text": "Hello  there!", "label": "x"}])
    (example,) = MultitaskCorpus({"t": path})(nlp)
    assert example.predicted is not example.reference
    assert example.predicted.text == example.reference.text == "Hello  there!"
    assert example.predicted.cats == {}


def test_label_lists_get_zeros_for_all_labels_of_the_file(tmp_path, nlp):
    rows = [{"text": "a", "labels": ["x"]}, {"text": "b", "labels": []}]
    path = write(tmp_path / "a.jsonl", [*rows, {"text": "c", "labels": ["z", "y"]}])
    cats = [e.reference.cats for e in MultitaskCorpus({"t": path})(nlp)]
    assert cats == [
        {"t/x": 1.0, "t/y": 0.0, "t/z": 0.0},
        {"t/x": 0.0, "t/y": 0.0, "t/z": 0.0},
        {"t/x": 0.0, "t/y": 1.0, "t/z": 1.0},
    ]


def test_partial_labels_stay_partial(tmp_path, nlp):
    rows = [{"text": "a", "cats": {"x": 1}}, {"text": "b", "cats": {"x": 0, "y": 0}}]
    path = write(tmp_path / "a.jsonl", rows)
    cats = [e.reference.cats for e in MultitaskCorpus({"t": path})(nlp)]
    assert cats == [{"t/x": 1.0}, {"t/x": 0.0, "t/y": 0.0}]


def test_only_empty_label_lists(tmp_path):
    path = write(tmp_path / "a.jsonl", [{"text": "a", "labels": []}])
    with pytest.raises(ValueError, match="E119"):
        create_multitask_corpus({"t": path})


def test_docs_annotated_for_three_tasks_and_a_choice_of_tasks(tmp_path, nlp):
    for task in ("a", "b", "c"):
        rows = [{"text": task, "cats": {"a/x": 1, "b/y": 0, "c/z": 1}}]
        write(tmp_path / task / "train.jsonl", rows)
    every = [e.reference.cats for e in MultitaskCorpus(tmp_path, split="train")(nlp)]
    assert every == [{"a/x": 1.0, "b/y": 0.0, "c/z": 1.0}] * 3
    chosen = MultitaskCorpus(tmp_path, split="train", tasks=["a", "c"])
    assert [e.reference.cats for e in chosen(nlp)] == [{"a/x": 1.0, "c/z": 1.0}] * 2


def test_limit_counts_rows_of_each_task(sized, nlp):
    corpus = MultitaskCorpus(sized, split="train", limit=5)
    assert corpus.sizes == {"big": 5, "mid": 5, "small": 3}
    assert Counter(task_of(text) for text in texts(corpus(nlp))) == corpus.sizes


@pytest.mark.parametrize("stream", [False, True])
def test_longer_texts_are_left_out_with_one_warning(tmp_path, nlp, stream, caplog):
    rows = [{"text": "a b c", "label": "x"}, {"text": "a b", "label": "x"}]
    path = write(tmp_path / "a.jsonl", rows)
    corpus = MultitaskCorpus({"t": path}, max_length=2, stream=stream)
    with caplog.at_level(logging.WARNING, logger="spacy"):
        assert [texts(corpus(nlp)) for _ in range(2)] == [["a b"], ["a b"]]
    assert caplog.text.count("W102") == 1


def test_text_beyond_the_limit_of_the_pipeline(tmp_path, caplog):
    nlp = English(max_length=10)
    rows = [{"text": "a", "label": "x"}, {"text": "a" * 11, "label": "x"}]
    path = write(tmp_path / "a.jsonl", rows)
    with pytest.raises(ValueError, match=r"E121.*a\.jsonl:2"):
        list(MultitaskCorpus({"t": path})(nlp))
    with caplog.at_level(logging.WARNING, logger="spacy"):
        assert texts(MultitaskCorpus({"t": path}, on_error="skip")(nlp)) == ["a"]
    assert "line 2" in caplog.text


@pytest.mark.parametrize("text", ["", " \n", "😀", "a\x00b"])
def test_unusual_texts(tmp_path, nlp, text):
    path = write(tmp_path / "a.jsonl", [{"text": text, "label": "x"}])
    assert texts(MultitaskCorpus({"t": path})(nlp)) == [text]


def test_doc_bin_references_keep_entities_and_words(tmp_path, nlp):
    spaced = Doc(nlp.vocab, words=["In", "Rome"], spaces=[True, False], ents=["O", "B-GPE"])
    unknown = Doc(nlp.vocab, words=["don't", "!"])
    spaced.cats = unknown.cats = {"t/x": 1.0}
    DocBin(docs=[spaced, unknown]).to_disk(tmp_path / "a.spacy")
    first, second = MultitaskCorpus({"t": tmp_path / "a.spacy"})(nlp)
    assert [ent.label_ for ent in first.reference.ents] == ["GPE"]
    assert not first.predicted.ents and first.predicted.text == "In Rome"
    assert [token.text for token in second.predicted] == ["don't", "!"]


def test_bad_rows_of_any_file_are_found_before_the_first_example(tmp_path):
    write(tmp_path / "a" / "train.jsonl", [{"text": "a", "label": "x"}])
    write(tmp_path / "b" / "train.jsonl", [{"text": "a", "label": "x"}, {"text": "b"}])
    with pytest.raises(ValueError, match=r"E108"):
        create_multitask_corpus(tmp_path, split="train")


def test_skipped_rows_are_reported_once(tmp_path, nlp, caplog):
    rows = [{"text": "a", "label": "x"}, {"text": "b"}]
    with caplog.at_level(logging.WARNING, logger="spacy"):
        path = write(tmp_path / "a.jsonl", rows)
        corpus = create_multitask_corpus({"t": path}, on_error="skip")
        assert [texts(corpus(nlp)) for _ in range(3)] == [["a"]] * 3
    assert caplog.text.count("W101") == 1


def test_no_path():
    with pytest.raises(ValueError, match=r"E110.*--paths\.train"):
        create_multitask_corpus(None)


@pytest.mark.parametrize(
    "settings",
    [{"limit": -1}, {"max_length": -1}, {"shuffle_buffer": -1}, {"on_error": "x"}],
)
def test_invalid_settings(tmp_path, settings):
    with pytest.raises(ValueError, match="E118"):
        MultitaskCorpus(tmp_path, **settings)


def test_sampler_needs_a_stream(tmp_path):
    with pytest.raises(ValueError, match=r"E118.*sampler"):
        MultitaskCorpus(tmp_path, sampler=TaskSampler("uniform"))


def test_config_resolves_by_entry_point_and_fill_leaves_it_unchanged(sized, nlp):
    config = Config().from_str(CONFIG.format(path=sized))
    assert registry.fill(config) == config
    corpus = registry.resolve(config)["corpora"]["train"]
    assert len(list(corpus(nlp))) == sum(SIZES.values())


def test_config_with_a_mapping_and_a_sampler(sized, nlp):
    config = Config().from_str(CONFIG.format(path=sized))
    block = config["corpora"]["train"]
    block.update(stream=True, path={"a": str(sized / "mid"), "b": str(sized / "small")})
    block["sampler"] = {"@misc": "spacy_mtl.TaskSampler.v1", "strategy": "round_robin"}
    corpus = registry.resolve(config)["corpora"]["train"]
    tasks = [task_of(text) for text in texts(corpus(nlp))]
    assert tasks == ["mid", "small"] * 7 + ["mid"]


def stream(path, **settings):
    return MultitaskCorpus(path, split="train", stream=True, **settings)


def test_stream_yields_every_row_once_in_a_pass(sized, nlp):
    corpus = stream(sized, shuffle_buffer=8)
    plain = sorted(texts(MultitaskCorpus(sized, split="train")(nlp)))
    assert [sorted(texts(corpus(nlp))) for _ in range(2)] == [plain, plain]


def test_stream_mixes_tasks_and_rows(sized, nlp):
    order = texts(stream(sized)(nlp))
    assert len({task_of(text) for text in order[-30:]} | {task_of(text) for text in order[:30]}) > 1
    big = [text for text in order if task_of(text) == "big"]
    assert big != [f"big {i}" for i in range(60)]


def test_stream_order_depends_on_seed_and_pass_only(sized, nlp):
    first, second = stream(sized, seed=1), stream(sized, seed=1)
    passes = [texts(first(nlp)) for _ in range(2)]
    assert passes == [texts(second(nlp)) for _ in range(2)]
    assert passes[0] != passes[1]
    assert texts(stream(sized, seed=2)(nlp)) != passes[0]


def test_a_look_at_the_first_examples_does_not_change_the_order(sized, nlp):
    looked, other = stream(sized), stream(sized)
    for _ in range(3):
        list(islice(looked(nlp), 10))
    assert texts(looked(nlp)) == texts(other(nlp))


@pytest.mark.parametrize("sampler", [None, TaskSampler("uniform")])
def test_stream_holds_no_more_rows_than_its_buffer(sized, nlp, monkeypatch, sampler):
    pulled = 0

    def count(*args, **kwargs):
        nonlocal pulled
        for record in read(*args, **kwargs):
            pulled += 1
            yield record

    corpus = stream(sized, shuffle_buffer=6, sampler=sampler)
    assert corpus.sizes == SIZES
    read = corpus_module.read_records
    monkeypatch.setattr(corpus_module, "read_records", count)
    held = [pulled - yielded for yielded, _ in enumerate(corpus(nlp), start=1)]
    assert max(held) <= 6
    assert held[0] < 6


def test_small_tasks_start_again_when_a_sampler_asks_for_more(sized, nlp):
    order = texts(stream(sized, sampler=TaskSampler("uniform"))(nlp))
    counts = Counter(order)
    assert len(order) == sum(SIZES.values())
    small = [counts[f"small {i}"] for i in range(3)]
    assert min(small) > 1 and max(small) - min(small) <= 1
    assert all(counts[f"big {i}"] <= 1 for i in range(60))


def test_large_tasks_go_on_in_the_next_pass_where_they_stopped(sized, nlp):
    corpus = stream(sized, shuffle_buffer=4, sampler=TaskSampler("round_robin"))
    order = [text for _ in range(4) for text in texts(corpus(nlp)) if task_of(text) == "big"]
    counts = Counter(order)
    assert len(order) == 100
    assert set(counts.values()) == {1, 2} and len(counts) == 60


def test_stream_of_doc_bins(tmp_path, nlp):
    docs = [nlp.make_doc(f"{i}") for i in range(5)]
    for doc in docs:
        doc.cats = {"t/x": 1.0}
    DocBin(docs=docs).to_disk(tmp_path / "train.spacy")
    corpus = MultitaskCorpus({"t": tmp_path / "train.spacy"}, stream=True)
    assert sorted(texts(corpus(nlp))) == list("01234")


@pytest.mark.parametrize("max_epochs", [-1, 2])
def test_the_training_loop_reads_passes_as_epochs(sized, nlp, max_epochs):
    corpus = stream(sized) if max_epochs == -1 else MultitaskCorpus(sized, split="train")

    def batcher(examples):
        examples = iter(examples)
        while batch := list(islice(examples, 5)):
            yield batch

    batches = islice(create_train_batches(nlp, corpus, batcher, max_epochs), 30)
    assert Counter(epoch for epoch, _ in batches) == {0: 15, 1: 15}


def test_tasks_without_a_file_are_found_in_a_docbin(tmp_path: Path):
    nlp = English()
    docs = DocBin()
    for number in range(4):
        doc = nlp(f"text {number}")
        doc.cats = {"tone/good": 1.0, "topic/film": float(number % 2)}
        docs.add(doc)
    (tmp_path / "mixed").mkdir()
    docs.to_disk(tmp_path / "mixed" / "train.spacy")
    corpus = create_multitask_corpus(tmp_path, split="train", tasks=["topic"])
    assert [list(example.reference.cats) for example in corpus(nlp)] == [["topic/film"]] * 4
    with pytest.raises(ValueError, match=r"E117.*price"):
        create_multitask_corpus(tmp_path, split="train", tasks=["topic", "price"])


def test_jsonl_in_which_every_key_names_its_task_holds_these_tasks(tmp_path: Path):
    rows = [
        {"text": "fine film", "cats": {"tone/good": 1, "topic/film": 1, "topic/price": 0}},
        {"text": "who knows", "cats": {"topic/price": 1}},
    ]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "mixed.train.jsonl").write_text(lines, encoding="utf8")
    corpus = create_multitask_corpus(tmp_path, split="train")
    keys = [sorted(example.reference.cats) for example in corpus(English())]
    assert keys == [["tone/good", "topic/film", "topic/price"], ["topic/price"]]
    one = create_multitask_corpus(tmp_path, split="train", tasks=["tone"])
    assert [list(example.reference.cats) for example in one(English())] == [["tone/good"]]


def test_one_key_without_a_task_makes_all_keys_of_a_jsonl_labels(tmp_path: Path):
    rows = [
        {"text": "fine film", "cats": {"tv/film": 1, "other": 0}},
        {"text": "well", "cats": {"tv/film": 0}},
    ]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "genre.train.jsonl").write_text(lines, encoding="utf8")
    corpus = create_multitask_corpus(tmp_path, split="train")
    keys = [sorted(example.reference.cats) for example in corpus(English())]
    assert keys == [["genre/other", "genre/tv/film"], ["genre/tv/film"]]
