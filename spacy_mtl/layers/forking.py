"""What a process that was forked from a thread has to put right."""

import os
from typing import Protocol
from weakref import WeakSet


class Renewable(Protocol):
    """An object with a lock."""

    def after_fork(self) -> None:
        """Renew the lock, which a thread that does not exist here may have held."""
        ...


_renewables: "WeakSet[Renewable]" = WeakSet()


def renew_after_fork(renewable: Renewable) -> None:
    """Have an object renewed in every process that is forked from this one. Only the thread that forks
    goes on there: locks that others held would never be released.

    renewable (Renewable): The object.
    """
    _renewables.add(renewable)


def _renew() -> None:
    for renewable in list(_renewables):
        renewable.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)
