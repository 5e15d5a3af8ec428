"""Checks of the arrays, labels and settings that tuners get."""

import math
from collections.abc import Iterable
from numbers import Integral, Real
from typing import Any

import numpy
from sklearn.base import BaseEstimator
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length, column_or_1d, validate_data
from thinc.types import Floats2d

from ..errors import Errors
from ..training.label_pairs import is_cats
from .labels import is_unknown


def check_X(estimator: BaseEstimator, X: Any, *, reset: bool) -> Floats2d:
    """Check rows of numbers.

    estimator (BaseEstimator): Whose columns they are.
    X (Any): `(n, width)`.
    reset (bool): Whether these are the first rows, whose columns all others must have.
    RETURNS (Floats2d): The rows, float32.
    RAISES (ValueError): If these are no finite numbers, or other columns.
    """
    return validate_data(estimator, X, reset=reset, dtype="float32", order="C")


def check_y(estimator: BaseEstimator, X: Floats2d, y: Any) -> Any:
    """Check labels.

    estimator (BaseEstimator): Who gets them.
    X (Floats2d): The rows.
    y (Any): A label for each row, None where it is unknown, or a dict of known labels for each row.
    RETURNS (Union[List[Dict[str, float]], Array1d]): The labels.
    RAISES (ValueError): If they are no labels of classes, or not one for each row.
    """
    name = type(estimator).__name__
    if y is None:
        raise ValueError(Errors.E561.format(name=name))
    if hasattr(y, "to_list"):
        values = y.to_list()
        if is_cats(values):
            y = values
        elif not isinstance(y.dtype, numpy.dtype):
            # NumPy has no such type of column, and pandas' NA cannot be compared.
            unknown = [is_unknown(value) for value in values]
            values = [None if gap else value for value, gap in zip(values, unknown, strict=True)]
            y = numpy.array(values, dtype=object if any(unknown) else None)
    if is_cats(y):
        check_consistent_length(X, y)
        return list(y)
    y = column_or_1d(y, warn=True)
    check_consistent_length(X, y)
    known = y
    if y.dtype.kind == "O":
        known = numpy.array([label for label in y if label is not None])
    if len(known):
        check_classification_targets(known)
    return y


def check_settings(estimator: BaseEstimator, limits: dict[str, tuple[type, float, float]]) -> None:
    """Check an estimator's settings that are numbers.

    estimator (BaseEstimator): The estimator.
    limits (Dict[str, Tuple[type, float, float]]): By setting, whether it is an int or a float, its lowest
        value and its highest.
    RAISES (ValueError): If a setting is something else.
    """
    for setting, (kind, low, high) in limits.items():
        value: Any = getattr(estimator, setting)
        kinds: Any = Integral if kind is int else Real
        if isinstance(value, bool) or not isinstance(value, kinds) or not low <= value <= high:
            number = "a whole number" if kind is int else "a number"
            upper = "" if high == math.inf else f" and at most {high}"
            _fail(estimator, setting, f"{number} of at least {low}{upper}")


def check_choice(estimator: BaseEstimator, setting: str, choices: Iterable[str]) -> None:
    """Check a setting that is one of some names.

    estimator (BaseEstimator): The estimator.
    setting (str): The setting.
    choices (Iterable[str]): What it may be.
    RAISES (ValueError): If it is something else.
    """
    if getattr(estimator, setting) not in choices:
        _fail(estimator, setting, "one of " + ", ".join(repr(choice) for choice in choices))


def _fail(estimator: BaseEstimator, setting: str, expected: str) -> None:
    value = getattr(estimator, setting)
    name = type(estimator).__name__
    raise ValueError(Errors.E550.format(name=name, setting=setting, value=value, expected=expected))
