"""Losses between predicted vectors and their targets."""

from collections.abc import Callable
from typing import Any

import numpy
from thinc.types import Floats2d

#: Predictions shorter than this count as that long, so that the gradient stays bounded.
EPSILON = 1e-3

Loss = Callable[[Any, Any], tuple[float, Floats2d]]


def l2_loss(predictions: Any, targets: Any) -> tuple[float, Floats2d]:
    """Half the squared distance, the mean over all vectors.

    predictions (Floats2d): `(n, width)`.
    targets (Floats2d): `(n, width)`.
    RETURNS (Tuple[float, Floats2d]): The loss and its gradient, `(predictions - targets) / n`.
    """
    d_predictions = predictions - targets
    loss = 0.5 * float(numpy.square(d_predictions).sum()) / len(targets)
    d_predictions /= len(targets)
    return loss, d_predictions


def cosine_loss(predictions: Any, targets: Any) -> tuple[float, Floats2d]:
    """One minus the cosine, the mean over all vectors.

    predictions (Floats2d): `(n, width)`.
    targets (Floats2d): `(n, width)`.
    RETURNS (Tuple[float, Floats2d]): The loss and its gradient.
    """
    lengths = numpy.linalg.norm(predictions, axis=1, keepdims=True)
    lengths = numpy.maximum(lengths, EPSILON)
    units = predictions / lengths
    goals = targets / numpy.maximum(numpy.linalg.norm(targets, axis=1, keepdims=True), EPSILON)
    cosines = (units * goals).sum(axis=1, keepdims=True)
    loss = float((1.0 - cosines).mean())
    units *= cosines
    units -= goals
    units /= lengths * len(targets)
    return loss, units


LOSSES: dict[str, Loss] = {"cosine": cosine_loss, "L2": l2_loss}
