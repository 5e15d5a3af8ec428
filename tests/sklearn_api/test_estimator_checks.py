"""scikit-learn's own checks of estimators. They make numbers, which are written as words here."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.validation import validate_data
from small_texts import INEXACT

from spacy_mtl.sklearn import MultitaskClassifier, SentenceEncoder

REASONS = {
    "check_classifiers_multilabel_representation_invariance": (
        "A list of lists names the labels that apply to each text. A table of 0 and 1 has to be an array."
    )
}
TINY = {"width": 16, "depth": 1, "progress": False}


def as_texts(estimator, X, *, reset=False):
    X = validate_data(estimator, X, reset=reset)
    return [
        " ".join(f"{'abcdefghij'[j % 10]}{round(float(v))}" for j, v in enumerate(row)) for row in X
    ]


class NumbersAsTexts:
    def fit(self, X, y=None):
        return super().fit(as_texts(self, X, reset=True), y)

    def partial_fit(self, X, y, classes=None):
        return super().partial_fit(as_texts(self, X, reset=not hasattr(self, "nlp_")), y, classes)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = True
        tags.input_tags.string = False
        return tags


class NumberEncoder(NumbersAsTexts, SentenceEncoder):
    def transform(self, X):
        return super().transform(as_texts(self, X))


class NumberClassifier(NumbersAsTexts, MultitaskClassifier):
    def predict_proba(self, X):
        return super().predict_proba(as_texts(self, X))

    def predict(self, X):
        return super().predict(as_texts(self, X))

    def score(self, X, y, sample_weight=None):
        return super().score(as_texts(self, X), y, sample_weight)


def expected_failures(estimator):
    return INEXACT | (REASONS if isinstance(estimator, MultitaskClassifier) else {})


@pytest.mark.slow
@parametrize_with_checks(
    [NumberEncoder(**TINY, max_steps=4), NumberClassifier(**TINY, max_steps=30)],
    expected_failed_checks=expected_failures,
)
def test_scikit_learns_checks(estimator, check):
    check(estimator)
