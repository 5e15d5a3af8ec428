"""Active learning: which texts without labels are most worth labelling."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy

from ..damage import load_pipeline
from ..errors import Errors
from ..training.texts import text_digest
from ..util import listing, task_cats
from .features import Features, extract_features
from .judging import predict_new
from .pipelines import Source, load_unbiased, open_source
from .progress import Progress
from .reasons import Reason
from .rows import LEAST_ROWS, ReviewRow, TaskRows, read_task, tasks_of_folder
from .suspects import Suspect

#: How many uncertain texts compete for each that is proposed.
POOL = 3
#: How much it counts to differ from those that are proposed already: 1 as much as to be uncertain, 0 nothing.
DIVERSITY = 0.1
#: Two labels this close make a text uncertain.
LOW_MARGIN = 0.2


def propose_rows(
    source: str | Path,
    data: str | Path,
    tasks: Sequence[str],
    *,
    n: int = 100,
    labelled: str | Path | None = None,
    on_error: str = "raise",
    progress: Progress | None = None,
) -> list[Suspect]:
    """Propose the texts that are most worth labelling: uncertain ones that differ from each other.

    Heads learn from the labelled rows of the data, or of `labelled`. Without any, a trained pipeline tells
    how uncertain it is.

    source (Union[str, Path]): A config, or the folder of a trained pipeline.
    data (Union[str, Path]): A file or folder with texts that have no labels.
    tasks (Sequence[str]): The tasks. A text is worth as much as it is to all of them.
    n (int): How many texts to propose.
    labelled (Union[str, Path, None]): Labelled rows, if the data has none.
    on_error (str): What to do with bad rows: "raise" or "skip".
    progress (Optional[Progress]): Shows how far it is.
    RETURNS (List[Suspect]): The texts, the most worthwhile first; once for each task.
    RAISES (ValueError): If there is nothing to propose, or nothing to learn a task from.
    """
    if n < 1:
        raise ValueError(Errors.E716.format(value=n, name="n", expected="1 or more"))
    progress = progress or Progress()
    opened = open_source(source)
    by_task = {task: read_task(data, task, raw=True, on_error=on_error) for task in tasks}
    rows = _candidates(by_task)
    if not rows:
        raise ValueError(Errors.E708.format(path=data, tasks=listing(tasks)))
    learn = {
        task: by_task[task] if labelled is None else read_task(labelled, task, on_error=on_error)
        for task in tasks
    }
    texts = [row.text for row in rows]
    probabilities: dict[str, Any] = {}
    vectors: Any = None
    for task, known in learn.items():
        if len(known.rows) >= LEAST_ROWS:
            features, P = _from_rows(opened, known, texts, progress)
            probabilities[task], vectors = P, features.vectors
        else:
            _check_known(opened, task, data)
            vectors, P, labels = _from_pipeline(opened, task, texts, progress)
            probabilities[task] = P
            learn[task] = TaskRows(task, labels, _is_multi(opened, task), [], [])
    worth = {
        task: uncertainty(P, multi_label=learn[task].multi_label)
        for task, P in probabilities.items()
    }
    chosen = choose(numpy.mean(list(worth.values()), axis=0), vectors, n)
    return [
        _proposal(rows[i], learn[task], probabilities[task][i], float(worth[task][i]))
        for i in chosen
        for task in tasks
    ]


def uncertainty(P: Any, *, multi_label: bool) -> Any:
    """Tell how uncertain predictions are: how close the two most likely answers come.

    P (Floats2d): Probabilities, `(n, n_labels)`.
    multi_label (bool): Whether several labels can apply. Then the least certain one counts.
    RETURNS (Floats1d): 0 (certain) to 1, `(n,)`.
    """
    if multi_label:
        return 1.0 - numpy.abs(2.0 * P - 1.0).min(axis=1)
    if P.shape[1] < 2:
        return numpy.zeros(len(P))
    best = numpy.sort(P, axis=1)[:, ::-1]
    return 1.0 - (best[:, 0] - best[:, 1])


def choose(worth: Any, vectors: Any, n: int) -> list[int]:
    """Choose rows that are uncertain and differ from each other: the most uncertain ones compete, and each
    one that is chosen makes those like it worth less.

    worth (Floats1d): Uncertainty of each row, `(n_rows,)`.
    vectors (Floats2d): Vectors of the rows, `(n_rows, width)`.
    n (int): How many to choose.
    RETURNS (List[int]): Numbers of the rows, in the order in which they were chosen.
    """
    pool = numpy.argsort(-numpy.round(worth, 9), kind="stable")[: POOL * n]
    norms = numpy.maximum(numpy.linalg.norm(vectors[pool], axis=1, keepdims=True), 1e-9)
    unit, left = vectors[pool] / norms, worth[pool].astype("float64")
    # How far each is from those that were chosen, with less weight than its uncertainty.
    distance = numpy.ones(len(pool))
    taken = numpy.zeros(len(pool), dtype=bool)
    chosen: list[int] = []
    for _ in range(min(n, len(pool))):
        best = int(numpy.where(taken, -1.0, left * distance**DIVERSITY).argmax())
        chosen.append(int(pool[best]))
        distance = numpy.minimum(distance, numpy.clip(1.0 - unit @ unit[best], 0.0, 1.0))
        taken[best] = True
    return chosen


def _candidates(by_task: Mapping[str, TaskRows]) -> list[ReviewRow]:
    """Texts that lack a label of every task, each once."""
    labelled = [{text_digest(row.text) for row in rows.rows} for rows in by_task.values()]
    found: dict[int, ReviewRow] = {}
    for rows in by_task.values():
        for row in rows.unlabelled:
            key = text_digest(row.text)
            if row.text.strip() and not any(key in known for known in labelled):
                found.setdefault(key, row)
    return list(found.values())


def _from_rows(
    source: Source, known: TaskRows, texts: list[str], progress: Progress
) -> tuple[Features, Any]:
    every = [*texts, *(row.text for row in known.rows)]
    nlp = load_unbiased(source, known.task, [row.text for row in known.rows])
    features = extract_features(nlp, every, source=source.path, progress=progress)
    new, old = features.take(slice(0, len(texts))), features.take(slice(len(texts), None))
    learned = [row.text for row in known.rows]
    P = predict_new(
        old, learned, known.targets(), new, multi_label=known.multi_label, progress=progress
    )
    return new, P


def _check_known(source: Source, task: str, data: str | Path) -> None:
    found = source.tasks if source.is_trained else ()
    if task not in found:
        raise ValueError(
            Errors.E709.format(
                task=task, found=listing(found), data=data, files=listing(tasks_of_folder(data))
            )
        )


def _from_pipeline(
    source: Source, task: str, texts: list[str], progress: Progress
) -> tuple[Any, Any, list[str]]:
    nlp = load_pipeline(source.path)
    features = extract_features(nlp, texts, source=source.path, progress=progress)
    scores = [task_cats(doc.cats, task) for doc in nlp.pipe(texts)]
    labels = sorted(scores[0])
    P = numpy.array([[score[label] for label in labels] for score in scores])
    return features.vectors, P, labels


def _is_multi(source: Source, task: str) -> bool:
    return bool(source.config["components"][source.tasks[task]].get("multi_label"))


def _proposal(row: ReviewRow, known: TaskRows, P: Any, worth: float) -> Suspect:
    order = numpy.argsort(-P, kind="stable")
    if known.multi_label:
        suggested = [label for label, p in zip(known.labels, P, strict=True) if p > 0.5]
    else:
        suggested = [known.labels[order[0]]]
    shown = ", ".join(f"{known.labels[k]} {P[k]:.0%}" for k in order[:3])
    name = "uncertain" if worth >= 1.0 - LOW_MARGIN else "different"
    text = f"{'The model is uncertain' if name == 'uncertain' else 'Unlike the others'}: {shown}"
    return Suspect(
        task=known.task,
        row=row,
        options=known.labels,
        multi_label=known.multi_label,
        labels=[],
        suggested=suggested,
        score=round(worth, 6),
        probabilities={label: round(float(p), 4) for label, p in zip(known.labels, P, strict=True)},
        reasons=[Reason(name, text)],
    )
