"""What speaks for and against each label: heads, neighbours, and confident learning over both."""

import warnings
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy

from ..layers.nearest import NearestVectors
from .extra import import_review

#: How many neighbours have a vote, and how much more the nearest counts.
N_NEIGHBOURS = 50
SHARPNESS = 5.0
#: A label that no neighbour has is not impossible.
PRIOR = 0.5
SMALLEST = 1e-6


class Neighbours(NamedTuple):
    """The nearest other rows of each row, the nearest first."""

    #: Their numbers, `(n, k)`; -1 where there are fewer.
    rows: Any
    #: Cosines of their vectors, `(n, k)`.
    similarity: Any


class Suspicion(NamedTuple):
    """What confident learning says."""

    #: 0 (fits) to 1 (does not), `(n,)`.
    score: Any
    #: Whether the label is counted among the wrong ones, `(n,)`.
    flagged: Any


def find_neighbours(vectors: Any, k: int = N_NEIGHBOURS) -> Neighbours:
    """Find the nearest other rows of each row.

    vectors (Floats2d): The vectors, `(n, width)`.
    k (int): How many.
    RETURNS (Neighbours): The rows, without the row itself.
    """
    n = len(vectors)
    k = min(k, n - 1)
    rows, similarity = NearestVectors(vectors).find(vectors, k + 1)
    other = rows != numpy.arange(n)[:, None]
    # Among many equal vectors a row may not be found itself; then the farthest is left out.
    other[other.all(axis=1), -1] = False
    return Neighbours(rows[other].reshape(n, k), similarity[other].reshape(n, k))


def vote(neighbours: Neighbours, Y: Any, *, multi_label: bool) -> Any:
    """Count the labels of the neighbours, the nearest ones more.

    neighbours (Neighbours): The neighbours.
    Y (Floats2d): Labels of all rows, `(n, n_labels)`; nan where unknown.
    multi_label (bool): Whether several labels can apply.
    RETURNS (Floats2d): Probabilities, `(n, n_labels)`.
    """
    weights = numpy.exp(SHARPNESS * neighbours.similarity) * (neighbours.rows >= 0)
    found = numpy.zeros(Y.shape)
    for label in range(Y.shape[1]):
        y = Y[:, label][neighbours.rows]
        known = weights * ~numpy.isnan(y)
        total = (numpy.nan_to_num(y) * weights).sum(axis=1) + PRIOR
        found[:, label] = total / (known.sum(axis=1) + 2 * PRIOR) if multi_label else total
    return found if multi_label else found / found.sum(axis=1, keepdims=True)


def combine(
    witnesses: Mapping[str, Any], weights: Mapping[str, float], *, multi_label: bool
) -> Any:
    """Combine probabilities: a weighted sum of their logarithms.

    witnesses (Mapping[str, Floats2d]): Probabilities by witness, each `(n, n_labels)`.
    weights (Mapping[str, float]): Weights by witness, as `learn_weights` finds them.
    multi_label (bool): Whether several labels can apply.
    RETURNS (Floats2d): Probabilities, `(n, n_labels)`.
    """
    applies = sum(weights[name] * _log(P) for name, P in witnesses.items())
    if not multi_label:
        return _softmax(applies)
    not_applies = sum(weights[name] * _log(1.0 - P) for name, P in witnesses.items())
    return _softmax(numpy.stack([not_applies, applies], axis=-1))[..., 1]


def learn_weights(witnesses: Mapping[str, Any], Y: Any, *, multi_label: bool) -> dict[str, float]:
    """Learn how much each witness counts: the weights, none of them below 0, with which their sum says best
    what the labels are. A witness that knows nothing gets no weight.

    witnesses (Mapping[str, Floats2d]): Out-of-fold probabilities by witness, each `(n, n_labels)`.
    Y (Floats2d): Labels, `(n, n_labels)`; nan where unknown.
    multi_label (bool): Whether several labels can apply.
    RETURNS (Dict[str, float]): Weights by witness.
    """
    if multi_label:
        known = ~numpy.isnan(Y)
        y = (Y[known] > 0.5).astype("int64")
        logs = [_log(numpy.stack([1.0 - P[known], P[known]], axis=1)) for P in witnesses.values()]
    else:
        y = Y.argmax(axis=1)
        logs = [_log(P) for P in witnesses.values()]
    rows = numpy.arange(len(y))

    def loss(weights: Any) -> tuple[float, Any]:
        P = _softmax(sum(weight * log for weight, log in zip(weights, logs, strict=True)))
        gradient = [((P * log).sum(axis=1) - log[rows, y]).mean() for log in logs]
        return -float(_log(P[rows, y]).mean()), numpy.array(gradient)

    start = numpy.full(len(logs), 1.0 / len(logs))
    optimize = import_review("scipy.optimize")
    bounds = [(0.0, None)] * len(logs)
    found = optimize.minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B").x
    # Where nobody knows anything, all count alike.
    weights = found if found.sum() > SMALLEST else start
    return {name: float(weight) for name, weight in zip(witnesses, weights, strict=True)}


def mean_of_seeds(P: Any) -> Any:
    """Combine the probabilities of several seeds.

    P (Floats3d): Probabilities, `(n_seeds, n, n_labels)`.
    RETURNS (Floats2d): Their mean, `(n, n_labels)`.
    """
    return P.mean(axis=0)


def suspect(Y: Any, P: Any, *, multi_label: bool) -> Suspicion:
    """Find labels that are likely to be wrong, by confident learning (Northcutt et al. 2021).

    Y (Floats2d): Labels, `(n, n_labels)`; nan where unknown.
    P (Floats2d): Out-of-fold probabilities, `(n, n_labels)`.
    multi_label (bool): Whether several labels can apply.
    RETURNS (Suspicion): What it says of each row.
    """
    with warnings.catch_warnings():
        # Labels without a suspect are no news.
        warnings.simplefilter("ignore")
        return (_suspect_multi if multi_label else _suspect_single)(Y, P)


def _suspect_single(Y: Any, P: Any) -> Suspicion:
    rank, search = import_review("cleanlab.rank"), import_review("cleanlab.filter")
    # cleanlab wants every class to occur.
    used = numpy.flatnonzero((Y > 0.5).any(axis=0))
    y = Y[:, used].argmax(axis=1)
    P = P[:, used] / P[:, used].sum(axis=1, keepdims=True)
    quality = rank.get_label_quality_scores(y, P)
    return Suspicion(1.0 - quality, search.find_label_issues(y, P, n_jobs=1))


def _suspect_multi(Y: Any, P: Any) -> Suspicion:
    multi = import_review("cleanlab.multilabel_classification")
    # What is unknown is taken as predicted, so that it is never suspicious.
    Y = numpy.where(numpy.isnan(Y), P > 0.5, Y > 0.5)
    labels = [numpy.flatnonzero(row).tolist() for row in Y]
    quality = multi.get_label_quality_scores(labels, P)
    try:
        flagged = multi.filter.find_label_issues(labels, P)
    except (ValueError, IndexError):
        # A label that applies to all rows or to none has no confident threshold.
        flagged = quality < 0.5
    return Suspicion(1.0 - quality, flagged)


def _softmax(Z: Any) -> Any:
    P = numpy.exp(Z - Z.max(axis=-1, keepdims=True))
    return P / P.sum(axis=-1, keepdims=True)


def _log(P: Any) -> Any:
    return numpy.log(numpy.clip(P, SMALLEST, 1.0))
