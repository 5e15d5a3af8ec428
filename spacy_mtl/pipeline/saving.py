"""Saving components so that a failure leaves what was there before."""

import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import mkdtemp

from spacy.util import ensure_path

from ..errors import Errors


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
    target = ensure_path(path)
    partial: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(mkdtemp(prefix=f".{target.name}-", dir=target.parent))
        partial.chmod(0o755)
        write(partial, exclude=exclude)
        _replace(partial, target)
    except OSError as error:
        reason = error.strerror or str(error)
        raise OSError(
            error.errno, Errors.E231.format(name=name, path=target, reason=reason)
        ) from error
    finally:
        if partial is not None and partial.exists():
            shutil.rmtree(partial)


def _replace(partial: Path, target: Path) -> None:
    if not target.exists():
        os.replace(partial, target)
        return
    # A folder cannot replace a folder in one step, so its files do, one by one.
    for source in sorted(partial.rglob("*")):
        place = target / source.relative_to(partial)
        if source.is_dir():
            place.mkdir(exist_ok=True)
        else:
            os.replace(source, place)
