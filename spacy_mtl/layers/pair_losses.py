"""Losses on pairs of vectors, all of them by cosine: what is alike is drawn together."""

from typing import Any

import numpy
from thinc.types import Floats2d

#: Vectors shorter than this count as zero: they have no direction, so no gradient either.
SHORTEST = 1e-8


def cosine_regression(A: Any, B: Any, scores: Any) -> tuple[float, Floats2d, Floats2d]:
    """The squared difference between the cosine of a pair and its score, the mean over all pairs.

    A (Floats2d): `(n, width)`, one side of the pairs.
    B (Floats2d): `(n, width)`, the other side.
    scores (Floats1d): `(n,)`, each in [-1, 1]. As labels: 1 for alike, 0 for not.
    RETURNS (Tuple[float, Floats2d, Floats2d]): The loss and its gradients, `(n, width)` each.
    """
    units_a, inverse_a = _unit_rows(A)
    units_b, inverse_b = _unit_rows(B)
    errors = (units_a * units_b).sum(axis=1) - numpy.asarray(scores, dtype=units_a.dtype)
    n = max(1, len(errors))
    d_cosines = (2.0 / n * errors)[:, None]
    loss = float(numpy.square(errors).sum()) / n
    dA = _through_units(d_cosines * units_b, units_a, inverse_a)
    dB = _through_units(d_cosines * units_a, units_b, inverse_b)
    return loss, dA, dB


def cosent(A: Any, B: Any, scores: Any, *, scale: float = 20.0) -> tuple[float, Floats2d, Floats2d]:
    """Rank pairs: `log(1 + sum(exp(scale * (cos_j - cos_i))))` over all i, j with `score_i > score_j`
    (CoSENT). Only the order of the scores counts, so they may have any range.

    A (Floats2d): `(n, width)`, one side of the pairs.
    B (Floats2d): `(n, width)`, the other side.
    scores (Floats1d): `(n,)`, higher for more alike.
    scale (float): How much a difference of cosines counts.
    RETURNS (Tuple[float, Floats2d, Floats2d]): The loss and its gradients, `(n, width)` each. A batch
        in which all scores are equal has the loss 0.
    """
    units_a, inverse_a = _unit_rows(A)
    units_b, inverse_b = _unit_rows(B)
    cosines = (units_a * units_b).sum(axis=1)
    scores = numpy.asarray(scores)
    higher = scores[:, None] > scores[None, :]
    differences = numpy.where(higher, scale * (cosines[None, :] - cosines[:, None]), -numpy.inf)
    largest = max(0.0, float(differences.max(initial=0.0)))
    shares = numpy.exp(differences - largest)
    total = numpy.exp(-largest) + float(shares.sum(dtype="float64"))
    loss = float(largest + numpy.log(total))
    shares *= scale / total
    d_cosines = (shares.sum(axis=0) - shares.sum(axis=1)).astype(units_a.dtype)[:, None]
    dA = _through_units(d_cosines * units_b, units_a, inverse_a)
    dB = _through_units(d_cosines * units_a, units_b, inverse_b)
    return loss, dA, dB


def in_batch_negatives(
    A: Any, B: Any, *, scale: float = 20.0, groups: Any = None, negatives: Any = None
) -> tuple[float, Floats2d, Floats2d]:
    """Find each row's partner among all of the batch: softmax cross-entropy over the scaled cosines of
    a row of A with all rows of B, where B's row of the same number is the right one. The mean over
    all rows.

    A (Floats2d): `(n, width)`.
    B (Floats2d): `(n, width)`.
    scale (float): The factor of the cosines, the inverse of a temperature.
    groups (Optional[Ints1d]): `(n,)`. Rows of the same group are no negatives of each other.
    negatives (Optional[Array2d]): `(n, n)`, bool: which rows of B are negatives of a row of A at all.
    RETURNS (Tuple[float, Floats2d, Floats2d]): The loss and its gradients, `(n, width)` each.
    """
    units_a, inverse_a = _unit_rows(A)
    units_b, inverse_b = _unit_rows(B)
    own = numpy.eye(len(units_a), dtype=bool)
    others = ~own
    if groups is not None:
        groups = numpy.asarray(groups)
        others &= groups[:, None] != groups[None, :]
    if negatives is not None:
        others &= negatives
    logits = scale * (units_a @ units_b.T)
    loss, d_logits = _cross_entropy(logits, own, others)
    d_logits *= scale
    dA = _through_units(d_logits @ units_b, units_a, inverse_a)
    dB = _through_units(d_logits.T @ units_a, units_b, inverse_b)
    return loss, dA, dB


