"""Settings of another type than a function takes."""

import inspect
from collections.abc import Sequence

import numpy
import pytest

from spacy_mtl.argument_types import checked_types

HUGE = 10**400


@checked_types("a.v1")
def make(
    *,
    size: int = 1,
    rate: float = 0.5,
    seed: int | None = None,
    is_on: bool = False,
    sizes: int | Sequence[int] = 3,
    name: str | int = "a",
    path: str = "b",
) -> tuple:
    """Make something."""
    return size, rate, seed, is_on, sizes, name, path


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"size": "1"}, "a whole number is needed"),
        ({"size": 1.0}, "a whole number is needed"),
        ({"size": float("nan")}, "a whole number is needed"),
        ({"size": numpy.float32(2)}, "a whole number is needed"),
        ({"size": HUGE}, "a whole number is needed"),
        ({"rate": "0.5"}, "a number is needed"),
        ({"rate": -HUGE}, "a number is needed"),
        ({"seed": "0"}, "a whole number or null is needed"),
        ({"seed": 0.5}, "a whole number or null is needed"),
        ({"is_on": "false"}, "true or false is needed"),
        ({"is_on": 0.5}, "true or false is needed"),
        ({"sizes": "3"}, "a whole number is needed"),
        ({"name": 0.5}, "a whole number is needed"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_another_type_is_told_of(given, expected):
    with pytest.raises(
        ValueError, match=rf"^\[E933\] Setting '{next(iter(given))}' of 'a.v1' is .*{expected}"
    ):
        make(**given)


@pytest.mark.parametrize(
    "given",
    [
        {"size": 2, "rate": 1, "seed": None, "is_on": True, "sizes": [1, 2]},
        {"size": numpy.int64(2), "rate": numpy.float32(1), "is_on": 1, "name": "1", "path": "1"},
        {"rate": float("nan"), "size": True},
    ],
)
def test_what_is_right_is_passed_on_as_it_is(given):
    found = dict(zip(inspect.signature(make).parameters, make(**given), strict=True))
    assert all(found[name] is value for name, value in given.items())


def test_the_function_looks_as_before():
    assert make.__doc__ == "Make something."
    assert inspect.signature(make).parameters["size"].annotation is int


def test_other_errors_of_arguments_are_pythons():
    with pytest.raises(TypeError, match="unexpected"):
        make(other=1)
