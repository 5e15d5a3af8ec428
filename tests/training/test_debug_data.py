"""What is found in good and bad data."""

import json
import random

import pytest

from spacy_mtl.training.data_stats import LengthStats
from spacy_mtl.training.debug_data import debug_data

CONFIG = """
[paths]
train = "{path}"
dev = ${{paths.train}}

[nlp]
lang = "en"
pipeline = ["a", "mood"]

[components]

[components.a]
factory = "textcat_multitask"
task = null

[components.mood]
factory = "textcat_multitask"
task = "b"

[corpora]

[corpora.train]
@readers = "{reader}"
path = ${{paths.train}}
split = "train"

[corpora.dev]
@readers = "{reader}"
path = ${{paths.dev}}
split = "dev"

[training]
train_corpus = "corpora.train"
dev_corpus = "corpora.dev"

[initialize]

[initialize.components]

[initialize.components.a]
labels = ["x"]
"""
READER = "spacy_mtl.MultitaskCorpus.v1"


def rows(count, labels=("x", "y"), start=0):
    return [
        {"text": f"text {i}", "label": labels[i % len(labels)]} for i in range(start, start + count)
    ]


@pytest.fixture
def data(tmp_path):
    """Write splits of a task; by default good data, without a warning."""

    def write(task="a", **splits):
        good = {"train": rows(100), "dev": rows(50, start=100), "test": rows(50, start=150)}
        for split, content in {**good, **splits}.items():
            if content is not None:
                path = tmp_path / "data" / task / f"{split}.jsonl"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text("".join(json.dumps(row) + "\n" for row in content))
        return tmp_path / "data"

    return write


def test_good_data_has_no_findings(data):
    report = debug_data(data())
    assert report.errors == report.warnings == []
    stats = report.tasks["a"]
    assert {name: split.rows for name, split in stats.splits.items()} == {
        "train": 100,
        "dev": 50,
        "test": 50,
    }
    assert stats.splits["train"].labels == {"x": 50, "y": 50}
    assert stats.labels == ["x", "y"] and not stats.multi_label
    assert stats.splits["train"].lengths == LengthStats(2, 2, 2.0, 2, 2)


@pytest.mark.parametrize("split", ["train", "dev"])
def test_missing_train_or_dev_is_an_error(data, split):
    report = debug_data(data(**{split: None}))
    assert any(f"a: no {split} data" in text for text in report.errors)


def test_missing_test_is_a_warning(data):
    report = debug_data(data(test=None))
    assert not report.errors and "a: no test data" in report.warnings[0]


@pytest.mark.parametrize("split", ["dev", "test"])
def test_labels_that_train_lacks(data, split):
    report = debug_data(data(**{split: rows(50, ["x", "z"], start=100)}))
    assert [text for text in report.errors if f"labels in {split} that train lacks: z" in text]


def test_one_label_only(data):
    report = debug_data(data(train=rows(60, ["x"]), dev=rows(30, ["x"], 60), test=None))
    assert any("only one label in train (x)" in text for text in report.errors)


def test_one_label_is_enough_if_it_applies_or_not(data):
    train = [
        {"text": f"t {i}", "label": "x", "answer": ["accept", "reject"][i % 2]} for i in range(60)
    ]
    report = debug_data(data(train=train, dev=train[:2], test=None))
    assert report.errors == []
    assert report.tasks["a"].multi_label


def test_multi_label_data_without_any_difference(data):
    train = [{"text": f"t {i}", "labels": ["x", "y"]} for i in range(60)]
    report = debug_data(data(train=train, dev=train[:5], test=None))
    assert any("always or never" in text for text in report.errors)


def test_empty_and_repeated_texts(data):
    train = [*rows(100), {"text": " ", "label": "x"}, {"text": "", "label": "y"}, *rows(3)]
    report = debug_data(data(train=train))
    assert "a: empty texts in train: 2." in report.warnings
    assert "a: texts that stand in train more than once: 3." in report.warnings
    assert not report.errors


def test_texts_in_train_and_dev(data):
    dev = [*rows(50, start=100), {"text": "TEXT  0", "label": "x"}]
    report = debug_data(data(dev=dev))
    assert report.tasks["a"].overlap == {"dev": 1}
    assert any("stand in train too: 1, e.g. 'TEXT 0'" in text for text in report.warnings)


def test_texts_in_the_train_split_of_another_task(data):
    data()
    data("b", train=rows(100, start=1000), dev=rows(40), test=None)
    report = debug_data(data())
    assert report.tasks["b"].other_tasks == {"dev": 40}
    assert "b: texts of dev that stand in the train split of another task: 40." in report.warnings


def test_contradictory_labels(data):
    train = [*rows(100), {"text": "text 0", "label": "y"}, {"text": "text 1", "label": "y"}]
    report = debug_data(data(train=train))
    assert report.tasks["a"].contradictions == 1
    assert any("annotated twice and differently: 1, e.g. 'text 0'" in w for w in report.warnings)


