"""Which texts to label next: proposals against a random draw, in twenty rounds."""

from typing import Any

import numpy
from sklearn.metrics import f1_score

from spacy_mtl.review.evidence import combine
from spacy_mtl.review.features import Features
from spacy_mtl.review.heads import predict_head
from spacy_mtl.review.proposals import choose, uncertainty

START = 50
STEP = 25
ROUNDS = 20
STRATEGIES = ("random", "uncertain", "proposed")


def learning_curve(
    train: Features, y: Any, test: Features, y_test: Any, n_labels: int, strategy: str, seed: int
) -> list[float]:
    """Label 50 texts drawn at random, and then 25 in each round.

    train (Features): Features of the texts to label.
    y (Ints1d): Their labels.
    test (Features): Features of the test texts.
    y_test (Ints1d): Their labels.
    n_labels (int): How many labels there are.
    strategy (str): One of STRATEGIES.
    seed (int): Seed of the draws.
    RETURNS (list): Macro-F1 on test before the first round and after each, in percent.
    """
    rng = numpy.random.RandomState(seed)
    order = rng.permutation(len(y))
    known = order[:START].tolist()
    scores = []
    for _ in range(ROUNDS + 1):
        left = numpy.setdiff1d(order, known)
        learned = train.take(numpy.array(known)), numpy.eye(n_labels, dtype="float32")[y[known]]
        predicted = _predict(*learned, test).argmax(axis=1)
        scores.append(round(100 * float(f1_score(y_test, predicted, average="macro")), 2))
        if strategy == "random":
            known += rng.choice(left, STEP, replace=False).tolist()
            continue
        worth = uncertainty(_predict(*learned, train.take(left)), multi_label=False)
        if strategy == "proposed":
            chosen = choose(worth, train.vectors[left], STEP)
        else:
            chosen = numpy.argsort(-worth, kind="stable")[:STEP].tolist()
        known += left[chosen].tolist()
    return scores


def _predict(features: Features, Y: Any, others: Features) -> Any:
    witnesses = {
        part: predict_head(
            getattr(features, part), Y, getattr(others, part), multi_label=False, part=part
        )
        for part in ("vectors", "ngrams")
    }
    return combine(witnesses, multi_label=False)
