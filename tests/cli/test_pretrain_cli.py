"""`mtl pretrain` on the command line, and what a killed process leaves behind."""

import os
import shlex
import signal
import subprocess
import sys
import time

import pytest
from pretrain_setup import LMAO, MONITOR, interrupt, make_config, weights
from spacy.cli import app
from typer.testing import CliRunner

from spacy_mtl.training.pretrain import pretrain


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "config.cfg"
    make_config(tmp_path).to_disk(path)
    return path


def run(*args):
    return CliRunner().invoke(app, ["mtl", "pretrain", *map(str, args)])


def text_of(result):
    return " ".join(result.output.split())


def test_pretrains(config, tmp_path):
    result = run(config, tmp_path / "out", "--pretraining.max_epochs", "1")
    assert result.exit_code == 0, result.output
    pretrain(make_config(tmp_path, pretraining__max_epochs=1), tmp_path / "expected")
    assert weights(tmp_path / "out") == weights(tmp_path / "expected")
    assert "max_epochs = 1" in (tmp_path / "out" / "config.cfg").read_text()


def test_ctrl_c_says_how_to_go_on(config, tmp_path, monkeypatch):
    out = tmp_path / "my out"
    overrides = ["--training.seed", "5"]
    with monkeypatch.context() as patch:
        interrupt(patch, 205)
        result = run(config, out, "--save-every", "3", *overrides)
    assert result.exit_code == 130
    line = next(line for line in result.output.splitlines() if line.startswith("Go on with:"))
    command = shlex.split(line.removeprefix("Go on with: "))
    assert command[:5] == ["python", "-m", "spacy", "mtl", "pretrain"]
    result = run(*command[5:])
    assert result.exit_code == 0, result.output
    pretrain(make_config(tmp_path, training__seed=5), tmp_path / "expected")
    assert weights(out) == weights(tmp_path / "expected")


def test_a_cluster_for_one_process(config, tmp_path):
    result = run(config, tmp_path / "out", "--address", "127.0.0.1:1")
    assert result.exit_code == 1 and "E931" in result.output
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="the test needs SIGKILL")
@pytest.mark.parametrize("kernels", ["numpy", "numba"])
def test_a_killed_process_goes_on(tmp_path, kernels):
    if kernels == "numba":
        pytest.importorskip("numba", reason="the extra 'fast' is not installed")
    config = make_config(tmp_path, pretraining__max_epochs=12)
    config.to_disk(tmp_path / "config.cfg")
    env = {**os.environ, "SPACY_MTL_KERNELS": kernels, "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "spacy", "mtl", "pretrain", str(tmp_path / "config.cfg")]
    out = tmp_path / "out"
    process = subprocess.Popen(
        [*command, str(out), "--save-every", "2"], env=env, stdout=subprocess.DEVNULL
    )
    kill_after_first_epoch(process, out)
    assert not (out / "model-last.bin").exists()
    refused = subprocess.run([*command, str(out)], env=env, capture_output=True, text=True)
    assert refused.returncode == 1
    assert "E269" in refused.stdout + refused.stderr
    subprocess.run([*command, str(out), "--resume"], env=env, check=True, stdout=subprocess.DEVNULL)
    expected = tmp_path / "expected"
    subprocess.run([*command, str(expected)], env=env, check=True, stdout=subprocess.DEVNULL)
    assert weights(out) == weights(expected)
    assert (out / "log.jsonl").read_bytes() == (expected / "log.jsonl").read_bytes()


def kill_after_first_epoch(process, folder):
    deadline = time.monotonic() + 60
    while not (folder / "model0.bin").exists():
        assert process.poll() is None, "the run ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.001)
    time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL


@pytest.mark.parametrize(
    "args, error",
    [
        (["--resume", "--force"], "E350"),
        (["--resume"], "E271"),
        (["--corpora.pretrain.path", "nowhere.jsonl"], "E264"),
        (["--initialize.vectors", "null"], "E251"),
    ],
)
def test_shows_what_is_wrong(config, tmp_path, args, error):
    result = run(config, tmp_path / "out", *args)
    assert result.exit_code == 1
    assert error in result.output
    assert "Traceback" not in result.output


def test_needs_a_config(tmp_path):
    result = run(tmp_path / "none.cfg", tmp_path / "out")
    assert result.exit_code == 1
    assert "E310" in result.output


def test_needs_a_pretraining_block(tmp_path):
    config = make_config(tmp_path)
    del config["pretraining"]
    config.to_disk(tmp_path / "config.cfg")
    result = run(tmp_path / "config.cfg", tmp_path / "out")
    assert result.exit_code == 1
    assert "E263" in result.output


def test_names_the_extra_for_the_probe(tmp_path, monkeypatch):
    config = make_config(tmp_path, LMAO, monitor=MONITOR)
    config["pretraining"]["objective"]["monitor"]["probe_path"] = str(tmp_path / "labels.jsonl")
    config.to_disk(tmp_path / "config.cfg")
    monkeypatch.setitem(sys.modules, "sklearn", None)
    result = run(tmp_path / "config.cfg", tmp_path / "out")
    assert result.exit_code == 1
    assert "spacy-mtl[sklearn]" in text_of(result)
