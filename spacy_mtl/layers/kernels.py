"""The inner loops of the encoder: compiled ones where numba is installed, else NumPy's."""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from ..errors import Errors, Warnings

#: "numba", "numpy", or "auto": numba's where it is installed.
KERNELS_VARIABLE = "SPACY_MTL_KERNELS"
MODES = ("numpy", "numba")

#: Modes of the blocks that are open, each in a list of its own, so that it can be told from others.
_forced: list[list[str]] = []


def get_kernels() -> Any:
    """Get the module with the inner loops.

    RETURNS (ModuleType): `kernels_numba` or `kernels_numpy`, which have the same functions.
    RAISES (ValueError): If the environment variable `SPACY_MTL_KERNELS` is set to something unknown.
    """
    return _load(kernels_mode())


def kernels_mode() -> str:
    """RETURNS (str): Which loops are used, "numpy" or "numba"."""
    mode = _forced[-1][0] if _forced else os.environ.get(KERNELS_VARIABLE, "auto")
    if mode == "auto":
        return "numba" if has_numba() else "numpy"
    if mode not in MODES:
        raise ValueError(Errors.E240.format(variable=KERNELS_VARIABLE, value=mode))
    if mode == "numba" and not has_numba():
        raise ValueError(Errors.E241.format(variable=KERNELS_VARIABLE))
    return mode


@contextmanager
def use_kernels(mode: str) -> Iterator[None]:
    """Use certain loops within the block.

    mode (str): "numpy", "numba" or "auto".
    """
    block = [mode]
    _forced.append(block)
    try:
        kernels_mode()
        yield
    finally:
        # Blocks of several threads do not end in the order in which they began.
        _forced[:] = [other for other in _forced if other is not block]


@lru_cache(maxsize=1)
def has_numba() -> bool:
    """RETURNS (bool): Whether numba is installed and works."""
    if find_spec("numba") is None:
        return False
    try:
        import_module("numba")
    except Exception as error:
        # It refuses versions of NumPy that are newer than itself.
        warnings.warn(Warnings.W206.format(error=error), stacklevel=2)
        return False
    return True


@lru_cache(maxsize=2)
def _load(mode: str) -> Any:
    return import_module(f".kernels_{mode}", __package__)
