"""Scores a trained pipeline, those of its tasks alone and those without one of its tasks, on the same texts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from spacy.language import Language

from ..damage import load_pipeline
from ..errors import Errors
from ..training.metrics import Floats
from ..util import listing
from .contents import EmbeddingMap, Interval, TaskResult, Transfer
from .predictions import (
    GoldTexts,
    Predicted,
    TaskSettings,
    decide_task,
    gold_names,
    predict,
    task_settings,
)
from .resampling import interval_of, resample_scores
from .run_files import BASELINES, LEFT_OUT, Run
from .task_numbers import (
    calibrate,
    count_confusion,
    find_mistakes,
    label_results,
    try_thresholds,
)

OTHER_METRICS = ("acc", "macro_f", "micro_f", "macro_auc")
NO_BASELINES = (
    "There are no pipelines for one task alone in {path}. Train them with: python -m spacy mtl baselines "
    "CONFIG {path}"
)
NO_TRANSFER = (
    "There are no pipelines that were trained without one of the tasks in {path}. Train them with: python -m "
    "spacy mtl leave-out CONFIG {path}"
)


@dataclass
class Evaluation:
    """How good a pipeline is, and what its tasks gain from each other.

    results (List[TaskResult]): Each task.
    transfer (Optional[Transfer]): What each task gains from another.
    map (EmbeddingMap): The texts as points.
    missing (Dict[str, str]): What could not be told, and why.
    """

    results: list[TaskResult]
    transfer: Transfer | None
    map: EmbeddingMap
    missing: dict[str, str] = field(default_factory=dict)


def evaluate_run(run: Run, nlp: Language, found: GoldTexts, *, silent: bool = True) -> Evaluation:
    """Score the pipelines of a run.

    run (Run): Where they lie.
    nlp (Language): The pipeline for all tasks.
    found (GoldTexts): Annotated texts.
    silent (bool): Whether to show no progress bar.
    RETURNS (Evaluation): What was found.
    """
    missing: dict[str, str] = {}
    shared = predict(nlp, found, found.tasks, with_vectors=True, title="Scoring", silent=silent)
    own = {task.name: _rounds(task, found, shared.scores) for task in found.tasks}
    alone: dict[str, Floats] = {}
    for task in found.tasks:
        folder = run.baselines.get(task.name)
        if folder is not None:
            title = f"Scoring '{task.name}' alone"
            predicted = _predict_with(folder, found, [task], title, missing, silent)
            if predicted is not None:
                alone[task.name] = _rounds(task, found, predicted.scores)
    if not run.baselines:
        missing["baselines"] = NO_BASELINES.format(path=(run.folder / BASELINES).as_posix())
    gains: dict[str, Mapping[str, Interval]] = {}
    for helper, folder in run.left_out.items():
        others = [task for task in found.tasks if task.name != helper]
        title = f"Scoring without '{helper}'"
        predicted = _predict_with(folder, found, others, title, missing, silent)
        if predicted is not None:
            gains[helper] = {
                task.name: interval_of(own[task.name] - _rounds(task, found, predicted.scores))
                for task in others
                if task.name in predicted.scores
            }
    if not gains:
        missing["transfer"] = NO_TRANSFER.format(path=(run.folder / LEFT_OUT).as_posix())
    names = [task.name for task in found.tasks]
    return Evaluation(
        [
            _task_result(task, found, shared, own[task.name], alone.get(task.name))
            for task in found.tasks
        ],
        Transfer(list(gains), names, [[row.get(name) for name in names] for row in gains.values()])
        if gains
        else None,
        EmbeddingMap(
            found.texts,
            shared.vectors,
            {task.name: gold_names(task, found) for task in found.tasks},
        ),
        missing,
    )


def _predict_with(
    folder: Path,
    found: GoldTexts,
    tasks: Sequence[TaskSettings],
    title: str,
    missing: dict[str, str],
    silent: bool,
) -> Predicted | None:
    """Predict those of the tasks that another pipeline has. One that cannot be loaded is left out, and noted."""
    try:
        nlp = load_pipeline(folder)
        names = [task.name for task in task_settings(nlp)]
        known = [task for task in tasks if task.name in names]
        if not known:
            wanted = listing(task.name for task in tasks)
            raise ValueError(Errors.E749.format(path=folder, found=listing(names), tasks=wanted))
        return predict(nlp, found, known, title=title, silent=silent)
    except (ValueError, OSError) as error:
        missing[folder.as_posix()] = str(error)
        return None


def _rounds(task: TaskSettings, found: GoldTexts, scores: Mapping[str, Floats]) -> Floats:
    decided = decide_task(task, found.gold[task.name], scores[task.name])
    return resample_scores(decided, scores[task.name][decided.rows], task.labels, task.metric)


def _task_result(
    task: TaskSettings, found: GoldTexts, shared: Predicted, own: Floats, alone: Floats | None
) -> TaskResult:
    scores = shared.scores[task.name]
    decided = decide_task(task, found.gold[task.name], scores)
    scores = scores[decided.rows]
    texts = [found.texts[row] for row in found.rows[task.name][decided.rows]]
    others = {
        metric: interval_of(resample_scores(decided, scores, task.labels, metric, rounds=0))
        for metric in OTHER_METRICS
    }
    return TaskResult(
        name=task.name,
        rows=len(texts),
        metric=task.metric,
        score=interval_of(own),
        baseline=None if alone is None else interval_of(alone),
        difference=None if alone is None else interval_of(own - alone),
        others={metric: interval.value for metric, interval in others.items()},
        labels=label_results(decided, task.labels),
        confusion=None if task.multi_label else count_confusion(decided, task.labels),
        calibration=calibrate(decided, scores, multi_label=task.multi_label),
        thresholds=try_thresholds(decided, scores, task.labels, threshold=task.threshold)
        if task.multi_label
        else None,
        mistakes=find_mistakes(decided, scores, texts, task.labels, multi_label=task.multi_label),
    )
