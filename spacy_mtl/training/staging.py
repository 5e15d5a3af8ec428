"""Write several files so that all of them appear, or none."""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from ..errors import Errors
from ..util import listing


class StagedFiles:
    """Collect files beside their targets and move them into place at the end of a `with` block.

    If the block fails or is interrupted, the new files and folders are removed and everything that
    existed before is unchanged.
    """

    def __init__(self) -> None:
        """Start with no files."""
        self._staged: dict[Path, Path] = {}
        self._created: list[Path] = []

    def write(self, target: str | Path, data: bytes | Iterable[bytes]) -> None:
        """Write one file.

        target (Union[str, Path]): Where the file goes at the end of the block.
        data (Union[bytes, Iterable[bytes]]): What it holds, at once or part by part.
        RAISES (OSError): If it cannot be written.
        """
        target = Path(target)
        staged = target.with_name(f".{target.name}.{os.getpid()}.tmp")
        try:
            self._create_folder(target.parent)
            self._staged[target] = staged
            with open(staged, "wb") as file:
                file.writelines((data,) if isinstance(data, bytes) else data)
                file.flush()
                os.fsync(file.fileno())
        except OSError as err:
            raise OSError(Errors.E135.format(path=target, reason=err.strerror or err)) from err

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
        moved = False
        try:
            if error is None:
                self._move()
                moved = True
        finally:
            if not moved:
                self._discard()

    def _create_folder(self, folder: Path) -> None:
        missing = [path for path in (folder, *folder.parents) if not path.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        self._created.extend(reversed(missing))

    def _move(self) -> None:
        moved: list[Path] = []
        for target in list(self._staged):
            try:
                os.replace(self._staged[target], target)
            except OSError as err:
                reason = err.strerror or err
                raise OSError(
                    Errors.E137.format(path=target, reason=reason, moved=listing(moved))
                ) from err
            moved.append(target)
            del self._staged[target]

    def _discard(self) -> None:
        for staged in self._staged.values():
            with suppress(OSError):
                staged.unlink()
        # A folder that holds anything is not removed by rmdir.
        for folder in reversed(self._created):
            with suppress(OSError):
                folder.rmdir()
