"""Names in data and links in folders do not lead out of the folder that is written."""

import contextlib
import json

import pytest

from spacy_mtl.staging import write_atomically
from spacy_mtl.training.convert import convert_folder

OUTSIDE = [
    "../escaped",
    "../../escaped",
    "/escaped",
    "a/../../escaped",
    "..",
    "~/escaped",
    "C:\\escaped",
]


def files_of(folder):
    return {path for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", OUTSIDE)
def test_names_of_tasks_cannot_leave_the_folder(name, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    row = {"text": "a good film", "cats": {f"{name}/yes": 1, "mood/yes": 1}}
    (data / "mood.train.jsonl").write_text(f"{json.dumps(row)}\n")
    before = files_of(tmp_path)
    output = tmp_path / "far" / "down" / "out"
    with contextlib.suppress(ValueError):
        convert_folder(data, output)
    assert all(output in path.parents for path in files_of(tmp_path) - before)


@pytest.mark.parametrize("name", ["-x", "a b", "a;b", "$(touch x)", "a\nb"])
def test_files_whose_names_are_no_tasks_are_refused(name, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    (data / f"{name}.train.jsonl").write_text('{"text": "a", "label": "b"}\n')
    with pytest.raises(ValueError, match="E120"):
        convert_folder(data, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_link_in_the_place_of_a_file_is_replaced_and_not_followed(tmp_path):
    outside = tmp_path / "outside.txt"
    outside.write_text("mine")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "state").symlink_to(outside)
    write_atomically(folder / "state", b"new")
    assert outside.read_text() == "mine"
    assert (folder / "state").read_bytes() == b"new" and not (folder / "state").is_symlink()


def test_a_converted_file_does_not_follow_a_link(tmp_path):
    data, output = tmp_path / "data", tmp_path / "out"
    data.mkdir()
    (data / "mood.train.jsonl").write_text('{"text": "a", "label": "b"}\n')
    convert_folder(data, output)
    (target,) = files_of(output)
    outside = tmp_path / "outside.txt"
    outside.write_text("mine")
    target.unlink()
    target.symlink_to(outside)
    convert_folder(data, output, overwrite=True)
    assert outside.read_text() == "mine"
