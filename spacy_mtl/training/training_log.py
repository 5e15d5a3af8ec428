"""The file `training.jsonl`: one JSON object per evaluation."""

import json
import math
import os
import warnings
from pathlib import Path
from typing import Any

from ..disk import append_line
from ..errors import Errors, Warnings

FILE_NAME = "training.jsonl"


class TrainingLog:
    """Append lines to a file that may become known only after the first of them.

    The file of an earlier run is kept: it is moved to the next free number, `training.1.jsonl`.
    """

    def __init__(self, path: Path | None = None) -> None:
        """Check the path, if it is known already.

        path (Optional[Path]): The file, or None to keep the lines until `locate` names it.
        """
        self.path: Path | None = None
        self._waiting: list[str] = []
        self._started = False
        if path is not None:
            self.locate(path)

    def locate(self, path: Path) -> None:
        """Name the file. Only the first call counts.

        path (Path): The file.
        """
        if self.path is not None:
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _cannot_write(path, error) from error
        if path.is_dir():
            raise OSError(Errors.E171.format(path=path, reason="it is a directory"))
        self.path = path

    def size(self) -> int:
        """RETURNS (int): Bytes that the lines of this run take in the file."""
        return self.path.stat().st_size if self._started and self.path is not None else 0

    def go_on(self, path: Path, size: int) -> None:
        """Go on below the lines of a run that was interrupted. Lines that are about to be written again are
        taken out.

        path (Path): The file.
        size (int): How many of its bytes to keep.
        """
        self.locate(path)
        found = path.stat().st_size if path.exists() else 0
        if found < size:
            text = Warnings.W376.format(path=path, found=found, size=size)
            warnings.warn(text, stacklevel=2)
        elif 0 < size < found:
            os.truncate(path, size)
        self._started = size > 0

    def write(self, entry: dict[str, Any]) -> Path | None:
        """Write one line.

        entry (Dict[str, Any]): The content. Values that are not finite become null.
        RETURNS (Optional[Path]): Where the file of an earlier run was moved to, if it was.
        """
        self._waiting.append(json.dumps(to_json(entry), ensure_ascii=False))
        if self.path is None:
            return None
        try:
            moved = None if self._started else _make_room(self.path)
            self._started = True
            append_line(self.path, "\n".join(self._waiting))
        except OSError as error:
            raise _cannot_write(self.path, error) from error
        self._waiting.clear()
        return moved


def to_json(value: Any) -> Any:
    """Turn scores of any component into plain JSON values.

    value (Any): Dicts, lists, numbers (also NumPy's), texts; anything else becomes its text.
    RETURNS (Any): The same in JSON types, None in place of NaN and infinite numbers.
    """
    if isinstance(value, dict):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(item) for item in value]
    if value is None or isinstance(value, bool | int | str):
        return value
    try:
        number = value.item() if hasattr(value, "item") else float(value)
    except (TypeError, ValueError):
        return str(value)
    return None if isinstance(number, float) and not math.isfinite(number) else number


def _make_room(path: Path) -> Path | None:
    if not path.exists():
        return None
    number = 1
    while (older := path.with_name(f"{path.stem}.{number}{path.suffix}")).exists():
        number += 1
    path.rename(older)
    return older


def _cannot_write(path: Path, error: OSError) -> OSError:
    return OSError(Errors.E171.format(path=path, reason=error.strerror or error))
