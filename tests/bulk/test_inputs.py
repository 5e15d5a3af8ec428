"""Which files are read, and where each is written."""

from pathlib import Path

import pytest

from spacy_mtl.bulk.inputs import find_inputs, kind_of


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    for name in ("in/b.jsonl", "in/a/x.csv", "in/a/x.TSV.gz", "in/c.parquet", "in/notes.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    for name in ("in/.hidden.jsonl", "in/_SUCCESS", "in/.git/x.jsonl"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def places(inputs, output="out"):
    base = Path(output).absolute()
    return [Path(file.target).relative_to(base).as_posix() for file in inputs.files]


def test_a_folder_is_mirrored_in_order(folder):
    inputs = find_inputs(["in"], folder / "out")
    assert places(inputs) == ["a/x.TSV.gz", "a/x.csv", "b.jsonl", "c.parquet"]
    assert [file.kind for file in inputs.files] == ["tsv", "csv", "jsonl", "parquet"]
    assert inputs.ignored == ["in/notes.txt"]


def test_patterns_and_files_keep_what_tells_them_apart(folder):
    assert places(find_inputs(["in/**/x.*"], folder / "out")) == ["x.TSV.gz", "x.csv"]
    found = places(find_inputs(["in/b.jsonl", "in/a/x.csv"], folder / "out"))
    assert found == ["a/x.csv", "b.jsonl"]


def test_a_file_named_twice_is_read_once(folder):
    assert places(find_inputs(["in/b.jsonl", "in/*.jsonl"], folder / "out")) == ["b.jsonl"]


def test_one_file_to_a_file_or_a_folder(folder):
    to_file = find_inputs(["in/b.jsonl"], folder / "out.jsonl.gz")
    assert [file.target for file in to_file.files] == [str(folder / "out.jsonl.gz")]
    assert places(find_inputs(["in/b.jsonl"], folder / "out")) == ["b.jsonl"]


def test_what_the_job_writes_into_the_folder_is_not_read(folder):
    for name in ("in/out/b.jsonl", "in/out.partial/b.jsonl", "in/out.rejected.jsonl"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("")
    assert "b.jsonl" in places(find_inputs(["in"], folder / "in" / "out"), "in/out")
    assert len(find_inputs(["in"], folder / "in" / "out").files) == 4


@pytest.mark.parametrize(
    ("names", "output", "code"),
    [
        (["nowhere"], "out", "E775.*no such file"),
        (["in/*.json"], "out", "E775.*pattern"),
        (["empty"], "out", "E775.*holds no"),
        (["in/notes.txt"], "out", "E776"),
        (["in"], "out.jsonl", "E777"),
        (["in/b.jsonl"], "out.csv", "E778"),
    ],
)
def test_what_cannot_be_found(folder, names, output, code):
    (folder / "empty").mkdir()
    with pytest.raises(ValueError, match=code):
        find_inputs(names, folder / output)


def test_a_format_by_name(folder):
    assert find_inputs(["in/notes.txt"], folder / "out", kind="csv").files[0].kind == "csv"
    assert kind_of("a.parquet.gz") is None
    assert kind_of("jsonl") is None
