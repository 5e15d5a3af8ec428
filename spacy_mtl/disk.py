"""What is done on a disk, one file or folder at a time."""

import os
from collections.abc import Iterable
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy

from .errors import Errors


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, have reached the disk.

    path (Path): The file or folder.
    RAISES (OSError): If the disk fails.
    """
    is_folder = path.is_dir()
    if is_folder and os.name != "posix":
        return
    descriptor = os.open(path, os.O_RDONLY if is_folder else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_tree(folder: Path) -> None:
    """Wait until a folder has reached the disk with everything in it.

    folder (Path): The folder.
    RAISES (OSError): If the disk fails.
    """
    for path, _, names in os.walk(folder):
        for name in names:
            if not os.path.islink(os.path.join(path, name)):
                sync(Path(path, name))
        sync(Path(path))


def append_line(path: Path, line: str) -> None:
    """Append a line to a file, the whole line or, if that fails, nothing. What a killed process has left of a
    line is removed.

    path (Path): The file.
    line (str): The line, without its end.
    RAISES (OSError): If it cannot be written.
    """
    with path.open("a+b") as file:
        size = _end_of_lines(file)
        try:
            file.truncate(size)
            file.write(line.encode("utf8", "backslashreplace") + b"\n")
            file.flush()
        except OSError:
            with suppress(OSError):
                os.truncate(path, size)
            raise


def write_array(file: Any, array: Any) -> None:
    """Write an array in NumPy's format. (`numpy.save` does not tell why a disk did not take all of it.)

    file (BinaryIO): The file.
    array (ArrayXd): The array.
    RAISES (OSError): If it cannot be written.
    """
    header = BytesIO()
    array = numpy.ascontiguousarray(array)
    numpy.lib.format.write_array_header_1_0(
        header, numpy.lib.format.header_data_from_array_1_0(array)
    )
    file.write(header.getvalue())
    file.write(memoryview(array).cast("B") if array.size else b"")


def check_replaceable(path: Path) -> Path:
    """Find the file that is to be replaced.

    path (Path): The file, or a link to it.
    RETURNS (Path): The file.
    RAISES (OSError): If it is a device, a pipe or a folder, in whose place a file would be a surprise.
    """
    if path.exists() and not path.is_file():
        found = "a folder" if path.is_dir() else "no regular file"
        raise OSError(Errors.E886.format(path=path, found=found))
    return Path(os.path.realpath(path)) if path.is_symlink() else path


def make_folder(folder: Path) -> list[Path]:
    """Make a folder, and those on the way to it.

    folder (Path): The folder.
    RETURNS (List[Path]): The ones that were made.
    RAISES (OSError): If that is not possible. Those that were made are then removed.
    """
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    missing.reverse()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        remove_empty(missing)
        raise
    return missing


def remove_empty(folders: Iterable[Path]) -> None:
    """Remove folders that hold nothing.

    folders (Iterable[Path]): The folders, those that are in another one after it.
    """
    for folder in reversed(list(folders)):
        # A folder that holds anything is not removed by rmdir.
        with suppress(OSError):
            folder.rmdir()


def worded(error: OSError, text: str, path: Path, **values: Any) -> OSError:
    """Say what a failure of the disk means.

    error (OSError): The failure.
    text (str): The text, with places for `path`, `reason` and others.
    path (Path): What was to be written.
    **values (Any): The others.
    RETURNS (OSError): The same with this text and the same number.
    """
    if error.strerror is None and error.args:
        return error
    # The class goes with the number. Both in the constructor would put the number before the text.
    kind = type(OSError(error.errno, "")) if error.errno else OSError
    found = kind(text.format(path=path, reason=error.strerror or repr(error), **values))
    found.errno = error.errno
    return found


def _end_of_lines(file: Any) -> int:
    """Find where the last complete line ends."""
    end = file.seek(0, os.SEEK_END)
    while end:
        start = max(0, end - 4096)
        file.seek(start)
        found = file.read(end - start).rfind(b"\n")
        if found >= 0:
            return int(start + found + 1)
        end = start
    return 0
