"""Files in, files out: every row once, in order, also when processes are killed."""

import csv
import gzip
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path

import pytest
import srsly
from bulk_setup import DEADLY, ONCE, WRONG, InlinePool, make_model, make_rows, tree, write_rows
from old_releases import TABLES_TAKE_NUL

from spacy_mtl.bulk import apply
from spacy_mtl.bulk import output as bulk_output
from spacy_mtl.bulk.apply import apply_files
from spacy_mtl.inference.predictor import predict_file

#: A job that kills itself when it has written some blocks.
SUICIDE = """
import os, signal, sys, multiprocessing
sys.path[:0] = {paths!r}
from spacy import load
from spacy_mtl.bulk import apply, output

def write(self, block, results, write=output.JobWriter.write, left=[{n}]):
    position = write(self, block, results)
    left[0] -= 1
    if not left[0]:
        print(*(p.pid for p in multiprocessing.active_children()), flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    return position

output.JobWriter.write = write
apply.BLOCK_ROWS = 10
apply.apply_files(load({model!r}), [{source!r}], {output!r}, n_workers=2)
"""


@pytest.fixture(scope="module")
def deadly_model():
    return make_model(deadly=True)


def rejected(output):
    path = Path(f"{output}.rejected.jsonl")
    return list(srsly.read_jsonl(path)) if path.exists() else []


def test_json_lines_are_those_of_predict(model, source, tmp_path):
    report = apply_files(model, [source], tmp_path / "out.jsonl", n_workers=2, batch_size=5)
    predict_file(model, source, tmp_path / "one.jsonl", batch_size=5)
    found, expected = (list(srsly.read_jsonl(tmp_path / n)) for n in ("out.jsonl", "one.jsonl"))
    assert [row["id"] for row in found] == list(range(95))
    assert [row["predicted"]["tags"].keys() for row in found] == [
        row["predicted"]["tags"].keys() for row in expected
    ]
    assert found[7]["predicted"]["sentiment"]["score"] == pytest.approx(
        expected[7]["predicted"]["sentiment"]["score"], abs=1e-5
    )
    assert (report.rows, report.rejected, report.n_failed) == (95, 0, 0)
    assert not Path(f"{tmp_path / 'out.jsonl'}.partial").exists()
    assert not report.rejected_path.exists()


def test_a_folder_with_all_kinds_of_rows(inline, model, tmp_path):
    rows = make_rows(25)
    write_rows(tmp_path / "in" / "a.jsonl", rows)
    if not TABLES_TAKE_NUL:
        rows = [{**row, "text": row["text"].replace("\0", "")} for row in rows]
    (tmp_path / "in" / "sub").mkdir()
    with gzip.open(tmp_path / "in" / "sub" / "b.csv.gz", "wt", newline="") as file:
        csv.writer(file).writerows([["id", "text"], *([r["id"], r["text"]] for r in rows[:12])])
        file.write('7,"open\n')
    (tmp_path / "in" / "bad.jsonl.gz").write_bytes(gzip.compress(b'{"text": "a"}\n' * 99)[:-10])
    (tmp_path / "in" / "bad.tsv").write_text("body\nx\n")
    (tmp_path / "in" / "empty.jsonl").touch()
    report = apply_files(model, [tmp_path / "in"], tmp_path / "out", n_workers=2, embeddings=True)
    assert (report.files, report.rejected, report.n_failed) == (5, 1, 2)
    assert "no column 'text'" in report.failed[1]
    assert not (tmp_path / "out" / "bad.tsv").exists()
    assert (tmp_path / "out" / "empty.jsonl").read_bytes() == b""
    with gzip.open(tmp_path / "out" / "sub" / "b.csv.gz", "rt", newline="") as file:
        table = list(csv.DictReader(file))
    assert [row["text"] for row in table] == [row["text"] for row in rows[:12]]
    first = table[0]
    assert list(first)[2:6] == ["sentiment", "sentiment/negative", "sentiment/positive", "tags"]
    best = max(("negative", "positive"), key=lambda label: float(first[f"sentiment/{label}"]))
    assert first["sentiment"] == best
    assert set(json.loads(first["tags"])) <= {"fast", "cheap"}
    assert len(json.loads(first["embedding"])) == 8
    told = rejected(tmp_path / "out")
    assert [Path(row["file"]).name for row in told] == ["bad.jsonl.gz", "bad.tsv", "b.csv.gz"]
    assert told[2]["number"] == 14
    assert told[2]["row"] == '7,"open'


