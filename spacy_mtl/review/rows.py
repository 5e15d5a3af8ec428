"""The rows of a task that are looked at, with and without labels."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy
from spacy.tokens import DocBin
from spacy.util import logger
from spacy.vocab import Vocab

from ..damage import worded_damage
from ..errors import Errors, Warnings
from ..training.files import SPLITS, find_raw_files, find_task_files
from ..training.formats import ReadStats, file_format, read_records
from ..training.rows import FORMS, Record, RowError, fill_labels, parse_row, parse_text
from ..training.textfiles import read_text_rows
from ..types import Cats
from ..util import listing, split_key, task_cats, validate_task_name

#: With fewer labelled rows nothing can be learned.
LEAST_ROWS = 10
_TEXT_FORMATS = ("jsonl", "csv", "tsv", "txt")


@dataclass(slots=True)
class ReviewRow:
    """A text and where it stands.

    path (Path): Its file.
    line (int): Its line, or its number in a DocBin.
    text (str): The text.
    cats (Cats): Values by label of the task; empty if it has none.
    """

    path: Path
    line: int
    text: str
    cats: Cats = field(default_factory=dict)


@dataclass
class TaskRows:
    """The rows of one task.

    task (str): The task.
    labels (List[str]): Its labels, sorted.
    multi_label (bool): Whether several can apply to one text.
    rows (List[ReviewRow]): The rows that have a label.
    unlabelled (List[ReviewRow]): The rows that have none.
    """

    task: str
    labels: list[str]
    multi_label: bool
    rows: list[ReviewRow]
    unlabelled: list[ReviewRow]

    def targets(self) -> Any:
        """Get the labels as numbers.

        RETURNS (Floats2d): 1 where a label applies, 0 where it does not, nan where it is unknown,
            `(n_rows, n_labels)`.
        """
        Y = numpy.full((len(self.rows), len(self.labels)), numpy.nan, dtype="float32")
        column = {label: i for i, label in enumerate(self.labels)}
        for i, row in enumerate(self.rows):
            for label, value in row.cats.items():
                Y[i, column[label]] = float(value > 0.5)
            if not self.multi_label:
                Y[i] = numpy.nan_to_num(Y[i])
        return Y


def read_task(
    data: str | Path,
    task: str,
    *,
    split: str = "train",
    raw: bool = False,
    on_error: str = "raise",
) -> TaskRows:
    """Read the rows of a task.

    data (Union[str, Path]): A data file, a file of raw text, or a folder with one file for each task.
    task (str): The task.
    split (str): The split to read from a folder.
    raw (bool): Whether to read the raw files of a folder too.
    on_error (str): What to do with bad rows: "raise" or "skip".
    RETURNS (TaskRows): The rows.
    RAISES (ValueError): If there are no such files, or a row is bad.
    """
    validate_task_name(task)
    data = Path(data)
    if not data.exists():
        raise FileNotFoundError(Errors.E703.format(path=data))
    records: list[tuple[Path, Record]] = []
    for path in _files_of(data, task, split, raw):
        records += ((path, record) for record in read_any(path, task, on_error=on_error))
    return _as_task(task, records)


def tasks_of_folder(data: str | Path, split: str = "train") -> list[str]:
    """Find the tasks that a folder has files for.

    data (Union[str, Path]): The folder. A file has no tasks that could be told by its name.
    split (str): The split.
    RETURNS (List[str]): The tasks.
    """
    if not Path(data).is_dir():
        return []
    return list(find_task_files(data, split, required=False).get(split, {}))


def read_any(path: Path, task: str, *, on_error: str = "raise") -> Iterator[Record]:
    """Read the rows of a file, with and without labels.

    path (Path): The file: .jsonl, .csv, .tsv, .txt (also .gz) or .spacy.
    task (str): The task of labels that name none.
    on_error (str): What to do with bad rows: "raise" or "skip".
    YIELDS (Record): The rows. Those without labels have no values.
    RAISES (ValueError): If the file cannot be read or has bad rows.
    """
    kind = file_format(path) or path.name.lower().removesuffix(".gz").rpartition(".")[2]
    if kind == "spacy":
        yield from _docs(path, task, on_error)
        return
    if kind not in _TEXT_FORMATS:
        # The reader of data files has the error that lists all extensions.
        yield from read_records(path, task)
        return
    rows = list(read_text_rows(path, task, kind))
    known = None if _names_tasks(row for _, row in rows) else {task}
    stats = ReadStats()
    for line, row in rows:
        try:
            record = _parse(row, line, task, known)
        except RowError as error:
            stats.add_bad(path, line, error)
            continue
        stats.rows += 1
        if record is not None:
            yield record
    _report_bad(path, task, stats, on_error)


def _files_of(data: Path, task: str, split: str, raw: bool) -> list[Path]:
    if not data.is_dir():
        return [data]
    files = find_task_files(data, required=False)
    found = files.get(split, {})
    raw_files = find_raw_files(data) if split == SPLITS[0] else []
    if task not in found and not raw_files:
        raise ValueError(Errors.E715.format(kind=split, task=task, path=data, found=listing(found)))
    return [*([found[task]] if task in found else []), *(raw_files if raw else [])]


def _parse(row: Any, line: int, task: str, known: Collection[str] | None) -> Record | None:
    if isinstance(row, RowError):
        raise row
    if isinstance(row, Mapping):
        forms = [form for form in FORMS if row.get(form) not in (None, "", {})]
        if not forms:
            return Record(parse_text(row), line=line)
    return parse_row(row, line, task=task, known=known)


def _names_tasks(rows: Iterable[Any]) -> bool:
    cats = [row["cats"] for row in rows if isinstance(row, Mapping) and row.get("cats")]
    return bool(cats) and all(
        isinstance(values, Mapping) and all(map(_names_task, values)) for values in cats
    )


def _names_task(key: object) -> bool:
    return isinstance(key, str) and split_key(key) is not None


def _docs(path: Path, task: str, on_error: str) -> Iterator[Record]:
    try:
        doc_bin = DocBin().from_bytes(path.read_bytes())
        has_cats = any(doc_bin.cats)
    # The reader of data files says what is wrong with a damaged one.
    except Exception:
        has_cats = True
    if has_cats:
        yield from read_records(path, task, on_error=on_error)
        return

    def word(reason: str) -> str:
        return Errors.E105.format(path=path, task=task, kind=".spacy", reason=reason, line=0)

    with worded_damage(word):
        records = [
            Record(doc.text, line=number)
            for number, doc in enumerate(doc_bin.get_docs(Vocab()), start=1)
        ]
    yield from records


def _report_bad(path: Path, task: str, stats: ReadStats, on_error: str) -> None:
    if not stats.bad:
        return
    text: Callable = Errors.E705.format if on_error == "raise" else Warnings.W357.format
    report = text(count=stats.bad, total=stats.total, path=path, task=task, listed=stats.listed())
    if on_error == "raise":
        raise ValueError(report)
    logger.warning(report)


def _as_task(task: str, records: list[tuple[Path, Record]]) -> TaskRows:
    labels = sorted({label for _, record in records for label in task_cats(record.cats, task)})
    rows: list[ReviewRow] = []
    unlabelled: list[ReviewRow] = []
    multi_label = False
    for path, record in records:
        cats = task_cats(fill_labels(record, task, labels), task)
        row = ReviewRow(path, record.line, record.text, cats)
        (rows if cats else unlabelled).append(row)
        positives = sum(value > 0.5 for value in cats.values())
        multi_label = multi_label or (bool(cats) and (bool(record.multi_label) or positives != 1))
    return TaskRows(task, labels, multi_label, rows, unlabelled)
