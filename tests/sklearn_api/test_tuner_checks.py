"""scikit-learn's own checks of estimators."""

import pytest

pytest.importorskip("sklearn")

from sklearn.utils.estimator_checks import parametrize_with_checks

from spacy_mtl.sklearn import ContrastiveLearner, ContrastiveTuner, FeedForwardTuner


class LearnerOnRows(ContrastiveLearner):
    """The checks call `fit(X, y)`, which does not apply to an estimator whose `fit` takes three arrays.
    So here X is both sides of the pairs and y their scores: all checks run, and what they find is
    the learner's own.
    """

    def fit(self, X, y):
        return super().fit(X, X, y)

    def partial_fit(self, X, y):
        return super().partial_fit(X, X, y)


@parametrize_with_checks([FeedForwardTuner(), ContrastiveTuner(), LearnerOnRows()])
def test_sklearn_checks(estimator, check):
    check(estimator)
