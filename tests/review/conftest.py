"""A small set with labels that were flipped, and configs without training."""

import json

import pytest
from review_data_small import flipped_rows, write_rows

from spacy_mtl.cli.init_config import init_config


@pytest.fixture(scope="session")
def reviewed(tmp_path_factory):
    """A folder with `data`, `small.cfg` and the lines of the flipped rows."""
    pytest.importorskip("cleanlab", reason="cleanlab is not installed")
    root = tmp_path_factory.mktemp("reviewed")
    rows, flipped = flipped_rows("sentiment", 120, seed=1)
    write_rows(root / "data" / "train" / "sentiment.jsonl", rows)
    write_rows(root / "data" / "dev" / "sentiment.jsonl", flipped_rows("sentiment", 30, seed=2)[0])
    text = init_config(root / "data", width=32, depth=1, max_steps=20)
    (root / "small.cfg").write_text(text, encoding="utf8")
    (root / "flipped.json").write_text(json.dumps(flipped))
    return root
