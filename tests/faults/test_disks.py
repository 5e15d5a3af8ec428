"""Disks that are full or may not be written to: one message, nothing half written, and what was there is intact."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import warnings
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import srsly
from crash import tree
from fault_data import write_data
from pretrain_setup import make_config
from spacy.cli import app
from typer.testing import CliRunner

import spacy_mtl.cli  # noqa: F401 (adds the commands)

NOBODY = 65534
REASONS = {
    "full": "No space left on device",
    "read-only": "Read-only file system",
    "forbidden": "Permission denied",
}
#: Each command with what it writes, and the package that it needs beside.
COMMANDS = {
    "convert": ("convert {data} {out}/corpus --force", None),
    "raw-text": ("raw-text {data} {out}/raw.jsonl --force", None),
    "init-config": ("init-config {data} {out}/multi.cfg --force", None),
    "debug-data": ("debug-data {data} --json {out}/report.json", None),
    "subwords": ("subwords {raw} {out}/subwords.json -n 300 --force", "tokenizers"),
    "vectors": ("vectors {raw} {out}/vectors --force --dim 8 --epochs 1 --min-count 1", "floret"),
    "pretrain": ("pretrain {config} {out}/encoder --force --pretraining.max_epochs 1", None),
    "embed": ("embed {model} {texts} {out}/texts.npy --overwrite", None),
    "embed as Parquet": ("embed {model} {texts} {out}/texts.parquet --overwrite", "pyarrow"),
    "predict": ("predict {model} {texts} {out}/predicted.jsonl --overwrite", None),
    "similar": ("similar {model} {texts} --save-index {out}/index --overwrite", None),
    "save-encoder": ("save-encoder {model} {out}/encoder.msgpack --force", None),
    "load-encoder": ("load-encoder {encoder} {out}/loaded --force", None),
    "plot": ("plot {model} {data} --split dev --out {out}/map.html --force", "plotly"),
    "review": (
        "review {model} {data} --task sentiment --out {out}/new.jsonl --seeds 1",
        "cleanlab",
    ),
    "apply-review": ("apply-review {decided} {data} --out {out}/corrected", None),
}


def run(command, **paths):
    args = [part.format(**paths) for part in command.split()]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return CliRunner().invoke(app, ["mtl", *args])


@pytest.fixture(scope="module")
def inputs(model, disk):
    """What the commands read."""
    root = disk / "inputs"
    shutil.copytree(model, root / "model")
    data = write_data(root / "data")
    texts = [{"text": f"a good film {i}"} for i in range(3000)]
    srsly.write_jsonl(root / "texts.jsonl", texts)
    make_config(root).to_disk(root / "config.cfg")
    paths = {
        "data": data,
        "model": root / "model",
        "texts": root / "texts.jsonl",
        "raw": root / "raw.jsonl",
    }
    paths.update(
        config=root / "config.cfg", encoder=root / "e.msgpack", decided=root / "decided.jsonl"
    )
    assert run("save-encoder {model} {encoder}", **paths).exit_code == 0
    decision = {
        "text": "good the a0",
        "accept": ["bad"],
        "answer": "accept",
        "meta": {"task": "sentiment", "file": str(data / "train" / "sentiment.jsonl"), "line": 1},
    }
    srsly.write_jsonl(root / "decided.jsonl", [decision])
    return paths


@pytest.fixture(scope="module")
def disk():
    """A small disk of its own."""
    folder = Path(tempfile.mkdtemp())
    mounted = ["mount", "-t", "tmpfs", "-o", "size=16m,mode=755", "tmpfs", str(folder)]
    if (
        not hasattr(os, "geteuid")
        or os.geteuid()
        or subprocess.run(mounted, capture_output=True).returncode
    ):
        folder.rmdir()
        pytest.skip("needs the right to mount a disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)
    folder.rmdir()


@contextmanager
def fault(kind, disk, left=0):
    """Let a disk be full but for some bytes, read-only, or somebody else's."""
    if kind == "full":
        with (disk / "filler").open("wb", buffering=0) as file:
            with suppress(OSError):
                while True:
                    file.write(bytes(65536))
            with suppress(OSError):
                while True:
                    file.write(bytes(4096))
            file.truncate(file.tell() - left)
        try:
            yield
        finally:
            (disk / "filler").unlink()
    elif kind == "read-only":
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        try:
            yield
        finally:
            subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
    else:
        os.seteuid(NOBODY)
        try:
            yield
        finally:
            os.seteuid(0)


@pytest.fixture
def out(disk):
    """The folder for outputs, with those of an earlier run."""
    shutil.rmtree(disk / "out", ignore_errors=True)
    (disk / "out").mkdir()
    return disk / "out"


@pytest.mark.parametrize(
    "kind",
    ["full", *(pytest.param(kind, marks=pytest.mark.slow) for kind in REASONS if kind != "full")],
)
@pytest.mark.parametrize("name", COMMANDS)
def test_one_message_and_nothing_half_written(name, kind, inputs, disk, out):
    command, package = COMMANDS[name]
    if package is not None:
        pytest.importorskip(package)
    if " {out}/new" not in command and "apply-review" not in command:
        first = run(command, out=out, **inputs)
        assert first.exit_code == 0, first.output
    before = tree(out)
    with fault(kind, disk):
        result = run(command, out=out, **inputs)
    text = " ".join(result.output.split())
    assert result.exit_code == 1, result.output
    assert "Traceback" not in text
    assert REASONS[kind] in text
    assert str(out) in text.replace(" ", "")
    assert re.search(r"\[E\d+\]", text)
    after = tree(out)
    # What is there to go on with has a name of its own.
    kept = {
        path: data
        for path, data in after.items()
        if ".partial/" not in path and ".folds/" not in path
    }
    if name == "pretrain":
        kept["encoder/log.jsonl"] = before["encoder/log.jsonl"] = b""
    assert kept == before
    # The same command works once there is space again.
    again = run(command, out=out, **inputs)
    assert again.exit_code == 0, again.output
    assert not [path for path in tree(out) if ".partial/" in path or "/." in f"/{path}"]


def test_a_device_is_not_replaced(inputs, disk):
    device = disk / "device"
    os.mknod(device, 0o020666, os.makedev(1, 7))
    for command in ("init-config {data} {device} --force", "raw-text {data} {device} --force"):
        result = run(command, device=device, **inputs)
        assert result.exit_code == 1
        assert "E886" in result.output
    assert device.is_char_device()


def test_a_disk_that_fills_up_on_the_way(inputs, disk, out):
    command = "predict {model} {texts} {out}/predicted.jsonl"
    for left in (4096, 200_000):
        with fault("full", disk, left=left):
            result = run(command, out=out, **inputs)
        assert result.exit_code == 1
        assert REASONS["full"] in " ".join(result.output.split())
    result = run(command, out=out, **inputs)
    assert result.exit_code == 0
    rows = [json.loads(line) for line in (out / "predicted.jsonl").read_text().splitlines()]
    assert [row["text"] for row in rows] == [f"a good film {i}" for i in range(3000)]
