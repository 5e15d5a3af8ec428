import json
import math

import numpy as np
import pytest

from spacy_mtl.training.training_log import TrainingLog, to_json


def read_log(path):
    return [json.loads(line) for line in path.read_text(encoding="utf8").splitlines()]


def test_directories_are_made(tmp_path):
    path = tmp_path / "new" / "logs" / "log.jsonl"
    TrainingLog(path).write({"step": 1})
    assert read_log(path) == [{"step": 1}]


def test_lines_wait_until_the_file_is_known(tmp_path):
    path = tmp_path / "log.jsonl"
    log = TrainingLog()
    log.write({"step": 0})
    log.locate(path)
    log.write({"step": 1})
    log.write({"step": 2})
    assert read_log(path) == [{"step": 0}, {"step": 1}, {"step": 2}]


def test_first_location_counts(tmp_path):
    log = TrainingLog(tmp_path / "first.jsonl")
    log.locate(tmp_path / "second.jsonl")
    log.write({})
    assert [path.name for path in tmp_path.iterdir()] == ["first.jsonl"]


def test_files_of_earlier_runs_are_kept(tmp_path):
    path = tmp_path / "training.jsonl"
    moved = []
    for step in (0, 10, 20):
        log = TrainingLog(path)
        moved.append(log.write({"step": step}))
        assert log.write({"step": step + 1}) is None
    assert moved == [None, tmp_path / "training.1.jsonl", tmp_path / "training.2.jsonl"]
    steps = {file.name: [entry["step"] for entry in read_log(file)] for file in tmp_path.iterdir()}
    assert steps == {
        "training.1.jsonl": [0, 1],
        "training.2.jsonl": [10, 11],
        "training.jsonl": [20, 21],
    }


def test_nothing_is_moved_before_the_first_line(tmp_path):
    path = tmp_path / "training.jsonl"
    path.write_text("{}", encoding="utf8")
    TrainingLog(path)
    assert [file.name for file in tmp_path.iterdir()] == ["training.jsonl"]


def test_path_is_a_directory(tmp_path):
    with pytest.raises(OSError, match=r"E171.*directory"):
        TrainingLog(tmp_path)


def test_parent_is_a_file(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf8")
    with pytest.raises(OSError, match="E171"):
        TrainingLog(tmp_path / "file" / "log.jsonl")


def test_disk_full(tmp_path, monkeypatch):
    log = TrainingLog(tmp_path / "log.jsonl")

    def fail(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.open", fail)
    with pytest.raises(OSError, match=r"E171.*log\.jsonl.*No space left"):
        log.write({"step": 0})


def test_scores_of_any_kind_become_json():
    values = {"a": np.float32(1), "b": [math.nan, (1, None)], 3: np.array([1, 2]), "c": math.inf}
    assert to_json(values) == {"a": 1.0, "b": [None, [1, None]], "3": "[1 2]", "c": None}
