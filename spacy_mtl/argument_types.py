"""Settings of registered functions that have another type than they should."""

import inspect
import sys
from collections.abc import Callable
from functools import wraps
from numbers import Integral, Real
from types import NoneType, UnionType
from typing import Any, ParamSpec, TypeVar, Union, get_args, get_origin

from .errors import Errors

P = ParamSpec("P")
R = TypeVar("R")


def checked_types(name: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Check the numbers and truth values among a function's arguments before it is called.

    When a config is resolved, "1" counts as the number 1 and 2.5 as a whole number, because they could be made
    into one. The function then gets them as they are.

    name (str): The registered name of the function.
    RETURNS (Callable[[Callable], Callable]): The decorator. The function raises ValueError if an argument has
        another type than its annotation says.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        signature = inspect.signature(function)
        expected = {name: _kinds(found.annotation) for name, found in signature.parameters.items()}

        @wraps(function)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            for setting, value in signature.bind_partial(*args, **kwargs).arguments.items():
                reason = _mismatch(value, expected[setting])
                if reason is not None:
                    message = Errors.E933.format(
                        name=name, setting=setting, value=value, expected=reason
                    )
                    raise ValueError(message)
            return function(*args, **kwargs)

        return checked

    return decorate


def _kinds(annotation: Any) -> set[Any]:
    is_union = get_origin(annotation) in (Union, UnionType)
    return {
        get_origin(kind) or kind for kind in (get_args(annotation) if is_union else [annotation])
    }


def _mismatch(value: Any, kinds: set[Any]) -> str | None:
    """Say what is needed instead of a value, or None if it will do."""
    if int not in kinds and float not in kinds and bool not in kinds:
        return None
    is_text = isinstance(value, str) and str not in kinds
    is_fraction = isinstance(value, Real) and not isinstance(value, Integral) and float not in kinds
    is_huge = isinstance(value, Integral) and abs(int(value)) > sys.float_info.max
    if not (is_text or is_fraction or is_huge):
        return None
    number = "a number" if float in kinds else "a whole number" if int in kinds else "true or false"
    return f"{number} or null" if NoneType in kinds else number
