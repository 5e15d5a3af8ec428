"""Data files of one task, read row by row: .jsonl, .csv, .tsv (also .gz) and .spacy."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path

from spacy.tokens import DocBin
from spacy.util import logger
from spacy.vocab import Vocab

from ..damage import worded_damage
from ..errors import Errors, RowErrors, Warnings
from ..util import file_version, split_key, validate_task_name
from .pair_rows import is_pair_row, join_sides, parse_pair
from .rows import Record, RowError, parse_doc, parse_row
from .textfiles import NumberedRow, read_text_rows

TEXT_FORMATS = ("jsonl", "csv", "tsv")
EXTENSIONS = tuple(f".{name}{zipped}" for name in TEXT_FORMATS for zipped in ("", ".gz")) + (
    ".spacy",
)
MAX_LISTED = 10


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
    known_tasks (Iterable[str]): Other tasks whose name may stand before a label in "cats". If every
        key of a file has the form ``task/label``, no task has to be known.
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
        with _damaged(path, task, 0):
            named = all(
                isinstance(key, str) and split_key(key) for cats in doc_bin.cats for key in cats
            )
        parse = partial(parse_doc, task=task, known=None if named else known)
        rows: Iterator[NumberedRow] = _docs(doc_bin, vocab, path, task)
    else:
        named = _names_tasks(path, task, file_version(path))
        parse = partial(_parse_text_row, task=task, known=None if named else known)
        rows = read_text_rows(path, task, str(file_format(path)))
    waiting: dict[str, Record] = {}
    for line, row in rows:
        try:
            record = _raise_or_parse(parse, row, line)
            whole = None if record is None else join_sides(record, waiting)
        except RowError as err:
            counts.add_bad(path, line, err)
            continue
        if record is None:
            counts.ignored += 1
        elif whole is not None:
            counts.rows += 1
            yield whole
    for key, record in waiting.items():
        counts.add_bad(path, record.line, RowErrors.ALONE.format(key=key))
    summary = {"path": path, "task": task, "listed": counts.listed(), "total": counts.total}
    if counts.bad and on_error == "raise":
        raise ValueError(Errors.E108.format(count=counts.bad, **summary))
    if not counts.rows:
        raise ValueError(
            Errors.E107.format(
                path=path,
                task=task,
                rows=counts.total,
                bad=counts.bad,
                ignored=counts.ignored,
                listed=f"\n{counts.listed()}" if counts.bad else "",
            )
        )
    if counts.bad and stats is None:
        logger.warning(Warnings.W101.format(count=counts.bad, **summary))


@lru_cache(maxsize=512)
def _names_tasks(path: Path, task: str, version: tuple[int, ...]) -> bool:
    """Tell whether all rows have "cats" and every key names its task. Most files say no at once: the
    first key without a task, or the first row of another form, decides.
    """
    if file_format(path) != "jsonl":
        return False
    named = False
    for _, row in read_text_rows(path, task, "jsonl"):
        if isinstance(row, RowError):
            continue
        cats = row.get("cats") if isinstance(row, Mapping) else None
        if not isinstance(cats, Mapping) or not all(
            isinstance(key, str) and split_key(key) for key in cats
        ):
            return False
        named = named or bool(cats)
    return named


def _parse_text_row(row: object, line: int, *, task: str, known: set[str] | None) -> Record | None:
    if isinstance(row, Mapping) and is_pair_row(row):
        return parse_pair(row, line, task=task)
    return parse_row(row, line, task=task, known=known)


def _raise_or_parse(parse: Callable[..., Record | None], row: object, line: int) -> Record | None:
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


def _load_doc_bin(path: Path, task: str) -> DocBin:
    try:
        data = path.read_bytes()
    except OSError as err:
        raise ValueError(Errors.E103.format(path=path, task=task, reason=err)) from err
    with _damaged(path, task, 0):
        return DocBin().from_bytes(data)


def _docs(doc_bin: DocBin, vocab: Vocab | None, path: Path, task: str) -> Iterator[NumberedRow]:
    line = 0
    docs = doc_bin.get_docs(Vocab() if vocab is None else vocab)
    while True:
        with _damaged(path, task, line):
            doc = next(docs, None)
        if doc is None:
            return
        line += 1
        yield line, doc


def _damaged(path: Path, task: str, line: int) -> AbstractContextManager[None]:
    def word(reason: str) -> str:
        return Errors.E105.format(path=path, task=task, kind=".spacy", reason=reason, line=line)

    return worded_damage(word)
