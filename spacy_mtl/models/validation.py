"""Checks of the sizes that models are built with."""

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