def test_partial_labels_of_one_text_do_not_contradict(data):
    train = [{"text": f"t {i}", "cats": {"x": i % 2}} for i in range(60)]
    more = [{"text": "t 0", "cats": {"y": 1}}, {"text": "t 1", "cats": {"y": 1, "x": 0}}]
    report = debug_data(data(train=[*train, *more], dev=train[:4], test=None))
    assert report.tasks["a"].contradictions == 1


def test_imbalance_and_rare_labels(data):
    train = [*rows(100, ["x"]), *rows(5, ["y"], start=300)]
    report = debug_data(data(train=train))
    text = "\n".join(report.warnings)
    assert "x, has 20 times the rows of the rarest, y" in text
    assert "fewer than 10 rows in train: y (5)" in text


def test_tiny_data(data):
    report = debug_data(data(train=rows(30), dev=rows(10, start=100)))
    text = "\n".join(report.warnings)
    assert "only 30 rows in train" in text and "only 10 rows in dev" in text


def test_labels_that_dev_lacks_and_labels_that_look_alike(data):
    report = debug_data(data(train=rows(99, ["x", "y", "X "])))
    text = "\n".join(report.warnings)
    assert "labels in train that dev lacks, so they get no score: X" in text
    assert "differ only in case or spaces: 'X ', 'x'" in text


def test_bad_rows_of_all_files_are_errors(data):
    bad = [{"text": "no label"}]
    report = debug_data(data(train=[*rows(100), *bad], dev=[*rows(50, start=100), *bad]))
    text = "\n".join(report.errors)
    assert "train.jsonl:101: no label" in text and "dev.jsonl:51: no label" in text
    assert report.tasks["a"].splits["train"].rows == 100


def test_files_that_cannot_be_read_are_errors(data):
    root = data()
    (root / "a" / "dev.jsonl").write_bytes(b"")
    report = debug_data(root)
    assert len(report.errors) == 1 and "E107" in report.errors[0]


def test_docs_annotated_for_several_tasks_count_for_each(data):
    data()
    both = [{"text": f"both {i}", "cats": {"a/x": 1, "b/u": i % 2}} for i in range(60)]
    report = debug_data(data("b", train=both, dev=both[:30], test=None))
    assert report.tasks["a"].splits["train"].rows == 160
    assert report.tasks["a"].splits["train"].labels == {"x": 110, "y": 50}
    assert report.tasks["b"].splits["train"].labels == {"u": 30}


def test_file_that_is_not_named_after_one_of_its_tasks(data):
    both = [{"text": f"both {i}", "cats": {"u/x": i % 2, "u/y": 1 - i % 2}} for i in range(60)]
    report = debug_data(data("several", train=both, dev=both, test=both))
    assert list(report.tasks) == ["u"]
    assert not report.errors


def test_chosen_tasks(data):
    data()
    report = debug_data(data("b", dev=None), tasks=["a"])
    assert list(report.tasks) == ["a"] and not report.errors
    with pytest.raises(ValueError, match=r"E117.*Tasks found: a, b"):
        debug_data(data(), tasks=["c"])


def test_report_is_plain_values(data):
    report = json.loads(json.dumps(debug_data(data()).to_dict()))
    assert report["tasks"]["a"]["imbalance"] == 1.0
    assert report["tasks"]["a"]["splits"]["train"]["rows"] == 100


def test_lengths():
    lengths = list(range(1, 101))
    random.Random(0).shuffle(lengths)
    assert LengthStats.of(lengths) == LengthStats(1, 50, 50.5, 95, 100)
    assert LengthStats.of([]) == LengthStats()


def write_config(tmp_path, path, reader=READER):
    config = tmp_path / "config.cfg"
    config.write_text(CONFIG.format(path=path, reader=reader))
    return config


def test_config_is_checked_with_its_components(data, tmp_path):
    report = debug_data(write_config(tmp_path, data()))
    assert list(report.tasks["a"].splits) == ["train", "dev", "test"]
    assert len(report.errors) == 2
    assert "[E142] Component 'mood': there is no data for its task 'b'" in report.errors[1]
    assert "[E143] Component 'a'" in report.errors[0] and "does not list: y" in report.errors[0]


def test_config_paths_can_be_overridden(data, tmp_path):
    config = write_config(tmp_path, "missing")
    with pytest.raises(FileNotFoundError, match="E111"):
        debug_data(config)
    assert debug_data(config, overrides={"paths.train": str(data())}).tasks


def test_overrides_need_a_config(data):
    with pytest.raises(ValueError, match=r"E144.*paths\.train"):
        debug_data(data(), overrides={"paths.train": "x"})


@pytest.mark.parametrize(
    "reader,path,code", [("spacy.Corpus.v1", "x", "E140"), (READER, "", "E141")]
)
def test_config_that_cannot_be_checked(tmp_path, reader, path, code):
    with pytest.raises(ValueError, match=code):
        debug_data(write_config(tmp_path, path, reader))


def test_folder_without_data(tmp_path):
    with pytest.raises(ValueError, match="E113"):
        debug_data(tmp_path)
