"""Small data and a pipeline, for commands that are killed or run out of something."""

import os
from pathlib import Path

import pytest
from builders import SENTIMENT, TAGS, add_encoder, add_task, train
from fault_data import write_data
from spacy import blank


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody pulls the plug in a test, so that nothing has to wait for the disk."""
    monkeypatch.setattr(os, "fsync", os.fstat)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_data(tmp_path / "data")


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a pipeline."""
    nlp = blank("xx")
    add_encoder(nlp)
    add_task(nlp, "sentiment")
    add_task(nlp, "tags", multi_label=True)
    train(nlp, [*SENTIMENT, *TAGS], n_steps=5)
    folder = tmp_path_factory.mktemp("model") / "model"
    nlp.to_disk(folder)
    return folder
