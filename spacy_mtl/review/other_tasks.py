"""What the other tasks of a folder say of the rows of a task."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy

from ..training.texts import text_digest
from .contradictions import Contradiction, find_contradictions
from .features import extract_features
from .judging import predict_new
from .progress import Progress
from .rows import LEAST_ROWS, TaskRows, read_task


def contradictions_of_tasks(
    nlp: Any,
    rows: TaskRows,
    data: str | Path,
    others: Sequence[str],
    split: str,
    on_error: str,
    progress: Progress,
) -> list[list[Contradiction]]:
    """Find rows whose labels contradict those of other tasks of the folder.

    nlp (Language): A pipeline with an encoder.
    rows (TaskRows): The rows of the task.
    data (Union[str, Path]): The folder.
    others (Sequence[str]): The other tasks.
    split (str): The split.
    on_error (str): What to do with bad rows: "raise" or "skip".
    progress (Progress): Shows how far it is.
    RETURNS (List[List[Contradiction]]): What was found, by row.
    """
    found: list[list[Contradiction]] = [[] for _ in rows.rows]
    texts = [row.text for row in rows.rows]
    for name in others:
        other = read_task(data, name, split=split, on_error=on_error)
        if len(other.rows) < LEAST_ROWS:
            continue
        Q = _other_labels(nlp, other, texts, progress)
        pairs = find_contradictions(rows.targets(), rows.labels, name, Q, other.labels)
        found = [[*before, *new] for before, new in zip(found, pairs, strict=True)]
    return found


def _other_labels(nlp: Any, other: TaskRows, texts: Sequence[str], progress: Progress) -> Any:
    """Labels of another task: annotated where a text has them, else predicted."""
    every = [*(row.text for row in other.rows), *texts]
    features = extract_features(nlp, every, source=other.task, progress=progress)
    n, Y = len(other.rows), other.targets()
    known, rest = features.take(slice(0, n)), features.take(slice(n, None))
    learned = [row.text for row in other.rows]
    Q = predict_new(known, learned, Y, rest, multi_label=other.multi_label, progress=progress)
    annotated = {text_digest(row.text): y for row, y in zip(other.rows, Y, strict=True)}
    for i, text in enumerate(texts):
        y = annotated.get(text_digest(text))
        if y is not None:
            Q[i] = numpy.where(numpy.isnan(y), Q[i], y)
    return Q
