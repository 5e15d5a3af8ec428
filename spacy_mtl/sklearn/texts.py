"""Texts as the estimators take them: any iterable of strings, read as it comes."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy

from ..errors import Errors

SHOWN = 40


def check_texts(X: Any) -> Iterator[str]:
    """Check the input of an estimator, and read it text by text.

    X (Iterable[str]): The texts: a list, a column of a table, an array, a generator.
    RETURNS (Iterator[str]): The texts. A row that is none raises when it is reached.
    RAISES (ValueError): If it is a single string, a whole table, or nothing that can be read.
    """
    if not isinstance(X, Iterable) and hasattr(X, "__array__"):
        X = numpy.asarray(X)
    shape = getattr(X, "shape", None)
    if isinstance(X, str | bytes | Mapping) or not isinstance(X, Iterable):
        found = f"of type {type(X).__name__}"
    elif shape is not None and len(shape) != 1:
        # A table yields the names of its columns.
        found = f"of shape {tuple(shape)}"
    else:
        return _read(X)
    raise ValueError(Errors.E526.format(found=found))


def _read(X: Iterable[Any]) -> Iterator[str]:
    for row, text in enumerate(X):
        if not isinstance(text, str):
            found = repr(text)
            shown = found if len(found) <= SHOWN else found[: SHOWN - 3] + "..."
            raise ValueError(Errors.E527.format(row=row, found=shown))
        try:
            text.encode("utf8")
        except UnicodeEncodeError as error:
            reason = f"{text[:SHOWN]!r} is not valid Unicode ({error.reason})"
            raise ValueError(Errors.E527.format(row=row, found=reason)) from error
        # NumPy's strings are a subclass, which spaCy refuses.
        yield str(text)
