"""A small data set, a config for it, and workers that need no processes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fake_workers import FakeWorkers

from spacy_mtl.cli.init_config import init_config

ROWS = [("good film", "yes"), ("bad film", "no"), ("great plot", "yes"), ("awful plot", "no")]


@pytest.fixture(scope="session")
def config_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sweep")
    for split in ("train", "dev"):
        path = folder / "data" / split / "liked.csv"
        path.parent.mkdir(parents=True)
        path.write_text("text,label\n" + "".join(f"{text},{label}\n" for text, label in ROWS * 4))
    config = folder / "config.cfg"
    text = init_config(folder / "data", max_steps=8, width=8, depth=1)
    config.write_text(text.replace("eval_frequency = 1\n", "eval_frequency = 2\n"))
    return config


@pytest.fixture
def space_path(tmp_path: Path) -> Callable[[str], Path]:
    """Write a search space."""

    def write(text: str) -> Path:
        path = tmp_path / "space.yml"
        path.write_text(text, encoding="utf8")
        return path

    return write


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Callable[..., FakeWorkers]:
    """Let a function tell the scores of a trial instead of training."""

    def use(scores: Callable[[dict[str, Any]], Any]) -> FakeWorkers:
        workers = FakeWorkers(scores)
        monkeypatch.setattr("spacy_mtl.sweep.search.open_workers", workers.open)
        return workers

    return use
