"""A small data set, and pipelines trained on it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from small_data import Row, write_data, write_rows
from spacy.cli.train import train

from spacy_mtl.cli.baselines import train_baselines
from spacy_mtl.cli.init_config import init_config

STEPS = 24


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_data(tmp_path / "data")


@pytest.fixture
def one_task(tmp_path: Path) -> Callable[..., Path]:
    """Write a folder with one task, whose dev rows are those of training if not given."""

    def write(rows: list[Row], dev: list[Row] | None = None, task: str = "mood") -> Path:
        write_rows(tmp_path / "one" / "train" / f"{task}.jsonl", rows)
        write_rows(tmp_path / "one" / "dev" / f"{task}.jsonl", rows if dev is None else dev)
        return tmp_path / "one"

    return write


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `data`, `multi.cfg`, `multi/model-best` and `single/TASK/model-best`."""
    root = tmp_path_factory.mktemp("trained")
    data = write_data(root / "data")
    text = init_config(data, max_steps=STEPS, width=32, depth=1)
    (root / "multi.cfg").write_text(text, encoding="utf8")
    train(root / "multi.cfg", root / "multi")
    train_baselines(root / "multi.cfg", root / "single")
    return root
