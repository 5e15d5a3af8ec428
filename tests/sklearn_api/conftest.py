"""Trained estimators, once for all tests."""

import pytest
import sklearn
from sklearn.utils.fixes import parse_version
from small_texts import FILMS, MOODS, TEXTS, TINY

from spacy_mtl.sklearn import MultitaskClassifier, SentenceEncoder

#: scikit-learn takes reasons for what does not apply from 1.6 on.
if parse_version(sklearn.__version__) < parse_version("1.6"):
    collect_ignore = ["test_estimator_checks.py"]


@pytest.fixture(scope="session")
def classifier():
    """A classifier of one task."""
    return MultitaskClassifier(**TINY).fit(TEXTS, MOODS)


@pytest.fixture(scope="session")
def two_tasks():
    """A classifier of two tasks, one of them with unknown labels."""
    return MultitaskClassifier(**TINY).fit(TEXTS, {"mood": MOODS, "film": FILMS})


@pytest.fixture(scope="session")
def encoder(two_tasks):
    """An encoder that was trained."""
    return SentenceEncoder(two_tasks.nlp_, batch_size=7, progress=False)
