"""Columns of mean 0 and standard deviation 1, by statistics that training keeps up to date."""

from collections.abc import Callable
from typing import Any

from thinc.api import Model
from thinc.types import Floats2d

from .param_versions import peek, watch

InT = Floats2d
OutT = Floats2d

FROZEN = "frozen_statistics"
#: How much of the statistics is kept from batch to batch.
MOMENTUM = 0.99
#: Standard deviations below this count as this: a column that is always the same stays small.
SMALLEST = 1e-3


def standardize(nO: int | None = None) -> Model[InT, OutT]:
    """Subtract each column's mean and divide by its standard deviation.

    The mean of a text's token vectors differs little from text to text: its columns have standard
    deviations of a hundredth and means of a fifth. A linear layer would need weights in the
    hundreds, which take an optimizer longer than small data lasts. The statistics are running
    averages over the batches of training, used in training and prediction alike, and constants to
    the backward pass (a batch normalization in which the batch at hand counts no more than others;
    Ioffe 2017, "Batch Renormalization", without its corrections).

    nO (Optional[int]): Number of columns.
    RETURNS (Model[Floats2d, Floats2d]): `(n, nO)` to the same shape.
    """
    return Model(
        "standardize",
        forward,
        init=init,
        dims={"nO": nO},
        params={"mean": None, "square": None, "weight": None},
        attrs={FROZEN: False},
    )


def freeze_statistics(model: Model, frozen: bool) -> None:
    """Stop or go on with keeping the statistics up to date.

    model (Model): A model with such layers, or without.
    frozen (bool): Whether the statistics stay as they are.
    """
    for node in model.walk():
        if FROZEN in node.attrs:
            node.attrs[FROZEN] = frozen


def forward(model: Model[InT, OutT], X: InT, is_train: bool) -> tuple[OutT, Callable]:
    if is_train and X.shape[0] and not model.attrs[FROZEN]:
        _add_batch(model, X)
    mean, scale = statistics(model)
    Y = (X - mean) * scale

    def backprop(dY: OutT) -> InT:
        return dY * scale

    return Y, backprop


def statistics(model: Model[InT, OutT]) -> tuple[Any, Any]:
    """Get the current statistics.

    model (Model[Floats2d, Floats2d]): The layer.
    RETURNS (Tuple[Floats1d, Floats1d]): What is subtracted, and what the difference is multiplied by, each
        `(nO,)`.
    """
    xp = model.ops.xp
    watch([model])
    weight = peek(model, "weight")
    mean: Any = peek(model, "mean")
    if not float(weight[0]):
        return mean.copy(), xp.ones_like(mean)
    mean = mean / weight
    variance = peek(model, "square") / weight - mean * mean
    return mean, 1.0 / xp.sqrt(xp.maximum(variance, SMALLEST * SMALLEST))


def _add_batch(model: Model[InT, OutT], X: Any) -> None:
    # Sums that fade, and the sum of their weights, so that the first batches count in full.
    for name, found in (
        ("mean", X.mean(axis=0)),
        ("square", (X * X).mean(axis=0)),
        ("weight", 1.0),
    ):
        model.set_param(name, MOMENTUM * model.get_param(name) + (1.0 - MOMENTUM) * found)


def init(model: Model[InT, OutT], X: InT | None = None, Y: OutT | None = None) -> None:
    if X is not None:
        model.set_dim("nO", X.shape[1], force=True)
    width = model.get_dim("nO")
    model.set_param("mean", model.ops.alloc1f(width))
    model.set_param("square", model.ops.alloc1f(width))
    model.set_param("weight", model.ops.alloc1f(1))
