"""Raw text for pretraining: all texts of a data folder except those that scores are measured on."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from spacy.util import logger

from ..bars import ProgressBar
from ..errors import Errors, Warnings
from ..staging import StagedFiles
from ..util import listing
from .files import UNSPLIT, find_raw_files, find_task_files
from .formats import ReadStats, check_on_error, read_records
from .rows import RowError, parse_text
from .textfiles import read_text_rows
from .texts import text_digest

#: What error messages of the reader call a file that belongs to no task.
_NO_TASK = "raw text"
_HELD_OUT_SPLITS = ("dev", "test")


@dataclass
class RawSource:
    """What was taken from one file.

    path (Path): The file.
    written (int): Texts that were written.
    duplicates (int): Texts left out, because an equal one was written before.
    held_out (int): Texts left out, because an equal one is in a dev or test file.
    stats (ReadStats): How many rows the file has, and which of them are bad.
    """

    path: Path
    written: int = 0
    duplicates: int = 0
    held_out: int = 0
    stats: ReadStats = field(default_factory=ReadStats)


@dataclass
class RawTextReport:
    """What was collected.

    sources (List[RawSource]): The files that texts were taken from.
    unsplit (List[Path]): Files that were not used, because they are not split yet: some of their
        texts may become test data.
    """

    sources: list[RawSource] = field(default_factory=list)
    unsplit: list[Path] = field(default_factory=list)

    @property
    def written(self) -> int:
        """RETURNS (int): Number of texts that were written."""
        return sum(source.written for source in self.sources)

    @property
    def held_out(self) -> int:
        """RETURNS (int): Number of texts left out, because they are in a dev or test file."""
        return sum(source.held_out for source in self.sources)


def collect_raw_text(
    folders: Iterable[str | Path],
    output: str | Path,
    *,
    labelled: bool = True,
    on_error: str = "raise",
    overwrite: bool = False,
) -> RawTextReport:
    """Write the texts of data folders to one file for pretraining: those of all train files, and
    unlabelled ones in files named ``raw.<ext>`` or ``raw-<name>.<ext>``.

    Every text is written once, and none that is in a dev or test file of any of the folders. Texts
    are equal if they differ only in case, spaces or compatible Unicode forms. What is held in
    memory of a text is a number.

    folders (Iterable[Union[str, Path]]): The folders, see `find_task_files` and `find_raw_files`.
    output (Union[str, Path]): The file to write, one JSON object with a "text" a line, as
        `spacy.JsonlCorpus.v1` reads it. It appears when it is complete.
    labelled (bool): Whether to take the texts of train files too.
    on_error (str): What to do with bad rows: "raise" or "skip".
    overwrite (bool): Whether to replace an existing file.
    RETURNS (RawTextReport): What was written and left out.
    RAISES (ValueError): If the file exists, a file cannot be read, or there is no text.
    """
    check_on_error(on_error)
    roots, output = [Path(folder) for folder in folders], Path(output)
    collector = _Collector(roots, labelled, on_error)
    if output.resolve() in {path.resolve() for path in collector.paths}:
        raise ValueError(Errors.E181.format(path=output))
    if output.exists() and not overwrite:
        raise FileExistsError(Errors.E180.format(path=output))
    with StagedFiles() as staged:
        staged.write(output, map(_as_row, collector.texts()))
        report = collector.report
        if not report.written:
            texts = sum(source.stats.rows for source in report.sources)
            found = f"of {len(report.sources)} files with {texts} texts, none could be used"
            raise ValueError(Errors.E182.format(paths=listing(roots), found=found))
    return report


def read_raw_text(
    path: str | Path, *, on_error: str = "raise", stats: ReadStats | None = None
) -> Iterator[str]:
    """Read a file with unlabelled texts, one at a time.

    path (Union[str, Path]): A .jsonl file with a "text" in each object, or a .txt file with one
        text a line, also compressed (.gz).
    on_error (str): "raise" to read on to the end and raise one error that lists the bad rows, or
        "skip" to leave them out with one warning.
    stats (Optional[ReadStats]): Counts what is met. If given, bad rows that are left out are not
        logged, because the caller can report them.
    YIELDS (str): The texts that are not empty.
    RAISES (ValueError): If the file cannot be read or has bad rows.
    """
    for _, text in read_raw_rows(path, on_error=on_error, stats=stats):
        yield text


def read_raw_rows(
    path: str | Path, *, on_error: str = "raise", stats: ReadStats | None = None
) -> Iterator[tuple[int, str]]:
    """Read a file with unlabelled texts and their lines, as `read_raw_text` does.

    path (Union[str, Path]): The file.
    on_error (str): What to do with bad rows: "raise" or "skip".
    stats (Optional[ReadStats]): Counts what is met.
    YIELDS (Tuple[int, str]): Line numbers and texts that are not empty.
    RAISES (ValueError): If the file cannot be read or has bad rows.
    """
    path = Path(path)
    check_on_error(on_error)
    counts = ReadStats() if stats is None else stats
    if not path.exists():
        raise FileNotFoundError(Errors.E184.format(path=path))
    suffixes = path.name.lower().removesuffix(".gz").rpartition(".")
    if path.is_dir() or suffixes[2] not in ("jsonl", "txt"):
        raise ValueError(Errors.E185.format(path=path))
    for line, row in read_text_rows(path, _NO_TASK, suffixes[2]):
        try:
            if isinstance(row, RowError):
                raise row
            text = parse_text(row)
        except RowError as err:
            counts.add_bad(path, line, err)
            continue
        if text.strip():
            counts.rows += 1
            yield line, text
        else:
            counts.ignored += 1
    if counts.bad:
        listed = counts.listed()
        if on_error == "raise":
            raise ValueError(
                Errors.E183.format(path=path, count=counts.bad, total=counts.total, listed=listed)
            )
        if stats is None:
            logger.warning(
                Warnings.W101.format(
                    path=path, task=_NO_TASK, count=counts.bad, total=counts.total, listed=listed
                )
            )


class _Collector:
    """The texts of some folders, each once, without those that are held out."""

    def __init__(self, folders: Iterable[Path], labelled: bool, on_error: str) -> None:
        self.report = RawTextReport()
        self._on_error = on_error
        self._raw: list[Path] = []
        self._train: list[tuple[Path, str, list[str]]] = []
        self._held_out: list[tuple[Path, str, list[str]]] = []
        for folder in folders:
            files = find_task_files(folder, unsplit=True, required=False)
            known = sorted({task for by_task in files.values() for task in by_task})
            self._raw.extend(find_raw_files(folder))
            self.report.unsplit.extend(files.get(UNSPLIT, {}).values())
            if labelled:
                self._train.extend((p, t, known) for t, p in files.get("train", {}).items())
            for split in _HELD_OUT_SPLITS:
                self._held_out.extend((p, t, known) for t, p in files.get(split, {}).items())

    @property
    def paths(self) -> list[Path]:
        """RETURNS (List[Path]): All files that are read."""
        return [*self._raw, *(path for path, *_ in (*self._train, *self._held_out))]

    def texts(self) -> Iterator[str]:
        """YIELDS (str): The texts."""
        held_out = {
            text_digest(text)
            for path, task, known in self._held_out
            for text in self._labelled(path, task, known, ReadStats())
        }
        written: set[int] = set()
        for source, texts in self._sources():
            self.report.sources.append(source)
            for text in ProgressBar(texts, source.path.name, leave=False, disable=None):
                digest = text_digest(text)
                if digest in held_out:
                    source.held_out += 1
                elif digest in written:
                    source.duplicates += 1
                else:
                    written.add(digest)
                    source.written += 1
                    yield text

    def _sources(self) -> Iterator[tuple[RawSource, Iterator[str]]]:
        for path, task, known in self._train:
            source = RawSource(path)
            yield source, self._labelled(path, task, known, source.stats)
        for path in self._raw:
            source = RawSource(path)
            yield source, read_raw_text(path, on_error=self._on_error, stats=source.stats)

    def _labelled(self, path: Path, task: str, known: list[str], stats: ReadStats) -> Iterator[str]:
        for record in read_records(
            path, task, known_tasks=known, on_error=self._on_error, stats=stats
        ):
            if record.text.strip():
                yield record.text


def _as_row(text: str) -> bytes:
    return json.dumps({"text": text}, ensure_ascii=False).encode("utf-8") + b"\n"
