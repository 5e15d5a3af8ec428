"""What is annotated and what a pipeline predicts, for all tasks at once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from spacy.language import Language
from spacy.util import get_lang_class

from ..bars import ProgressBar
from ..training.corpus import create_multitask_corpus
from ..training.metrics import Floats
from ..training.scorers import Decisions, decide, gold_values
from ..training.single_task import FACTORY, PAIR_FACTORY
from ..util import is_annotated, join_key

BATCH_SIZE = 256


@dataclass(frozen=True)
class TaskSettings:
    """What a pipeline says about one of its tasks. See `make_textcat_multitask`."""

    name: str
    labels: tuple[str, ...]
    multi_label: bool
    threshold: float
    missing: str
    metric: str


@dataclass(frozen=True)
class GoldTexts:
    """Annotated texts.

    texts (List[str]): The texts.
    tasks (List[TaskSettings]): The tasks that can be scored.
    rows (Dict[str, NDArray]): By task, which of them are annotated for it.
    gold (Dict[str, Floats]): By task, the gold values of these, NaN where there is none.
    problems (Dict[str, str]): Tasks that cannot be scored, and why.
    """

    texts: list[str]
    tasks: list[TaskSettings] = field(default_factory=list)
    rows: dict[str, np.ndarray] = field(default_factory=dict)
    gold: dict[str, Floats] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Predicted:
    """What a pipeline says about texts.

    scores (Dict[str, Floats]): By task, the scores of the texts annotated for it `(n_rows, n_labels)`.
    vectors (Floats): Embeddings of all texts `(n_texts, width)`; without rows unless they were wished.
    """

    scores: dict[str, Floats]
    vectors: Floats


def task_settings(nlp: Language) -> list[TaskSettings]:
    """Get what a pipeline says about its tasks.

    nlp (Language): The pipeline.
    RETURNS (List[TaskSettings]): Its tasks, in their order.
    """
    pipes: list[Any] = [
        nlp.get_pipe(name) for name in nlp.pipe_names if nlp.get_pipe_meta(name).factory == FACTORY
    ]
    return [
        TaskSettings(
            pipe.task,
            pipe.labels,
            pipe.cfg["multi_label"],
            pipe.cfg["threshold"],
            pipe.cfg["missing"],
            pipe.cfg["score_metric"],
        )
        for pipe in pipes
    ]


def pair_tasks(nlp: Language) -> list[str]:
    """Get the tasks of a pipeline that are about pairs of texts.

    nlp (Language): The pipeline.
    RETURNS (List[str]): Their names.
    """
    pipes: list[Any] = [
        nlp.get_pipe(name)
        for name in nlp.pipe_names
        if nlp.get_pipe_meta(name).factory == PAIR_FACTORY
    ]
    return [pipe.task for pipe in pipes]


def read_gold(
    data: str | Path, tasks: Sequence[TaskSettings], *, split: str, lang: str
) -> GoldTexts:
    """Read the annotated texts of some tasks.

    data (Union[str, Path]): The folder.
    tasks (Sequence[TaskSettings]): The tasks, each of which has data there.
    split (str): The split.
    lang (str): Language of the texts.
    RETURNS (GoldTexts): The texts.
    RAISES (ValueError): If there is no data, or it cannot be read.
    """
    nlp = get_lang_class(lang)()
    reader = create_multitask_corpus(data, split=split, tasks=[task.name for task in tasks])
    texts: list[str] = []
    rows: dict[str, list[int]] = {task.name: [] for task in tasks}
    gold: dict[str, list[Floats]] = {task.name: [] for task in tasks}
    problems: dict[str, str] = {}
    for row, example in enumerate(reader(nlp)):
        texts.append(example.text)
        cats = example.reference.cats
        for task in tasks:
            if task.name in problems or not is_annotated(cats, task.name):
                continue
            try:
                gold[task.name].append(gold_values(cats, task.name, task.labels))
            except ValueError as error:
                problems[task.name] = str(error)
            else:
                rows[task.name].append(row)
    good = [task for task in tasks if rows[task.name] and task.name not in problems]
    return GoldTexts(
        texts,
        good,
        {task.name: np.array(rows[task.name], dtype=int) for task in good},
        {task.name: np.array(gold[task.name]).reshape(-1, len(task.labels)) for task in good},
        problems,
    )


def predict(
    nlp: Language,
    found: GoldTexts,
    tasks: Sequence[TaskSettings],
    *,
    with_vectors: bool = False,
    title: str = "",
    silent: bool = True,
) -> Predicted:
    """Predict all tasks for texts. A label that the pipeline does not know gets the score 0.

    nlp (Language): The pipeline.
    found (GoldTexts): The texts.
    tasks (Sequence[TaskSettings]): The tasks.
    with_vectors (bool): Whether to keep the embeddings, too.
    title (str): What the progress bar says.
    silent (bool): Whether to show no progress bar.
    RETURNS (Predicted): What the pipeline says.
    """
    # Only texts with an annotation of these tasks are of use, unless their embeddings are.
    wanted = np.zeros(len(found.texts), dtype=bool)
    for task in tasks:
        wanted[found.rows[task.name]] = True
    wanted |= with_vectors
    keys = [join_key(task.name, label) for task in tasks for label in task.labels]
    values = np.zeros((len(found.texts), len(keys)))
    vectors: list[np.ndarray] = []
    rows = np.flatnonzero(wanted)
    texts = (found.texts[row] for row in rows)
    docs = ProgressBar(
        nlp.pipe(texts, batch_size=BATCH_SIZE),
        total=len(rows),
        desc=title,
        unit=" texts",
        disable=silent or None,
        leave=False,
    )
    for row, doc in zip(rows, docs, strict=True):
        values[row] = [doc.cats.get(key, 0.0) for key in keys]
        if with_vectors:
            vectors.append(np.asarray(doc._.embedding, dtype="f"))
    scores, start = {}, 0
    for task in tasks:
        stop = start + len(task.labels)
        scores[task.name] = values[found.rows[task.name], start:stop]
        start = stop
    return Predicted(
        scores,
        np.array(vectors, dtype=float).reshape(len(vectors), -1) if vectors else np.zeros((0, 0)),
    )


def decide_task(task: TaskSettings, gold: Floats, scores: Floats) -> Decisions:
    """Turn gold values and scores of a task into labels.

    task (TaskSettings): The task.
    gold (Floats): The gold values.
    scores (Floats): The scores of the same rows.
    RETURNS (Decisions): The labels.
    """
    return decide(
        gold,
        scores,
        multi_label=task.multi_label,
        threshold=task.threshold,
        missing=task.missing,
    )


def gold_names(task: TaskSettings, found: GoldTexts, *, joined: str = " + ") -> list[str | None]:
    """Name the gold labels of all texts.

    task (TaskSettings): The task.
    found (GoldTexts): The texts.
    joined (str): What stands between several labels.
    RETURNS (List[Optional[str]]): A name for each text, None where the task is not annotated.
    """
    names: list[str | None] = [None] * len(found.texts)
    gold = found.gold[task.name]
    # The truth does not depend on the scores.
    decided = decide_task(task, gold, np.zeros_like(gold))
    rows = found.rows[task.name][decided.rows]
    for row, truth in zip(rows.tolist(), decided.truth.tolist(), strict=True):
        labels = [label for label, applies in zip(task.labels, truth, strict=True) if applies]
        names[row] = joined.join(labels) or "none"
    return names
