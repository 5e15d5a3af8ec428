"""Raw text in the corpus reader: rows of a task without labels, beside those of the labelled tasks."""

import gzip
import json
import logging
from collections import Counter

import pytest
import spacy
from builders import SENTIMENT, TOPIC
from spacy.training.loop import create_train_batches
from test_corpus import write
from thinc.api import Config

from spacy_mtl.training.batchers import configure_batch_by_task
from spacy_mtl.training.corpus import MultitaskCorpus, create_multitask_corpus
from spacy_mtl.training.samplers import TaskSampler
from spacy_mtl.training.single_task import single_task_config, task_shares
from spacy_mtl.util import tasks_of

TEXTS = [f"raw text {i}" for i in range(20)]


@pytest.fixture
def data(tmp_path):
    """A folder with two labelled tasks."""
    for task, rows in (("sentiment", SENTIMENT), ("topic", TOPIC)):
        labelled = [{"text": text, "label": next(iter(cats)).split("/")[1]} for text, cats in rows]
        write(tmp_path / "data" / task / "train.jsonl", labelled)
    return tmp_path / "data"


@pytest.fixture
def raw(tmp_path):
    """A file with raw text."""
    return write(tmp_path / "some.jsonl", [{"text": text} for text in TEXTS])


def read(data, raw, **settings):
    return create_multitask_corpus(data, split="train", raw=raw, **settings)


def raw_texts(examples, task="lmao"):
    return [
        example.reference.text for example in examples if f"{task}/raw" in example.reference.cats
    ]


def tasks_in(examples):
    return Counter(task for example in examples for task in tasks_of(example.reference.cats))


@pytest.mark.parametrize("stream", [False, True])
def test_raw_texts_have_one_key_and_the_labelled_ones_have_none_of_it(data, raw, nlp, stream):
    examples = list(read(data, raw, stream=stream)(nlp))
    found = [eg.reference.cats for eg in examples if eg.reference.text in TEXTS]
    assert found == [{"lmao/raw": 1.0}] * len(TEXTS)
    assert sorted(raw_texts(examples)) == sorted(TEXTS)
    assert tasks_in(examples) == {"lmao": 20, "sentiment": 6, "topic": 4}
    assert not any(example.predicted.cats for example in examples)


@pytest.mark.parametrize("name", ["a.jsonl", "a.txt", "a.jsonl.gz", "a.txt.gz", "A.TXT"])
def test_kinds_of_files(data, tmp_path, nlp, name):
    lines = [json.dumps({"text": text}) if "json" in name else text for text in ("one", "zwölf")]
    content = ("\n\n".join(lines) + "\n").encode("utf8")
    path = tmp_path / name
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    assert raw_texts(read(data, path)(nlp)) == ["one", "zwölf"]


def test_the_task_can_have_another_name(data, raw, nlp):
    examples = list(read(data, str(raw), raw_task="words")(nlp))
    assert tasks_in(examples) == {"words": 20, "sentiment": 6, "topic": 4}
    with pytest.raises(ValueError, match="E001"):
        read(data, raw, raw_task="two words")


def test_limits(data, raw, nlp):
    corpus = read(data, raw, raw_limit=3, limit=2)
    assert corpus.sizes == {"sentiment": 2, "topic": 2, "lmao": 3}
    assert raw_texts(corpus(nlp)) == TEXTS[:3]
    assert not raw_texts(read(data, raw, max_length=2)(nlp))
    with pytest.raises(ValueError, match=r"E118.*raw_limit"):
        MultitaskCorpus(data, raw=raw, raw_limit=-1)


def test_a_choice_of_tasks_is_one_of_the_labelled_ones(data, raw, nlp):
    examples = list(read(data, raw, tasks=["topic"])(nlp))
    assert tasks_in(examples) == {"lmao": 20, "topic": 4}


def test_the_sampler_counts_raw_texts_as_rows(data, raw):
    sizes = read(data, raw).sizes
    found = TaskSampler("proportional").probabilities(sizes, 0)
    assert found["lmao"] == pytest.approx(20 / 30)
    weights = {"lmao": 1.0, "sentiment": 2.0, "topic": 1.0}
    found = TaskSampler("weights", weights=weights).probabilities(sizes, 0)
    assert found["lmao"] == 0.25


@pytest.mark.parametrize("stream", [False, True])
def test_batches_hold_raw_texts_or_labelled_ones(data, raw, nlp, stream):
    weights = {"lmao": 1.0, "sentiment": 1.0, "topic": 1.0}
    sampler = TaskSampler("weights", weights=weights)
    corpus = read(data, raw, stream=stream, sampler=sampler if stream else None)
    batcher = configure_batch_by_task(size=4, sampler=None if stream else sampler)
    batches = create_train_batches(nlp, corpus, batcher, -1 if stream else 0)
    found = Counter()
    for _ in range(60):
        _, batch = next(batches)
        (task,) = tasks_in(batch)
        found[task] += 1
    assert set(found) == {"lmao", "sentiment", "topic"}
    assert 10 <= found["lmao"] <= 30


