"""Softmax or logistic output whose backward pass takes the gradient of the logits."""

from collections.abc import Callable

from thinc.api import Model, NumpyOps
from thinc.types import Floats2d

from .kernels import get_kernels

InT = Floats2d
OutT = Floats2d


def logits_activation(*, exclusive_classes: bool) -> Model[InT, OutT]:
    """Turn logits into probabilities.

    The backward pass hands its input on unchanged: for the cross-entropy the gradient with respect
    to the logits is `probability - target`, exact and without a division by a probability that may
    be 0, so the loss computes that.

    exclusive_classes (bool): Softmax over the labels, or one logistic function a label.
    RETURNS (Model[Floats2d, Floats2d]): Logits `(n_docs, n_labels)` to probabilities.
    """
    return Model(
        "softmax_logits" if exclusive_classes else "logistic_logits",
        forward,
        attrs={"exclusive_classes": exclusive_classes},
    )


def forward(model: Model[InT, OutT], X: InT, is_train: bool) -> tuple[OutT, Callable]:
    if model.attrs["exclusive_classes"]:
        kernels = get_kernels()
        if isinstance(model.ops, NumpyOps) and hasattr(kernels, "softmax") and X.shape[1]:
            Y = model.ops.alloc2f(*X.shape)
            kernels.softmax(X, Y)
            return Y, _backprop
        return model.ops.softmax(X, inplace=False), _backprop
    return model.ops.sigmoid(X, inplace=False), _backprop


def _backprop(d_logits: OutT) -> InT:
    return d_logits
