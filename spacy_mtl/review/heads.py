"""Linear heads on fixed features, trained to the end: the output layer of `TaskHead` in each of its parts."""

import warnings
from typing import Any

import numpy

from .extra import import_review

#: How freely the weights of each part may grow (inverse strength of the L2 penalty), chosen on sets of tweets
#: and reviews that no figure is reported of.
FREEDOM = {"vectors": 0.003, "ngrams": 1.0}
MAX_ITER = 300
#: Newton's method takes less time than L-BFGS where there are many columns. Gradients of n-grams are small: a larger
#: tolerance stops before anything is learned.
SOLVERS = {"vectors": ("lbfgs", 1e-3), "ngrams": ("newton-cg", 1e-4)}


def predict_head(X_train: Any, Y_train: Any, X: Any, *, multi_label: bool, part: str) -> Any:
    """Train a head on some texts, and predict others.

    X_train (Floats2d): Features to learn from, `(n_train, width)`.
    Y_train (Floats2d): Labels, `(n_train, n_labels)`; nan where it is unknown whether one applies.
    X (Floats2d): Features of the others, `(n, width)`.
    multi_label (bool): Whether several labels can apply.
    part (str): "vectors" or "ngrams".
    RETURNS (Floats2d): Probabilities, `(n, n_labels)`.
    """
    if not multi_label:
        return _predict(X_train, Y_train.argmax(axis=1), X, Y_train.shape[1], part)
    columns = []
    for y in Y_train.T:
        known = numpy.flatnonzero(~numpy.isnan(y))
        columns.append(_predict(X_train[known], y[known].astype("int64"), X, 2, part)[:, 1])
    return numpy.stack(columns, axis=1)


def _predict(X_train: Any, y: Any, X: Any, n_classes: int, part: str) -> Any:
    P = numpy.zeros((X.shape[0], n_classes))
    found = numpy.unique(y)
    if len(found) < 2:
        P[:, found] = 1.0
        return P
    linear_model = import_review("sklearn.linear_model")
    solver, tolerance = SOLVERS[part]
    model = linear_model.LogisticRegression(
        C=FREEDOM[part], solver=solver, max_iter=MAX_ITER, tol=tolerance
    )
    with warnings.catch_warnings():
        # A head that has not quite converged ranks as well.
        warnings.simplefilter("ignore")
        model.fit(X_train, y)
    P[:, model.classes_] = model.predict_proba(X)
    return P
