"""Raw text, line by line."""

import pytest

from spacy_mtl.training.pretrain_texts import read_raw_texts


def read(path, data):
    path.write_bytes(data)
    return list(read_raw_texts(path, "path of [here]"))


def test_reads_texts(tmp_path):
    data = '\ufeff{"text": "ä"}\n\n  \n{"text": "", "meta": 1}\n{"text": "b"}'.encode()
    assert read(tmp_path / "raw.jsonl", data) == ["ä", "", "b"]


def test_reads_a_folder(tmp_path):
    for name in ("b", "a"):
        (tmp_path / f"{name}.jsonl").write_text(f'{{"text": "{name}"}}')
    assert list(read_raw_texts(tmp_path, "path")) == ["a", "b"]


@pytest.mark.parametrize(
    "line, reason",
    [
        (b'{"txt": "a"}', "its keys are: txt"),
        (b"{}", "its keys are: none"),
        (b'{"text": 3}', "its text is a int"),
        (b'"a"', "it holds a str"),
        (b'{"text": "a', "not valid JSON"),
        (b"\xff", "not UTF-8"),
        (b"[" * 100_000, "not valid JSON"),
    ],
)
def test_names_file_and_line(tmp_path, line, reason):
    with pytest.raises(ValueError, match=f"raw.jsonl, line 3.*{reason}.*path of .here."):
        read(tmp_path / "raw.jsonl", b'{"text": "a"}\n\n' + line)


def test_a_folder_needs_files(tmp_path):
    with pytest.raises(ValueError, match="E264"):
        list(read_raw_texts(tmp_path, "path"))


@pytest.mark.parametrize("data", [b"", b"\n\n", b'{"text": " "}'])
def test_needs_a_text(tmp_path, data):
    with pytest.raises(ValueError, match="E266"):
        read(tmp_path / "raw.jsonl", data)
