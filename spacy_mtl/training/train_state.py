"""What a pipeline and its optimizer have learned, in a form that another process can go on from."""

from collections.abc import Iterable
from itertools import islice
from typing import Any

from spacy.language import Language
from thinc.api import Model, Optimizer

from ..errors import Errors
from .learned_state import (
    get_model_state,
    get_moments,
    get_rates,
    set_model_state,
    set_moments,
    set_rates,
)

#: What components count of what they have learned from.
COUNTERS = ("n_seen", "n_updates")


def get_train_state(
    nlp: Language, optimizer: Optimizer, *, n_steps: int, exclude: Iterable[str] = ()
) -> dict[str, Any]:
    """Collect what has been learned so far. Everything in it can be written as msgpack.

    nlp (Language): The pipeline.
    optimizer (Optimizer): Its optimizer.
    n_steps (int): How often the schedules of the optimizer have been moved on (`step_schedules`).
    exclude (Iterable[str]): Names of components that do not learn.
    RETURNS (Dict[str, Any]): By component its weights, moments, averages and counts; and the position of
        the schedules. Arrays on the CPU are not copied, and not to be written to.
    """
    pipes = {
        name: {
            "model": get_model_state(pipe.model),
            "optimizer": get_moments(optimizer, pipe.model),
            "counters": {key: getattr(pipe, key) for key in COUNTERS if hasattr(pipe, key)},
        }
        for name, pipe in find_trained(nlp, exclude)
    }
    totals = {
        name: schedule.total_steps
        for name, schedule in optimizer.schedules.items()
        if hasattr(schedule, "total_steps")
    }
    schedules = {"n_steps": n_steps, "total_steps": totals, "values": get_rates(optimizer)}
    return {"pipes": pipes, "schedules": schedules}


def set_train_state(
    nlp: Language, optimizer: Optimizer, state: dict[str, Any], *, schedules: bool = True
) -> None:
    """Let a pipeline and its optimizer go on from an earlier state.

    nlp (Language): The pipeline, initialized with the same config.
    optimizer (Optimizer): The optimizer.
    state (Dict[str, Any]): What `get_train_state` returned.
    schedules (bool): Move the schedules of the optimizer on to where they were. They have to be at their
        beginning, as the config makes them.
    RAISES (ValueError): If the state is that of another pipeline.
    """
    found = dict(find_trained(nlp))
    for name, part in state["pipes"].items():
        if name not in found:
            raise ValueError(Errors.E800.format(name=name, reason="the pipeline does not have it"))
        pipe = found[name]
        try:
            set_model_state(pipe.model, part["model"])
        except ValueError as error:
            raise ValueError(Errors.E800.format(name=name, reason=error)) from error
        set_moments(optimizer, pipe.model, part["optimizer"])
        for key, value in part["counters"].items():
            setattr(pipe, key, value)
    if schedules:
        _move_schedules(optimizer, state["schedules"])


def _move_schedules(optimizer: Optimizer, state: dict[str, Any]) -> None:
    for name, schedule in optimizer.schedules.items():
        if state["total_steps"].get(name) is not None:
            schedule.total_steps = state["total_steps"][name]  # type: ignore[attr-defined]
        for _ in islice(schedule, state["n_steps"]):
            pass
    set_rates(optimizer, state["values"])


def find_trained(nlp: Language, exclude: Iterable[str] = ()) -> list[tuple[str, Any]]:
    """Find the components that `spacy train` changes.

    nlp (Language): The pipeline.
    exclude (Iterable[str]): Names of components that do not learn.
    RETURNS (List[Tuple[str, Pipe]]): Names and components.
    """
    return [
        (name, pipe)
        for name, pipe in nlp.pipeline
        if name not in exclude
        and isinstance(getattr(pipe, "model", None), Model)
        and getattr(pipe, "is_trainable", False)
    ]
