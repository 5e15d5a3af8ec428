"""One pass over a data file before it is used: its errors, its labels and how many rows it has."""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from ..pair_keys import is_pair_label
from ..util import file_version, split_key
from .formats import ReadStats, read_records
from .rows import Record


@dataclass
class PairScores:
    """The scores of the pairs of a task.

    count (int): Number of pairs.
    lowest (float): The lowest score.
    highest (float): The highest score.
    """

    count: int = 0
    lowest: float = math.inf
    highest: float = -math.inf

    def add(self, other: "PairScores") -> None:
        """Add more pairs.

        other (PairScores): Their scores.
        """
        self.count += other.count
        self.lowest = min(self.lowest, other.lowest)
        self.highest = max(self.highest, other.highest)


@dataclass
class FileScan:
    """What a data file holds. Its size in memory does not depend on the number of rows.

    path (Path): The file.
    task (str): Its task.
    stats (ReadStats): How many rows it has, and which of them are bad.
    labels (Dict[str, Counter[str]]): By task, how often each label applies (a value above 0).
        A label that never applies has the count 0.
    rows (Counter[str]): By task, the number of annotated rows.
    lines (Dict[str, Dict[str, int]]): By task and label, the first row that states it.
    pairs (Dict[str, PairScores]): By task, its pairs of texts. They have no labels.
    """

    path: Path
    task: str
    stats: ReadStats = field(default_factory=ReadStats)
    labels: dict[str, Counter[str]] = field(default_factory=dict)
    rows: Counter[str] = field(default_factory=Counter)
    lines: dict[str, dict[str, int]] = field(default_factory=dict)
    pairs: dict[str, PairScores] = field(default_factory=dict)
    _hints: dict[str, set[bool]] = field(default_factory=dict)
    _one_applies: dict[str, bool] = field(default_factory=dict)

    def add(self, record: Record) -> None:
        """Count a row.

        record (Record): The annotated text, or pair of texts.
        """
        for side in record.sides:
            self._add_text(side)
        for key, value in record.cats.items() if record.other is not None else ():
            task, label = split_key(key) or ("", "")
            if is_pair_label(label):
                scores = self.pairs.setdefault(task, PairScores())
                scores.add(PairScores(1, value, value))
                self.rows[task] += 1

    def _add_text(self, record: Record) -> None:
        # A complete record without labels is annotated too: no label applies.
        sums: dict[str, float] = {self.task: 0.0} if record.complete else {}
        for key, value in record.cats.items():
            parts = split_key(key)
            if parts is not None and not is_pair_label(parts[1]):
                task, label = parts
                self.labels.setdefault(task, Counter())[label] += value > 0
                self.lines.setdefault(task, {}).setdefault(label, record.line)
                sums[task] = sums.get(task, 0.0) + value
        if record.multi_label is not None:
            self._hints.setdefault(self.task, set()).add(record.multi_label)
        for task, total in sums.items():
            self.rows[task] += 1
            one = abs(total - 1.0) < 1e-6
            self._one_applies[task] = self._one_applies.get(task, True) and one

    def labels_of(self, task: str | None = None) -> list[str]:
        """Get the labels of a task.

        task (Optional[str]): The task, by default the one of the file.
        RETURNS (List[str]): Its labels, sorted.
        """
        return sorted(self.labels.get(task or self.task, ()))

    def is_multi_label(self, task: str | None = None) -> bool:
        """Tell whether several labels of a task can apply to one text.

        The form of the rows decides. Rows with "cats" and the docs of a DocBin leave it open: a
        task has one label per text if in each annotated row the values sum to 1.

        task (Optional[str]): The task, by default the one of the file.
        RETURNS (bool): Whether several labels can apply.
        """
        task = task or self.task
        if True in self._hints.get(task, ()):
            return True
        return not self._one_applies.get(task, True)


def scan_file(
    path: str | Path, task: str, *, known_tasks: Iterable[str] = (), on_error: str = "raise"
) -> FileScan:
    """Read a file once, to find all its errors and labels. Files that did not change since they
    were scanned in this process are not read again.

    path (Union[str, Path]): The file.
    task (str): Its task.
    known_tasks (Iterable[str]): Other tasks whose name may stand before a label in "cats".
    on_error (str): What to do with bad rows: "raise" or "skip".
    RETURNS (FileScan): What the file holds.
    RAISES (ValueError): As `read_records`.
    """
    path = Path(path)
    return _scan(path, task, tuple(known_tasks), on_error, file_version(path))


@lru_cache(maxsize=512)
def _scan(
    path: Path, task: str, known_tasks: tuple[str, ...], on_error: str, version: tuple[int, ...]
) -> FileScan:
    scan = FileScan(path, task)
    for record in read_records(
        path, task, known_tasks=known_tasks, on_error=on_error, stats=scan.stats
    ):
        scan.add(record)
    return scan
