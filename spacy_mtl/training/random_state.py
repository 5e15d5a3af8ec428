"""The global random states that training draws from."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy
from thinc.compat import has_torch, torch

#: States of Python's and NumPy's generators, in types that can be saved as JSON or msgpack.
RandomState = dict[str, Any]


def get_random_state() -> RandomState:
    """RETURNS (RandomState): The current states."""
    version, internal, gauss = random.getstate()
    name, keys, *rest = numpy.random.get_state()
    return {"python": [version, list(internal), gauss], "numpy": [name, keys, *rest]}


def set_random_state(state: RandomState) -> None:
    """Go back to earlier states.

    state (RandomState): The states.
    """
    version, internal, gauss = state["python"]
    random.setstate((version, tuple(internal), gauss))
    name, keys, *rest = state["numpy"]
    numpy.random.set_state((name, numpy.asarray(keys, dtype="uint32"), *rest))


def get_torch_state() -> bytes | None:
    """RETURNS (Optional[bytes]): The state of PyTorch's generator for the CPU, None without PyTorch."""
    return torch.get_rng_state().numpy().tobytes() if has_torch else None


def set_torch_state(state: bytes | None) -> None:
    """Go back to an earlier state of PyTorch's generator.

    state (Optional[bytes]): The state.
    """
    if has_torch and state is not None:
        torch.set_rng_state(torch.from_numpy(numpy.frombuffer(state, dtype="uint8").copy()))


def is_random_state(state: RandomState) -> bool:
    """Tell whether nothing was drawn since a state.

    state (RandomState): The state.
    RETURNS (bool): Whether the current states equal it.
    """
    current = get_random_state()
    name, keys, *rest = current["numpy"]
    other_name, other_keys, *other_rest = state["numpy"]
    return (
        current["python"] == list(state["python"])
        and [name, *rest] == [other_name, *other_rest]
        and numpy.array_equal(keys, other_keys)
    )


@contextmanager
def separate_random_state(seed: int) -> Iterator[None]:
    """Draw other random numbers in a block, and leave the global states as they were.

    seed (int): Seed of the numbers drawn in the block.
    YIELDS (None): Nothing.
    """
    state = get_random_state()
    random.seed(seed)
    numpy.random.seed(seed)
    try:
        yield
    finally:
        set_random_state(state)
