"""A training with workers that is interrupted by Ctrl-C."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest


def hear_interrupts() -> None:
    """The processes that share out the tests do not hear them, and what they start inherits that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.slow
def test_ctrl_c_says_how_to_go_on_and_leaves_no_process(make_config, tmp_path):
    pytest.importorskip("ray")
    psutil = pytest.importorskip("psutil")
    make_config(training__max_steps=100_000).to_disk(tmp_path / "config.cfg")
    command = [sys.executable, "-m", "spacy", "mtl", "train", "config.cfg", "--output", "run"]
    process = subprocess.Popen(
        [*command, "--workers", "2"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        preexec_fn=hear_interrupts,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("Step 10 "):
            break
    family = psutil.Process(process.pid).children(recursive=True)
    os.killpg(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 130, output
    assert "mtl train config.cfg --output run --resume --workers 2" in output
    assert "Traceback" not in output
    assert len(family) > 2
    psutil.wait_procs(family, timeout=20)
    assert not [child for child in family if child.is_running()]
    assert Path(tmp_path / "run" / "checkpoint" / "state.msgpack").is_file()
