"""A small pipeline, files for it, and blocks that are small too."""

import pytest
from bulk_setup import InlinePool, make_model, write_rows
from spacy.language import Language

from spacy_mtl.bulk import apply


@pytest.fixture(scope="session")
def model() -> Language:
    return make_model()


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """Blocks of ten rows at most."""
    monkeypatch.setattr(apply, "BLOCK_ROWS", 10)


@pytest.fixture
def inline(monkeypatch):
    """No processes: they take a second to begin, and those that die have tests of their own."""
    monkeypatch.setattr(apply, "LocalPool", InlinePool)


@pytest.fixture
def source(tmp_path):
    return write_rows(tmp_path / "texts.jsonl", 95)
