"""How much a score depends on the rows that happen to be in the test set: the bootstrap."""

from collections.abc import Iterator, Sequence

import numpy as np

from ..score_metric import METRICS, chosen_labels
from ..training.metrics import Floats
from ..training.scorers import Decisions
from .contents import Interval

ROUNDS = 1000
#: Ends of the interval, in percent.
ENDS = (2.5, 97.5)
#: Cells of the matrix of drawn rows that are in memory at once.
CELLS = 4_000_000


def resample_scores(
    decided: Decisions,
    scores: Floats,
    labels: Sequence[str],
    metric: str,
    *,
    rounds: int = ROUNDS,
    seed: int = 0,
) -> Floats:
    """Score a task on its rows, and on as many rows drawn from them, again and again. Equal seeds draw
    equal rows, so that two pipelines can be compared round by round.

    decided (Decisions): What applies and what was predicted.
    scores (Floats): The scores of the same rows `(n_rows, n_labels)`.
    labels (Sequence[str]): The labels.
    metric (str): The metric, see `validate_score_metric`.
    rounds (int): How often to draw.
    seed (int): Seed of the draws.
    RETURNS (Floats): The score on all rows, then one for each round `(1 + rounds,)`; NaN where undefined.
    """
    n_rows = len(decided.truth)
    if not n_rows:
        return np.full(1 + rounds, np.nan)
    parts = [np.ones((1, n_rows)), *_draw(n_rows, rounds, np.random.default_rng(seed))]
    return np.concatenate([_score(decided, scores, labels, metric, counts) for counts in parts])


def interval_of(values: Floats) -> Interval:
    """Summarize what `resample_scores` returned, or the difference of two.

    values (Floats): The value on all rows, then those of the rounds.
    RETURNS (Interval): The value and its interval.
    """
    drawn = values[1:][np.isfinite(values[1:])]
    if not np.isfinite(values[0]) or not len(drawn):
        return Interval(None if not np.isfinite(values[0]) else float(values[0]))
    low, high = np.percentile(drawn, ENDS)
    return Interval(float(values[0]), float(low), float(high))


def _draw(n_rows: int, rounds: int, rng: np.random.Generator) -> Iterator[Floats]:
    """Yield how often each row was drawn, some rounds at a time."""
    size = max(1, CELLS // n_rows)
    for start in range(0, rounds, size):
        n = min(size, rounds - start)
        drawn = rng.integers(n_rows, size=(n, n_rows)) + n_rows * np.arange(n)[:, None]
        yield np.bincount(drawn.ravel(), minlength=n * n_rows).reshape(n, n_rows).astype(float)


def _score(
    decided: Decisions, scores: Floats, labels: Sequence[str], metric: str, counts: Floats
) -> Floats:
    truth, guess, known = decided.truth, decided.guess, decided.known
    if metric == "acc":
        full = known.all(axis=1)
        right = (truth == guess).all(axis=1)
        return _divide(counts @ (right & full), counts @ full, np.nan)
    if metric == "macro_auc":
        return _mean([_auc(truth, scores, known, i, counts) for i in range(len(labels))])
    tp, fp, fn = (
        counts @ (cells & known) for cells in (truth & guess, ~truth & guess, truth & ~guess)
    )
    if metric.startswith("micro_"):
        totals = [cells.sum(axis=1) for cells in (tp, fp, fn)]
        return _ratio(metric[-1], *totals)
    name = metric[-1] if metric in METRICS else "f"
    chosen = chosen_labels(metric) or labels
    columns = [i for i, label in enumerate(labels) if label in chosen and known[:, i].any()]
    return _mean([_ratio(name, tp[:, i], fp[:, i], fn[:, i]) for i in columns])


def _ratio(name: str, tp: Floats, fp: Floats, fn: Floats) -> Floats:
    if name == "p":
        return _divide(tp, tp + fp)
    if name == "r":
        return _divide(tp, tp + fn)
    return _divide(2 * tp, 2 * tp + fp + fn)


def _auc(
    truth: np.ndarray, scores: Floats, known: np.ndarray, column: int, counts: Floats
) -> Floats:
    """The area under the ROC curve of a label in each round, ties half; NaN if it is undefined."""
    rows = known[:, column]
    truth, scores, counts = truth[rows, column], scores[rows, column], counts[:, rows]
    order = np.argsort(scores, kind="stable")
    truth, scores, counts = truth[order], scores[order], counts[:, order]
    if not len(scores):
        return np.full(len(counts), np.nan)
    starts = np.flatnonzero(np.r_[True, np.diff(scores) > 0])
    positive = np.add.reduceat(counts * truth, starts, axis=1)
    negative = np.add.reduceat(counts * ~truth, starts, axis=1)
    below = np.cumsum(negative, axis=1) - negative / 2
    return _divide(
        (positive * below).sum(axis=1), positive.sum(axis=1) * negative.sum(axis=1), np.nan
    )


def _divide(above: Floats, below: Floats, empty: float = 0.0) -> Floats:
    return np.divide(above, below, out=np.full(np.shape(above), empty), where=below > 0)


def _mean(values: Sequence[Floats]) -> Floats:
    """The mean over labels where each has a value; NaN where none has."""
    stacked = np.array(values)
    if not stacked.size:
        return np.full(1, np.nan)
    counted = np.isfinite(stacked)
    return _divide(np.where(counted, stacked, 0.0).sum(axis=0), counted.sum(axis=0), np.nan)