def test_a_streamed_pass_does_not_repeat_raw_texts(data, raw, nlp):
    corpus = read(data, raw, stream=True)
    first, second = (raw_texts(corpus(nlp)) for _ in range(2))
    assert sorted(first) == sorted(second) == sorted(TEXTS)
    assert first != second


# Bad input


@pytest.mark.parametrize(
    "name, content, message",
    [
        ("a.jsonl", None, r"E184.*a\.jsonl"),
        ("a.csv", "text\n", r"E185.*a\.csv"),
        ("a.jsonl", "", r"E172.*a\.jsonl.*'lmao'"),
        ("a.txt", "\n \n", r"E172.*a\.txt"),
        ("a.jsonl", '{"text": " "}\n', r"E172.*a\.jsonl"),
        ("a.jsonl", '{"text": "a"}\n{"txt": "b"}\n', r"E183(?s:.)*a\.jsonl:2: no 'text'"),
        ("a.jsonl", '{"text": "a"}\n\n{"text": 3}\n', r"E183(?s:.)*a\.jsonl:3: 'text'"),
        ("a.jsonl", "{\n", r"E183(?s:.)*a\.jsonl:1: not valid JSON"),
        ("a.txt", b"a\n\xff\n", r"E183(?s:.)*a\.txt:2: not UTF-8"),
        ("a.jsonl.gz", "no gzip", r"E105.*a\.jsonl\.gz"),
    ],
)
def test_bad_files_are_reported_before_training(data, tmp_path, name, content, message):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf8"))
    with pytest.raises((ValueError, OSError), match=message):
        read(data, path)


def test_a_folder_is_no_file(data):
    with pytest.raises(ValueError, match="E185"):
        read(data, data)


def test_bad_lines_can_be_left_out(data, tmp_path, nlp, caplog):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "a"}\n{"txt": "b"}\n{"text": "c"}\n', encoding="utf8")
    with caplog.at_level(logging.WARNING, logger="spacy"):
        corpus = read(data, path, on_error="skip")
        assert raw_texts(corpus(nlp)) == raw_texts(corpus(nlp)) == ["a", "c"]
    assert caplog.text.count("W101") == 1
    assert f"{path}:2" in caplog.text


def test_a_labelled_task_of_the_same_name(data, raw):
    with pytest.raises(ValueError, match=r"E173.*'topic'.*train\.jsonl"):
        read(data, raw, raw_task="topic")


def test_a_text_too_long_for_the_pipeline_names_its_line(data, tmp_path):
    path = write(tmp_path / "a.jsonl", [{"text": "a"}, {"text": "b" * 100}])
    nlp = spacy.blank("xx")
    nlp.max_length = 50
    with pytest.raises(ValueError, match=r"E121.*a\.jsonl.*2"):
        list(read(data, path)(nlp))


def test_a_file_that_has_changed_is_read_again(data, raw, nlp):
    assert len(raw_texts(read(data, raw)(nlp))) == 20
    write(raw, [{"text": "only this"}])
    assert raw_texts(read(data, raw)(nlp)) == ["only this"]


# Single-task configs


def make_config(data, raw, **sampler):
    components = {
        "tok2vec": {"factory": "multitask_tok2vec"},
        "sentiment": {"factory": "textcat_multitask"},
        "topic": {"factory": "textcat_multitask"},
        "words": {"factory": "lmao", "task": "lmao", "vectors": "some"},
    }
    reader = {
        "@readers": "spacy_mtl.MultitaskCorpus.v1",
        "path": str(data),
        "split": "train",
        "raw": str(raw),
    }
    sampler = {"@misc": "spacy_mtl.TaskSampler.v1", **sampler}
    return Config(
        {
            "nlp": {"lang": "xx", "pipeline": list(components)},
            "components": components,
            "corpora": {"train": reader},
            "training": {
                "train_corpus": "corpora.train",
                "max_steps": 100,
                "eval_frequency": 10,
                "patience": 0,
                "batcher": {
                    "@batchers": "spacy_mtl.batch_by_task.v1",
                    "size": 4,
                    "sampler": sampler,
                },
                "optimizer": {"@optimizers": "Adam.v1"},
                "score_weights": {},
            },
            "initialize": {"components": {"words": {}}},
        }
    )


def test_a_single_task_config_has_no_raw_text(data, raw):
    config = single_task_config(make_config(data, raw), "topic", 0.5)
    assert config["nlp"]["pipeline"] == ["tok2vec", "topic"]
    assert set(config["components"]) == {"tok2vec", "topic"}
    assert config["corpora"]["train"]["raw"] is None
    assert not config["initialize"]["components"]


@pytest.mark.parametrize(
    "sampler, expected",
    [
        ({"strategy": "proportional"}, {"sentiment": 6 / 30, "topic": 4 / 30}),
        (
            {"strategy": "weights", "weights": {"sentiment": 1, "topic": 1, "lmao": 2}},
            {"sentiment": 0.25, "topic": 0.25},
        ),
    ],
)
def test_a_task_alone_gets_the_steps_that_it_gets_beside_raw_text(data, raw, sampler, expected):
    assert task_shares(make_config(data, raw, **sampler)) == pytest.approx(expected)
