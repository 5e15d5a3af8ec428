import json
import math

import pytest

from spacy_mtl.report.run_log import read_curves, smooth


def write(path, entries):
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries), encoding="utf8")
    return path


def entry(step, score, **tasks):
    rows = {task: {"loss": loss, "score": s} for task, (loss, s) in tasks.items()}
    return {"step": step, "score": score, "seconds": 2 * step, "words": step, "tasks": rows}


def test_reads_curves(tmp_path):
    entries = [
        entry(0, 0.1, a=(None, 0.1)),
        entry(5, 0.6, a=(0.5, 0.6)),
        entry(9, 0.6, a=(0.4, 0.6)),
    ]
    curves = read_curves(write(tmp_path / "training.jsonl", entries), ["a", "b"])
    assert curves.steps == [0, 5, 9]
    assert curves.best_step == 5
    assert (curves.seconds, curves.words) == (18, 9)
    assert curves.tasks[0].losses == [None, 0.5, 0.4]
    assert curves.tasks[1].scores == [None, None, None]


def test_a_line_that_was_not_ended_is_left_out(tmp_path):
    path = write(tmp_path / "training.jsonl", [entry(0, 0.1, a=(1, 0.1))])
    with path.open("a") as file:
        file.write('{"step": 5, "tas')
    assert read_curves(path, ["a"]).steps == [0]


def test_numbers_that_are_none_are_gaps(tmp_path):
    entries = [entry(0, 0.1, a=(0.2, 10**400)), entry(1, "x", a=(math.nan, None))]
    curves = read_curves(write(tmp_path / "training.jsonl", entries), ["a"])
    assert curves.scores == [0.1, None]
    assert curves.tasks[0].losses == [0.2, None]
    assert curves.tasks[0].scores == [None, None]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\0\n",
        '[1]\n{"step": 1}\n',
        '{"step": 1, "tasks": {"a": [1]}}',
        f'{{"step": {"1" * 4301}, "tasks": {{}}}}',
        "[" * 100_000,
    ],
    ids=["empty", "nul", "others", "rows", "digits", "deep"],
)
def test_a_file_without_evaluations(tmp_path, text):
    path = tmp_path / "training.jsonl"
    path.write_text(text)
    with pytest.raises(ValueError, match="E745"):
        read_curves(path, ["a"])


def test_no_file(tmp_path):
    with pytest.raises(ValueError, match="E744"):
        read_curves(tmp_path / "training.jsonl", ["a"])


def test_smoothing_keeps_lines_and_gaps():
    line = [0.1 * i for i in range(40)]
    assert smooth(line) == pytest.approx(line)
    rough = [float(i % 2) for i in range(40)]
    assert max(smooth(rough)[4:-4]) < 0.7
    assert smooth([None, *rough])[0] is None
    assert smooth([]) == []
    assert smooth([1.0, 0.0]) == [1.0, 0.0]
