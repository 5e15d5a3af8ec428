"""What components do about numbers that are infinite or none: they say where, and learn nothing from them."""

import math
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from spacy.tokens import Doc
from thinc.api import Model

from ..errors import Errors
from ..finite import (
    BrokenGradientError,
    drop_gradients,
    find_broken_gradient,
    find_broken_weights,
    is_finite,
)
from ..util import describe_texts


class Learner(Protocol):
    """A component that learns."""

    name: str
    model: Model
    _has_gradient: bool


def check_loss(pipe: Learner, task: str, loss: float, batch: str) -> None:
    """Check that a loss is a number.

    pipe (TrainablePipe): The component.
    task (str): Name of its task.
    loss (float): The loss.
    batch (str): The batch, see `describe_texts`.
    RAISES (ValueError): If it is infinite or NaN.
    """
    if not math.isfinite(loss):
        batch = _number(pipe) + batch
        raise ValueError(Errors.E229.format(name=pipe.name, task=task, loss=loss, batch=batch))


def backpropagate(pipe: Learner, backprop: Callable[[Any], Any], gradient: Any, batch: str) -> None:
    """Run a component's backward pass, after which it has a gradient. If that is not finite, the gradients
    of the component are dropped before any optimizer has seen them.

    pipe (TrainablePipe): The component.
    backprop (Callable): The backward pass.
    gradient (Any): What it takes.
    batch (str): The batch, see `describe_texts`.
    RAISES (ValueError): If the gradient of a parameter, or what is passed on to the encoder, has no finite
        norm.
    """
    is_sound = False
    try:
        backprop(gradient)
        where = find_broken_gradient(pipe.model)
        is_sound = where is None
    except BrokenGradientError as error:
        where = "its input, which it sends to the encoder,"
        raise ValueError(_broken(pipe, where, batch)) from error
    finally:
        pipe._has_gradient = is_sound
        if not is_sound:
            drop_gradients(pipe.model)
    if where is not None:
        raise ValueError(_broken(pipe, where, batch))


def _broken(pipe: Learner, where: str, batch: str) -> str:
    return Errors.E870.format(name=pipe.name, where=where, batch=_number(pipe) + batch)


def _number(pipe: Learner) -> str:
    n_updates = getattr(pipe, "n_updates", None)
    return "" if n_updates is None else f"update {n_updates + 1}, "


def check_weights(name: str, model: Model) -> None:
    """Check weights that have been loaded.

    name (str): Name of the component.
    model (Model): Its model.
    RAISES (ValueError): If a value is infinite or NaN.
    """
    where = find_broken_weights(model)
    if where is not None:
        raise ValueError(Errors.E872.format(name=name, where=where))


def check_computed(name: str, what: str, array: Any, docs: Sequence[Doc]) -> None:
    """Check what a component has computed for documents.

    name (str): Name of the component.
    what (str): What that is.
    array (FloatsXd): The values.
    docs (Sequence[Doc]): The documents.
    RAISES (ValueError): If a value is infinite or NaN.
    """
    if not is_finite(array):
        raise ValueError(Errors.E873.format(name=name, what=what, batch=describe_texts(docs)))
