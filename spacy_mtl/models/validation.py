"""Checks of the settings that models are built with."""

from collections.abc import Iterable

from ..errors import Errors


def check_at_least(lowest: int, **sizes: int) -> None:
    """Check that sizes are not below a limit.

    lowest (int): The limit.
    **sizes (int): The sizes by name.
    RAISES (ValueError): If one is below the limit.
    """
    for name, value in sizes.items():
        if value < lowest:
            raise ValueError(Errors.E201.format(name=name, value=value, lowest=lowest))


def check_share(**shares: float) -> None:
    """Check that probabilities are between 0 and 1.

    **shares (float): The probabilities by name.
    RAISES (ValueError): If one is not.
    """
    for name, value in shares.items():
        if not 0.0 <= value <= 1.0:
            raise ValueError(Errors.E253.format(name=name, value=value, expected="0 to 1"))


def check_choice(name: str, value: str, known: Iterable[str]) -> None:
    """Check that a setting has one of its possible values.

    name (str): Name of the setting.
    value (str): Its value.
    known (Iterable[str]): The possible values.
    RAISES (ValueError): If it has another.
    """
    if value not in known:
        expected = "one of: " + ", ".join(known)
        raise ValueError(Errors.E253.format(name=name, value=repr(value), expected=expected))
