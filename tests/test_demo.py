"""The demo data."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from spacy_mtl.training.raw_text import collect_raw_text

DEMO = Path(__file__).parents[1] / "assets" / "demo"


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    out = tmp_path_factory.mktemp("demo")
    subprocess.run([sys.executable, DEMO / "generate.py", "--out", out], check=True)
    return out


def test_files_are_what_the_generator_writes(generated):
    files = sorted(path.relative_to(generated) for path in generated.rglob("*.*"))
    assert len(files) == 16
    for file in files:
        assert (DEMO / file).read_bytes() == (generated / file).read_bytes()


def test_raw_text_holds_no_labelled_text(tmp_path):
    raw = collect_raw_text([DEMO], tmp_path / "raw.jsonl", labelled=False)
    assert raw.written == 8000
    assert raw.sources[0].duplicates == raw.held_out == 0
    both = collect_raw_text([DEMO], tmp_path / "both.jsonl")
    assert both.written == 8000 + 2300
    assert (DEMO / "raw.jsonl").stat().st_size < 2**20


def test_raw_text_holds_words_that_no_training_text_has(generated):
    texts = [json.loads(line)["text"].lower() for line in (DEMO / "raw.jsonl").open("rb")]
    train = "".join(path.read_text("utf8").lower() for path in DEMO.glob("*/train.*"))
    for word in ("exquisite", "peerless", "luminous", "bulletproof"):
        assert word not in train
        assert sum(word in text for text in texts) >= 3
