"""The review of labels: from files to a list of suspects, the most suspicious first."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy
from spacy.util import logger

from ..errors import Errors, Warnings
from ..util import listing
from .contradictions import Contradiction
from .evidence import suspect
from .extra import import_review
from .features import Features, extract_features
from .judging import Evidence, gather_evidence
from .other_tasks import contradictions_of_tasks
from .pipelines import load_unbiased, open_source, training_files
from .progress import Progress
from .reasons import Case, Reason, explain, labels_of, suggest
from .rows import LEAST_ROWS, ReviewRow, TaskRows, read_task, tasks_of_folder
from .whole import whole_pipelines

#: How many of the nearest examples are shown of each kind.
N_SHOWN = 2


@dataclass
class Example:
    """A row that is shown beside another."""

    text: str
    labels: list[str]
    path: str
    line: int
    similarity: float


@dataclass
class Suspect:
    """A row whose labels were reviewed.

    task (str): The task.
    row (ReviewRow): The row.
    options (List[str]): All labels of the task.
    multi_label (bool): Whether several can apply.
    labels (List[str]): The labels it has.
    suggested (List[str]): The labels that the evidence is for.
    score (float): How suspicious it is, 0 to 1.
    flagged (bool): Whether confident learning counts it among the wrong ones.
    probabilities (Dict[str, float]): Out-of-fold probability of each label.
    reasons (List[Reason]): Why it is doubted.
    agreeing (List[Example]): The nearest rows with the same labels.
    disagreeing (List[Example]): The nearest rows with others.
    """

    task: str
    row: ReviewRow
    options: list[str]
    multi_label: bool
    labels: list[str]
    suggested: list[str]
    score: float
    flagged: bool = False
    probabilities: dict[str, float] = field(default_factory=dict)
    reasons: list[Reason] = field(default_factory=list)
    agreeing: list[Example] = field(default_factory=list)
    disagreeing: list[Example] = field(default_factory=list)


def review_labels(
    source: str | Path,
    data: str | Path,
    tasks: Sequence[str],
    *,
    whole: bool = False,
    folds: int = 5,
    seeds: int = 3,
    seed: int = 0,
    split: str = "train",
    on_error: str = "raise",
    work: Path | None = None,
    progress: Progress | None = None,
) -> list[Suspect]:
    """Review the labels of tasks. No row is judged by a model that has seen its labels.

    source (Union[str, Path]): A config, or the folder of a trained pipeline: tokenizer and encoder.
    data (Union[str, Path]): A data file, or a folder with one file for each task.
    tasks (Sequence[str]): The tasks to review.
    whole (bool): Train whole pipelines by the config instead of heads on the encoder. Takes as long as
        that many trainings.
    folds (int): How many folds.
    seeds (int): How often folds are dealt and heads trained.
    seed (int): The first seed.
    split (str): The split to review, if the data is a folder.
    on_error (str): What to do with bad rows: "raise" or "skip".
    work (Optional[Path]): Where folds that are done are kept, to go on after an interruption.
    progress (Optional[Progress]): Shows how far it is.
    RETURNS (List[Suspect]): All labelled rows, the most suspicious first; equal ones by file and line.
    RAISES (ValueError): If files cannot be read, or there is too little to learn from.
    """
    for name, value in (("folds", folds), ("seeds", seeds)):
        least = 2 if name == "folds" else 1
        if value < least:
            raise ValueError(
                Errors.E716.format(value=value, name=name, expected=f"{least} or more")
            )
    # Before the heads are trained, for which nobody should wait in vain.
    import_review("cleanlab")
    progress = progress or Progress()
    opened = open_source(source)
    found: list[Suspect] = []
    for task in tasks:
        rows = read_task(data, task, split=split, on_error=on_error)
        check_learnable(rows, data, folds)
        texts = [row.text for row in rows.rows]
        nlp = load_unbiased(opened, task, texts)
        features = extract_features(nlp, texts, source=source, progress=progress)
        others = [name for name in tasks_of_folder(data, split) if name != task]
        contradictions = contradictions_of_tasks(nlp, rows, data, others, split, on_error, progress)
        replaced = {}
        if whole:
            files = training_files(opened)
            replaced["whole"] = whole_pipelines(
                opened, rows, files, folds=folds, seed=seed, work=work, progress=progress
            )
        evidence = gather_evidence(
            features,
            texts,
            rows.targets(),
            multi_label=rows.multi_label,
            folds=folds,
            seeds=range(seed, seed + seeds),
            work=work,
            progress=progress,
            replaced=replaced,
            title=f"Heads of {task}",
        )
        found += _suspects(rows, features, evidence, contradictions)
    return sorted(found, key=_order)


def check_learnable(rows: TaskRows, data: object, folds: int) -> None:
    """Check that there is something to learn.

    rows (TaskRows): The rows of a task.
    data (object): Where they come from, for the error.
    folds (int): How many folds there will be.
    RAISES (ValueError): If there are too few rows or labels.
    """
    Y = numpy.nan_to_num(rows.targets())
    counts = Y.sum(axis=0)
    differ = len({row.tobytes() for row in Y}) > 1
    if len(rows.rows) < max(LEAST_ROWS, folds) or not differ:
        raise ValueError(
            Errors.E704.format(
                task=rows.task,
                path=data,
                rows=len(rows.rows),
                least=max(LEAST_ROWS, folds),
                labels=listing(rows.labels),
            )
        )
    for label, count in zip(rows.labels, counts.astype(int).tolist(), strict=True):
        if 0 < count < folds:
            logger.warning(
                Warnings.W356.format(label=label, task=rows.task, count=count, folds=folds)
            )


def _order(item: Suspect) -> tuple:
    # Differences in a last digit, as other processors make them, do not change the order.
    return (-round(item.score, 6), item.task, str(item.row.path), item.row.line)


def _suspects(
    rows: TaskRows,
    features: Features,
    evidence: Evidence,
    contradictions: Sequence[Sequence[Contradiction]],
) -> list[Suspect]:
    Y = rows.targets()
    suspicion = suspect(Y, evidence.P, multi_label=rows.multi_label)
    case = Case(
        rows.labels,
        rows.rows,
        Y,
        evidence.P,
        evidence.by_seed,
        evidence.neighbours,
        features.ngrams,
        contradictions,
        rows.multi_label,
    )
    return [
        Suspect(
            task=rows.task,
            row=row,
            options=rows.labels,
            multi_label=rows.multi_label,
            labels=labels_of(row),
            suggested=suggest(case, i),
            score=float(numpy.clip(suspicion.score[i], 0.0, 1.0)),
            flagged=bool(suspicion.flagged[i]),
            probabilities={
                label: round(float(p), 4)
                for label, p in zip(rows.labels, evidence.P[i], strict=True)
            },
            reasons=explain(case, i),
            agreeing=_nearest(case, i, same=True),
            disagreeing=_nearest(case, i, same=False),
        )
        for i, row in enumerate(rows.rows)
    ]


def _nearest(case: Case, i: int, *, same: bool) -> list[Example]:
    own = labels_of(case.rows[i])
    shown: list[Example] = []
    for j, cosine in zip(
        case.neighbours.rows[i].tolist(), case.neighbours.similarity[i].tolist(), strict=True
    ):
        if j < 0 or len(shown) == N_SHOWN:
            break
        row = case.rows[j]
        if (labels_of(row) == own) == same:
            shown.append(
                Example(row.text, labels_of(row), str(row.path), row.line, round(cosine, 3))
            )
    return shown
