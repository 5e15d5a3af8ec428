"""Texts and labels for a picture, from every kind of file that the package reads."""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import Errors
from ..training.files import SPLITS, resolve_files
from ..training.formats import file_format, read_records
from ..training.raw_text import read_raw_rows
from ..training.rows import FORMS, Record, split_label
from ..training.textfiles import read_text_rows
from ..util import TASK_NAME, listing, task_cats, validate_task_name

#: What a text is called that no label applies to.
NO_LABEL = "(none)"
#: Values from here on say that a label applies.
APPLIES = 0.5


class MapData(NamedTuple):
    """The texts of a picture.

    task (Optional[str]): The task of their labels. None for raw texts of no task.
    records (List[Record]): The texts.
    labelled (bool): Whether they have labels.
    """

    task: str | None
    records: list[Record]
    labelled: bool


def read_map_data(
    path: str | Path,
    *,
    tasks: Sequence[str],
    task: str | None = None,
    split: str = "test",
    on_error: str = "raise",
) -> MapData:
    """Read the texts of a data folder, of a file of one task, or of a file with raw texts.

    path (Union[str, Path]): The folder or file: .jsonl, .csv, .tsv (also .gz), .spacy, or raw text as .jsonl
        with a "text" in each object and .txt with one text a line.
    tasks (Sequence[str]): Tasks of the pipeline, one of which is chosen if the path leaves a choice.
    task (Optional[str]): The task whose labels are read. None for the one that the path is named after.
    split (str): The split of a folder.
    on_error (str): What to do with bad rows: "raise" or "skip".
    RETURNS (MapData): The texts.
    RAISES (ValueError): If there are none, or the task cannot be told.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(Errors.E652.format(path=path))
    if task is not None:
        validate_task_name(task)
    if path.is_file() and not _is_labelled(path):
        chosen = task or _known(path, tasks)
        records = [Record(text, {}, line) for line, text in read_raw_rows(path, on_error=on_error)]
    else:
        chosen = task or _find_task(path, split, tasks)
        file, own = _find_file(path, chosen, split)
        known = [*tasks, chosen]
        records = list(read_records(file, own, known_tasks=known, on_error=on_error))
    if not records:
        raise ValueError(Errors.E654.format(path=path))
    labelled = chosen is not None and any(
        record.complete or task_cats(record.cats, chosen) for record in records
    )
    return MapData(chosen, records, labelled)


def gold_label(record: Record, task: str) -> str | None:
    """Get the label that a text is annotated with.

    record (Record): The text.
    task (str): The task.
    RETURNS (Optional[str]): The label, or several joined by " + ". None if nothing is known.
    """
    cats = task_cats(record.cats, task)
    applied = [label for label, value in cats.items() if value >= APPLIES]
    if applied:
        return " + ".join(applied)
    # One rejected label tells nothing of the others.
    none_applies = record.complete or (record.multi_label and len(cats) > 1)
    return NO_LABEL if none_applies else None


def export_row(record: Record) -> dict[str, Any]:
    """Write a text in the form in which it was labelled.

    record (Record): The text.
    RETURNS (Dict[str, Any]): A row of a data file.
    """
    applied = [key for key, value in record.cats.items() if value == 1.0]
    if record.complete:
        return {"text": record.text, "labels": [split_label(key) for key in applied]}
    if len(applied) == len(record.cats) == 1:
        return {"text": record.text, "label": split_label(applied[0])}
    return {"text": record.text, **({"cats": dict(record.cats)} if record.cats else {})}


def _is_labelled(path: Path) -> bool:
    kind = file_format(path)
    if kind != "jsonl":
        return kind is not None
    rows = (row for _, row in islice(read_text_rows(path, "raw text", kind), 1000))
    first = next((row for row in rows if isinstance(row, dict)), {})
    return any(first.get(form) is not None for form in (*FORMS, "options"))


def _names_of(path: Path) -> list[str]:
    stem = path.name.split(".")[0]
    return [path.resolve().parent.name if stem in SPLITS else stem]


def _known(path: Path, tasks: Sequence[str]) -> str | None:
    if len(tasks) == 1:
        return tasks[0]
    return next((name for name in _names_of(path) if name in tasks), None)


def _find_task(path: Path, split: str, tasks: Sequence[str]) -> str:
    if path.is_file():
        names = [name for name in _names_of(path) if TASK_NAME.fullmatch(name)]
    elif _holds_splits(path):
        names = [path.resolve().name]
    else:
        names = list(resolve_files(path, split=split)[0])
    for choice in ([name for name in names if name in tasks], list(tasks), names):
        if len(choice) == 1:
            return choice[0]
    raise ValueError(Errors.E649.format(path=path, tasks=listing([*tasks] or names)))


def _find_file(path: Path, task: str, split: str) -> tuple[Path, str]:
    """Find a file with labels of a task, and the task of those labels in it that name none."""
    if path.is_file():
        return path, task
    if _holds_splits(path):
        return resolve_files({task: path}, split=split)[0][task], task
    files = resolve_files(path, split=split, tasks=[task])[0]
    # Files that are named after no task that was asked for may hold its labels all the same.
    own = task if task in files else next(iter(files))
    return files[own], own


def _holds_splits(folder: Path) -> bool:
    """Tell whether a folder is that of one task, with a file for each split."""
    names = {path.name.split(".")[0] for path in folder.iterdir() if path.is_file()}
    return bool(names & set(SPLITS))
