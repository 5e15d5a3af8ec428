"""The engine ray gives the same bytes as the engine local, also when its workers are killed."""

import os
import pickle
import signal
import sys
import threading
import time

import pytest
from bulk_setup import DEADLY, ONCE, make_model, make_rows, tree, write_rows

from spacy_mtl.bulk.apply import apply_files
from spacy_mtl.bulk.blocks import Block, Piece, Result
from spacy_mtl.bulk.inputs import InputFile
from spacy_mtl.bulk.on_ray import RaySpread
from spacy_mtl.bulk.pool import WINDOW
from spacy_mtl.ray_session import ray_session

pytest.importorskip("ray")
psutil = pytest.importorskip("psutil")


@pytest.fixture(scope="module", autouse=True)
def session():
    """One Ray for all tests, whose workers find the modules of the tests."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(sys.path)
    try:
        with ray_session(2) as ray:
            yield ray
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before


FILE = InputFile("a.jsonl", "jsonl", "out.jsonl")


class Noted:
    """Blocks that leave a trace when they are read."""

    def __init__(self, folder, n):
        self.folder, self.n = folder, n

    def __iter__(self):
        for i in range(1, self.n + 1):
            (self.folder / str(i)).touch()
            yield Block(FILE, Piece(i, b"%d" % i), False, False)


class Copy:
    """Work that takes no time."""

    def __call__(self, block, left_out):
        return Result(block.piece.data, n_rows=1)


class Lethal:
    """Work that cannot be unpacked."""

    def __reduce__(self):
        return os._exit, (1,)


def workers():
    """The processes that work on blocks, and the one that reads them."""
    return [p for p in psutil.Process().children(recursive=True) if is_worker(p)]


def is_worker(process):
    try:
        title = "".join(process.cmdline()[:1])
    except psutil.Error:
        # It has just ended.
        return False
    return "RayWorker" in title or "read_blocks" in title


def test_the_same_bytes_as_the_engine_local(model, tmp_path):
    write_rows(tmp_path / "in" / "a.jsonl", [*make_rows(55), {"text": 1}])
    (tmp_path / "in" / "b.csv").write_text("text\n" + "good film\n" * 33)
    for engine in ("local", "ray"):
        apply_files(
            model, [tmp_path / "in"], tmp_path / engine, engine=engine, n_workers=2, embeddings=True
        )
    assert tree(tmp_path / "local") == tree(tmp_path / "ray")
    sides = [tmp_path / f"{engine}.rejected.jsonl" for engine in ("local", "ray")]
    assert sides[0].read_bytes() == sides[1].read_bytes() != b""


def test_actors_that_are_killed(model, tmp_path):
    source = write_rows(tmp_path / "a.jsonl", 900)
    killed = []

    def kill(report):
        while not report.rows:
            time.sleep(0.001)
        for process in workers():
            os.kill(process.pid, signal.SIGKILL)
            killed.append(process.pid)

    def on_start(report):
        threading.Thread(target=kill, args=[report]).start()

    report = apply_files(
        model, [source], tmp_path / "killed.jsonl", engine="ray", n_workers=2, on_start=on_start
    )
    apply_files(model, [source], tmp_path / "whole.jsonl", n_workers=1)
    assert killed
    assert (report.rows, report.rejected) == (900, 0)
    assert (tmp_path / "killed.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


@pytest.mark.slow
def test_rows_that_kill_once_or_always(tmp_path):
    model = make_model(deadly=True)
    rows = make_rows(45)
    rows[3]["text"] = f"{ONCE}{tmp_path / 'once'}"
    rows[17]["text"] = DEADLY
    source = write_rows(tmp_path / "a.jsonl", rows)
    report = apply_files(model, [source], tmp_path / "out.jsonl", engine="ray", n_workers=2)
    assert (report.rows, report.rejected) == (44, 1)
    assert (tmp_path / "once").exists()
    apply_files(model, [source], tmp_path / "local.jsonl", n_workers=1)
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "local.jsonl").read_bytes()
    sides = [tmp_path / f"{name}.jsonl.rejected.jsonl" for name in ("out", "local")]
    assert sides[0].read_bytes() == sides[1].read_bytes()


def test_reading_does_not_run_ahead_and_an_abandoned_job_ends(session, tmp_path):
    found = RaySpread(session, pickle.dumps(Copy()), 1)(Noted(tmp_path, 60))
    for i in range(1, 11):
        block, result = next(found)
        assert result.data == block.piece.data == b"%d" % i
    time.sleep(1)
    # One has been read and waits to be let in.
    assert 10 < len(list(tmp_path.iterdir())) <= 10 + WINDOW + 1
    found.close()
    until = time.monotonic() + 30
    while workers() and time.monotonic() < until:
        time.sleep(0.1)
    assert not workers()


@pytest.mark.slow
def test_workers_that_cannot_begin(session, tmp_path):
    with pytest.raises(ValueError, match="E781"):
        next(RaySpread(session, pickle.dumps(Lethal()), 1)(Noted(tmp_path, 9)))
