"""A small trained pipeline, and blocks that are small too."""

from pathlib import Path

import pytest
from pipelines import make_model, make_texts, write_texts
from spacy.language import Language

from spacy_mtl.inference import runs


@pytest.fixture(scope="session")
def model() -> Language:
    return make_model()


@pytest.fixture
def texts() -> list[str]:
    return make_texts(75)


@pytest.fixture
def source(tmp_path: Path, texts: list[str]) -> Path:
    return write_texts(tmp_path / "texts.jsonl", texts)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight blocks of ten texts at most."""
    monkeypatch.setattr(runs, "BLOCK_ROWS", 10)
