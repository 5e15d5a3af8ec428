"""What a folder of labelled files holds: its tasks, their labels, and what kind of task each is."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import Errors
from ..util import listing, task_cats
from .files import find_task_files
from .formats import read_records
from .scan import FileScan, PairScores, scan_file


@dataclass(frozen=True)
class TaskSummary:
    """One task of a data folder.

    name (str): Name of the task.
    counts (Dict[str, int]): Training documents that have a label, by label, in the order of labels.
    multi_label (bool): Whether a document may have any number of labels.
    missing (str): "unknown" if some documents are annotated for some labels only, else "zero".
    n_train (int): Annotated training documents.
    n_dev (int): Annotated dev documents.
    scores (Optional[PairScores]): The scores of both splits, if the task's rows are pairs of texts.
    """

    name: str
    counts: dict[str, int]
    multi_label: bool
    missing: str
    n_train: int
    n_dev: int
    scores: PairScores | None = None

    @property
    def labels(self) -> list[str]:
        """RETURNS (List[str]): The labels."""
        return list(self.counts)


def summarize_tasks(data: str | Path, *, tasks: Iterable[str] | None = None) -> list[TaskSummary]:
    """Read the training and dev files of a folder and tell what tasks they hold.

    Whether a task is single-label follows from its rows: it is if every one has exactly one label
    and none is written in a multi-label form.

    data (Union[str, Path]): The folder.
    tasks (Optional[Iterable[str]]): Names of the tasks to look at. All of them if not set.
    RETURNS (List[TaskSummary]): The tasks, by name.
    RAISES (ValueError): If a task lacks a split or has nothing to learn, if dev has a label that
        train has not, if a wanted task does not exist, or if a file has bad rows.
    """
    files = find_task_files(data)
    known = sorted({task for found in files.values() for task in found})
    if tasks is not None:
        # As the corpus reader does: files of other tasks need not be readable.
        tasks = sorted(set(tasks))
        if set(tasks) <= set(known):
            files = {
                split: {task: path for task, path in found.items() if task in tasks}
                for split, found in files.items()
            }
    train = _scan_files(files.get("train", {}), known)
    dev = _scan_files(files.get("dev", {}), known)
    found = sorted({task for scan in (*train, *dev) for task in scan.rows})
    wanted = found if tasks is None else list(tasks)
    unknown = [task for task in wanted if task not in found]
    if unknown:
        raise ValueError(
            Errors.E301.format(tasks=listing(unknown), path=data, found=listing(found))
        )
    for split, scans in (("train", train), ("dev", dev)):
        lacking = [task for task in wanted if not any(scan.rows[task] for scan in scans)]
        if lacking:
            raise ValueError(Errors.E302.format(split=split, tasks=listing(lacking), path=data))
    return [summarize_task(task, train, dev, known_tasks=known) for task in wanted]


def sort_labels(labels: Collection[str]) -> list[str]:
    """Put labels in order: by number if all are numbers, else by the alphabet.

    labels (Collection[str]): The labels.
    RETURNS (List[str]): The labels in order.
    """
    if all(label.isdecimal() for label in labels):
        return sorted(labels, key=lambda label: (int(label), label))
    return sorted(labels)


def _scan_files(files: Mapping[str, Path], known: Collection[str]) -> list[FileScan]:
    return [scan_file(path, task, known_tasks=known) for task, path in files.items()]


def summarize_task(
    task: str,
    train: Sequence[FileScan],
    dev: Sequence[FileScan],
    *,
    known_tasks: Collection[str] = (),
) -> TaskSummary:
    """Tell what is known of one task from files that have been scanned.

    task (str): The task.
    train (Sequence[FileScan]): Training files.
    dev (Sequence[FileScan]): Dev files.
    known_tasks (Collection[str]): Tasks whose name may stand before a label in "cats".
    RETURNS (TaskSummary): The summary.
    RAISES (ValueError): If all rows have the same annotation, or dev has a label that train has not.
    """
    train = [scan for scan in train if scan.rows[task]]
    dev = [scan for scan in dev if scan.rows[task]]
    positive: Counter[str] = Counter()
    labels: set[str] = set()
    for scan in train:
        positive.update(scan.labels.get(task, {}))
        labels.update(scan.labels_of(task))
    rows = sum(scan.rows[task] for scan in train)
    if any(task in scan.pairs for scan in train):
        return _summarize_pairs(task, train, dev)
    if not any(0 < count < rows for count in positive.values()):
        raise ValueError(Errors.E303.format(task=task, labels=listing(sorted(labels)), rows=rows))
    for scan in dev:
        unknown = sorted(set(scan.labels_of(task)) - labels)
        if unknown:
            line = _first_line(scan, task, unknown[0], known_tasks)
            raise ValueError(
                Errors.E304.format(
                    task=task,
                    path=scan.path,
                    line=line,
                    found=listing(unknown),
                    labels=listing(sorted(labels)),
                )
            )
    multi_label = any(scan.is_multi_label(task) for scan in (*train, *dev))
    partial = multi_label and any(
        _has_partial_rows(scan, task, len(labels), known_tasks) for scan in (*train, *dev)
    )
    return TaskSummary(
        name=task,
        counts={label: positive[label] for label in sort_labels(labels)},
        multi_label=multi_label,
        missing="unknown" if partial else "zero",
        n_train=rows,
        n_dev=sum(scan.rows[task] for scan in dev),
    )


def _summarize_pairs(task: str, train: Sequence[FileScan], dev: Sequence[FileScan]) -> TaskSummary:
    scores = PairScores()
    for scan in (*train, *dev):
        if scan.labels.get(task):
            labels = listing(scan.labels_of(task))
            raise ValueError(Errors.E580.format(task=task, path=scan.path, labels=labels))
        scores.add(scan.pairs.get(task, PairScores()))
    if scores.lowest == scores.highest:
        raise ValueError(Errors.E579.format(task=task, score=scores.lowest))
    return TaskSummary(
        name=task,
        counts={},
        multi_label=False,
        missing="zero",
        n_train=sum(scan.rows[task] for scan in train),
        n_dev=sum(scan.rows[task] for scan in dev),
        scores=scores,
    )


def _has_partial_rows(scan: FileScan, task: str, n_labels: int, known: Collection[str]) -> bool:
    """A row that names its one label leaves nothing open, nor does one that lists all that apply."""
    for record in read_records(scan.path, scan.task, known_tasks=known):
        stated = len(task_cats(record.cats, task))
        is_open = not record.complete and record.multi_label is not False
        if is_open and 0 < stated < n_labels:
            return True
    return False


def _first_line(scan: FileScan, task: str, label: str, known: Collection[str]) -> int:
    for record in read_records(scan.path, scan.task, known_tasks=known):
        if label in task_cats(record.cats, task):
            return record.line
    return 0
