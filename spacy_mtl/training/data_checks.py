"""Judge the data of a task: what would make training fail, and what may make it worse."""

from collections import defaultdict
from collections.abc import Iterator

from ..util import listing
from .data_stats import SplitStats, TaskStats

FEW_TRAIN_ROWS = 50
FEW_DEV_ROWS = 30
FEW_LABEL_ROWS = 10
STRONG_IMBALANCE = 10
#: The default of `nlp.max_length`: longer texts are refused by spaCy.
MAX_CHARACTERS = 1_000_000


class Findings:
    """What can be said about the data of a task."""

    MISSING = "no {split} data. Add a {split} file, or divide the task's file with convert --split."
    NO_TEST = "no test data, so the final scores will be those on dev, which are too good."
    BAD_ROWS = "bad rows in {path}: {count}.\n{listed}"
    NO_LABELS = "no row of {split} names any label."
    ONE_LABEL = (
        "only one label in train ({label}), so there is nothing to learn. Add rows with others."
    )
    CONSTANT = "in train every label applies always or never, so there is nothing to learn."
    NEVER = "labels that never apply in train: {labels}. Add rows, or remove the labels."
    UNKNOWN = "labels in {split} that train lacks: {labels}. Correct them, or add rows to train."
    UNSEEN = "labels in train that {split} lacks, so they get no score: {labels}."
    ALIKE = "labels that differ only in case or spaces: {labels}. Write them in one way."
    FEW_ROWS = "only {rows} rows in train. Expect scores that change from seed to seed."
    FEW_DEV = "only {rows} rows in dev. The best model will be chosen by chance, in part."
    FEW_PER_LABEL = "labels with fewer than {few} rows in train: {labels}."
    IMBALANCE = (
        "the most frequent label, {most}, has {ratio:.0f} times the rows of the rarest, {least}. "
        'Consider class_weights = "balanced".'
    )
    EMPTY = "empty texts in {split}: {count}."
    DUPLICATES = "texts that stand in {split} more than once: {count}."
    OVERLAP = (
        "texts of {split} that stand in train too: {count}, e.g. {examples}. Scores on {split} will "
        "be too good; remove them from one side."
    )
    SHARED_SIDES = (
        "pairs of {split} with a text that stands in a pair of train too: {count}, e.g. {examples}. Scores on "
        "{split} may be too good; convert --split keeps such pairs together."
    )
    OTHER_TASKS = "texts of {split} that stand in the train split of another task: {count}."
    CONTRADICTIONS = "texts that are annotated twice and differently: {count}, e.g. {examples}."
    MIXED = "{split} has both pairs of texts and rows with labels ({labels}). Give the pairs a task of their own."
    ONE_SCORE = "all pairs in {split} have the score {score:g}, so there is nothing to compare."
    RANGE = (
        "scores in {split} from {lowest:g} to {highest:g}, in train from {low:g} to {high:g}: set score_min and "
        "score_max of the component so that both are inside."
    )
    LONG = (
        "the longest text of {split} has {length} characters, more than spaCy's limit of {limit}."
    )


def find_errors(stats: TaskStats) -> Iterator[str]:
    """Find what would make training fail.

    stats (TaskStats): The data of a task.
    YIELDS (str): What is wrong, and what to do.
    """
    for split, own in stats.splits.items():
        if own.unreadable:
            yield own.unreadable
        if own.bad:
            more = ["..."] * (own.bad > len(own.reasons))
            listed = "\n".join([*own.reasons, *more])
            yield Findings.BAD_ROWS.format(count=own.bad, path=own.path, listed=listed)
        if own.pairs is not None:
            yield from _find_pair_errors(split, own)
        elif own.path and not own.unreadable and not own.labels:
            yield Findings.NO_LABELS.format(split=split)
    for split in ("train", "dev"):
        if split not in stats.splits:
            yield Findings.MISSING.format(split=split)
    train = stats.splits.get("train", SplitStats())
    if not train.labels:
        return
    if not stats.multi_label and len(train.labels) == 1:
        yield Findings.ONE_LABEL.format(label=next(iter(train.labels)))
    if stats.multi_label and all(n in (0, train.rows) for n in train.labels.values()):
        yield Findings.CONSTANT
    for split in ("dev", "test"):
        labels = stats.splits.get(split, SplitStats()).labels
        unknown = [label for label in labels if label not in train.labels]
        if unknown:
            yield Findings.UNKNOWN.format(split=split, labels=listing(unknown))


