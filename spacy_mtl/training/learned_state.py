"""What a model and an optimizer have learned so far, in a form that another process can go on from."""

import inspect
from collections.abc import Iterator
from typing import Any

from thinc.api import Model, Optimizer, get_array_module

from .learned_params import find_params

#: State of an optimizer that is kept by parameter.
ARRAYS = ("mom1", "mom2", "averages")
COUNTS = ("nr_update", "last_seen")
#: State of an optimizer that moves on with its schedules. Which there are depends on thinc's version.
VALUES = ("learn_rate", "b1", "b2", "eps", "L2", "grad_clip", "_step")


def get_model_state(model: Model) -> dict[str, Any]:
    """Collect the parameters of a model, by names that are the same in every process.

    model (Model): The model.
    RETURNS (Dict[str, Any]): The parameters, and what else its layers remember.
    """
    params = {}
    with_gradient = []
    for name, param in find_params(model).items():
        value = param.get()
        if value is not None:
            params[name] = param.to_numpy(value)
        # An optimizer goes on moving a parameter by its momentum once it has seen a gradient.
        if param.has_gradient:
            with_gradient.append(name)
    attrs = {
        f"{i}.{name}": value
        for i, node in enumerate(model.walk())
        for name, value in node.attrs.items()
        if isinstance(value, bool | int | float | str)
    }
    return {
        "params": params,
        "with_gradient": with_gradient,
        # They are saved with a pipeline, and some, as the dropout, change in training.
        "attrs": attrs,
        "caches": [list(cache) for cache in _find_caches(model)],
    }


def set_model_state(model: Model, state: dict[str, Any]) -> None:
    """Give a model its parameters back.

    model (Model): The model, initialized with the same config.
    state (Dict[str, Any]): The state.
    RAISES (ValueError): If the state is that of another model.
    """
    found = find_params(model)
    values = {name: param.get() for name, param in found.items()}
    shapes = {name: tuple(value.shape) for name, value in values.items() if value is not None}
    del values
    if shapes != {name: tuple(array.shape) for name, array in state["params"].items()}:
        raise ValueError("its weights have other shapes than the model of the config")
    for name, array in state["params"].items():
        found[name].set(array)
    for name in state["with_gradient"]:
        found[name].add_gradient()
    # Checkpoints of the first release have none.
    attrs = state.get("attrs", {})
    for i, node in enumerate(model.walk()):
        for name in node.attrs:
            if f"{i}.{name}" in attrs:
                node.attrs[name] = attrs[f"{i}.{name}"]
    for cache, items in zip(_find_caches(model), state["caches"], strict=True):
        cache[:] = items


def get_optimizer_state(optimizer: Optimizer, model: Model) -> dict[str, Any]:
    """Collect the state of an optimizer.

    optimizer (Optimizer): The optimizer.
    model (Model): The model that it trains.
    RETURNS (Dict[str, Any]): Moments, averages, counts and the values of its schedules.
    """
    return {**get_rates(optimizer), **get_moments(optimizer, model)}


def set_optimizer_state(optimizer: Optimizer, model: Model, state: dict[str, Any]) -> None:
    """Let an optimizer go on from an earlier state.

    optimizer (Optimizer): The optimizer, as the config makes it.
    model (Model): The model that it trains.
    state (Dict[str, Any]): The state.
    """
    set_rates(optimizer, state)
    set_moments(optimizer, model, state)


def get_rates(optimizer: Optimizer) -> dict[str, Any]:
    """Collect what moves on with the schedules of an optimizer.

    optimizer (Optimizer): The optimizer.
    RETURNS (Dict[str, Any]): The current values.
    """
    return {name: getattr(optimizer, name) for name in VALUES if hasattr(optimizer, name)}


def set_rates(optimizer: Optimizer, state: dict[str, Any]) -> None:
    """Set what moves on with the schedules of an optimizer.

    optimizer (Optimizer): The optimizer.
    state (Dict[str, Any]): The values.
    """
    for name in VALUES:
        if name in state and hasattr(optimizer, name):
            setattr(optimizer, name, state[name])


def get_moments(optimizer: Optimizer, model: Model) -> dict[str, Any]:
    """Collect what an optimizer keeps for the parameters of a model.

    optimizer (Optimizer): The optimizer.
    model (Model): The model.
    RETURNS (Dict[str, Any]): Moments, averages and counts.
    """
    params = find_params(model).items()
    state: dict[str, Any] = {}
    for kind in (*ARRAYS, *COUNTS):
        by_key = getattr(optimizer, kind, None)
        if by_key is None:
            continue
        state[kind] = {
            name: param.to_numpy(by_key[param.key]) if kind in ARRAYS else int(by_key[param.key])
            for name, param in params
            if param.key in by_key
        }
    return state


def set_moments(optimizer: Optimizer, model: Model, state: dict[str, Any]) -> None:
    """Set what an optimizer keeps for the parameters of a model, and nothing of others.

    optimizer (Optimizer): The optimizer.
    model (Model): The model.
    state (Dict[str, Any]): Moments, averages and counts.
    """
    params = find_params(model)
    for kind in (*ARRAYS, *COUNTS):
        by_key = getattr(optimizer, kind, None)
        if by_key is None or kind not in state:
            continue
        for param in params.values():
            by_key.pop(param.key, None)
        for name, value in state[kind].items():
            param = params[name]
            by_key[param.key] = param.to_device(value) if kind in ARRAYS else value


def is_finite(model: Model) -> bool:
    """Tell whether a model has not diverged.

    model (Model): The model.
    RETURNS (bool): Whether no parameter is infinite or NaN.
    """
    values = (param.get() for param in find_params(model).values())
    return all(
        bool(get_array_module(value).isfinite(value).all()) for value in values if value is not None
    )


def _find_caches(model: Model) -> Iterator[list[int]]:
    """Find the random numbers that spaCy's own masking has drawn ahead. Its layer is a closure, which is the
    only thing that holds them.
    """
    for node in model.walk():
        if not inspect.isfunction(node._func):
            continue
        for value in inspect.getclosurevars(node._func).nonlocals.values():
            cache = getattr(value, "_cache", None)
            if isinstance(cache, list):
                yield cache
