"""Write files and folders so that under their names there is always something complete: the old or the new."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from .disk import check_replaceable, make_folder, remove_empty, sync, sync_tree, worded
from .errors import Errors
from .temporary import Temporary, keep_others, move_files, swap_in
from .util import listing


class StagedFiles:
    """Collect files beside their targets and move them into place at the end of a `with` block.

    If the block fails or is interrupted, the new files and folders are removed and everything that
    existed before is unchanged. If the process is killed, each file is still the old or the new one; with
    `folder`, all of them are.
    """

    def __init__(self, folder: str | Path | None = None) -> None:
        """Start with no files.

        folder (Optional[Union[str, Path]]): A folder that all files are in, to be replaced as one. Its other
            files stay.
        """
        try:
            self._folder = None if folder is None else _FolderOnItsWay(Path(folder))
        except OSError as error:
            raise worded(error, Errors.E885, Path(folder)) from error  # type: ignore[arg-type]
        self._staged: dict[Path, Temporary] = {}
        self._created: list[Path] = []

    def write(
        self, target: str | Path, data: bytes | Iterable[bytes], *, follow: bool = True
    ) -> None:
        """Write one file.

        target (Union[str, Path]): Where the file goes at the end of the block.
        data (Union[bytes, Iterable[bytes]]): What it holds, at once or part by part.
        follow (bool): Whether a link in its place is followed, as for a file that the user has named, or
            replaced, as in a folder that may come from somebody else.
        RAISES (OSError): If it cannot be written.
        """
        target = Path(target)
        parts = (data,) if isinstance(data, bytes) else data
        try:
            if self._folder is not None:
                path = self._folder.path / target.relative_to(self._folder.name)
                path.parent.mkdir(parents=True, exist_ok=True)
                with open(path, "wb") as file:
                    _write(file, parts)
                return
            found = check_replaceable(target)
            target = found if follow else target
            self._created += make_folder(target.parent)
            self._staged[target] = staged = Temporary(target)
            if target.is_file() and not target.is_symlink():
                # What was private stays so.
                staged.path.chmod(target.stat().st_mode & 0o7777)
            with open(staged.descriptor, "wb", closefd=False) as file:  # type: ignore[arg-type]
                _write(file, parts)
            if os.name != "posix":
                # An open file could not be moved.
                staged.close()
        except OSError as error:
            raise worded(error, Errors.E135, target) from error

    def __enter__(self) -> "StagedFiles":
        """RETURNS (StagedFiles): The collection."""
        return self

    def __exit__(
        self,
        error: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Move all files into place, or remove them after an error."""
        try:
            if error is None:
                self._move()
        finally:
            for staged in self._staged.values():
                staged.remove()
            # After a success there is something in them.
            remove_empty(self._created)
            if self._folder is not None:
                self._folder.close()

    def _move(self) -> None:
        if self._folder is not None:
            try:
                self._folder.move()
            except OSError as error:
                raise worded(error, Errors.E885, self._folder.name) from error
        moved: list[Path] = []
        for target in list(self._staged):
            try:
                os.replace(self._staged[target].path, target)
                sync(target.parent)
            except OSError as error:
                raise worded(error, Errors.E137, target, moved=listing(moved)) from error
            moved.append(target)
            self._staged.pop(target).close()


def folder_beside(target: Path) -> Path:
    """Find where a folder can be written that is to replace another.

    target (Path): The other one, or its place.
    RETURNS (Path): The folder that it is in; or itself, if it is the root of a disk, or cannot be replaced.
    """
    parent = target.parent
    is_fixed = os.path.ismount(target) or not os.access(parent, os.W_OK | os.X_OK)
    return target if target.exists() and is_fixed else parent


def place_folder(new: Path, target: Path, *, keep: bool, wait: bool = True) -> None:
    """Put a complete folder into its place.

    new (Path): The folder, in `folder_beside(target)`.
    target (Path): Its place.
    keep (bool): Whether files of the old folder stay that the new one lacks.
    wait (bool): Whether it has to be on the disk before.
    RAISES (OSError): If that is not possible.
    """
    if wait:
        sync_tree(new)
    if new.parent == target:
        move_files(new, target)
        return
    if target.exists():
        new.chmod(target.stat().st_mode & 0o7777)
        if keep:
            keep_others(target, new)
            if wait:
                sync(new)
    swap_in(new, target)
    if wait:
        sync(target.parent)


@contextmanager
def staged_folder(
    target: str | Path,
    *,
    keep: bool = True,
    wait: bool = True,
    text: str = Errors.E885,
    **values: Any,
) -> Iterator[Path]:
    """Write a folder beside its place, and put it there when it is complete.

    If the block fails or is interrupted, the new folder is removed and what existed before is unchanged. If
    the process is killed, there is the old folder or the new one, see `swap_in`. (Where the folder is the root
    of a disk, or its own folder cannot be written to, its files are replaced one by one.)

    target (Union[str, Path]): The folder.
    keep (bool): Whether files of the old folder stay that the new one lacks.
    wait (bool): Whether it has to be on the disk before it is put there, so that it outlives a loss of power
        too. Not needed for a part of a folder that is written in this way itself.
    text (str): The text of the error, with places for `path`, `reason` and others.
    **values (Any): The others.
    YIELDS (Path): An empty folder to write to.
    RAISES (OSError): If the folder cannot be written.
    """
    target = Path(target)
    folder: _FolderOnItsWay | None = None
    try:
        folder = _FolderOnItsWay(target, keep=keep, wait=wait)
        yield folder.path
        folder.move()
    except OSError as error:
        raise worded(error, text, target, **values) from error
    finally:
        if folder is not None:
            folder.close()


def write_atomically(path: str | Path, data: bytes | Iterable[bytes]) -> None:
    """Write a file so that there is never a part of it under its name. A link in its place is replaced.

    path (Union[str, Path]): The file.
    data (Union[bytes, Iterable[bytes]]): What it holds, at once or part by part.
    RAISES (OSError): If it cannot be written.
    """
    with StagedFiles() as files:
        files.write(path, data, follow=False)


def move_file(new: Path, target: Path) -> None:
    """Put a complete file into its place.

    new (Path): The file, on the same disk.
    target (Path): Its place, or a link to it.
    RAISES (OSError): If that is not possible.
    """
    target = check_replaceable(target)
    sync(new)
    os.replace(new, target)
    sync(target.parent)


class _FolderOnItsWay:
    """A folder that is written beside its place."""

    def __init__(self, name: Path, *, keep: bool = True, wait: bool = True) -> None:
        self.name = name
        self._wait = wait
        self._target = Path(os.path.realpath(name))
        self._keep = keep
        if self._target.exists() and not self._target.is_dir():
            raise NotADirectoryError(20, "it is a file")
        self._created = make_folder(self._target.parent)
        try:
            place = folder_beside(self._target)
            self._temporary = Temporary(self._target, folder=place, is_folder=True)
        except OSError:
            remove_empty(self._created)
            raise
        self.path = self._temporary.path

    def move(self) -> None:
        """Put it there."""
        place_folder(self.path, self._target, keep=self._keep, wait=self._wait)

    def close(self) -> None:
        """Remove what is left."""
        self._temporary.remove()
        remove_empty(self._created)


def _write(file: Any, parts: Iterable[bytes]) -> None:
    file.writelines(parts)
    file.flush()
    os.fsync(file.fileno())
