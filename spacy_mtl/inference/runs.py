"""A run over all texts of a file that can be interrupted at any time and goes on where it stopped."""

import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

from ..bars import ProgressBar
from ..damage import DAMAGE, describe, is_ours
from ..errors import Errors
from ..garbage import old_objects_spared
from ..staging import write_atomically
from ..training.formats import ReadStats
from ..util import file_version
from .blocks import BLOCK_ROWS
from .rows import STREAM
from .sources import Source, Spread
from .writers import Writer

#: Where an interrupted run lies, beside the output.
PARTIAL = ".partial"
STATE = "state.json"
#: A file that says that there is nothing left to do but to move the output to its place, and what is there before.
FINISHED = "finished"
VERSION = 2


@dataclass
class RunReport:
    """What a run has done.

    output (Path): The file it writes.
    total (Optional[int]): How many rows there are. None if that is not known yet.
    rows (int): Rows that are done.
    before (int): How many of them were done before an interruption.
    stats (ReadStats): Rows that were left out.
    """

    output: Path
    total: int | None = None
    rows: int = 0
    before: int = 0
    stats: ReadStats = field(default_factory=ReadStats)


class Run:
    """Writes a result for each row of a source to a file, or to standard output.

    Beside the output is a folder until the file is complete, with the finished blocks and a state that
    tells the texts, model and settings that they were made from.
    """

    def __init__(
        self,
        source: Source,
        output: str | Path,
        writer: Writer,
        *,
        model: str,
        options: dict[str, Any],
        overwrite: bool = False,
    ) -> None:
        """Prepare the run.

        source (Source): The texts.
        output (Union[str, Path]): The file to write, or "-" for standard output.
        writer (Writer): Writes the file.
        model (str): What tells the model from others.
        options (Dict[str, Any]): Settings that change the result, one of them "batch_size".
        overwrite (bool): Whether to replace the output, and an interrupted run that was another one.
        RAISES (ValueError): If the output is there already, or is the source.
        """
        self.source = source
        self.output = Path(output)
        self.writer = writer
        self.is_stream = str(output) == STREAM
        self.options = {
            "version": VERSION,
            "model": model,
            **source.settings(),
            # Who reads a stream waits for it.
            "block_rows": options["batch_size"] if self.is_stream else BLOCK_ROWS,
            **options,
        }
        self.overwrite = overwrite
        self.folder = self.output.with_name(self.output.name + PARTIAL)
        self._digest = blake2b(digest_size=16)
        self._n_blocks = 0
        self.report = RunReport(self.output)
        if not self.is_stream:
            self._remove_finished()
            source.check_output(self.output, overwrite=overwrite)

    def __call__(
        self,
        spread: Spread,
        *,
        on_start: Callable[[RunReport], None] | None = None,
    ) -> RunReport:
        """Do what is left to do.

        spread (Callable): Gives blocks with their results.
        on_start (Optional[Callable]): Called with the report when the work begins.
        RETURNS (RunReport): What was done.
        RAISES (ValueError): If a row is bad, or an interrupted run was another one.
        """
        if self.source.is_repeatable:
            stats = self.source.check()
            if stats is not None:
                self.report.stats = stats
                self.report.total = stats.rows
        with self._locked(), closing(self.writer), old_objects_spared():
            blocks = self._start()
            if on_start is not None:
                on_start(self.report)
            self._write(spread(blocks))
            self._finish()
        return self.report

    def _start(self) -> Iterator[Any]:
        """Open the file, and find the blocks that are left."""
        # What is overwritten cannot be compared with texts that come once.
        if not self.is_stream and (self.source.is_repeatable or not self.overwrite):
            try:
                state = self._load()
                if state is not None:
                    blocks = self._blocks()
                    self._skip(blocks, state)
                    self._open(state["position"])
                    return blocks
            except ValueError:
                if not self.overwrite:
                    raise
        self._digest = blake2b(digest_size=16)
        self._n_blocks = self.report.rows = self.report.before = 0
        (self.folder / STATE).unlink(missing_ok=True)
        self._open(None)
        return self._blocks()

    def _blocks(self) -> Iterator[Any]:
        return self.source.blocks(self.options["block_rows"])

    def _load(self) -> dict[str, Any] | None:
        path = self.folder / STATE
        if not path.exists():
            return None
        try:
            state = json.loads(path.read_bytes())
            known = {"options": dict, "texts": str, "blocks": int, "rows": int}
            is_whole = "position" in state
            if not is_whole or not all(isinstance(state[n], kind) for n, kind in known.items()):
                raise TypeError("a value has another type")
        except (ValueError, TypeError, KeyError, OSError) as error:
            raise ValueError(Errors.E618.format(path=self.folder, reason=error)) from error
        names = dict.fromkeys([*state["options"], *self.options])
        differ = [n for n in names if state["options"].get(n) != self.options.get(n)]
        if differ:
            raise ValueError(Errors.E617.format(path=self.folder, names=", ".join(differ)))
        return state  # type: ignore[no-any-return]

    def _skip(self, blocks: Iterator[Any], state: dict[str, Any]) -> None:
        """Read what is done already, and check that it has not changed."""
        for _ in range(state["blocks"]):
            block = next(blocks, None)
            if block is None:
                break
            self._count(block)
        if self._digest.hexdigest() != state["texts"]:
            raise ValueError(Errors.E617.format(path=self.folder, names="the texts"))
        self.report.rows = self.report.before = state["rows"]

    def _count(self, block: Any) -> None:
        for part in self.source.tell(block):
            self._digest.update(part)
        self._n_blocks += 1

    def _open(self, position: Any) -> None:
        with self._named_errors():
            try:
                is_there = self.writer.open(self.folder, self._n_blocks, position)
            # The position comes from a file, and each writer has its own form of it.
            except DAMAGE as error:
                if position is None or is_ours(error):
                    raise
                reason = describe(error)
                raise ValueError(Errors.E618.format(path=self.folder, reason=reason)) from error
            if not is_there:
                reason = "finished parts are missing"
                raise ValueError(Errors.E618.format(path=self.folder, reason=reason))

    def _write(self, results: Iterable[tuple[Any, Sized]]) -> None:
        bar: Any = ProgressBar(
            total=self.report.total,
            initial=self.report.rows,
            unit=" texts",
            leave=False,
            # Lines on a terminal would mix with the bar.
            disable=True if self.is_stream else None,
        )
        with bar:
            for block, result in results:
                with self._named_errors():
                    position = self.writer.write(block, result)
                    self._count(block)
                    self.report.rows += len(result)
                    self._save(position)
                bar.update(len(result))

    def _save(self, position: Any) -> None:
        if self.is_stream:
            return
        state = {
            "options": self.options,
            "texts": self._digest.hexdigest(),
            "blocks": self._n_blocks,
            "rows": self.report.rows,
            "position": position,
        }
        write_atomically(self.folder / STATE, json.dumps(state).encode())

    def _finish(self) -> None:
        with self._named_errors():
            if not self.is_stream:
                write_atomically(self.folder / FINISHED, self._found())
            self.writer.finish(self.report.rows, self.output)
            if not self.is_stream:
                (self.folder / STATE).unlink(missing_ok=True)
                shutil.rmtree(self.folder)
        self.report.total = self.report.rows

    def _remove_finished(self) -> None:
        """Remove what a process has left that was killed after its output was in place."""
        finished = self.folder / FINISHED
        if not self.output.is_file() or not finished.exists():
            return
        # What was to be overwritten may still be there.
        if finished.read_bytes() != self._found():
            with _lock(self.folder / "lock") as is_locked:
                if is_locked:
                    shutil.rmtree(self.folder, ignore_errors=True)

    def _found(self) -> bytes:
        return repr(file_version(self.output)).encode()

    def _named_errors(self) -> AbstractContextManager[None]:
        return nullcontext() if self.is_stream else _named_errors(self.output)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep other processes from the folder. The system ends this with the process, however it ends."""
        if self.is_stream:
            yield
            return
        with self._named_errors():
            self.folder.mkdir(parents=True, exist_ok=True)
        with _lock(self.folder / "lock") as is_locked:
            if not is_locked:
                raise ValueError(Errors.E619.format(path=self.output))
            try:
                yield
            finally:
                # A folder without a state is nothing to go on with.
                if self.folder.exists() and not (self.folder / STATE).exists():
                    shutil.rmtree(self.folder)


@contextmanager
def _named_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OSError(Errors.E624.format(path=path, reason=error.strerror or error)) from error


@contextmanager
def _lock(path: Path) -> Iterator[bool]:
    try:
        import fcntl
    except ImportError:
        # Windows has no such locks, and would not remove an open file.
        yield True
        return
    with open(path, "wb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True
