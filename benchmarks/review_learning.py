"""Which texts to label next: proposals against a random draw, in twenty rounds."""

from typing import Any

import numpy
from sklearn.metrics import f1_score

from spacy_mtl.review.features import Features
from spacy_mtl.review.judging import predict_new
from spacy_mtl.review.progress import Progress
from spacy_mtl.review.proposals import choose, uncertainty

START = 50
STEP = 25
ROUNDS = 20
STRATEGIES = ("random", "uncertain", "proposed")


def learning_curve(
    train: Features,
    texts: list[str],
    y: Any,
    test: Features,
    y_test: Any,
    n_labels: int,
    strategy: str,
    seed: int,
) -> list[float]:
    """Label 50 texts drawn at random, and then 25 in each round.

    train (Features): Features of the texts to label.
    texts (list): The texts.
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
        learned = (
            train.take(numpy.array(known)),
            [texts[i] for i in known],
            numpy.eye(n_labels, dtype="float32")[y[known]],
        )
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


def _predict(features: Features, texts: list[str], Y: Any, others: Features) -> Any:
    progress = Progress(silent=True)
    return predict_new(features, texts, Y, others, multi_label=False, progress=progress)
