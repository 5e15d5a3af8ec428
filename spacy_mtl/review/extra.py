"""The libraries of the extra "review", imported when they are needed."""

from importlib import import_module
from typing import Any

from ..errors import Errors


def import_extra(name: str) -> Any:
    """Import a module of the extra "review".

    name (str): Name of the module.
    RETURNS (Any): The module.
    RAISES (ValueError): If the extra is not installed.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise ValueError(Errors.E700) from error
