"""Targets, class weights and the cross-entropy of a task."""

from collections.abc import Mapping, Sequence

import numpy
from spacy.training import Example

from ..util import is_annotated, join_key

#: Probabilities are kept this far from 0 in the logarithm, so that the loss stays finite.
SMALLEST = 1e-12


def make_targets(
    examples: Sequence[Example],
    task: str,
    labels: Sequence[str],
    *,
    multi_label: bool,
    missing: str,
    smoothing: float,
) -> tuple[numpy.ndarray, numpy.ndarray]:
    """Read the annotations of one task.

    examples (Sequence[Example]): The batch.
    task (str): Name of the task.
    labels (Sequence[str]): Its labels.
    multi_label (bool): Whether labels are independent of each other.
    missing (str): What a multi-label document says about a label that it does not state: "zero" (it
        is false) or "unknown".
    smoothing (float): Share of a target that is spread evenly: over all labels if they exclude each
        other, else over true and false.
    RETURNS (Tuple[numpy.ndarray, numpy.ndarray]): Targets and a mask that is 1 where the target is known, both
        `(n_docs, n_labels)`.
    """
    targets = numpy.zeros((len(examples), len(labels)), dtype="f")
    mask = numpy.zeros_like(targets)
    keys = [join_key(task, label) for label in labels]
    for i, example in enumerate(examples):
        cats = example.reference.cats
        if not is_annotated(cats, task):
            continue
        targets[i] = [cats.get(key, 0.0) for key in keys]
        if multi_label and missing == "unknown":
            mask[i] = [key in cats for key in keys]
        else:
            mask[i] = 1.0
    if smoothing:
        targets *= 1.0 - smoothing
        targets += smoothing / (2 if multi_label else len(labels))
    return targets, mask


def balanced_weights(
    labels: Sequence[str],
    positives: Mapping[str, float],
    known: Mapping[str, int],
    n_docs: int,
    *,
    multi_label: bool,
    power: float = 1.0,
) -> dict[str, float]:
    """Compute class weights that give rare classes more weight.

    For labels that exclude each other: `n_docs / (n_labels * count)`, as in scikit-learn (King & Zeng
    2001, "Logistic Regression in Rare Events Data"), so that each class has the same total weight.
    For independent labels: the weight of a true label, `negatives / positives`, while a false one
    weighs 1. Labels that never occur weigh 1. A power below 1 goes only a part of the way; the mean
    weight of a document is 1 in any case.

    labels (Sequence[str]): The labels.
    positives (Mapping[str, float]): How often each label is true.
    known (Mapping[str, int]): How often each label is stated.
    n_docs (int): Annotated documents.
    multi_label (bool): Whether labels are independent of each other.
    power (float): Exponent of the weights.
    RETURNS (Dict[str, float]): Weights by label.
    """
    weights = {}
    for label in labels:
        count = positives.get(label, 0.0)
        if not count:
            weights[label] = 1.0
        elif multi_label:
            weights[label] = (max(known.get(label, n_docs) - count, 1.0) / count) ** power
        else:
            weights[label] = (n_docs / (len(labels) * count)) ** power
    if multi_label:
        return weights
    mean = sum(weights[label] * positives.get(label, 0.0) for label in labels) / n_docs
    return {
        label: weight / mean if label in positives else 1.0 for label, weight in weights.items()
    }


def cross_entropy(
    probabilities: numpy.ndarray,
    targets: numpy.ndarray,
    mask: numpy.ndarray,
    weights: numpy.ndarray,
    *,
    multi_label: bool,
) -> tuple[float, numpy.ndarray]:
    """Compute the weighted mean cross-entropy over the annotated documents, and its gradient.

    For labels that exclude each other a document's loss is `-sum_j t_j log p_j`, times the weight of
    its target class. For independent labels it is the sum over the known labels of
    `-w_j t_j log p_j - (1 - t_j) log(1 - p_j)`. The gradient is with respect to the logits.

    probabilities (numpy.ndarray): The model's output `(n_docs, n_labels)`.
    targets (numpy.ndarray): Targets of the same shape.
    mask (numpy.ndarray): 1 where the target is known, 0 elsewhere.
    weights (numpy.ndarray): Class weights `(n_labels,)`.
    multi_label (bool): Whether labels are independent of each other.
    RETURNS (Tuple[float, numpy.ndarray]): The loss, and the gradient `(n_docs, n_labels)`.
    """
    n_docs = max(1, int((mask.max(axis=1) > 0).sum())) if mask.size else 1
    log_p = numpy.log(numpy.maximum(probabilities, SMALLEST))
    if multi_label:
        log_q = numpy.log(numpy.maximum(1.0 - probabilities, SMALLEST))
        positive = weights * targets
        losses = -(positive * log_p + (1.0 - targets) * log_q) * mask
        gradient = ((positive + 1.0 - targets) * probabilities - positive) * mask
    else:
        doc_weights = (targets * weights).sum(axis=1, keepdims=True) * mask
        losses = -targets * log_p * doc_weights
        gradient = (probabilities - targets) * doc_weights
    return float(losses.sum()) / n_docs, (gradient / n_docs).astype("f")


def teacher_cross_entropy(
    probabilities: numpy.ndarray, targets: numpy.ndarray, *, multi_label: bool
) -> tuple[float, numpy.ndarray]:
    """Compute the mean cross-entropy to the output of a teacher, and its gradient.

    Labels that the teacher does not know come after those that it knows. It says nothing about them: they
    have no gradient, and of labels that exclude each other the probabilities among the others are compared.

    probabilities (numpy.ndarray): The model's output `(n_docs, n_labels)`.
    targets (numpy.ndarray): The teacher's output `(n_docs, n_known)`.
    multi_label (bool): Whether labels are independent of each other.
    RETURNS (Tuple[float, numpy.ndarray]): The loss, and the gradient `(n_docs, n_labels)` with respect to
        the logits.
    """
    n_known = targets.shape[1]
    known = probabilities[:, :n_known]
    if not multi_label:
        known = known / numpy.maximum(known.sum(axis=1, keepdims=True), SMALLEST)
    mask = numpy.ones_like(targets)
    weights = numpy.ones(n_known, dtype="f")
    loss, d_known = cross_entropy(known, targets, mask, weights, multi_label=multi_label)
    gradient = numpy.zeros_like(probabilities)
    gradient[:, :n_known] = d_known
    return loss, gradient
