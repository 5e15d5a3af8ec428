"""Scores of one task, over the documents annotated for it."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from spacy.training import Example

from ..errors import Errors
from ..score_metric import METRICS, chosen_labels, validate_score_metric
from ..types import Cats, Scores
from ..util import is_annotated, listing, task_cats
from .metrics import Bools, Floats, auc, confusion_counts, mean, prf, subset_accuracy

#: A label with a gold value from here on applies. Annotations may be soft, in [0, 1].
POSITIVE = 0.5


def make_textcat_multitask_scorer() -> Callable[..., Scores]:
    """Create the scorer of `textcat_multitask` components.

    RETURNS (Callable): The scoring method, see `textcat_multitask_score`.
    """
    return textcat_multitask_score


def textcat_multitask_score(
    examples: Iterable[Example],
    *,
    task: str,
    labels: Sequence[str],
    multi_label: bool,
    threshold: float = 0.5,
    missing: str = "zero",
    score_metric: str = "macro_f",
    **cfg: Any,
) -> Scores:
    """Score one task on the documents that are annotated for it.

    Single-label: the label with the highest score against the label with the highest gold value;
    documents that only say which labels do not apply have no gold label and are left out.
    Multi-label: every score from the threshold on is a predicted label; accuracy is the share of
    documents with all labels right, among those with all labels annotated. Macro averages go
    over the labels of the component, the area under the curve over those where it is defined.

    examples (Iterable[Example]): The examples, with the scores in their predicted documents.
    task (str): The name of the task.
    labels (Sequence[str]): The labels of the component, without the name of the task.
    multi_label (bool): Whether any number of labels can apply.
    threshold (float): Score from which on a label of a multi-label task applies.
    missing (str): What an absent label of an annotated document means in a multi-label task:
        "zero" if it does not apply, "unknown" if it does not count.
    score_metric (str): The metric given as `<task>_score`, see `validate_score_metric`.
    cfg (Any): Other settings of the component, not used here.
    RETURNS (Scores): Values in [0, 1], or None where undefined, by `<task>_<metric>`, and the
        number of scored documents as `<task>_n`.
    """
    validate_score_metric(score_metric, labels)
    gold, scores = _collect(examples, task, labels)
    decided = decide(gold, scores, multi_label=multi_label, threshold=threshold, missing=missing)
    rows = decided.rows
    values = _measure(decided.truth, decided.guess, decided.known, scores[rows], labels)
    values["score"] = _select(values, score_metric)
    values["score_desc"] = score_metric
    return {f"{task}_{name}": value for name, value in values.items()}


def gold_values(cats: Cats, task: str, labels: Sequence[str]) -> Floats:
    """Get what a document is annotated with for one task.

    cats (Cats): The categories of its reference.
    task (str): The name of the task.
    labels (Sequence[str]): The labels of the component, without the name of the task.
    RETURNS (Floats): A value for each label, NaN where there is none.
    RAISES (ValueError): If a label applies that the component has not.
    """
    values = dict.fromkeys(labels, np.nan)
    for label, value in task_cats(cats, task).items():
        if label in values:
            values[label] = value
        elif value > 0:
            raise ValueError(Errors.E160.format(task=task, label=label, labels=listing(labels)))
    return np.array(list(values.values()))


def _collect(
    examples: Iterable[Example], task: str, labels: Sequence[str]
) -> tuple[Floats, Floats]:
    """Get gold values (NaN where there is none) and predicted scores of annotated documents."""
    gold_rows: list[Floats] = []
    score_rows: list[list[float]] = []
    for example in examples:
        if not is_annotated(example.reference.cats, task):
            continue
        gold_rows.append(gold_values(example.reference.cats, task, labels))
        predicted = task_cats(example.predicted.cats, task)
        score_row = [float(predicted.get(label, 0.0)) for label in labels]
        if not np.isfinite(score_row).all():
            label = labels[int(np.flatnonzero(~np.isfinite(score_row))[0])]
            text = Errors.E161.format(task=task, label=label, text=example.text[:60])
            raise ValueError(text)
        score_rows.append(score_row)
    shape = (len(gold_rows), len(labels))
    return np.array(gold_rows).reshape(shape), np.array(score_rows).reshape(shape)


class Decisions(NamedTuple):
    """Which labels apply and which were predicted, for the documents that count.

    truth (Bools): Which labels apply, `(n_rows, n_labels)`.
    guess (Bools): Which labels were predicted.
    known (Bools): Which cells are annotated.
    rows (Bools): Which of all documents these are, `(n_annotated,)`.
    """

    truth: Bools
    guess: Bools
    known: Bools
    rows: Bools


def decide(
    gold: Floats, scores: Floats, *, multi_label: bool, threshold: float, missing: str
) -> Decisions:
    """Turn gold values and scores into labels, see `textcat_multitask_score`.

    gold (Floats): Gold values, NaN where there is none.
    scores (Floats): The scores.
    multi_label (bool): Whether any number of labels can apply.
    threshold (float): Score from which on a label of a multi-label task applies.
    missing (str): What an absent label means in a multi-label task, "zero" or "unknown".
    RETURNS (Decisions): The labels.
    """
    if multi_label:
        known = ~np.isnan(gold) if missing == "unknown" else np.ones(gold.shape, dtype=bool)
        truth = np.nan_to_num(gold) >= POSITIVE
        return Decisions(truth, scores >= threshold, known, np.ones(len(gold), dtype=bool))
    gold = np.nan_to_num(gold)
    labelled = gold.max(axis=1, initial=0.0) > 0
    truth, guess = _one_hot(gold[labelled]), _one_hot(scores[labelled])
    return Decisions(truth, guess, np.ones(truth.shape, dtype=bool), labelled)


def _one_hot(values: Floats) -> Bools:
    """Mark the highest value of each row; none in a row of zeros, which holds no decision."""
    best = np.zeros(values.shape, dtype=bool)
    if values.size:
        best[np.arange(len(values)), values.argmax(axis=1)] = values.max(axis=1) > 0
    return best


def _measure(
    truth: Bools, guess: Bools, known: Bools, scores: Floats, labels: Sequence[str]
) -> dict[str, Any]:
    """Get all metrics. A label without one annotated cell has none and enters no average."""
    counts = confusion_counts(truth, guess, known)
    seen = known.sum(axis=0) > 0
    per_type = {
        label: prf(*counts[:, i].tolist()).to_dict() if seen[i] else None
        for i, label in enumerate(labels)
    }
    aucs = {
        label: auc(truth[known[:, i], i], scores[known[:, i], i]) for i, label in enumerate(labels)
    }
    scored = [values for values in per_type.values() if values is not None]
    micro = prf(*counts.sum(axis=1).tolist()).to_dict() if scored else dict.fromkeys("prf")
    return {
        "acc": subset_accuracy(truth, guess, known),
        **{f"macro_{x}": mean([values[x] for values in scored]) for x in "prf"},
        **{f"micro_{x}": micro[x] for x in "prf"},
        "macro_auc": mean([value for value in aucs.values() if value is not None]),
        "f_per_type": per_type if scored else None,
        "auc_per_type": aucs if scored else None,
        "n": len(truth),
    }


def _select(values: dict[str, Any], metric: str) -> float | None:
    if metric in METRICS:
        return values[metric]
    per_type = values["f_per_type"] or {}
    chosen = [per_type.get(label) for label in chosen_labels(metric)]
    return mean([entry["f"] for entry in chosen if entry is not None])
