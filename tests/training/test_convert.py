"""Converting folders to .spacy files, and dividing them into splits."""

import errno
import gzip
import json
import os
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spacy.lang.en import English
from spacy.tokens import Doc, DocBin
from spacy.training import Corpus

from spacy_mtl.training.convert import convert_folder
from spacy_mtl.training.corpus import MultitaskCorpus
from spacy_mtl.training.splitting import assign_splits, parse_shares, remaining_shares
from spacy_mtl.training.texts import normalise_text, text_digest

THIRDS = {"train": 0.8, "dev": 0.1, "test": 0.1}


def write(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def make_rows(count, labels=("x", "y"), start=0):
    return [
        {"text": f"text {i}", "label": labels[i % len(labels)]} for i in range(start, start + count)
    ]


def read(path):
    nlp = English()
    return [(doc.text, doc.cats) for doc in DocBin().from_disk(path).get_docs(nlp.vocab)]


def tree(root):
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def source(tmp_path):
    return tmp_path / "in"


@pytest.fixture
def output(tmp_path):
    return tmp_path / "out"


def test_existing_splits_of_every_format_are_converted(source, output):
    write(source / "a" / "train.jsonl", [{"text": "x  y", "label": "l"}])
    (source / "b.dev.csv").write_text("text,label\n😀,l\n")
    (source / "train").mkdir()
    (source / "train" / "c.tsv.gz").write_bytes(gzip.compress(b"text\tlabel\n\tl\n"))
    report = convert_folder(source, output)
    assert read(output / "train" / "a.spacy") == [("x  y", {"a/l": 1.0})]
    assert read(output / "dev" / "b.spacy") == [("😀", {"b/l": 1.0})]
    assert read(output / "train" / "c.spacy") == [("", {"c/l": 1.0})]
    assert [(f.task, f.split, f.rows) for f in report.files] == [
        ("a", "train", 1),
        ("b", "dev", 1),
        ("c", "train", 1),
    ]
    assert len(tree(output)) == 3


def test_converting_the_output_again_changes_nothing(source, output, tmp_path):
    rows = [{"text": "a", "labels": ["x"]}, {"text": "b", "labels": []}]
    write(source / "a" / "train.jsonl", rows)
    convert_folder(source, output)
    convert_folder(output, tmp_path / "again")
    again = read(tmp_path / "again" / "train" / "a.spacy")
    assert again == read(output / "train" / "a.spacy") and len(again) == 2


def test_label_lists_get_zeros_for_the_labels_of_all_splits(source, output):
    write(source / "a" / "train.jsonl", [{"text": "a", "labels": ["x"]}])
    write(source / "a" / "dev.jsonl", [{"text": "b", "labels": ["y"]}])
    convert_folder(source, output)
    assert read(output / "train" / "a.spacy") == [("a", {"a/x": 1.0, "a/y": 0.0})]


def test_partial_labels_stay_partial(source, output):
    rows = [{"text": "a", "cats": {"x": 1}}, {"text": "b", "cats": {"x": 0, "y": 0}}]
    write(source / "a" / "train.jsonl", rows)
    convert_folder(source, output)
    assert [cats for _, cats in read(output / "train" / "a.spacy")] == [
        {"a/x": 1.0},
        {"a/x": 0.0, "a/y": 0.0},
    ]


def test_other_annotations_of_docs_are_kept(source, output):
    nlp = English()
    doc = Doc(nlp.vocab, words=["In", "Rome"], ents=["O", "B-GPE"])
    doc.cats = {"a/x": 1.0}
    doc.user_data["id"] = 3
    (source / "train").mkdir(parents=True)
    DocBin(docs=[doc], store_user_data=True).to_disk(source / "train" / "a.spacy")
    convert_folder(source, output)
    (copy,) = DocBin().from_disk(output / "train" / "a.spacy").get_docs(English().vocab)
    assert [ent.label_ for ent in copy.ents] == ["GPE"]
    assert copy.user_data["id"] == 3


def test_stock_and_own_corpus_read_the_output(source, output):
    write(source / "a" / "test.jsonl", make_rows(4))
    write(source / "b" / "test.jsonl", make_rows(2))
    convert_folder(source, output)
    stock = list(Corpus(output / "test")(English()))
    own = list(MultitaskCorpus(output, split="test")(English()))
    assert [(e.text, e.reference.cats) for e in stock] == [(e.text, e.reference.cats) for e in own]
    assert len(stock) == 6


@pytest.mark.parametrize("name", ["a.jsonl", "a/all.jsonl", "a.all.jsonl", "a/train.jsonl"])
def test_split_divides_by_share_and_label(source, output, name):
    write(source / name, make_rows(200, labels=["x", "x", "x", "y"]))
    convert_folder(source, output, split="0.8,0.1,0.1")
    parts = {split: read(output / split / "a.spacy") for split in THIRDS}
    counts = {
        split: Counter(key for _, cats in rows for key in cats) for split, rows in parts.items()
    }
    assert counts == {
        "train": {"a/x": 120, "a/y": 40},
        "dev": {"a/x": 15, "a/y": 5},
        "test": {"a/x": 15, "a/y": 5},
    }
    assert len({text for rows in parts.values() for text, _ in rows}) == 200


def test_split_is_seeded(source, tmp_path):
    write(source / "a.jsonl", make_rows(50))
    for name, seed in (("first", 1), ("second", 1), ("third", 2)):
        convert_folder(source, tmp_path / name, split=[0.8, 0.2], seed=seed)
    assert tree(tmp_path / "first") == tree(tmp_path / "second") != tree(tmp_path / "third")
    assert set(tree(tmp_path / "first")) == {"train/a.spacy", "dev/a.spacy"}


def test_split_at_random_keeps_the_shares_of_rows(source, output):
    write(source / "a.jsonl", make_rows(50))
    convert_folder(source, output, split="0.8,0.1,0.1", stratified=False)
    assert [len(read(output / split / "a.spacy")) for split in THIRDS] == [40, 5, 5]


def test_missing_dev_is_taken_from_train_and_test_stays(source, output):
    write(source / "a" / "train.jsonl", make_rows(90))
    write(source / "a" / "test.jsonl", make_rows(10, start=90))
    convert_folder(source, output, split="0.8,0.1,0.1")
    assert [len(read(output / split / "a.spacy")) for split in THIRDS] == [80, 10, 10]
    assert {text for text, _ in read(output / "test" / "a.spacy")} == {
        f"text {i}" for i in range(90, 100)
    }


def test_complete_splits_stay_as_they_are(source, output):
    for i, split in enumerate(THIRDS):
        write(source / "a" / f"{split}.jsonl", make_rows(5, start=5 * i))
    convert_folder(source, output, split="0.5,0.25,0.25")
    assert [len(read(output / split / "a.spacy")) for split in THIRDS] == [5, 5, 5]


def test_equal_texts_stay_on_one_side(source, output):
    rows = [
        {"text": form.format(i), "label": "x"}
        for i in range(30)
        for form in ("Text {}", "text  {}", "TEXT {}\n")
    ]
    write(source / "a.jsonl", rows)
    convert_folder(source, output, split="0.8,0.1,0.1")
    sides = [
        {normalise_text(text) for text, _ in read(output / split / "a.spacy")} for split in THIRDS
    ]
    assert sum(len(side) for side in sides) == len(set.union(*sides)) == 30


def test_equal_texts_of_different_tasks_get_the_same_split(source, output):
    write(source / "a.jsonl", make_rows(60))
    write(source / "b.jsonl", make_rows(60, labels=["u", "v", "w"]))
    write(source / "c" / "dev.jsonl", make_rows(3, start=50))
    write(source / "c" / "train.jsonl", make_rows(3, start=53))
    write(source / "c" / "test.jsonl", make_rows(1, start=100))
    convert_folder(source, output, split="0.8,0.1,0.1")
    for split in THIRDS:
        texts = {text for text, _ in read(output / split / "a.spacy")}
        assert texts == {text for text, _ in read(output / split / "b.spacy")}
    assert {"text 50", "text 51", "text 52"} <= {t for t, _ in read(output / "dev" / "a.spacy")}


def test_too_few_texts_to_split(source, output):
    write(source / "a.jsonl", make_rows(3, labels=["x"]))
    with pytest.raises(ValueError, match=r"E133.*3 distinct texts"):
        convert_folder(source, output, split="0.8,0.1,0.1")
    assert not output.exists()


def test_unsplit_file_needs_shares(source, output):
    write(source / "a.jsonl", make_rows(3))
    with pytest.raises(ValueError, match=r"E132.*--split.*a\.train\.jsonl"):
        convert_folder(source, output)


def test_unsplit_file_beside_splits(source, output):
    write(source / "a.jsonl", make_rows(3))
    write(source / "a" / "train.jsonl", make_rows(3))
    with pytest.raises(ValueError, match=r"E136.*train"):
        convert_folder(source, output, split="0.8,0.2")


def test_chosen_tasks_only(source, output):
    write(source / "a" / "train.jsonl", [{"text": "a", "cats": {"a/x": 1, "b/y": 1}}])
    write(source / "b" / "train.jsonl", make_rows(3))
    convert_folder(source, output, tasks=["a"])
    assert {name: None for name in tree(output)} == {"train/a.spacy": None}
    assert read(output / "train" / "a.spacy") == [("a", {"a/x": 1.0})]
    with pytest.raises(ValueError, match=r"E117.*Tasks found: a, b"):
        convert_folder(source, output, tasks=["c"])


def test_bad_rows_stop_or_are_counted(source, output):
    write(source / "a" / "train.jsonl", [*make_rows(3), {"text": "no label"}])
    with pytest.raises(ValueError, match="E108"):
        convert_folder(source, output)
    report = convert_folder(source, output, on_error="skip")
    assert [stats.bad for stats in report.sources.values()] == [1]
    assert len(read(output / "train" / "a.spacy")) == 3


def test_existing_files_are_kept_unless_allowed(source, output):
    write(source / "a" / "train.jsonl", make_rows(3))
    write(source / "b" / "train.jsonl", make_rows(3))
    (output / "train").mkdir(parents=True)
    (output / "train" / "b.spacy").write_bytes(b"mine")
    with pytest.raises(FileExistsError, match=r"E130.*b\.spacy.*--force"):
        convert_folder(source, output)
    assert tree(output) == {"train/b.spacy": b"mine"}
    convert_folder(source, output, overwrite=True)
    assert len(read(output / "train" / "b.spacy")) == 3


@pytest.mark.parametrize("folder", ["", "sub"])
def test_output_must_lie_outside_the_input(source, folder):
    write(source / "a" / "train.jsonl", make_rows(3))
    with pytest.raises(ValueError, match="E134"):
        convert_folder(source, source / folder)


@pytest.mark.parametrize(
    "failure", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()]
)
@pytest.mark.parametrize("exists", [False, True])
def test_failure_while_writing_changes_nothing(source, output, monkeypatch, failure, exists):
    write(source / "a" / "train.jsonl", make_rows(3))
    write(source / "b" / "train.jsonl", make_rows(3))
    if exists:
        convert_folder(source, output)
    before = tree(output.parent)
    write(source / "b" / "train.jsonl", make_rows(5))
    before["in/b/train.jsonl"] = (source / "b" / "train.jsonl").read_bytes()
    calls = []

    def fail_at_the_second(descriptor):
        calls.append(descriptor)
        if len(calls) == 2:
            raise failure

    monkeypatch.setattr(os, "fsync", fail_at_the_second)
    with pytest.raises((OSError, KeyboardInterrupt)) as err:
        convert_folder(source, output, overwrite=True)
    if isinstance(failure, OSError):
        assert "E135" in str(err.value) and "No space left" in str(err.value)
    assert tree(output.parent) == before
    assert output.exists() == exists


