"""What a folder of labelled files holds: its tasks, their labels, and what kind of task each is."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import Errors
from ..util import listing, tasks_of
from .files import find_task_files
from .formats import read_records
from .rows import Record

POSITIVE = 0.5


@dataclass(frozen=True)
class TaskSummary:
    """One task of a data folder.

    name (str): Name of the task.
    counts (Dict[str, int]): Training documents that have a label, by label, in the order of labels.
    multi_label (bool): Whether a document may have any number of labels.
    missing (str): "unknown" if some documents are annotated for some labels only, else "zero".
    n_train (int): Annotated training documents.
    n_dev (int): Annotated dev documents.
    """

    name: str
    counts: dict[str, int]
    multi_label: bool
    missing: str
    n_train: int
    n_dev: int

    @property
    def labels(self) -> list[str]:
        """RETURNS (List[str]): The labels."""
        return list(self.counts)


class _Tally:
    """Counts over the documents of one task and split, in constant memory."""

    def __init__(self) -> None:
        self.rows = 0
        self.positive: Counter[str] = Counter()
        self.first_seen: dict[str, str] = {}
        self.multi_label = False
        self.fewest_keys: int | None = None

    def add(self, cats: Mapping[str, float], record: Record, path: Path) -> None:
        self.rows += 1
        positive = [label for label, value in cats.items() if value >= POSITIVE]
        self.positive.update(positive)
        for label in cats:
            if label not in self.first_seen:
                self.first_seen[label] = f"{path}:{record.line}"
        if record.multi_label or len(positive) != 1:
            self.multi_label = True
        # A row that names its one label leaves nothing open, nor does one that lists all that apply.
        if not record.complete and record.multi_label is not False:
            known = len(cats)
            self.fewest_keys = known if self.fewest_keys is None else min(known, self.fewest_keys)


def summarize_tasks(data: Path, *, tasks: Iterable[str] | None = None) -> list[TaskSummary]:
    """Read the training and dev files of a folder and tell what tasks they hold.

    Whether a task is single-label follows from its rows: it is if every one has exactly one positive
    label and none is written in a multi-label form.

    data (Path): The folder.
    tasks (Optional[Iterable[str]]): Names of the tasks to look at. All of them if not set.
    RETURNS (List[TaskSummary]): The tasks, by name.
    RAISES (ValueError): If a task lacks a split or has fewer than two labels, if dev has a label that
        train has not, if a wanted task does not exist, or if a file has bad rows.
    """
    files = find_task_files(data)
    known = sorted({task for found in files.values() for task in found})
    train = _tally(files.get("train", {}), known)
    dev = _tally(files.get("dev", {}), known)
    wanted = sorted(set(train) | set(dev)) if tasks is None else sorted(set(tasks))
    unknown = [task for task in wanted if task not in train and task not in dev]
    if unknown:
        found = listing(sorted(set(train) | set(dev)))
        raise ValueError(Errors.E301.format(tasks=listing(unknown), path=data, found=found))
    for split, found_tasks in (("train", train), ("dev", dev)):
        lacking = [task for task in wanted if task not in found_tasks]
        if lacking:
            raise ValueError(Errors.E302.format(split=split, tasks=listing(lacking), path=data))
    return [_summarize(task, train[task], dev[task]) for task in wanted]


def sort_labels(labels: Collection[str]) -> list[str]:
    """Put labels in order: by number if all are numbers, else by the alphabet.

    labels (Collection[str]): The labels.
    RETURNS (List[str]): The labels in order.
    """
    if all(label.isdecimal() for label in labels):
        return sorted(labels, key=lambda label: (int(label), label))
    return sorted(labels)


def _tally(files: Mapping[str, Path], known: Collection[str]) -> dict[str, _Tally]:
    tallies: dict[str, _Tally] = {}
    for task, path in sorted(files.items()):
        for record in read_records(path, task, known_tasks=known):
            annotated = tasks_of(record.cats)
            if not annotated and record.complete:
                annotated = {task: {}}
            for name, cats in annotated.items():
                tallies.setdefault(name, _Tally()).add(cats, record, path)
    return tallies


def _summarize(task: str, train: _Tally, dev: _Tally) -> TaskSummary:
    labels = sort_labels(train.first_seen)
    if not any(0 < train.positive[label] < train.rows for label in labels):
        raise ValueError(Errors.E303.format(task=task, labels=listing(labels), rows=train.rows))
    unknown = [label for label in dev.first_seen if label not in train.first_seen]
    if unknown:
        places = listing(f"{label!r} ({dev.first_seen[label]})" for label in unknown)
        raise ValueError(Errors.E304.format(task=task, found=places, labels=listing(labels)))
    multi_label = train.multi_label or dev.multi_label
    fewest = [t.fewest_keys for t in (train, dev) if t.fewest_keys is not None]
    partial = multi_label and bool(fewest) and min(fewest) < len(labels)
    return TaskSummary(
        name=task,
        counts={label: train.positive[label] for label in labels},
        multi_label=multi_label,
        missing="unknown" if partial else "zero",
        n_train=train.rows,
        n_dev=dev.rows,
    )
