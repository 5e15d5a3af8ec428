"""The metrics of TweetEval, times 100.

emoji, emotion, hate and offensive: macro-averaged F1; irony: F1 of the class "irony";
sentiment: macro-averaged recall; stance: mean of F1(favor) and F1(against) for each target, then
the mean over the five targets; ALL: the mean of the seven tasks.

The benchmark's own script pools the rows of the five targets before it takes the two F1 values.
That figure and its mean of seven are reported beside the others, as `stance_pooled` and
`ALL_pooled`: they are the ones to hold against published scores.
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy
from sklearn.metrics import confusion_matrix, f1_score, recall_score
from tweeteval_data import LABELS, TASKS, check_set

STANCE_CLASSES = ("favor", "against")
BAD_LENGTH = "{name}: {n_pred} predictions for {n_gold} rows."
NO_GOLD = "No gold labels for {names}."


def set_score(name: str, gold: Sequence[str], predicted: Sequence[str]) -> float:
    """Score one set with the metric of its task.

    name (str): The set, e.g. "emotion" or "stance-abortion".
    gold (Sequence[str]): The gold labels.
    predicted (Sequence[str]): The predicted labels, in the same order.
    RETURNS (float): The score, between 0 and 100.
    """
    check_set(name)
    if len(gold) != len(predicted):
        raise ValueError(BAD_LENGTH.format(name=name, n_pred=len(predicted), n_gold=len(gold)))
    if name in TASKS["stance"]:
        return _macro_f(gold, predicted, STANCE_CLASSES)
    if name == "irony":
        return _macro_f(gold, predicted, ("irony",))
    if name == "sentiment":
        value = recall_score(
            gold, predicted, labels=list(LABELS[name]), average="macro", zero_division=0
        )
        return 100 * float(value)
    return _macro_f(gold, predicted, LABELS[name])


def score(
    predictions: Mapping[str, Sequence[str]], gold: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """Score sets, tasks and the benchmark as a whole. A task needs all of its sets, and ALL needs
    all seven tasks: what cannot be computed is left out.

    predictions (Mapping[str, Sequence[str]]): The predicted labels of each set.
    gold (Mapping[str, Sequence[str]]): The gold labels of at least the same sets.
    RETURNS (dict): "sets" and "tasks" with a score each, "ALL", and the variant that pools the
        stance targets, "stance_pooled" and "ALL_pooled".
    """
    missing = sorted(set(predictions) - set(gold))
    if missing:
        raise ValueError(NO_GOLD.format(names=", ".join(missing)))
    sets = {name: set_score(name, gold[name], labels) for name, labels in predictions.items()}
    tasks = {
        task: sum(sets[name] for name in names) / len(names)
        for task, names in TASKS.items()
        if all(name in sets for name in names)
    }
    scores: dict[str, Any] = {"sets": sets, "tasks": tasks}
    if "stance" in tasks:
        names = TASKS["stance"]
        scores["stance_pooled"] = _macro_f(
            [label for name in names for label in gold[name]],
            [label for name in names for label in predictions[name]],
            STANCE_CLASSES,
        )
    if len(tasks) == len(TASKS):
        total = sum(tasks.values())
        scores["ALL"] = total / len(tasks)
        scores["ALL_pooled"] = (total - tasks["stance"] + scores["stance_pooled"]) / len(tasks)
    return scores


def confusion(name: str, gold: Sequence[str], predicted: Sequence[str]) -> list[list[int]]:
    """Count the pairs of gold and predicted labels: all that any of the metrics needs.

    name (str): The set.
    gold (Sequence[str]): The gold labels.
    predicted (Sequence[str]): The predicted labels, in the same order.
    RETURNS (list[list[int]]): A row for each gold label, in the order of `LABELS[name]`.
    """
    check_set(name)
    return confusion_matrix(gold, predicted, labels=list(LABELS[name])).tolist()


def from_confusion(name: str, counts: Sequence[Sequence[int]]) -> tuple[list[str], list[str]]:
    """Give back gold and predicted labels that have the given counts.

    name (str): The set.
    counts (Sequence[Sequence[int]]): What `confusion` returned.
    RETURNS (tuple): The gold and the predicted labels, row by row of the matrix.
    """
    check_set(name)
    matrix = numpy.asarray(counts)
    gold_ids, predicted_ids = numpy.indices(matrix.shape).reshape(2, -1)
    labels = numpy.asarray(LABELS[name])
    gold = labels[numpy.repeat(gold_ids, matrix.ravel())]
    predicted = labels[numpy.repeat(predicted_ids, matrix.ravel())]
    return gold.tolist(), predicted.tolist()


def score_confusions(
    counts: Mapping[str, Sequence[Sequence[int]]], *, digits: int = 2
) -> dict[str, Any]:
    """Score stored counts, rounded for a report.

    counts (Mapping[str, Sequence[Sequence[int]]]): What `confusion` returned for each set.
    digits (int): The number of digits to keep.
    RETURNS (dict): The same as `score`.
    """
    pairs = {name: from_confusion(name, matrix) for name, matrix in counts.items()}
    predictions = {name: predicted for name, (_, predicted) in pairs.items()}
    scores = score(predictions, {name: gold for name, (gold, _) in pairs.items()})
    return {
        key: {name: round(item, digits) for name, item in value.items()}
        if isinstance(value, dict)
        else round(value, digits)
        for key, value in scores.items()
    }


def write_record(path: Path, record: dict[str, Any]) -> None:
    """Write a result file at once, so that a reader never meets half of one.

    path (Path): The file; its folder is made if need be.
    record (dict): What to write as JSON, a row of a matrix a line.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(record, indent=2)
    text = re.sub(r"\[[\d,\s]+\]", lambda match: " ".join(match.group().split()), text)
    partial = path.with_suffix(".partial")
    partial.write_text(text + "\n", encoding="utf8")
    partial.replace(path)


def _macro_f(gold: Sequence[str], predicted: Sequence[str], labels: Sequence[str]) -> float:
    value = f1_score(gold, predicted, labels=list(labels), average="macro", zero_division=0)
    return 100 * float(value)
