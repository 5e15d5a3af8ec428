"""What is in the data of each task: counts of rows, labels, lengths and repeated texts."""

from array import array
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..types import Cats
from ..util import tasks_of
from .files import TaskFiles
from .formats import ReadStats, read_records
from .rows import Record, fill_labels
from .scan import FileScan, PairScores, scan_file
from .texts import text_digest

MAX_EXAMPLES = 3
_SHOWN_TEXT = 60


@dataclass
class LengthStats:
    """How long the texts are, in words between spaces.

    shortest (int): Fewest words.
    median (int): Half of the texts have at most this many.
    mean (float): Mean number.
    p95 (int): 95 % of the texts have at most this many.
    longest (int): Most words.
    """

    shortest: int = 0
    median: int = 0
    mean: float = 0.0
    p95: int = 0
    longest: int = 0

    @classmethod
    def of(cls, lengths: Collection[int]) -> "LengthStats":
        """Sum up the lengths of texts.

        lengths (Collection[int]): Number of words of each text.
        RETURNS (LengthStats): The summary.
        """
        if not lengths:
            return cls()
        ordered = sorted(lengths)
        last = len(ordered) - 1
        return cls(
            ordered[0],
            ordered[last // 2],
            round(sum(ordered) / len(ordered), 1),
            ordered[round(last * 0.95)],
            ordered[last],
        )


@dataclass
class SplitStats:
    """One split of one task.

    path (Optional[str]): The task's own file. None if rows of other tasks' files hold its labels.
    rows (int): Annotated texts.
    ignored (int): Rows of the file that are marked to be left out.
    bad (int): Rows of the file that cannot be read.
    reasons (List[str]): The first bad rows.
    unreadable (Optional[str]): Why the file as a whole cannot be read.
    empty (int): Texts without anything but spaces.
    duplicates (int): Texts that stood in the split before.
    labels (Dict[str, int]): How often each label applies.
    lengths (LengthStats): How long the texts are.
    longest_text (int): Characters of the longest text.
    pairs (Optional[PairScores]): The scores, if the rows are pairs of texts.
    """

    path: str | None = None
    rows: int = 0
    ignored: int = 0
    bad: int = 0
    reasons: list[str] = field(default_factory=list)
    unreadable: str | None = None
    empty: int = 0
    duplicates: int = 0
    labels: dict[str, int] = field(default_factory=dict)
    lengths: LengthStats = field(default_factory=LengthStats)
    longest_text: int = 0
    pairs: PairScores | None = None


@dataclass
class TaskStats:
    """All data of one task.

    name (str): The task.
    multi_label (bool): Whether several labels can apply to one text.
    splits (Dict[str, SplitStats]): What each split holds.
    overlap (Dict[str, int]): By dev and test: how many of their texts stand in train too.
    shared_sides (Dict[str, int]): By dev and test: how many of their pairs share a text with a pair of train.
    other_tasks (Dict[str, int]): By dev and test: how many of their texts stand in the train split
        of another task only.
    contradictions (int): Texts that are annotated twice and differently.
    examples (Dict[str, List[str]]): Some of the texts of `overlap` ("dev", "test") and of
        `contradictions` ("contradictions").
    """

    name: str
    multi_label: bool = False
    splits: dict[str, SplitStats] = field(default_factory=dict)
    overlap: dict[str, int] = field(default_factory=dict)
    shared_sides: dict[str, int] = field(default_factory=dict)
    other_tasks: dict[str, int] = field(default_factory=dict)
    contradictions: int = 0
    examples: dict[str, list[str]] = field(default_factory=dict)

    @property
    def has_pairs(self) -> bool:
        """RETURNS (bool): Whether its rows are pairs of texts."""
        return any(split.pairs is not None for split in self.splits.values())

    @property
    def labels(self) -> list[str]:
        """RETURNS (List[str]): The labels of all splits, sorted."""
        return sorted({label for split in self.splits.values() for label in split.labels})

    def split(self, name: str) -> SplitStats:
        """RETURNS (SplitStats): The split, empty if there was none."""
        return self.splits.setdefault(name, SplitStats())


def collect_stats(
    files: TaskFiles, *, known_tasks: Collection[str], tasks: Collection[str] | None = None
) -> dict[str, TaskStats]:
    """Read all files and count what they hold. A number is kept for each text, not the text.

    files (TaskFiles): Path of each task's file, by split.
    known_tasks (Collection[str]): Tasks whose name may stand before a label in "cats".
    tasks (Optional[Collection[str]]): The tasks to count. None for all.
    RETURNS (Dict[str, TaskStats]): What each task's data holds, by task.
    """
    collector = _Collector(files, known_tasks, tasks)
    for split in files:
        for task in files[split]:
            collector.add_file(split, task)
    return collector.finish()


class _Collector:
    def __init__(
        self, files: TaskFiles, known_tasks: Collection[str], tasks: Collection[str] | None
    ) -> None:
        self.files = files
        self.known_tasks = tuple(sorted(known_tasks))
        self.tasks = tasks
        self.stats: dict[str, TaskStats] = {}
        self.lengths: dict[tuple[str, str], array[int]] = {}
        #: By task and text: the splits it stands in, and how it is annotated.
        self.seen: dict[str, dict[int, set[str]]] = {}
        self.annotations: dict[str, dict[int, Cats]] = {}
        self.contradicting: dict[str, set[int]] = {}
        self.all_train: set[int] = set()
        self.train_sides: dict[str, set[int]] = {}
        self.scans: dict[tuple[str, str], FileScan] = {}
        for task in sorted({task for by_task in files.values() for task in by_task}):
            if tasks is None or task in tasks:
                self.task(task)
        for split, by_task in files.items():
            for task, path in by_task.items():
                self._scan(split, task, path)

    def task(self, name: str) -> TaskStats:
        """The statistics of a task, empty at first."""
        self.seen.setdefault(name, {})
        self.annotations.setdefault(name, {})
        self.contradicting.setdefault(name, set())
        return self.stats.setdefault(name, TaskStats(name))

    def _scan(self, split: str, task: str, path: Path) -> None:
        own = self.stats[task].split(split) if task in self.stats else SplitStats()
        own.path = str(path)
        try:
            scan = scan_file(path, task, known_tasks=self.known_tasks, on_error="skip")
        except (ValueError, OSError) as err:
            own.unreadable = str(err)
            return
        own.ignored, own.bad = scan.stats.ignored, scan.stats.bad
        own.reasons = list(scan.stats.reasons)
        self.scans[split, task] = scan
        for name, labels in scan.labels.items():
            if self.tasks is None or name in self.tasks:
                stats = self.task(name)
                stats.multi_label |= scan.is_multi_label(name)
                counts = Counter(stats.split(split).labels)
                counts.update(labels)
                stats.split(split).labels = dict(sorted(counts.items()))
        for name, scores in scan.pairs.items():
            if self.tasks is None or name in self.tasks:
                pairs = self.task(name).split(split).pairs or PairScores()
                pairs.add(scores)
                self.task(name).split(split).pairs = pairs

    def add_file(self, split: str, task: str) -> None:
        """Count the rows of a file, for every task that they are annotated for."""
        scan = self.scans.get((split, task))
        if scan is None:
            return
        labels = scan.labels_of()
        for record in read_records(
            scan.path,
            task,
            known_tasks=self.known_tasks,
            on_error="skip",
            stats=ReadStats(),
        ):
            text = record.content
            is_whole = all(side.text.strip() for side in record.sides)
            digest = text_digest(text) if is_whole else None
            for name, cats in tasks_of(fill_labels(record, task, labels)).items():
                if name in self.stats:
                    self._add_text(split, name, text, digest, cats)
                    if digest is not None and record.other is not None:
                        self._add_sides(split, name, record, digest)

    def _add_text(
        self, split: str, task: str, text: str, digest: int | None, cats: Mapping[str, float]
    ) -> None:
        stats = self.stats[task]
        own = stats.split(split)
        own.rows += 1
        own.longest_text = max(own.longest_text, len(text))
        self.lengths.setdefault((split, task), array("Q")).append(len(text.split()))
        if digest is None:
            own.empty += 1
            return
        splits = self.seen[task].setdefault(digest, set())
        if split in splits:
            own.duplicates += 1
        elif split == "train":
            self.all_train.add(digest)
        elif "train" in splits:
            stats.overlap[split] = stats.overlap.get(split, 0) + 1
            _add_example(stats, split, text)
        elif digest in self.all_train:
            stats.other_tasks[split] = stats.other_tasks.get(split, 0) + 1
        splits.add(split)
        if stats.has_pairs:
            # Each row has its own label, and grades may differ.
            return
        before = self.annotations[task].setdefault(digest, cats)
        if digest not in self.contradicting[task] and _contradict(before, cats, stats.multi_label):
            self.contradicting[task].add(digest)
            stats.contradictions += 1
            _add_example(stats, "contradictions", text)

    def _add_sides(self, split: str, task: str, record: Record, digest: int) -> None:
        sides = {text_digest(side.text): side.text for side in record.sides}
        known = self.train_sides.setdefault(task, set())
        if split == "train":
            known.update(sides)
            return
        shared = [text for side, text in sides.items() if side in known]
        if shared and "train" not in self.seen[task][digest]:
            counts = self.stats[task].shared_sides
            counts[split] = counts.get(split, 0) + 1
            _add_example(self.stats[task], f"{split} sides", shared[0])

    def finish(self) -> dict[str, TaskStats]:
        """Sum up the lengths, and leave out files that are not named after a task."""
        for name in [name for name in self.stats if self._is_no_task(name)]:
            del self.stats[name]
        for (split, task), lengths in self.lengths.items():
            self.stats[task].split(split).lengths = LengthStats.of(lengths)
        return dict(sorted(self.stats.items()))

    def _is_no_task(self, name: str) -> bool:
        # The labels of a file may all belong to other tasks, of which it holds several.
        scans = [self.scans.get((split, name)) for split in self.stats[name].splits]
        return all(
            scan is not None
            and not scan.stats.bad
            and (scan.labels or scan.pairs)
            and not scan.rows[name]
            for scan in scans
        )


def _contradict(first: Mapping[str, float], second: Mapping[str, float], multi: bool) -> bool:
    if not multi:
        return _applying(first) != _applying(second)
    return any((first[label] > 0.5) != (second[label] > 0.5) for label in first if label in second)


def _applying(cats: Mapping[str, float]) -> str:
    return max(cats, key=lambda label: cats[label])


def _add_example(stats: TaskStats, kind: str, text: str) -> None:
    examples = stats.examples.setdefault(kind, [])
    if len(examples) < MAX_EXAMPLES:
        short = " ".join(text.split())
        examples.append(short if len(short) <= _SHOWN_TEXT else short[: _SHOWN_TEXT - 3] + "...")
