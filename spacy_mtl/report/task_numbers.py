"""The numbers of one task: each label, confusion, calibration, thresholds and mistakes."""

from collections.abc import Sequence

import numpy as np

from ..training.metrics import Bools, Floats, confusion_counts, mean, prf
from ..training.scorers import Decisions
from .contents import (
    Calibration,
    Confusion,
    LabelResult,
    Mistake,
    ThresholdCurve,
    Thresholds,
)

BINS = 10
MISTAKES = 20
GRID = [round(0.01 * i, 2) for i in range(1, 100)]


def label_results(decided: Decisions, labels: Sequence[str]) -> list[LabelResult]:
    """Tell how well each label is found.

    decided (Decisions): What applies and what was predicted.
    labels (Sequence[str]): The labels.
    RETURNS (List[LabelResult]): The labels, in their order.
    """
    counts = confusion_counts(decided.truth, decided.guess, decided.known)
    results = []
    for label, (tp, fp, fn) in zip(labels, counts.T.tolist(), strict=True):
        values = prf(tp, fp, fn)
        results.append(LabelResult(label, tp + fn, tp, fn, fp, values.p, values.r, values.f))
    return results


def count_confusion(decided: Decisions, labels: Sequence[str]) -> Confusion:
    """Count which label was taken for which, where a text has one.

    decided (Decisions): What applies and what was predicted.
    labels (Sequence[str]): The labels.
    RETURNS (Confusion): The counts. Rows without any prediction are left out.
    """
    counts = decided.truth.T.astype(int) @ decided.guess.astype(int)
    return Confusion(list(labels), counts.tolist())


def calibrate(
    decided: Decisions, scores: Floats, *, multi_label: bool, bins: int = BINS
) -> Calibration:
    """Compare probabilities with how often they are right. With one label a text this is about the label
    with the highest probability, else about the probability of every label.

    decided (Decisions): What applies and what was predicted.
    scores (Floats): The scores of the same rows `(n_rows, n_labels)`.
    multi_label (bool): Whether any number of labels can apply.
    bins (int): Number of bins of equal width.
    RETURNS (Calibration): The reliability curve, and the expected calibration error: the distance of
        confidence and accuracy, averaged over the predictions.
    """
    if multi_label:
        confidence, right = scores[decided.known], decided.truth[decided.known]
    else:
        confidence = scores.max(axis=1, initial=0.0)
        right = np.asarray((decided.truth & decided.guess).any(axis=1))
    edges = np.linspace(0.0, 1.0, bins + 1)
    places = np.clip(np.searchsorted(edges[1:-1], confidence), 0, bins - 1)
    counts = np.bincount(places, minlength=bins)
    sure = np.bincount(places, weights=confidence, minlength=bins)
    good = np.bincount(places, weights=right, minlength=bins)
    return Calibration(
        edges=edges.tolist(),
        confidence=_means(sure, counts),
        accuracy=_means(good, counts),
        counts=counts.tolist(),
        error=float(np.abs(sure - good).sum() / counts.sum()) if counts.sum() else None,
    )


def try_thresholds(
    decided: Decisions, scores: Floats, labels: Sequence[str], *, threshold: float
) -> Thresholds | None:
    """Tell what other thresholds would do in a multi-label task.

    decided (Decisions): What applies and what was predicted.
    scores (Floats): The scores of the same rows `(n_rows, n_labels)`.
    labels (Sequence[str]): The labels.
    threshold (float): The threshold of the pipeline.
    RETURNS (Optional[Thresholds]): The curves, or None if no label has annotated rows.
    """
    curves = []
    for i, label in enumerate(labels):
        known = decided.known[:, i]
        if known.any():
            curves.append(_threshold_curve(label, decided.truth[known, i], scores[known, i]))
    if not curves:
        return None
    average = ThresholdCurve(
        None,
        *(
            np.mean([getattr(curve, name) for curve in curves], axis=0).tolist()
            for name in ("precision", "recall", "f")
        ),
    )
    best = GRID[int(np.argmax(average.f))]
    return Thresholds(threshold, best, list(GRID), [average, *curves])


def find_mistakes(
    decided: Decisions,
    scores: Floats,
    texts: Sequence[str],
    labels: Sequence[str],
    *,
    multi_label: bool,
    n: int = MISTAKES,
) -> list[Mistake]:
    """Find the mistakes that the pipeline is surest of.

    decided (Decisions): What applies and what was predicted.
    scores (Floats): The scores of the same rows `(n_rows, n_labels)`.
    texts (Sequence[str]): Their texts.
    labels (Sequence[str]): The labels.
    multi_label (bool): Whether any number of labels can apply.
    n (int): How many to find.
    RETURNS (List[Mistake]): The mistakes, the surest first.
    """
    wrong = (decided.truth != decided.guess) & decided.known
    if multi_label:
        # To say "no" is a statement too, with the probability that is left.
        sure = np.where(decided.guess, scores, 1.0 - scores)
        sure = np.where(wrong, sure, 0.0).max(axis=1, initial=0.0)
    else:
        sure = np.where(wrong.any(axis=1), scores.max(axis=1, initial=0.0), 0.0)
    rows = [row for row in np.argsort(-sure, kind="stable")[:n].tolist() if wrong[row].any()]
    return [
        Mistake(
            texts[row],
            _names(decided.truth[row] & decided.known[row], labels),
            _names(decided.guess[row], labels),
            float(sure[row]),
        )
        for row in rows
    ]


def mean_of(values: Sequence[float | None]) -> float | None:
    """Get the mean of the values that there are.

    values (Sequence[Optional[float]]): The values.
    RETURNS (Optional[float]): Their mean, or None if there are none.
    """
    return mean([value for value in values if value is not None])


def _threshold_curve(label: str, truth: Bools, scores: Floats) -> ThresholdCurve:
    """All thresholds at once: how many scores of either kind are at or above each."""
    positive, negative = np.sort(scores[truth]), np.sort(scores[~truth])
    tp = len(positive) - np.searchsorted(positive, GRID)
    fp = len(negative) - np.searchsorted(negative, GRID)
    values = [prf(t, f, len(positive) - t) for t, f in zip(tp.tolist(), fp.tolist(), strict=True)]
    return ThresholdCurve(
        label, [v.p for v in values], [v.r for v in values], [v.f for v in values]
    )


def _means(totals: np.ndarray, counts: np.ndarray) -> list[float | None]:
    return [
        float(total / count) if count else None for total, count in zip(totals, counts, strict=True)
    ]


def _names(row: Bools, labels: Sequence[str]) -> list[str]:
    return [label for label, applies in zip(labels, row.tolist(), strict=True) if applies]
