"""Fixtures of all tests."""

import os

import pytest
import spacy
from browser import browsers, open_page, playwright  # noqa: F401
from hypothesis import settings
from spacy.language import Language
from thinc.api import fix_random_seed

#: How many inputs hypothesis makes for a test: HYPOTHESIS_PROFILE=thorough takes more time than there is each time.
settings.register_profile("quick", deadline=None, max_examples=25)
settings.register_profile("thorough", deadline=None, max_examples=100)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


@pytest.fixture
def nlp() -> Language:
    """A pipeline that only tokenizes."""
    return spacy.blank("xx")


@pytest.fixture(autouse=True)
def fixed_seed() -> None:
    """Draw the same random numbers in every test."""
    fix_random_seed(0)