def _find_pair_errors(split: str, own: SplitStats) -> Iterator[str]:
    scores = own.pairs
    if own.labels:
        yield Findings.MIXED.format(split=split, labels=listing(own.labels))
    elif scores is not None and scores.lowest == scores.highest:
        yield Findings.ONE_SCORE.format(split=split, score=scores.lowest)


def find_warnings(stats: TaskStats) -> Iterator[str]:
    """Find what may make training or its scores worse.

    stats (TaskStats): The data of a task.
    YIELDS (str): What was found, and what to do.
    """
    if "test" not in stats.splits:
        yield Findings.NO_TEST
    train = stats.splits.get("train", SplitStats())
    if stats.has_pairs:
        yield from _warn_about_ranges(stats)
    elif train.rows:
        yield from _warn_about_labels(stats, train)
    if 0 < train.rows < FEW_TRAIN_ROWS:
        yield Findings.FEW_ROWS.format(rows=train.rows)
    dev = stats.splits.get("dev", SplitStats())
    if 0 < dev.rows < FEW_DEV_ROWS:
        yield Findings.FEW_DEV.format(rows=dev.rows)
    for split, own in stats.splits.items():
        if own.empty:
            yield Findings.EMPTY.format(count=own.empty, split=split)
        if own.duplicates:
            yield Findings.DUPLICATES.format(count=own.duplicates, split=split)
        if own.longest_text > MAX_CHARACTERS:
            yield Findings.LONG.format(split=split, length=own.longest_text, limit=MAX_CHARACTERS)
    for split, count in stats.overlap.items():
        examples = listing(map(repr, stats.examples[split]))
        yield Findings.OVERLAP.format(count=count, split=split, examples=examples)
    for split, count in stats.shared_sides.items():
        examples = listing(map(repr, stats.examples[f"{split} sides"]))
        yield Findings.SHARED_SIDES.format(split=split, count=count, examples=examples)
    for split, count in stats.other_tasks.items():
        yield Findings.OTHER_TASKS.format(count=count, split=split)
    if stats.contradictions:
        examples = listing(map(repr, stats.examples["contradictions"]))
        yield Findings.CONTRADICTIONS.format(count=stats.contradictions, examples=examples)


def _warn_about_ranges(stats: TaskStats) -> Iterator[str]:
    train = stats.splits.get("train", SplitStats()).pairs
    for split, own in stats.splits.items():
        scores = own.pairs
        if train is None or scores is None:
            continue
        if scores.lowest < train.lowest or scores.highest > train.highest:
            yield Findings.RANGE.format(
                split=split,
                lowest=scores.lowest,
                highest=scores.highest,
                low=train.lowest,
                high=train.highest,
            )


def imbalance(stats: TaskStats) -> float | None:
    """Compare the most frequent label of the train split with the rarest that applies at all.

    stats (TaskStats): The data of a task.
    RETURNS (Optional[float]): Rows of the first over rows of the second. None without two labels.
    """
    train = stats.splits.get("train", SplitStats())
    counts = [count for count in train.labels.values() if count]
    return max(counts) / min(counts) if len(counts) > 1 else None


def _warn_about_labels(stats: TaskStats, train: SplitStats) -> Iterator[str]:
    never = [label for label, count in train.labels.items() if not count]
    if never:
        yield Findings.NEVER.format(labels=listing(never))
    few = [
        f"{label} ({count})" for label, count in train.labels.items() if 0 < count < FEW_LABEL_ROWS
    ]
    if few:
        yield Findings.FEW_PER_LABEL.format(few=FEW_LABEL_ROWS, labels=listing(few))
    ratio = imbalance(stats)
    if ratio is not None and ratio > STRONG_IMBALANCE:
        most = max(train.labels, key=lambda label: train.labels[label])
        least = min((n, label) for label, n in train.labels.items() if n)[1]
        yield Findings.IMBALANCE.format(ratio=ratio, most=most, least=least)
    for split in ("dev", "test"):
        own = stats.splits.get(split)
        if own is not None and own.rows:
            unseen = [label for label in train.labels if not own.labels.get(label)]
            if unseen:
                yield Findings.UNSEEN.format(split=split, labels=listing(unseen))
    alike: dict[str, list[str]] = defaultdict(list)
    for label in stats.labels:
        alike[" ".join(label.casefold().split())].append(label)
    for labels in alike.values():
        if len(labels) > 1:
            yield Findings.ALIKE.format(labels=listing(map(repr, labels)))
