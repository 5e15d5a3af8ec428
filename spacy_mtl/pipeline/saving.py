"""Saving components so that a failure leaves what was there before, and loading what is undamaged."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from hashlib import blake2b
from pathlib import Path

from ..damage import worded_damage
from ..errors import Errors
from ..staging import staged_folder

#: The file with the weights, as spaCy names it, and that with its checksum.
MODEL = "model"
CHECKSUM = "model.blake2b"
#: Bytes that are read at once.
_PART = 1 << 20


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
        if (folder / MODEL).is_file():
            (folder / CHECKSUM).write_text(_digest(folder / MODEL), encoding="utf8")


def readable(name: str, path: str | Path) -> AbstractContextManager[None]:
    """Name a component and its folder in what goes wrong while its files are read.

    name (str): Name of the component.
    path (Union[str, Path]): The folder.
    RETURNS (ContextManager): What to read them in.
    RAISES (ValueError): If a file is damaged or missing.
    """

    def word(reason: str) -> str:
        return Errors.E900.format(name=name, path=path, reason=reason)

    return worded_damage(word)


def check_files(name: str, path: str | Path, exclude: Iterable[str] = ()) -> None:
    """Check that the weights are those that were saved. Folders of the first releases have no checksum.

    name (str): Name of the component.
    path (Union[str, Path]): The folder.
    exclude (Iterable[str]): Names of fields that are not loaded.
    RAISES (ValueError): If not.
    """
    model, checksum = Path(path) / MODEL, Path(path) / CHECKSUM
    if MODEL in exclude or not checksum.is_file():
        return
    if checksum.read_bytes().strip() != _digest(model).encode():
        raise ValueError(Errors.E901.format(name=name, path=model, checksum=checksum))


def _digest(path: Path) -> str:
    digest = blake2b(digest_size=16)
    with path.open("rb") as file:
        while part := file.read(_PART):
            digest.update(part)
    return digest.hexdigest()
