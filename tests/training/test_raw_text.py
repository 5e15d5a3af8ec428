"""Collecting raw text for pretraining."""

import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import Doc, DocBin
from spacy.training.corpus import JsonlCorpus

from spacy_mtl.training.files import find_raw_files, find_task_files, resolve_files
from spacy_mtl.training.formats import ReadStats
from spacy_mtl.training.raw_text import collect_raw_text, read_raw_text


def write(path, *rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    data = "".join(row if isinstance(row, str) else json.dumps(row) + "\n" for row in rows)
    path.write_bytes(gzip.compress(data.encode()) if path.suffix == ".gz" else data.encode())
    return path


def labelled(*texts):
    return [{"text": text, "label": "xy"[i % 2]} for i, text in enumerate(texts)]


def texts_of(path):
    return [json.loads(line)["text"] for line in path.read_text("utf8").splitlines()]


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "data"
    write(root / "mood" / "train.jsonl", *labelled("one", "two", "tested", "a  dev text"))
    write(root / "mood" / "dev.jsonl", *labelled("a dev text"))
    write(root / "topic.test.csv", "text,label\nTested,x\n")
    write(root / "raw.jsonl", {"text": "two"}, {"text": "three", "meta": 1}, {"text": " "})
    write(root / "raw-more.txt.gz", "four\n\n tested \nthree\nfünf\n")
    return root


def test_texts_are_written_once_and_none_that_is_held_out(folder, tmp_path):
    report = collect_raw_text([folder], tmp_path / "new" / "out.jsonl")
    assert texts_of(tmp_path / "new" / "out.jsonl") == ["one", "two", "four", "three", "fünf"]
    assert [(s.path.name, s.written, s.duplicates, s.held_out) for s in report.sources] == [
        ("train.jsonl", 2, 0, 2),
        ("raw-more.txt.gz", 3, 0, 1),
        ("raw.jsonl", 0, 2, 0),
    ]
    assert (report.written, report.held_out) == (5, 3)


def test_spacy_reads_what_was_written(folder, tmp_path, nlp):
    collect_raw_text([folder], tmp_path / "out.jsonl")
    examples = JsonlCorpus(tmp_path / "out.jsonl")(nlp)
    assert [example.text for example in examples] == ["one", "two", "four", "three", "fünf"]


def test_unlabelled_files_only(folder, tmp_path):
    collect_raw_text([folder], tmp_path / "out.jsonl", labelled=False)
    assert texts_of(tmp_path / "out.jsonl") == ["four", "three", "fünf", "two"]


def test_a_text_that_another_folder_holds_out_is_left_out(folder, tmp_path):
    write(tmp_path / "other" / "raw.txt", "six\nTESTED\n")
    collect_raw_text([tmp_path / "other", folder], tmp_path / "out.jsonl", labelled=False)
    assert texts_of(tmp_path / "out.jsonl") == ["six", "four", "three", "fünf", "two"]


def test_docs_of_a_doc_bin(tmp_path, nlp):
    for split, words in (("train", ["a", "b"]), ("dev", ["c", "d"])):
        doc = Doc(nlp.vocab, words=words)
        doc.cats = {"mood/x": 1.0}
        (tmp_path / split).mkdir()
        DocBin(docs=[doc]).to_disk(tmp_path / split / "mood.spacy")
    write(tmp_path / "raw.txt", "c d\ne")
    collect_raw_text([tmp_path], tmp_path / "out.jsonl")
    assert texts_of(tmp_path / "out.jsonl") == ["a b ", "e"]


def test_unsplit_files_are_not_used_but_named(folder, tmp_path):
    write(folder / "later.jsonl", *labelled("seven"))
    report = collect_raw_text([folder], tmp_path / "out.jsonl")
    assert [path.name for path in report.unsplit] == ["later.jsonl"]
    assert "seven" not in texts_of(tmp_path / "out.jsonl")


def test_raw_files_belong_to_no_task(folder):
    write(folder / "raw-train.jsonl", {"text": "a"})
    assert [path.name for path in find_raw_files(folder)] == [
        "raw-more.txt.gz",
        "raw-train.jsonl",
        "raw.jsonl",
    ]
    assert set(find_task_files(folder, unsplit=True)) == {"train", "dev", "test"}
    assert resolve_files(folder, split="train")[1] == ("mood", "topic")


def test_a_task_may_be_named_raw(tmp_path):
    path = write(tmp_path / "train" / "raw.jsonl", *labelled("a", "b"))
    assert resolve_files(tmp_path, split="train")[0] == {"raw": path}
    assert resolve_files(tmp_path / "train", split="train")[0] == {"raw": path}


def test_an_existing_file_is_kept(folder, tmp_path):
    output = write(tmp_path / "out.jsonl", "old")
    with pytest.raises(FileExistsError, match=r"\[E180\].*out\.jsonl.*--force"):
        collect_raw_text([folder], output)
    assert output.read_text() == "old"
    collect_raw_text([folder], output, overwrite=True)
    assert texts_of(output)[0] == "one"


def test_the_output_cannot_be_an_input(folder):
    with pytest.raises(ValueError, match=r"\[E181\].*raw\.jsonl"):
        collect_raw_text([folder], folder / "raw.jsonl", overwrite=True)


def test_nothing_to_write(tmp_path):
    write(tmp_path / "data" / "mood" / "test.jsonl", *labelled("a"))
    write(tmp_path / "data" / "raw.txt", "A\n")
    with pytest.raises(ValueError, match=r"\[E182\].*1 files with 1 texts"):
        collect_raw_text([tmp_path / "data"], tmp_path / "out.jsonl")
    with pytest.raises(FileNotFoundError, match=r"\[E111\]"):
        collect_raw_text([tmp_path / "nowhere"], tmp_path / "out.jsonl")
    assert not (tmp_path / "out.jsonl").exists()


def test_an_error_leaves_nothing_behind(folder, tmp_path):
    write(folder / "raw.jsonl", {"text": "fine"}, "{\n", {"label": "x"}, {"text": 3})
    with pytest.raises(ValueError, match=r"(?s)\[E183\].*3 of 4.*jsonl:2: .*:3: .*:4: ") as error:
        collect_raw_text([folder], tmp_path / "new" / "out.jsonl")
    assert "not valid JSON" in str(error.value)
    assert not (tmp_path / "new").exists()


def test_bad_rows_can_be_left_out(folder, tmp_path, caplog):
    path = write(folder / "raw.jsonl", {"text": "fine"}, "{\n")
    report = collect_raw_text([folder], tmp_path / "out.jsonl", on_error="skip")
    assert report.sources[-1].stats.bad == 1
    assert "fine" in texts_of(tmp_path / "out.jsonl")
    assert list(read_raw_text(path, on_error="skip")) == ["fine"]
    assert "W101" in caplog.text


def test_bytes_that_are_not_utf8(tmp_path):
    (tmp_path / "raw.txt").write_bytes(b"fine\n\xff\xfa\n")
    with pytest.raises(ValueError, match=r"(?s)\[E183\].*raw\.txt:2: not UTF-8"):
        list(read_raw_text(tmp_path / "raw.txt"))


@pytest.mark.parametrize(
    ("name", "code"), [("nowhere.jsonl", "E184"), ("raw.csv", "E185"), ("raw.jsonl", "E185")]
)
def test_not_a_file_with_raw_text(tmp_path, name, code):
    write(tmp_path / "raw.csv", "text\n")
    (tmp_path / "raw.jsonl").mkdir()
    with pytest.raises((ValueError, FileNotFoundError), match=code):
        list(read_raw_text(tmp_path / name))


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=5))
def test_any_text_is_read_as_it_was_written(tmp_path_factory, texts):
    path = tmp_path_factory.mktemp("raw") / "raw.jsonl"
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), "utf8")
    assert list(read_raw_text(path)) == [text for text in texts if text.strip()]


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_reported(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("raw")
    for name in ("raw.txt", "raw.jsonl"):
        (folder / name).write_bytes(data)
        stats = ReadStats()
        try:
            texts = list(read_raw_text(folder / name, on_error="skip", stats=stats))
        except ValueError as error:
            assert str(error).startswith(("[E104]", "[E105]"))
        else:
            assert stats.rows == len(texts)
