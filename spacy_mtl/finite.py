"""Notice numbers that are infinite or none before they spread."""

import math
from numbers import Real
from typing import Any

import numpy
from thinc.api import Model

from .torch_parameters import torch_parameters


class BrokenGradientError(ValueError):
    """A gradient that is not finite, on its way from one component to another."""


def is_number(value: Any) -> bool:
    """Tell whether a value is a number that a float can be: neither infinite nor none, and not too large.

    value (Any): The value, e.g. of a config.
    RETURNS (bool): Whether it is.
    """
    try:
        return isinstance(value, Real) and math.isfinite(value)
    except OverflowError:
        return False


def has_finite_norm(array: Any) -> bool:
    """Tell whether the squares of an array's values have a finite sum, in one pass over its memory.

    That is no for NaN and for infinite values, and also for values whose squares are infinite: neither
    can a gradient of that size be clipped, nor do the moments of an optimizer ever forget it.

    array (FloatsXd): The array.
    RETURNS (bool): Whether they have.
    """
    with numpy.errstate(over="ignore", invalid="ignore"):
        return _has_norm(array)


def _has_norm(array: Any) -> bool:
    flat = array.reshape(-1)
    if flat.dtype.itemsize < 4:
        flat = flat.astype("f")
    return math.isfinite(float(flat.dot(flat)))


def is_finite(array: Any) -> bool:
    """Tell whether all values of an array are finite.

    array (FloatsXd): The array.
    RETURNS (bool): Whether they are.
    """
    # A finite norm takes half the time to find and no memory.
    return has_finite_norm(array) or math.isfinite(float(abs(array).max()))


def find_broken_gradient(model: Model) -> str | None:
    """Find a parameter whose gradient an optimizer cannot use.

    model (Model): The model, after a backward pass.
    RETURNS (Optional[str]): The parameter, or None if all gradients have a finite norm.
    """
    with numpy.errstate(over="ignore", invalid="ignore"):
        for node in model.walk():
            # Layers that add to few rows of a large table have looked at these rows.
            sound = getattr(node._params, "sound", {})
            for name in node.param_names:
                is_sound = sound.pop(name, None)
                if is_sound is None:
                    is_sound = not node.has_grad(name) or _has_norm(node.get_grad(name))
                if not is_sound:
                    return f"parameter {name} of layer '{node.name}'"
    for _, name, parameter in torch_parameters(model):
        if parameter.grad is not None and not math.isfinite(float(parameter.grad.norm())):
            return f"parameter {name}"
    return None


def drop_gradients(model: Model) -> None:
    """Forget all gradients that wait for an optimizer.

    model (Model): The model.
    """
    for node in model.walk():
        getattr(node._params, "sound", {}).clear()
        for name in node.param_names:
            if node.has_grad(name):
                gradient: Any = node.get_grad(name)
                gradient.fill(0.0)
    for _, _, parameter in torch_parameters(model):
        parameter.grad = None


def find_broken_weights(model: Model) -> str | None:
    """Find a parameter with values that are infinite or no numbers.

    model (Model): The model.
    RETURNS (Optional[str]): The parameter, or None if all are sound.
    """
    for node in model.walk():
        for name in node.param_names:
            # To get a parameter counts as a change of it, which costs no more here than a look at a cache.
            if node.has_param(name) and not is_finite(node.get_param(name)):
                return f"parameter {name} of layer '{node.name}'"
    for _, name, parameter in torch_parameters(model):
        if not bool(parameter.isfinite().all()):
            return f"parameter {name}"
    return None
