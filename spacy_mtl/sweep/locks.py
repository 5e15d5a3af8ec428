"""Locks between processes. The system ends them with the process, however it ends."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Let one process at a time into a block.

    path (Path): The file that stands for it.
    YIELDS (None): Nothing.
    """
    with open(path, "ab") as file:
        _lock(file, wait=True)
        yield


@contextmanager
def alive(folder: Path) -> Iterator[str]:
    """Let others see that this process runs.

    folder (Path): Where all processes leave their signs.
    YIELDS (str): The name of this process.
    """
    name = uuid.uuid4().hex[:12]
    path = folder / name
    with open(path, "wb") as file:
        _lock(file, wait=True)
        try:
            yield name
        finally:
            path.unlink(missing_ok=True)


def is_alive(folder: Path, name: str) -> bool:
    """Tell whether a process runs.

    folder (Path): Where all processes leave their signs.
    name (str): Its name.
    RETURNS (bool): Whether it runs.
    """
    try:
        with open(folder / name, "rb") as file:
            return not _lock(file, wait=False)
    except FileNotFoundError:
        return False


def _lock(file: IO[bytes], *, wait: bool) -> bool:
    if os.name != "posix":
        # No such locks: one process at a time is up to the user.
        return True
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        return False
    return True