@pytest.mark.parametrize(
    "ratios", ["1", "0.5,0.6", "0,1", "-1,2", "a,b", "0.1,0.2,0.3,0.4", "nan,1"]
)
def test_invalid_shares(ratios):
    with pytest.raises(ValueError, match="E131"):
        parse_shares(ratios)


def test_shares_of_the_rest():
    assert parse_shares("0.8, 0.2") == {"train": 0.8, "dev": 0.2, "test": 0.0}
    assert remaining_shares({"train": 0.6, "dev": 0.2, "test": 0.2}, ["test"]) == {
        "train": pytest.approx(0.75),
        "dev": pytest.approx(0.25),
    }


@given(
    texts=st.lists(st.sets(st.sampled_from("abcde")), min_size=1, max_size=80),
    seed=st.integers(0, 3),
)
def test_every_text_gets_a_split_and_no_label_is_missing_in_train(texts, seed):
    groups = {i: {("t",): 1, **{("t", x): 1 for x in labels}} for i, labels in enumerate(texts)}
    assigned = assign_splits(groups, {"t": THIRDS}, fixed={}, seed=seed)
    assert set(assigned) == set(groups)
    in_train = {x for i, labels in enumerate(texts) if assigned[i] == "train" for x in labels}
    assert in_train == set().union(*texts)


def test_normalised_texts():
    assert normalise_text(" Ａ\tÉcole\n") == normalise_text("a e\u0301cole")
    assert text_digest("A  b") == text_digest("a b") != text_digest("ab")