def test_a_row_that_the_pipeline_fails_on(inline, deadly_model, tmp_path):
    rows = make_rows(15)
    rows[3]["text"] = WRONG
    source = write_rows(tmp_path / "a.jsonl", rows)
    report = apply_files(deadly_model, [source], tmp_path / "out.jsonl", n_workers=1)
    assert (report.rows, report.rejected) == (14, 1)
    told = rejected(tmp_path / "out.jsonl")[0]
    assert "no such text" in told["reason"]
    assert (told["number"], told["row"]) == (4, rows[3])


def test_rows_that_kill_their_worker_once_or_always(deadly_model, tmp_path, monkeypatch):
    rows = make_rows(25)
    rows[3]["text"] = f"{ONCE}{tmp_path / 'once'}"
    rows[17]["text"] = DEADLY
    source = write_rows(tmp_path / "a.jsonl", rows)
    run = partial(apply_files, deadly_model, [source], n_workers=2)
    report = run(tmp_path / "killed.jsonl")
    assert (tmp_path / "once").exists()
    assert (report.rows, report.rejected) == (24, 1)
    told = rejected(tmp_path / "killed.jsonl")[0]
    assert (told["number"], told["row"]) == (18, rows[17])
    monkeypatch.setattr(apply, "LocalPool", InlinePool)
    # The component fails on this row, and not as violently.
    monkeypatch.setattr("bulk_setup.DEADLY", "-")
    monkeypatch.setattr("bulk_setup.WRONG", DEADLY)
    run(tmp_path / "whole.jsonl")
    assert (tmp_path / "killed.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


def test_a_worker_is_killed_from_outside(model, tmp_path, monkeypatch):
    source = write_rows(tmp_path / "a.jsonl", 600)
    killed = []

    def kill(report):
        while not report.rows:
            time.sleep(0.001)
        worker = multiprocessing.active_children()[0]
        os.kill(worker.pid, signal.SIGKILL)
        killed.append(worker.pid)

    run = partial(apply_files, model, [source], n_workers=2)
    thread = []

    def on_start(report):
        thread.append(threading.Thread(target=kill, args=[report]))
        thread[0].start()

    report = run(tmp_path / "killed.jsonl", on_start=on_start)
    thread[0].join()
    assert killed
    monkeypatch.setattr(apply, "LocalPool", InlinePool)
    run(tmp_path / "whole.jsonl")
    assert (tmp_path / "killed.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()
    assert (report.rows, report.rejected) == (600, 0)


@pytest.mark.slow
@pytest.mark.parametrize("n_blocks", [2, 5, 9])
def test_the_job_itself_is_killed(model, tmp_path, monkeypatch, n_blocks):
    pytest.importorskip("pyarrow")
    from pyarrow import parquet, table

    folder = tmp_path / "in"
    write_rows(folder / "a.jsonl", [*make_rows(25), {"id": 1}])
    parquet.write_table(
        table({"text": [row["text"] for row in make_rows(35)]}), folder / "b.parquet"
    )
    write_rows(folder / "c.jsonl.gz", 0)
    with gzip.open(folder / "c.jsonl.gz", "wt") as file:
        file.writelines(json.dumps(row) + "\n" for row in make_rows(25))
    model.to_disk(tmp_path / "model")
    code = SUICIDE.format(
        paths=sys.path,
        n=n_blocks,
        model=str(tmp_path / "model"),
        source=str(folder),
        output=str(tmp_path / "killed"),
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    report = apply_files(model, [folder], tmp_path / "killed", n_workers=1)
    assert 0 < report.before < report.rows
    monkeypatch.setattr(apply, "LocalPool", InlinePool)
    apply_files(model, [folder], tmp_path / "whole", n_workers=2)
    assert tree(tmp_path / "killed") == tree(tmp_path / "whole")
    assert rejected(tmp_path / "killed") == rejected(tmp_path / "whole") != []
    assert all(has_ended(int(pid)) for pid in ended.stdout.split())


def has_ended(pid: int, patience: float = 10.0) -> bool:
    until = time.monotonic() + patience
    while time.monotonic() < until:
        status = Path(f"/proc/{pid}/stat")
        if not status.exists() or status.read_text().split()[2] == "Z":
            return True
        time.sleep(0.05)
    return False


def interrupt(monkeypatch, method, n_calls):
    """Interrupt a job before the given call of a method of its writer."""
    original = getattr(bulk_output.JobWriter, method)

    def interrupted(self, *args, left=[n_calls]):  # noqa: B006
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt
        return original(self, *args)

    monkeypatch.setattr(bulk_output.JobWriter, method, interrupted)


@pytest.mark.parametrize(("method", "n_calls"), [("write", 3), ("_place", 5), ("finish", 1)])
def test_an_interruption_at_a_bad_moment(inline, model, tmp_path, monkeypatch, method, n_calls):
    for name in "abc":
        write_rows(tmp_path / "in" / f"{name}.jsonl", [*make_rows(15), {}])
    run = partial(apply_files, model, [tmp_path / "in"], n_workers=1)
    with monkeypatch.context() as patch:
        interrupt(patch, method, n_calls)
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path / "out")
    run(tmp_path / "out")
    run(tmp_path / "whole")
    assert tree(tmp_path / "out") == tree(tmp_path / "whole")
    assert rejected(tmp_path / "out") == rejected(tmp_path / "whole")


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"threshold": 0.9}, "threshold"),
        ({"embeddings": True}, "embeddings"),
        ({"prefix": "p_"}, "prefix"),
        ("texts", "the texts"),
        ("files", "files"),
        ("model", "model"),
    ],
)
def test_another_job_is_not_gone_on_with(inline, model, tmp_path, monkeypatch, change, name):
    source = write_rows(tmp_path / "in" / "a.jsonl", 25)
    with monkeypatch.context() as patch:
        interrupt(patch, "write", 3)
        with pytest.raises(KeyboardInterrupt):
            apply_files(model, [tmp_path / "in"], tmp_path / "out", n_workers=1)
    settings = change if isinstance(change, dict) else {}
    if change == "texts":
        write_rows(source, [{"text": "other"}, *make_rows(24)])
    elif change == "files":
        write_rows(tmp_path / "in" / "b.jsonl", 5)
    elif change == "model":
        model = make_model(n_steps=11)
    with pytest.raises(ValueError, match=f"E617.*{name}"):
        apply_files(model, [tmp_path / "in"], tmp_path / "out", n_workers=1, **settings)
    report = apply_files(
        model, [tmp_path / "in"], tmp_path / "out", n_workers=1, overwrite=True, **settings
    )
    assert report.before == 0


