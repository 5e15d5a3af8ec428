"""Averaged weights for the parameters of PyTorch."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from thinc.api import Model, xp2torch

from ..torch_parameters import torch_parameters
from .layer_groups import Key


@contextmanager
def use_torch_params(model: Model, params: Mapping[Key, Any]) -> Iterator[None]:
    """Use other values for a model's parameters of PyTorch for a while, as `Model.use_params` does for all
    others: thinc looks for them under keys that its optimizers do not use, and so finds none.

    model (Model): The model.
    params (Mapping[Key, FloatsXd]): The values by node or shim and name. What is missing stays as it is.
    YIELDS (None): While the values are in place.
    """
    kept = []
    for shim_id, name, parameter in torch_parameters(model):
        if (shim_id, name) in params:
            kept.append((parameter, parameter.data))
            parameter.data = xp2torch(params[shim_id, name], device=parameter.device)
    try:
        yield
    finally:
        for parameter, data in kept:
            parameter.data = data
