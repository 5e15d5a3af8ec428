"""Data files of one task, read row by row: .jsonl, .csv, .tsv (also .gz) and .spacy."""

import csv
import gzip
import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO

from spacy.tokens import Doc, DocBin
from spacy.util import logger
from spacy.vocab import Vocab

from ..errors import Errors, RowErrors, Warnings
from ..util import split_key, validate_task_name
from .rows import Record, RowError, parse_doc, parse_row

TEXT_FORMATS = ("jsonl", "csv", "tsv")
EXTENSIONS = tuple(f".{name}{zipped}" for name in TEXT_FORMATS for zipped in ("", ".gz")) + (
    ".spacy",
)
MAX_LISTED = 10
#: The longest cell of a .csv file. Python's own limit, 131,072, is less than a long text.
MAX_CELL = 2**24
_BOM = b"\xef\xbb\xbf"
_Row = tuple[int, object]


@dataclass
class ReadStats:
    """What was met while a file was read.

    rows (int): Rows that became records.
    ignored (int): Rows that are marked to be left out.
    bad (int): Rows that could not be read.
    reasons (List[str]): The first bad rows: file, line and reason.
    """

    rows: int = 0
    ignored: int = 0
    bad: int = 0
    reasons: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        """RETURNS (int): All rows met."""
        return self.rows + self.ignored + self.bad

    def add_bad(self, path: Path, line: int, reason: object) -> None:
        """Count a bad row.

        path (Path): The file.
        line (int): Where the row stands.
        reason (object): What is wrong with it.
        """
        self.bad += 1
        if len(self.reasons) < MAX_LISTED:
            self.reasons.append(f"{path}:{line}: {reason}")

    def listed(self) -> str:
        """RETURNS (str): The first bad rows, one a line, and how many more there are."""
        more = [f"... and {self.bad - len(self.reasons)} more"] * (self.bad > len(self.reasons))
        return "\n".join([*self.reasons, *more])


def file_format(path: Path) -> str | None:
    """Get the format of a file by its name.

    path (Path): The file.
    RETURNS (Optional[str]): "jsonl", "csv", "tsv" or "spacy"; None for any other file.
    """
    extension = file_extension(path)
    return extension.removesuffix(".gz")[1:] if extension else None


def file_extension(path: Path) -> str:
    """Get the accepted extension of a file.

    path (Path): The file.
    RETURNS (str): The extension as it is written, e.g. ".jsonl.gz"; empty if it is not accepted.
    """
    name = path.name.lower()
    length = next((len(ext) for ext in EXTENSIONS if name.endswith(ext)), 0)
    return path.name[len(path.name) - length :].lower()


def read_records(
    path: str | Path,
    task: str,
    *,
    known_tasks: Iterable[str] = (),
    on_error: str = "raise",
    stats: ReadStats | None = None,
    vocab: Vocab | None = None,
) -> Iterator[Record]:
    """Read the annotated texts of a file, one at a time.

    A text file is never held in memory as a whole. A DocBin is, in its packed form.

    path (Union[str, Path]): The file.
    task (str): The task of labels that name none.
    known_tasks (Iterable[str]): Other tasks whose name may stand before a label in "cats".
    on_error (str): "raise" to read on to the end and raise one error that lists the bad rows, or
        "skip" to leave them out with one warning.
    stats (Optional[ReadStats]): Counts what is met. If given, bad rows that are left out are not
        logged, because the caller can report them.
    vocab (Optional[Vocab]): The vocabulary for docs of a DocBin.
    YIELDS (Record): The annotated texts, in the order of the file.
    RAISES (ValueError): If the file cannot be read, has bad rows, or has no row that can be used.
    """
    path = Path(path)
    validate_task_name(task)
    check_on_error(on_error)
    _check_file(path, task)
    return _read(path, task, {task, *known_tasks}, on_error, stats, vocab)


def check_on_error(on_error: str) -> None:
    """Check the setting for bad rows.

    on_error (str): The setting.
    RAISES (ValueError): If it is neither "raise" nor "skip".
    """
    if on_error not in ("raise", "skip"):
        raise ValueError(
            Errors.E118.format(name="on_error", value=on_error, expected='"raise" or "skip"')
        )


def _read(
    path: Path,
    task: str,
    known: set[str],
    on_error: str,
    stats: ReadStats | None,
    vocab: Vocab | None,
) -> Iterator[Record]:
    counts = ReadStats() if stats is None else stats
    parse: Callable[..., Record | None]
    if file_format(path) == "spacy":
        doc_bin = _load_doc_bin(path, task)
        # Labels may hold a slash, so one key without a task means that none has one.
        named = all(isinstance(key, str) and split_key(key) for cats in doc_bin.cats for key in cats)
        parse = partial(parse_doc, task=task, known=None if named else known)
        rows: Iterator[_Row] = enumerate(_docs(doc_bin, vocab), start=1)
    else:
        parse = partial(parse_row, task=task, known=known)
        rows = _text_rows(path, task, counts)
    for line, row in rows:
        try:
            record = _raise_or_parse(parse, row, line)
        except RowError as err:
            counts.add_bad(path, line, err)
            continue
        if record is None:
            counts.ignored += 1
        else:
            counts.rows += 1
            yield record
    summary = {"path": path, "task": task, "listed": counts.listed(), "total": counts.total}
    if counts.bad and on_error == "raise":
        raise ValueError(Errors.E108.format(count=counts.bad, **summary))
    if not counts.rows:
        raise ValueError(
            Errors.E107.format(
                path=path, task=task, rows=counts.total, bad=counts.bad, ignored=counts.ignored
            )
        )
    if counts.bad and stats is None:
        logger.warning(Warnings.W101.format(count=counts.bad, **summary))


