"""The files that a job writes, one after the other."""

import os
import shutil
from pathlib import Path
from typing import Any

from ..errors import Errors
from ..inference.writers import encode_json, open_at, write_through
from ..staging import move_file
from .blocks import Block, Result
from .columns import join_parts
from .inputs import REJECTED, InputFile

#: How many files that cannot be read are named at the end.
MAX_NAMED = 10


class JobWriter:
    """Writes each file beside the output, and gives it its place when it is complete."""

    def __init__(self, files: list[InputFile], output: Path, *, overwrite: bool = False) -> None:
        """Open nothing yet.

        files (List[InputFile]): The files, in the order in which their blocks come.
        output (Path): The output of the job.
        overwrite (bool): Whether to replace files that are there.
        """
        self.files = files
        self.rejected_path = Path(f"{output}{REJECTED}")
        self.overwrite = overwrite
        self._folder = Path()
        self._file: Any = None
        self._rejected: Any = None
        self._state: dict[str, Any] = {}

    @property
    def n_rejected(self) -> int:
        """RETURNS (int): How many rows were left out."""
        return int(self._state["n_rejected"])

    @property
    def n_failed(self) -> int:
        """RETURNS (int): How many files could not be read, or not to their end."""
        return int(self._state["n_failed"])

    @property
    def failed(self) -> list[str]:
        """RETURNS (List[str]): The first of these files, each with what was wrong."""
        return list(self._state["failed"])

    def open(self, folder: Path, n_blocks: int, position: Any) -> bool:
        """Begin, or go on after some blocks."""
        self._folder = folder
        start = {"done": 0, "size": 0, "parts": 0, "rejected": 0, "placed": True}
        self._state = position or {**start, "n_rejected": 0, "n_failed": 0, "failed": []}
        self._place()
        self._check_free(self.rejected_path if position is None else None)
        if position is None:
            for left in [*folder.glob("data.*"), *folder.glob("parts.*"), *folder.glob("done.*")]:
                shutil.rmtree(left) if left.is_dir() else left.unlink()
        at = None if position is None else self._state["rejected"]
        self._rejected = open_at(folder / "rejected", at)
        if self._rejected is None or not self._has_parts():
            return False
        if self._state["size"]:
            self._file = open_at(self._data, self._state["size"])
            return self._file is not None
        return True

    def write(self, block: Block, results: Result) -> Any:
        """Add a block."""
        self._place()
        state = self._state
        # A file of which nothing can be read is not written.
        if not block.is_lost:
            self._append(block.file, results.data)
        if block.failed:
            self._tell(block)
        if results.rejected:
            self._rejected.write(results.rejected)
        state["rejected"] = write_through(self._rejected)
        state["n_rejected"] += results.n_rejected
        if block.is_last:
            state["done"] += 1
            state["placed"] = block.is_lost
        return state

    def finish(self, n_rows: int, output: Path) -> None:
        """Complete the last file, and that of the rows that were left out."""
        self._place()
        is_empty = not write_through(self._rejected)
        self.close()
        if is_empty:
            self.rejected_path.unlink(missing_ok=True)
        else:
            copy = self._folder / "data.rejected"
            shutil.copyfile(self._folder / "rejected", copy)
            move_file(copy, self.rejected_path)

    def close(self) -> None:
        """Close what is open."""
        for file in (self._file, self._rejected):
            if file is not None:
                file.close()
        self._file = None

    @property
    def _data(self) -> Path:
        return self._folder / f"data.{self._state['done']}"

    @property
    def _parts(self) -> Path:
        return self._folder / f"parts.{self._state['done']}"

    def _append(self, file: InputFile, data: bytes) -> None:
        if file.kind == "parquet":
            self._parts.mkdir(exist_ok=True)
            with open(self._parts / f"{self._state['parts']:08d}", "wb") as part:
                part.write(data)
                write_through(part)
            self._state["parts"] += 1
            return
        if self._file is None:
            self._file = open_at(self._data, None)
        self._file.write(data)
        self._state["size"] = write_through(self._file)

    def _tell(self, block: Block) -> None:
        state = self._state
        state["n_failed"] += 1
        if len(state["failed"]) < MAX_NAMED:
            state["failed"].append(f"{block.file.path}: {block.failed}")
        told = {"file": block.file.path, "number": None, "reason": block.failed, "row": None}
        self._rejected.write(encode_json(told) + b"\n")

    def _place(self) -> None:
        """Give the last file its place, if it is complete and not there yet. It may be done twice."""
        state = self._state
        if state["placed"]:
            return
        if self._file is not None:
            self._file.close()
            self._file = None
        index = state["done"] - 1
        target = Path(self.files[index].target)
        data, parts = self._folder / f"data.{index}", self._folder / f"parts.{index}"
        if state["parts"] and parts.exists():
            join_parts([parts / f"{i:08d}" for i in range(state["parts"])], data)
        if data.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            move_file(data, target)
        if parts.exists():
            # Some of them would be taken for all.
            done = parts.with_name(f"done.{index}")
            os.rename(parts, done)
            shutil.rmtree(done, ignore_errors=True)
        state.update(placed=True, size=0, parts=0)

    def _check_free(self, *others: Path | None) -> None:
        targets = [Path(file.target) for file in self.files[self._state["done"] :]]
        for target in (*targets, *others):
            if target is not None and target.exists() and not self.overwrite:
                raise ValueError(Errors.E616.format(path=target))

    def _has_parts(self) -> bool:
        return all((self._parts / f"{i:08d}").exists() for i in range(self._state["parts"]))