def supervised_contrastive(X: Any, labels: Any, *, scale: float = 10.0) -> tuple[float, Floats2d]:
    """Find all other rows of the same label among all rows: the supervised contrastive loss (Khosla et
    al. 2020, equation 2), the mean over all rows that have such a partner.

    X (Floats2d): `(n, width)`.
    labels (Ints1d): `(n,)`. Rows with a negative number have no label and take no part.
    scale (float): The factor of the cosines, the inverse of a temperature.
    RETURNS (Tuple[float, Floats2d]): The loss and its gradient, `(n, width)`.
    """
    labels = numpy.asarray(labels)
    known = (labels >= 0)[:, None] & (labels >= 0)[None, :]
    alike = labels[:, None] == labels[None, :]
    return contrastive(X, alike & known, ~alike & known, scale=scale)


def contrastive(X: Any, alike: Any, unlike: Any, *, scale: float = 10.0) -> tuple[float, Floats2d]:
    """The supervised contrastive loss where some pairs of rows are alike, some unlike, and of others
    nothing is known: these are left out.

    X (Floats2d): `(n, width)`.
    alike (Array2d): `(n, n)`, bool. What it says of a row and itself has no effect.
    unlike (Array2d): `(n, n)`, bool.
    scale (float): The factor of the cosines, the inverse of a temperature.
    RETURNS (Tuple[float, Floats2d]): The loss, the mean over all rows for which others are alike, and
        its gradient, `(n, width)`.
    """
    units, inverse = _unit_rows(X)
    others = ~numpy.eye(len(units), dtype=bool)
    loss, d_logits = _cross_entropy(scale * (units @ units.T), alike & others, unlike & others)
    d_logits *= scale
    return loss, _through_units((d_logits + d_logits.T) @ units, units, inverse)


def _cross_entropy(logits: Floats2d, right: Any, wrong: Any) -> tuple[float, Floats2d]:
    """Get the cross-entropy with equal shares for all right entries of a row, the mean over all rows
    that have one, and its gradient.
    """
    entries = numpy.where(right | wrong, logits, -numpy.inf)
    n_right = right.sum(axis=1, keepdims=True)
    n_rows = max(1, int((n_right > 0).sum()))
    largest = entries.max(axis=1, initial=-numpy.inf, keepdims=True)
    largest = numpy.where(numpy.isfinite(largest), largest, 0)
    exps = numpy.exp(entries - largest)
    sums = numpy.maximum(exps.sum(axis=1, keepdims=True), numpy.finfo(logits.dtype).tiny)
    shares = (right / numpy.maximum(n_right, 1)).astype(logits.dtype)
    log_probabilities = numpy.where(right, logits - largest - numpy.log(sums), 0)
    loss = -float((shares * log_probabilities).sum(dtype="float64")) / n_rows
    d_logits = (exps / sums - shares) * (n_right > 0) / n_rows
    return loss, d_logits.astype(logits.dtype)


def _unit_rows(X: Any) -> tuple[Floats2d, Floats2d]:
    """Get vectors of length 1 and the inverse of their lengths, both zero for a vector that is zero."""
    # First by the largest value, so that no square is too large or small for a float.
    scale = numpy.abs(X).max(axis=1, initial=0.0, keepdims=True)
    known = scale > SHORTEST
    scale = numpy.where(known, scale, 1)
    units = X / scale
    lengths = numpy.linalg.norm(units, axis=1, keepdims=True)
    inverse = known / numpy.where(known, lengths, 1)
    units = units * inverse
    return units, inverse / scale


def _through_units(d_units: Floats2d, units: Floats2d, inverse: Floats2d) -> Floats2d:
    """Get the gradient of vectors from the gradient of the same vectors at length 1."""
    along = (d_units * units).sum(axis=1, keepdims=True)
    return (d_units - along * units) * inverse
