"""Files and folders on their way to their place: how they are named, who may remove them, and how they get there.

A temporary file lies beside its target, and is locked by the process that writes it. The system ends the lock with
the process, however it ends, so that the next one can tell what was left behind from what is being written.
"""

import ctypes
import os
import re
import shutil
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

try:
    import fcntl
except ImportError:
    # Windows has no such locks. What a killed process leaves there is removed by hand.
    fcntl = None  # type: ignore[assignment]

#: `.NAME.mtl-12345678.tmp`, which nobody else would choose.
_NAME = ".{name}.mtl-{token}.tmp"
_OURS = re.compile(r"\.(.+)\.mtl-[0-9a-f]{8}\.tmp")
#: Where the old folder is for a moment, if two folders cannot change places.
_OLD = ".{name}.mtl-old.tmp"
_EXCHANGE = 2
_HERE = -100


class Temporary:
    """A new file or folder that no other process removes while this one holds it."""

    def __init__(
        self, target: Path, *, folder: Path | None = None, is_folder: bool = False
    ) -> None:
        """Create it, after what killed processes have left for the same target was removed.

        target (Path): What it will become.
        folder (Optional[Path]): Where to create it. Defaults to the folder of the target.
        is_folder (bool): Whether it is a folder.
        RAISES (OSError): If it cannot be created.
        """
        folder = folder or target.parent
        remove_leftovers(target, folder)
        while True:
            self.path = folder / _NAME.format(name=target.name, token=token_hex(4))
            if is_folder:
                self.path.mkdir()
                self.descriptor = _open_folder(self.path)
            else:
                flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
                self.descriptor = os.open(self.path, flags, 0o666)
            # Another process may have taken it for a leftover in this moment.
            if _lock(self.descriptor) and _is_at(self.descriptor, self.path):
                return
            self.close()

    def close(self) -> None:
        """Give it up. It stays where it is."""
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None

    def remove(self) -> None:
        """Give it up, and remove it if it is still there."""
        self.close()
        remove(self.path)


def is_temporary(name: str) -> bool:
    """Tell whether a name is one of a temporary file.

    name (str): The name.
    RETURNS (bool): Whether it is.
    """
    return _OURS.fullmatch(name) is not None


def remove_leftovers(target: Path, folder: Path) -> None:
    """Remove what killed processes have left of their work on a file or folder. If one was killed while it put
    a folder into the place of another, the other comes back.

    target (Path): The file or folder.
    folder (Path): Where they may have left it.
    """
    old = target.with_name(_OLD.format(name=target.name))
    if old.exists():
        if target.exists():
            remove(old)
        else:
            os.rename(old, target)
    if fcntl is None or not folder.is_dir():
        return
    with os.scandir(folder) as entries:
        found = [entry.path for entry in entries if _target_of(entry.name) == target.name]
    for path in map(Path, found):
        with suppress(OSError):
            descriptor = os.open(path, os.O_RDONLY)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                remove(path)
            finally:
                os.close(descriptor)


def remove(path: Path) -> None:
    """Remove a file or folder as far as possible, if it is there.

    path (Path): The file or folder.
    """
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
        # That needs a handle for each level, and this one at a time.
        for place, folders, names in os.walk(path, topdown=False):
            for name in (*names, *folders):
                remove(Path(place, name))
        with suppress(OSError):
            path.rmdir()
    else:
        with suppress(OSError):
            path.unlink()


def swap_in(new: Path, target: Path) -> None:
    """Put a folder into its place, and remove the one that was there. Where the system lets two folders change
    places (Linux), there is one of them at any moment. Elsewhere there is none for a moment, and if the process
    is killed in it, the next one that writes the folder brings the old one back.

    new (Path): The folder.
    target (Path): Its place, on the same disk.
    RAISES (OSError): If that is not possible. The old folder is then in its place.
    """
    if not os.path.lexists(target):
        os.rename(new, target)
    elif _exchange(new, target):
        remove(new)
    else:
        old = target.with_name(_OLD.format(name=target.name))
        os.rename(target, old)
        try:
            os.rename(new, target)
        except OSError:
            os.rename(old, target)
            raise
        remove(old)


def keep_others(old: Path, new: Path) -> None:
    """Take over the files of a folder that another one lacks.

    old (Path): The folder.
    new (Path): The other one.
    RAISES (OSError): If they cannot be linked or copied.
    """
    with os.scandir(old) as entries:
        found = list(entries)
    for entry in found:
        source, place = Path(entry.path), new / entry.name
        if is_temporary(entry.name):
            continue
        if entry.is_dir(follow_symlinks=False):
            if not os.path.lexists(place):
                place.mkdir()
                shutil.copystat(source, place)
            if place.is_dir():
                keep_others(source, place)
        elif not os.path.lexists(place):
            try:
                os.link(source, place, follow_symlinks=False)
            # Not every system links a link.
            except (OSError, NotImplementedError):
                shutil.copy2(source, place, follow_symlinks=False)


def move_files(new: Path, target: Path) -> None:
    """Replace the files of a folder by those of another, one by one.

    new (Path): The other folder, on the same disk.
    target (Path): The folder.
    RAISES (OSError): If that is not possible.
    """
    for path, folders, names in os.walk(new):
        place = target / Path(path).relative_to(new)
        for name in folders:
            (place / name).mkdir(exist_ok=True)
        for name in names:
            os.replace(Path(path, name), place / name)


def _target_of(name: str) -> str | None:
    found = _OURS.fullmatch(name)
    return found[1] if found else None


def _open_folder(path: Path) -> int | None:
    return os.open(path, os.O_RDONLY) if os.name == "posix" else None


def _lock(descriptor: int | None) -> bool:
    if fcntl is None or descriptor is None:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        # A disk without locks: others cannot lock either, and so remove nothing.
        return True
    return True


def _is_at(descriptor: int | None, path: Path) -> bool:
    if descriptor is None:
        return True
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def _exchange(one: Path, other: Path) -> bool:
    """Let two folders change places in one step, if the system can."""
    try:
        function = ctypes.CDLL(None).renameat2
    except (AttributeError, OSError, TypeError):
        return False
    names = os.fsencode(one), os.fsencode(other)
    return bool(function(_HERE, names[0], _HERE, names[1], _EXCHANGE) == 0)
