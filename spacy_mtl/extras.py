"""Libraries of the extras, imported when they are needed."""

from importlib import import_module
from typing import Any


def import_extra(name: str, message: str) -> Any:
    """Import a module of an extra.

    name (str): Name of the module.
    message (str): The error that names the extra, with a place for the `reason`.
    RETURNS (Any): The module.
    RAISES (ValueError): If it cannot be imported.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise ValueError(message.format(reason=error)) from error
