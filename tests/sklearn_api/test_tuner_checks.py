"""scikit-learn's own checks of estimators."""

import numpy
import pytest

pytest.importorskip("sklearn")

from sklearn.utils.estimator_checks import check_estimator, parametrize_with_checks

from spacy_mtl.sklearn import ContrastiveLearner, ContrastiveTuner, FeedForwardTuner


class LearnerOnRows(ContrastiveLearner):
    """The checks call `fit(X, y)`, and this estimator's `fit` takes three arrays: here each row is paired
    with the one before it, alike if both have the same label.
    """

    def fit(self, X, y):
        X1, y = self._sides(X, y)
        return super().fit(X1, numpy.roll(X1, 1, axis=0), y)

    def partial_fit(self, X, y):
        X1, y = self._sides(X, y)
        return super().partial_fit(X1, numpy.roll(X1, 1, axis=0), y)
