"""Fixtures of all tests."""

import pytest
import spacy
from browser import browsers, open_page, playwright  # noqa: F401
from spacy.language import Language
from thinc.api import fix_random_seed


@pytest.fixture
def nlp() -> Language:
    """A pipeline that only tokenizes."""
    return spacy.blank("xx")


@pytest.fixture(autouse=True)
def fixed_seed() -> None:
    """Draw the same random numbers in every test."""
    fix_random_seed(0)