def _raise_or_parse(
    parse: Callable[..., Record | None], row: object, line: int
) -> Record | None:
    if isinstance(row, RowError):
        raise row
    return parse(row, line)


def _check_file(path: Path, task: str) -> None:
    extensions = ", ".join(EXTENSIONS)
    if path.is_dir():
        raise ValueError(Errors.E102.format(path=path, task=task, extensions=extensions))
    if not path.exists():
        raise FileNotFoundError(Errors.E101.format(path=path, task=task))
    if file_format(path) is None:
        raise ValueError(Errors.E106.format(path=path, task=task, extensions=extensions))


def _text_rows(path: Path, task: str, counts: ReadStats) -> Iterator[_Row]:
    read = _jsonl_rows if file_format(path) == "jsonl" else _csv_rows
    try:
        with _open(path) as file:
            yield from read(file, path, task)
    except (EOFError, gzip.BadGzipFile, zlib.error) as err:
        raise ValueError(
            Errors.E105.format(path=path, task=task, kind="gzip", reason=err, rows=counts.total)
        ) from err
    except OSError as err:
        raise ValueError(Errors.E103.format(path=path, task=task, reason=err)) from err


def _open(path: Path) -> IO[bytes]:
    if path.name.lower().endswith(".gz"):
        return gzip.open(path, "rb")
    return open(path, "rb")


def _lines(file: IO[bytes], path: Path, task: str) -> Iterator[bytes]:
    for number, line in enumerate(file):
        if number == 0:
            _check_is_text(line, path, task)
            line = line.removeprefix(_BOM)
        yield line


def _check_is_text(line: bytes, path: Path, task: str) -> None:
    if line.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ValueError(Errors.E104.format(path=path, task=task, found="it is UTF-16"))
    position = line.find(b"\0")
    if position >= 0:
        found = f"byte 0x00 at position {position}"
        raise ValueError(Errors.E104.format(path=path, task=task, found=found))


def _jsonl_rows(file: IO[bytes], path: Path, task: str) -> Iterator[_Row]:
    for number, line in enumerate(_lines(file, path, task), start=1):
        line = line.strip()
        if line:
            yield number, _json_row(line)


def _json_row(line: bytes) -> object:
    try:
        return json.loads(line.decode("utf-8"), strict=False)
    except UnicodeDecodeError as err:
        return RowError(RowErrors.ENCODING.format(byte=line[err.start], position=err.start))
    except (ValueError, RecursionError) as err:
        return RowError(RowErrors.JSON.format(reason=err))


def _csv_rows(file: IO[bytes], path: Path, task: str) -> Iterator[_Row]:
    separator = "\t" if file_format(path) == "tsv" else ","
    csv.field_size_limit(max(csv.field_size_limit(), MAX_CELL))
    # Bytes that are not UTF-8 become surrogates, which the check of each cell reports.
    lines = (line.decode("utf-8", "surrogateescape") for line in _lines(file, path, task))
    reader = csv.reader(lines, delimiter=separator, strict=True)
    header: list[str] | None = None
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as err:
            yield number, RowError(RowErrors.CSV.format(reason=err))
            continue
        if not any(cell.strip() for cell in cells):
            continue
        if header is None:
            header = [cell.strip().lower() for cell in cells]
            if header.count("text") != 1 or header.count("label") != 1:
                name = "tabs" if separator == "\t" else "commas"
                shown = ", ".join(map(repr, cells[:MAX_LISTED]))
                raise ValueError(
                    Errors.E109.format(path=path, task=task, separator=name, header=shown)
                )
            continue
        yield number, _csv_row(cells, header)


def _csv_row(cells: list[str], header: list[str]) -> object:
    # Spreadsheets pad rows with empty cells.
    while len(cells) > len(header) and not cells[-1].strip():
        cells.pop()
    if len(cells) != len(header):
        return RowError(RowErrors.CELLS.format(expected=len(header), found=len(cells)))
    label = cells[header.index("label")].strip()
    return {"text": cells[header.index("text")], "label": label}


def _load_doc_bin(path: Path, task: str) -> DocBin:
    try:
        return DocBin().from_bytes(path.read_bytes())
    except OSError as err:
        raise ValueError(Errors.E103.format(path=path, task=task, reason=err)) from err
    # Damaged bytes fail in zlib, msgpack or NumPy, each with its own error.
    except Exception as err:
        raise ValueError(
            Errors.E105.format(path=path, task=task, kind=".spacy", reason=err, rows=0)
        ) from err


def _docs(doc_bin: DocBin, vocab: Vocab | None) -> Iterator[Doc]:
    yield from doc_bin.get_docs(Vocab() if vocab is None else vocab)
