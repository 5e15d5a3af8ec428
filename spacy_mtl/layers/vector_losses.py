"""Losses between predicted vectors and their targets."""

from collections.abc import Callable
from typing import Any

from thinc.types import Floats2d

#: Predictions shorter than this count as that long, so that the gradient stays bounded.
EPSILON = 1e-3

Loss = Callable[[Any, Floats2d, Floats2d], tuple[float, Floats2d]]


def l2_loss(xp: Any, predictions: Floats2d, targets: Floats2d) -> tuple[float, Floats2d]:
    """Half the squared distance, the mean over all vectors.

    xp (ModuleType): NumPy or CuPy.
    predictions (Floats2d): `(n, width)`.
    targets (Floats2d): `(n, width)`.
    RETURNS (Tuple[float, Floats2d]): The loss and its gradient, `(predictions - targets) / n`.
    """
    d_predictions = predictions - targets
    loss = 0.5 * float(xp.square(d_predictions).sum()) / len(targets)
    d_predictions /= len(targets)
    return loss, d_predictions


def cosine_loss(xp: Any, predictions: Floats2d, targets: Floats2d) -> tuple[float, Floats2d]:
    """One minus the cosine, the mean over all vectors.

    xp (ModuleType): NumPy or CuPy.
    predictions (Floats2d): `(n, width)`.
    targets (Floats2d): `(n, width)`.
    RETURNS (Tuple[float, Floats2d]): The loss and its gradient.
    """
    lengths = xp.linalg.norm(predictions, axis=1, keepdims=True)
    lengths = xp.maximum(lengths, EPSILON)
    units = predictions / lengths
    goals = targets / xp.maximum(xp.linalg.norm(targets, axis=1, keepdims=True), EPSILON)
    cosines = (units * goals).sum(axis=1, keepdims=True)
    loss = float((1.0 - cosines).mean())
    units *= cosines
    units -= goals
    units /= lengths * len(targets)
    return loss, units


LOSSES: dict[str, Loss] = {"cosine": cosine_loss, "L2": l2_loss}
