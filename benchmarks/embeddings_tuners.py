"""What bends embeddings towards a task: the tuners, and how their output is judged."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score, silhouette_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from spacy.language import Language

#: Labels of a row by name, 1.0 or 0.0. One that is not there is unknown.
Cats = dict[str, float]


class Rows(NamedTuple):
    """Labelled texts."""

    texts: list[str]
    #: Their embeddings before tuning, of shape `(n, width)`.
    X: Any
    #: Their labels of the task, of shape `(n,)`.
    y: Any
    #: All that is known of them.
    cats: list[Cats]


class Training(NamedTuple):
    """What a tuner may learn from."""

    #: Rows with a label of the task.
    rows: Rows
    #: Rows that have only labels of something else.
    others: Rows
    seed: int
    #: The pretrained pipeline, if the embeddings come from one.
    encoder: Language | None


Transform = Callable[[Rows], Any]


def raw(training: Training) -> Transform:
    """RETURNS (Callable): The embeddings as they are."""
    return lambda rows: rows.X


def feed_forward(training: Training) -> Transform:
    """RETURNS (Callable): The hidden layer of a classifier of the embeddings."""
    from spacy_mtl.sklearn import FeedForwardTuner

    tuner = FeedForwardTuner(random_state=training.seed)
    tuner.fit(training.rows.X, training.rows.y)
    return lambda rows: tuner.transform(rows.X)


def contrastive(training: Training) -> Transform:
    """RETURNS (Callable): A map of the embeddings, learned from pairs."""
    from spacy_mtl.sklearn import ContrastiveTuner

    tuner = ContrastiveTuner(random_state=training.seed)
    tuner.fit(training.rows.X, training.rows.y)
    return lambda rows: tuner.transform(rows.X)


def contrastive_partial(training: Training) -> Transform:
    """RETURNS (Callable): The same, with rows that know other labels only."""
    from spacy_mtl.sklearn import ContrastiveTuner

    tuner = ContrastiveTuner(random_state=training.seed)
    X = numpy.concatenate([training.rows.X, training.others.X])
    tuner.fit(X, [*training.rows.cats, *training.others.cats])
    return lambda rows: tuner.transform(rows.X)


def encoder(training: Training) -> Transform:
    """RETURNS (Callable): The encoder itself, trained further on pairs."""
    from spacy_mtl.sklearn import EncoderTuner

    tuner = EncoderTuner(training.encoder, random_state=training.seed)
    tuner.fit(training.rows.texts, training.rows.y)
    return lambda rows: tuner.transform(rows.texts)


def encoder_partial(training: Training) -> Transform:
    """RETURNS (Callable): The same, with rows that know other labels only."""
    from spacy_mtl.sklearn import EncoderTuner

    tuner = EncoderTuner(training.encoder, random_state=training.seed)
    texts = [*training.rows.texts, *training.others.texts]
    tuner.fit(texts, [*training.rows.cats, *training.others.cats])
    return lambda rows: tuner.transform(rows.texts)


#: What learns, by name. The last two need the whole encoder, and the partial ones other labels.
TUNERS: dict[str, Callable[[Training], Transform]] = {
    "raw": raw,
    "feed_forward": feed_forward,
    "contrastive": contrastive,
    "contrastive_partial": contrastive_partial,
    "encoder": encoder,
    "encoder_partial": encoder_partial,
}


def judge(transform: Transform, train: Rows, test: Rows, positive: Any) -> dict[str, float]:
    """Judge embeddings by what a linear model finds in them, and by how far the classes are apart.

    transform (Callable): Gives the embeddings.
    train (Rows): What the linear model learns from.
    test (Rows): What it is judged on.
    positive (Any): The label whose F1 is taken.
    RETURNS (dict): Accuracy and F1 in percent, and the silhouette of the classes among the test rows by cosine.
    """
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000, C=0.1))
    model.fit(transform(train), train.y)
    X = transform(test)
    found = model.predict(X)
    return {
        "accuracy": round(100 * accuracy_score(test.y, found), 2),
        "f1": round(100 * f1_score(test.y, found, pos_label=positive), 2),
        "silhouette": round(float(silhouette_score(X, test.y, metric="cosine")), 4),
    }


def take(rows: Rows, places: Sequence[int]) -> Rows:
    """RETURNS (Rows): The rows at these places."""
    return Rows(
        [rows.texts[i] for i in places],
        rows.X[places],
        rows.y[places],
        [rows.cats[i] for i in places],
    )
