"""Classification metrics on matrices of documents and labels. Zero divided by zero is zero."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PRF:
    """Precision, recall and F-score."""

    p: float
    r: float
    f: float

    def to_dict(self) -> dict[str, float]:
        """RETURNS (Dict[str, float]): The three values by their letters."""
        return {"p": self.p, "r": self.r, "f": self.f}


def prf(tp: int, fp: int, fn: int) -> PRF:
    """Get precision, recall and F-score from counts.

    tp (int): True positives.
    fp (int): False positives.
    fn (int): False negatives.
    RETURNS (PRF): The three values.
    """
    return PRF(
        p=tp / (tp + fp) if tp + fp else 0.0,
        r=tp / (tp + fn) if tp + fn else 0.0,
        f=2 * tp / (2 * tp + fp + fn) if tp + fp + fn else 0.0,
    )


def confusion_counts(truth: Bools, guess: Bools, known: Bools) -> NDArray[np.int64]:
    """Count true positives, false positives and false negatives of each label.

    truth (Bools): Which labels apply, one row a document.
    guess (Bools): Which labels were predicted.
    known (Bools): Which cells are annotated; the others do not count.
    RETURNS (NDArray[np.int64]): Rows tp, fp and fn, one column a label.
    """
    cells = (truth & guess, ~truth & guess, truth & ~guess)
    return np.array([(cell & known).sum(axis=0) for cell in cells], dtype=np.int64)


def auc(truth: Bools, scores: Floats) -> float | None:
    """Get the area under the ROC curve: how often a positive scores above a negative, ties half.

    truth (Bools): Which documents are positive.
    scores (Floats): Their scores.
    RETURNS (Optional[float]): The area, or None if there are no positives or no negatives.
    """
    positives = int(truth.sum())
    negatives = len(truth) - positives
    if not positives or not negatives:
        return None
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    mean_ranks = np.cumsum(counts) - (counts - 1) / 2
    above = mean_ranks[inverse.ravel()][truth].sum() - positives * (positives + 1) / 2
    return float(above / (positives * negatives))


def subset_accuracy(truth: Bools, guess: Bools, known: Bools) -> float | None:
    """Get the share of documents with every label right, among those with every label annotated.

    truth (Bools): Which labels apply, one row a document.
    guess (Bools): Which labels were predicted.
    known (Bools): Which cells are annotated.
    RETURNS (Optional[float]): The share, or None if no document is fully annotated.
    """
    full = known.all(axis=1)
    if not full.any():
        return None
    return float((truth == guess).all(axis=1)[full].mean())


def mean(values: list[float]) -> float | None:
    """Get the mean of the values.

    values (List[float]): The values.
    RETURNS (Optional[float]): Their mean, or None if there are none.
    """
    return float(np.mean(values)) if values else None
