"""The data of a task that is added to a trained pipeline, and what is left of that of its old tasks."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

import srsly

from ..errors import Errors
from ..types import Cats
from ..util import join_key, listing, task_cats
from .files import SPLITS, UNSPLIT, find_task_files, may_hold_other_tasks
from .formats import ReadStats, file_extension, read_records
from .rows import fill_labels
from .scan import FileScan, scan_file
from .splitting import Shares, Trait, assign_splits, remaining_shares
from .task_summary import TaskSummary, summarize_task
from .texts import text_digest

#: A text and its values by ``task/label``.
Row: TypeAlias = tuple[str, dict[str, float]]
#: Decimals of former outputs that are written as targets.
DECIMALS = 6


@dataclass(frozen=True)
class TaskData:
    """The rows of one task.

    summary (TaskSummary): Its labels, and what kind of task it is.
    rows (Dict[str, List[Row]]): The rows of each split: train, dev, and test if there is one.
    """

    summary: TaskSummary
    rows: dict[str, list[Row]]

    @property
    def texts(self) -> list[str]:
        """RETURNS (List[str]): All texts, those of train first."""
        return [text for rows in self.rows.values() for text, _ in rows]


@dataclass(frozen=True)
class OldData:
    """What is left of the data of old tasks.

    folder (Path): Where it lies.
    files (Dict[str, Dict[str, Path]]): By split, the file of each task that files are named after.
    rows (Dict[str, Dict[str, int]]): By split, the number of rows of each old task that has any.
    """

    folder: Path
    files: dict[str, dict[str, Path]] = field(default_factory=dict)
    rows: dict[str, dict[str, int]] = field(default_factory=dict)

    def tasks(self, split: str) -> list[str]:
        """Get the old tasks that have data.

        split (str): The split.
        RETURNS (List[str]): Their names.
        """
        return list(self.rows.get(split, ()))


def read_task(
    data: Path,
    name: str,
    *,
    shares: Shares,
    held_out: Mapping[str, Path] | None = None,
    seed: int = 0,
) -> TaskData:
    """Read the labelled texts of a task. If there is no dev or test file, they are taken from train.

    data (Path): A folder, see `find_task_files`, or the file with training rows. Labels of other tasks in
        it are not read.
    name (str): Name of the task.
    shares (Shares): Shares of train, dev and test. The share of a split that has a file is without
        effect.
    held_out (Optional[Mapping[str, Path]]): Files for dev and test, instead of those of the folder.
    seed (int): Seed of the division.
    RETURNS (TaskData): The rows.
    RAISES (ValueError): If there is no data of the task, it cannot be read, all rows have the same
        annotation, or there are too few to divide.
    """
    files, known = _find_files(data, name, held_out or {})
    scans = {split: scan_file(path, name, known_tasks=known) for split, path in files.items()}
    for scan in scans.values():
        if scan.pairs:
            raise ValueError(Errors.E595.format(path=scan.path))
        if not scan.labels.get(name):
            found = listing(sorted(scan.labels))
            raise ValueError(Errors.E473.format(path=scan.path, name=name, found=found))
    others = [scan for split, scan in scans.items() if split != "train"]
    summary = summarize_task(name, [scans["train"]], others, known_tasks=known)
    rows = {split: _read_rows(scan, name, known, scans.values()) for split, scan in scans.items()}
    parts = remaining_shares(shares, set(rows) - {"train"})
    if len(parts) > 1:
        rows = _divide(rows, name, parts, seed, files["train"])
    counts: Counter[str] = Counter()
    for _, cats in rows["train"]:
        counts.update(label for label, value in task_cats(cats, name).items() if value > 0)
    rows = {split: rows[split] for split in SPLITS if split in rows}
    return TaskData(
        replace(
            summary,
            counts={label: counts[label] for label in summary.labels},
            n_train=len(rows["train"]),
            n_dev=len(rows["dev"]),
        ),
        rows,
    )


def find_old_data(folder: Path, tasks: Collection[str], *, new: str) -> OldData:
    """Find out what a folder has of old tasks.

    folder (Path): A folder as for `find_task_files`.
    tasks (Collection[str]): The old tasks.
    new (str): The new task, whose own files may lie there too, and are not read.
    RETURNS (OldData): The training and dev files.
    RAISES (ValueError): If there is no data of any of them, or a file cannot be read.
    """
    found = find_task_files(folder)
    known = {task for files in found.values() for task in files}
    old = OldData(folder)
    for split in ("train", "dev"):
        counts: Counter[str] = Counter()
        for task, path in found.get(split, {}).items():
            if task == new or not (task in tasks or may_hold_other_tasks(path)):
                continue
            scan = scan_file(path, task, known_tasks=sorted(known))
            rows = {name: count for name, count in scan.rows.items() if name in tasks and count}
            if rows:
                old.files.setdefault(split, {})[task] = path
                counts.update(rows)
        if counts:
            old.rows[split] = {task: counts[task] for task in tasks if counts[task]}
    if not old.rows:
        raise ValueError(
            Errors.E472.format(path=folder, tasks=listing(tasks), found=listing(sorted(known)))
        )
    return old


def correct_targets(cats: Cats, task: str, class_weights: Mapping[str, float]) -> dict[str, float]:
    """Turn the former output of a multi-label head into the target for which its loss is smallest at that
    output. The weight `w` of a label counts its true cases as so many, so that a target `t`
    teaches `wt / (wt + 1 - t)`.

    cats (Cats): Former outputs by ``task/label``.
    task (str): The task of the head.
    class_weights (Mapping[str, float]): Its weights by label. Labels that are not in it weigh 1.
    RETURNS (Dict[str, float]): Targets by ``task/label``. Those of other tasks are unchanged.
    """
    targets = dict(cats)
    for label, output in task_cats(cats, task).items():
        weight = class_weights.get(label, 1.0)
        if weight > 0.0:
            targets[join_key(task, label)] = output / (output + weight * (1.0 - output))
    return targets


def format_rows(rows: Iterable[Row]) -> bytes:
    """Write rows as lines of JSON.

    rows (Iterable[Row]): The rows.
    RETURNS (bytes): The lines.
    """
    lines = [
        srsly.json_dumps(
            {"text": text, "cats": {key: round(value, DECIMALS) for key, value in cats.items()}}
        )
        for text, cats in rows
    ]
    return "".join(f"{line}\n" for line in lines).encode("utf8")


def _find_files(
    data: Path, name: str, held_out: Mapping[str, Path]
) -> tuple[dict[str, Path], list[str]]:
    if not data.is_dir() and (data.exists() or file_extension(data)):
        return {"train": data, **held_out}, [name]
    by_split = find_task_files(data, unsplit=True)
    known = sorted({task for tasks in by_split.values() for task in tasks})
    files = {split: tasks[name] for split, tasks in by_split.items() if name in tasks}
    if not files:
        raise ValueError(Errors.E467.format(name=name, path=data, found=listing(known)))
    if UNSPLIT in files:
        # What is not split yet is divided as training data is.
        whole = files.pop(UNSPLIT)
        if "train" in files:
            text = Errors.E468.format(name=name, first=files["train"], second=whole)
            raise ValueError(text)
        files["train"] = whole
    if "train" not in files:
        raise ValueError(Errors.E469.format(name=name, path=data, found=listing(files)))
    return {**files, **held_out}, known


def _read_rows(
    scan: FileScan, name: str, known: Sequence[str], scans: Iterable[FileScan]
) -> list[Row]:
    labels = sorted({label for each in scans for label in each.labels_of(name)})
    rows = []
    for record in read_records(scan.path, name, known_tasks=known, stats=ReadStats()):
        own = task_cats(fill_labels(record, name, labels), name)
        if own:
            rows.append((record.text, {join_key(name, label): own[label] for label in own}))
    return rows


def _divide(
    rows: Mapping[str, list[Row]], name: str, parts: Shares, seed: int, path: Path
) -> dict[str, list[Row]]:
    groups: dict[int, dict[Trait, int]] = {}
    for text, cats in rows["train"]:
        traits = groups.setdefault(text_digest(text), {})
        for trait in ((name,), *((name, key) for key, value in cats.items() if value > 0)):
            traits[trait] = traits.get(trait, 0) + 1
    assigned = assign_splits(groups, {name: parts}, fixed={}, seed=seed)
    for split in parts:
        if split not in assigned.values():
            raise ValueError(
                Errors.E133.format(
                    path=path, task=name, texts=len(groups), split=split, share=parts[split]
                )
            )
    divided = {
        split: [row for row in rows["train"] if assigned[text_digest(row[0])] == split]
        for split in parts
    }
    return {**divided, **{split: rows[split] for split in rows if split != "train"}}