def test_a_pipeline_that_was_just_trained(inline, model, source, tmp_path, monkeypatch):
    optimizer = (rate for rate in [0.1])
    monkeypatch.setattr(model, "_optimizer", optimizer)
    apply_files(model, [source], tmp_path / "out.jsonl", n_workers=1)
    assert model._optimizer is optimizer


def test_nothing_is_overwritten_unasked(inline, model, source, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "other.jsonl").write_text("kept")
    apply_files(model, [source], tmp_path / "out", n_workers=1)
    with pytest.raises(ValueError, match=r"E616.*texts\.jsonl"):
        apply_files(model, [source], tmp_path / "out", n_workers=1)
    apply_files(model, [source], tmp_path / "out", n_workers=1, overwrite=True)
    assert (tmp_path / "out" / "other.jsonl").read_text() == "kept"


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"engine": "spark"}, "E782"),
        ({"address": "auto"}, "E783"),
        ({"n_workers": 0}, "E626"),
        ({"kind": "txt"}, "E626"),
        ({"tasks": ["none"]}, "E623"),
        ({"output": "texts.jsonl"}, "E620"),
    ],
)
def test_what_cannot_be_done(model, source, monkeypatch, settings, code):
    monkeypatch.chdir(source.parent)
    with pytest.raises(ValueError, match=code):
        apply_files(model, [source], settings.pop("output", "out"), **settings)
