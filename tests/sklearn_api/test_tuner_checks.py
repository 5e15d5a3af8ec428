"""scikit-learn's own checks of estimators."""

import numpy
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


@pytest.mark.parametrize("tuner", [FeedForwardTuner, ContrastiveTuner])
@pytest.mark.parametrize(
    ("values", "dtype"),
    [([0, 1, None, 1], "Int64"), (["x", "y", None, "y"], "string"), ([0, 1, 0, 1], "Int64")],
)
def test_labels_in_types_of_pandas(tuner, values, dtype):
    pandas = pytest.importorskip("pandas", reason="tables need pandas")
    X = numpy.random.default_rng(0).normal(size=(40, 4))
    own = pandas.Series(values * 10, dtype=dtype)
    same = tuner(n_epochs=2, random_state=0).fit(X, own).transform(X)
    plain = tuner(n_epochs=2, random_state=0).fit(X, values * 10).transform(X)
    numpy.testing.assert_array_equal(same, plain)
