"""The library that finds subwords, which is an extra."""

from importlib import import_module
from typing import Any

from .errors import Errors


def import_tokenizers() -> Any:
    """Import the package `tokenizers`.

    RETURNS (Any): The module.
    RAISES (ValueError): If it is not installed. The error names the extra that has it.
    """
    try:
        return import_module("tokenizers")
    except ImportError as err:
        raise ValueError(Errors.E510.format(reason=err)) from err
