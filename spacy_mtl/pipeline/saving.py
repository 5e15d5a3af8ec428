"""Saving components so that a failure leaves what was there before."""

from collections.abc import Callable, Iterable
from pathlib import Path

from ..errors import Errors
from ..staging import staged_folder


def save_atomically(
    name: str, path: str | Path, write: Callable[..., None], *, exclude: Iterable[str] = ()
) -> None:
    """Write a component's folder beside its place, and move it there when it is complete.

    name (str): Name of the component, for the error.
    path (Union[str, Path]): The folder to write.
    write (Callable): Writes the component: `write(path, exclude=exclude)`.
    exclude (Iterable[str]): Names of fields that are not saved.
    RAISES (OSError): If the folder cannot be written, e.g. because the disk is full. An earlier
        folder is then unchanged.
    """
    with staged_folder(path, wait=False, text=Errors.E231, name=name) as folder:
        write(folder, exclude=exclude)
