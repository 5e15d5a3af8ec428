"""Pairs of texts in data files: read, kept together, converted, checked, and written into a config."""

import json
from random import Random

import pytest
import spacy
from spacy.tokens import DocBin
from thinc.api import Config

from spacy_mtl.pair_keys import is_pair, match_sides, pair_key, pairs_of
from spacy_mtl.training.add_task_data import read_task
from spacy_mtl.training.batchers import TaskBatcher
from spacy_mtl.training.config_text import render_config
from spacy_mtl.training.convert import convert_folder
from spacy_mtl.training.corpus import create_multitask_corpus
from spacy_mtl.training.debug_data import debug_data
from spacy_mtl.training.formats import read_records
from spacy_mtl.training.single_task import find_task_pipes, single_task_config, task_shares
from spacy_mtl.training.task_summary import summarize_tasks

ROWS = [
    {"text1": f"text {i}", "text2": f"text {i} again", "score": float(i % 6)} for i in range(24)
]
LABELLED = [{"text": f"word {i}", "label": "odd" if i % 2 else "even"} for i in range(20)]


def write(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf8")
    return path


@pytest.fixture
def folder(tmp_path):
    for split in ("train", "dev", "test"):
        write(tmp_path / "data" / "sts" / f"{split}.jsonl", ROWS)
        write(tmp_path / "data" / "mood" / f"{split}.jsonl", LABELLED)
    return tmp_path / "data"


@pytest.fixture
def nlp():
    return spacy.blank("xx")


def read(path, task="sts"):
    return list(read_records(path, task))


def texts_of(batch):
    return [example.reference.text for example in batch]


def test_a_row_becomes_two_texts_with_one_key(tmp_path, nlp):
    path = write(tmp_path / "sts" / "train.jsonl", [ROWS[3]])
    (record,) = read(path)
    assert [side.text for side in record.sides] == ["text 3", "text 3 again"]
    assert record.cats == record.other.cats
    ((key, value),) = pairs_of(record.cats, "sts").items()
    assert is_pair(key) and value == 3.0
    examples = list(create_multitask_corpus({"sts": path})(nlp))
    assert match_sides([eg.reference.cats for eg in examples], "sts") == ([(0, 1, 3.0)], 0)


def test_equal_rows_have_keys_of_their_own(tmp_path):
    records = read(write(tmp_path / "train.jsonl", [ROWS[0], ROWS[0]]))
    assert records[0].cats.keys() != records[1].cats.keys()


@pytest.mark.parametrize(
    "label, value",
    [(1, 1.0), (0, 0.0), ("alike", 1.0), ("different", 0.0), (True, 1.0), ("0", 0.0), (1.0, 1.0)],
)
def test_labels_of_pairs(tmp_path, label, value):
    (record,) = read(
        write(tmp_path / "train.jsonl", [{"text1": "a", "text2": "b", "label": label}])
    )
    assert list(record.cats.values()) == [value]


@pytest.mark.parametrize("extension, separator", [("csv", ","), ("tsv", "\t")])
@pytest.mark.parametrize("column", ["score", "label"])
def test_tables_with_pairs(tmp_path, extension, separator, column):
    path = tmp_path / f"train.{extension}"
    lines = [["text1", "text2", column], ["a", "b", "1"], ["c", "d", "0"]]
    path.write_text("\n".join(separator.join(line) for line in lines), encoding="utf8")
    assert [list(record.cats.values()) for record in read(path)] == [[1.0], [0.0]]


@pytest.mark.parametrize(
    "row, reason",
    [
        ({"text1": "a", "score": 1}, "needs 'text1' and 'text2'"),
        ({"text1": "a", "text2": "b", "text": "c", "score": 1}, "no 'text'"),
        ({"text1": "a", "text2": None, "score": 1}, "'text2' has to be a string"),
        ({"text1": "a", "text2": "b"}, "either 'score' or 'label'"),
        ({"text1": "a", "text2": "b", "score": 1, "label": 1}, "either 'score' or 'label'"),
        ({"text1": "a", "text2": "b", "score": "high"}, "a number, found 'high'"),
        ({"text1": "a", "text2": "b", "score": True}, "a number, found True"),
        ({"text1": "a", "text2": "b", "score": float("nan")}, "a number, found nan"),
        ({"text1": "a", "text2": "b", "label": "maybe"}, "found 'maybe'"),
        ({"text1": "a\ud800", "text2": "b", "score": 1}, "not valid Unicode"),
    ],
)
def test_bad_rows_are_named_with_file_and_line(tmp_path, row, reason):
    path = write(tmp_path / "train.jsonl", [ROWS[0], row])
    with pytest.raises(ValueError) as caught:
        read(path)
    assert f"{path}:2: " in str(caught.value) and reason in str(caught.value)


def test_rows_marked_as_wrong_are_left_out(tmp_path):
    rows = [ROWS[0], {**ROWS[1], "answer": "ignore"}, {**ROWS[2], "answer": "reject"}]
    assert len(read(write(tmp_path / "train.jsonl", rows))) == 1


def test_a_docbin_holds_pairs_in_any_order(tmp_path, nlp):
    examples = list(create_multitask_corpus({"sts": write(tmp_path / "a.jsonl", ROWS)})(nlp))
    docs = [example.reference for example in examples]
    Random(0).shuffle(docs)
    DocBin(docs=docs).to_disk(tmp_path / "sts.spacy")
    records = read(tmp_path / "sts.spacy")
    assert len(records) == len(ROWS)
    found = {frozenset(side.text for side in record.sides) for record in records}
    assert found == {frozenset((row["text1"], row["text2"])) for row in ROWS}


@pytest.mark.parametrize(
    "cats, reason",
    [
        ([{"sts/pair:1": 1.0}, {"sts/pair:2": 1.0}, {"sts/pair:2": 1.0}], "is missing"),
        ([{"sts/pair:1": 1.0}, {"sts/pair:1": 2.0}], "different scores, 1 and 2"),
        ([{"sts/pair:1": 1.0, "sts/pair:2": 1.0}], "a side of 2 pairs"),
    ],
)
def test_bad_pairs_of_a_docbin_are_named(tmp_path, nlp, cats, reason):
    docs = []
    for own in cats:
        doc = nlp.make_doc("some text")
        doc.cats = own
        docs.append(doc)
    DocBin(docs=docs).to_disk(tmp_path / "sts.spacy")
    with pytest.raises(ValueError, match=reason):
        read(tmp_path / "sts.spacy")


@pytest.mark.parametrize("strategy", ["proportional", "uniform"])
@pytest.mark.parametrize("sort_window", [0, 3])
@pytest.mark.parametrize("size", [1, 5, 8])
def test_batches_keep_pairs_together(folder, nlp, strategy, sort_window, size):
    from spacy_mtl.training.samplers import TaskSampler

    examples = list(create_multitask_corpus(folder, split="train")(nlp))
    Random(0).shuffle(examples)
    batcher = TaskBatcher(size=size, sampler=TaskSampler(strategy), sort_window=sort_window)
    seen = 0
    for batch in batcher(examples):
        pairs, alone = match_sides([example.reference.cats for example in batch], "sts")
        assert not alone and 2 * len(pairs) in (0, len(batch))
        assert len(batch) <= max(2, size)
        seen += len(pairs)
    assert seen == len(ROWS) or strategy == "uniform"


@pytest.mark.parametrize("buffer", [1, 7, 2000])
def test_streams_keep_pairs_together(folder, nlp, buffer):
    corpus = create_multitask_corpus(folder, split="train", stream=True, shuffle_buffer=10)
    seen = 0
    for batch in TaskBatcher(size=5, buffer=buffer)(corpus(nlp)):
        pairs, alone = match_sides([example.reference.cats for example in batch], "sts")
        assert not alone
        seen += len(pairs)
    assert seen == len(ROWS)


def test_the_limit_counts_pairs(folder, nlp):
    corpus = create_multitask_corpus(folder, split="train", tasks=["sts"], limit=3)
    assert len(list(corpus(nlp))) == 6


def test_a_pair_with_a_text_that_is_too_long_is_left_out_whole(tmp_path, nlp):
    rows = [{"text1": "a", "text2": "b " * 9, "score": 1}, {"text1": "a", "text2": "b", "score": 0}]
    path = write(tmp_path / "train.jsonl", rows)
    examples = list(create_multitask_corpus({"sts": path}, max_length=5)(nlp))
    assert texts_of(examples) == ["a", "b"]


def test_converting_keeps_pairs_and_splits_them_whole(tmp_path, nlp):
    write(tmp_path / "data" / "sts.jsonl", ROWS)
    convert_folder(tmp_path / "data", tmp_path / "out", split="0.5,0.25,0.25")
    found = []
    for split in ("train", "dev", "test"):
        records = read(tmp_path / "out" / split / "sts.spacy")
        found += [tuple(side.text for side in record.sides) for record in records]
        assert records
    assert sorted(found) == sorted((row["text1"], row["text2"]) for row in ROWS)


def test_data_checks_know_pairs(folder):
    report = debug_data(folder)
    assert not report.errors
    train = report.tasks["sts"].splits["train"]
    assert (train.rows, train.pairs.lowest, train.pairs.highest) == (len(ROWS), 0.0, 5.0)
    assert report.to_dict()["tasks"]["sts"]["splits"]["train"]["pairs"]["count"] == len(ROWS)


@pytest.mark.parametrize(
    "rows, found",
    [
        ([*ROWS, {"text": "a", "label": "b"}], "both pairs of texts and rows with labels"),
        ([{**row, "score": 2} for row in ROWS], "all pairs in train have the score 2"),
        ([*ROWS, {"text1": "a"}], "bad rows"),
    ],
)
def test_data_checks_find_what_is_wrong(folder, rows, found):
    write(folder / "sts" / "train.jsonl", rows)
    assert any(found in error for error in debug_data(folder).errors)


def test_data_checks_find_scores_outside_of_those_of_train(folder):
    write(folder / "sts" / "dev.jsonl", [{**ROWS[0], "score": 9}, ROWS[1]])
    assert any("scores in dev from 1 to 9" in text for text in debug_data(folder).warnings)


def test_a_new_config_has_the_range_of_the_data(folder):
    config = Config().from_str(render_config(summarize_tasks(folder), str(folder)))
    block = config["components"]["sts"]
    assert block["factory"] == "contrastive"
    assert (block["score_min"], block["score_max"]) == (0.0, 5.0)
    assert "sts_score" in config["training"]["score_weights"]
    assert "sts" not in config["initialize"]["components"]


def test_every_kind_of_component_is_explained_once(folder):
    text = render_config(summarize_tasks(folder), str(folder))
    assert text.count("# Scores of texts that have nothing in common") == 1
    assert text.count("# false: exactly one label per text") == 1


def test_mixed_files_and_constant_scores_make_no_config(folder):
    path = folder / "sts" / "train.jsonl"
    write(path, [*ROWS, {"text": "a", "label": "b"}])
    with pytest.raises(ValueError, match=r"E580.*b"):
        summarize_tasks(folder)
    for split in ("train", "dev"):
        write(folder / "sts" / f"{split}.jsonl", [{**row, "score": 2} for row in ROWS])
    with pytest.raises(ValueError, match=r"E579.*score 2"):
        summarize_tasks(folder)


def test_baselines_know_the_task(folder):
    config = Config().from_str(render_config(summarize_tasks(folder), str(folder)))
    assert find_task_pipes(config) == {"mood": "mood", "sts": "sts"}
    shares = task_shares(config)
    assert sum(shares.values()) == pytest.approx(1.0)
    assert single_task_config(config, "sts", shares["sts"])["nlp"]["pipeline"] == ["tok2vec", "sts"]
    assert single_task_config(config, "mood", shares["mood"])["nlp"]["pipeline"] == [
        "tok2vec",
        "mood",
    ]


def test_keys_of_pairs():
    key = pair_key("sts", "a", "b", 1)
    assert is_pair(key) and key != pair_key("sts", "a", "b", 2) != pair_key("sts", "b", "a", 2)
    assert not is_pair("sts/pair:") and not is_pair("sts/pairs") and not is_pair("pair:1")


def test_pairs_with_a_common_text_get_the_same_split(tmp_path, nlp):
    chains = [{"text1": f"a {i}", "text2": f"b {i}", "score": float(i % 6)} for i in range(20)]
    chains += [{"text1": f"c {i}", "text2": f"A {i}", "score": 1.0} for i in range(20)]
    chains += [{"text1": f"b {i}", "text2": f"d {i}", "score": 2.0} for i in range(20)]
    write(tmp_path / "data" / "sts.jsonl", chains)
    convert_folder(tmp_path / "data", tmp_path / "out", split="0.6,0.2,0.2")
    numbers = [
        {
            doc.text.split()[1]
            for doc in DocBin()
            .from_disk(tmp_path / "out" / split / "sts.spacy")
            .get_docs(nlp.vocab)
        }
        for split in ("train", "dev", "test")
    ]
    assert all(numbers) and sum(map(len, numbers)) == 20


def test_a_text_of_a_pair_goes_with_the_split_that_it_has_in_another_task(tmp_path, nlp):
    write(tmp_path / "data" / "mood" / "train.jsonl", LABELLED)
    write(tmp_path / "data" / "mood" / "dev.jsonl", [{"text": "text 3 again", "label": "odd"}])
    write(tmp_path / "data" / "sts.jsonl", ROWS)
    convert_folder(tmp_path / "data", tmp_path / "out", split="0.8,0.2")
    dev = DocBin().from_disk(tmp_path / "out" / "dev" / "sts.spacy")
    assert "text 3" in {doc.text for doc in dev.get_docs(nlp.vocab)}


def test_data_checks_find_texts_of_other_pairs(tmp_path):
    write(tmp_path / "sts" / "train.jsonl", ROWS[:12])
    # The same pair, a pair the other way round, one with a known text, and a new one.
    swapped = {"text1": "text 1 again", "text2": "Text 1", "score": 1}
    half = {"text1": "something else", "text2": "text 2", "score": 4}
    write(tmp_path / "sts" / "dev.jsonl", [ROWS[0], swapped, half, ROWS[20]])
    report = debug_data(tmp_path)
    assert report.tasks["sts"].overlap == {"dev": 1}
    assert report.tasks["sts"].shared_sides == {"dev": 2}
    assert any(
        "stands in a pair of train" in text and "'text 2'" in text for text in report.warnings
    )


def test_pairs_cannot_be_added_as_a_task_with_labels(tmp_path):
    path = write(tmp_path / "sts.jsonl", ROWS)
    with pytest.raises(ValueError, match=r"E595.*EncoderLearner"):
        read_task(path, "sts", shares={"train": 0.8, "dev": 0.2, "test": 0.0})
