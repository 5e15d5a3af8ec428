"""What a model and an optimizer have learned so far, in a form that another process can go on from."""

import inspect
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import numpy
from thinc.api import Model, Optimizer

#: State of an optimizer that is kept by parameter.
ARRAYS = ("mom1", "mom2", "averages")
COUNTS = ("nr_update", "last_seen")
#: State of an optimizer that moves on with its schedules. Which there are depends on thinc's version.
VALUES = ("learn_rate", "b1", "b2", "eps", "L2", "grad_clip", "_step")


def get_model_state(model: Model) -> dict[str, Any]:
    """Collect the parameters of a model. Nodes are numbered in the order of `Model.walk`, since their ids
    are others in each process.

    model (Model): The model.
    RETURNS (Dict[str, Any]): The parameters, and what else its layers remember.
    """
    params = {}
    with_gradient = []
    for key, (node, name) in _find_params(model).items():
        if node.has_param(name):
            params[key] = node.ops.to_numpy(node.get_param(name))
        # An optimizer goes on moving a parameter by its momentum once it has seen a gradient.
        if node.has_grad(name):
            with_gradient.append(key)
    caches = [list(cache) for cache in _find_caches(model)]
    return {"params": params, "with_gradient": with_gradient, "caches": caches}


def set_model_state(model: Model, state: dict[str, Any]) -> None:
    """Give a model its parameters back.

    model (Model): The model, initialized with the same config.
    state (Dict[str, Any]): The state.
    RAISES (ValueError): If the state is that of another model.
    """
    found = _find_params(model)
    shapes = {
        key: tuple(node.get_param(name).shape)
        for key, (node, name) in found.items()
        if node.has_param(name)
    }
    if shapes != {key: tuple(array.shape) for key, array in state["params"].items()}:
        raise ValueError("its weights have other shapes than the model of the config")
    for key, array in state["params"].items():
        node, name = found[key]
        node.set_param(name, _to_device(node, array))
    for key in state["with_gradient"]:
        node, name = found[key]
        node.set_grad(name, node.ops.alloc(node.get_param(name).shape))
    for cache, items in zip(_find_caches(model), state["caches"], strict=True):
        cache[:] = items


def get_optimizer_state(optimizer: Optimizer, model: Model) -> dict[str, Any]:
    """Collect the state of an optimizer.

    optimizer (Optimizer): The optimizer.
    model (Model): The model that it trains.
    RETURNS (Dict[str, Any]): Moments, averages, counts and the values of its schedules.
    """
    state: dict[str, Any] = {
        name: getattr(optimizer, name) for name in VALUES if hasattr(optimizer, name)
    }
    params = _find_params(model).items()
    for name in (*ARRAYS, *COUNTS):
        by_id = getattr(optimizer, name, None)
        if by_id is None:
            continue
        state[name] = {}
        for key, (node, param) in params:
            if (node.id, param) in by_id:
                value = by_id[node.id, param]
                state[name][key] = node.ops.to_numpy(value) if name in ARRAYS else int(value)
    return state


def set_optimizer_state(optimizer: Optimizer, model: Model, state: dict[str, Any]) -> None:
    """Let an optimizer go on from an earlier state.

    optimizer (Optimizer): The optimizer, as the config makes it.
    model (Model): The model that it trains.
    state (Dict[str, Any]): The state.
    """
    for name in VALUES:
        if name in state and hasattr(optimizer, name):
            setattr(optimizer, name, state[name])
    params = _find_params(model)
    for name in (*ARRAYS, *COUNTS):
        if name not in state:
            continue
        by_id: dict[tuple[int, str], Any] = defaultdict(int) if name in COUNTS else {}
        for key, value in state[name].items():
            node, param = params[key]
            by_id[node.id, param] = _to_device(node, value) if name in ARRAYS else value
        setattr(optimizer, name, by_id)


def is_finite(model: Model) -> bool:
    """Tell whether a model has not diverged.

    model (Model): The model.
    RETURNS (bool): Whether no parameter is infinite or NaN.
    """
    return all(
        bool(node.ops.xp.isfinite(node.get_param(name)).all())
        for node, name in _find_params(model).values()
        if node.has_param(name)
    )


def _to_device(node: Model, array: Any) -> Any:
    # Arrays that were read from a file cannot be written to.
    copied: Any = numpy.array(array)
    return node.ops.asarray(copied)


def _find_params(model: Model) -> dict[str, tuple[Model, str]]:
    return {
        f"{i}.{name}": (node, name)
        for i, node in enumerate(model.walk())
        for name in node.param_names
    }


def _find_caches(model: Model) -> Iterator[list[int]]:
    """Find the random numbers that spaCy's own masking has drawn ahead. Its layer is a closure, which is the
    only thing that holds them.
    """
    for node in model.walk():
        for value in inspect.getclosurevars(node._func).nonlocals.values():
            cache = getattr(value, "_cache", None)
            if isinstance(cache, list):
                yield cache
