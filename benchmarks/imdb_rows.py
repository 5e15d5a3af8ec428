"""The rows of the IMDB benchmark: what is trained on the drawn labels, and how well it does."""

import io
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy
import spacy
from imdb_data import N_DEV, TASK, draw, load
from imdb_encoders import make_config, pretrain_encoder, recipe_settings, write_labelled
from imdb_features import features
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from spacy.training.initialize import init_nlp
from spacy.training.loop import train
from thinc.api import use_ops

Settings = Mapping[str, Any]


class Place(NamedTuple):
    """Where the data is, and where what is made of it is kept."""

    data_dir: str
    work: Path


class Scores(NamedTuple):
    """Accuracies in percent."""

    dev: float
    test: float


class Row(NamedTuple):
    """A row of the table."""

    title: str
    #: Trains on so many labels, drawn with a seed, with some settings.
    run: Callable[[Place, int, int, Settings], Scores]
    #: Four settings for every row. The best on dev with the first draw is taken.
    grid: list[dict[str, Any]]


def tfidf(place: Place, n_labels: int, seed: int, settings: Settings) -> Scores:
    """TF-IDF of words and word pairs, and logistic regression."""
    drawn = draw(place.data_dir, n_labels, seed)
    model = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2),
        LogisticRegression(max_iter=1000, **settings),
    ).fit(drawn.texts, drawn.labels)
    texts, labels = load(place.data_dir, "test")
    return Scores(
        _percent(model.predict(drawn.dev_texts), drawn.dev_labels),
        _percent(model.predict(texts), labels),
    )


def logistic(*kinds: str) -> Callable[[Place, int, int, Settings], Scores]:
    """RETURNS (Callable): Logistic regression on fixed vectors of the texts, side by side."""

    def run(place: Place, n_labels: int, seed: int, settings: Settings) -> Scores:
        found = [features(place.data_dir, place.work, kind) for kind in kinds]
        X = numpy.hstack([arrays["train"] for arrays in found])
        X_test = numpy.hstack([arrays["test"] for arrays in found])
        y, y_test = (numpy.asarray(load(place.data_dir, split)[1]) for split in ("train", "test"))
        order = numpy.random.RandomState(seed).permutation(len(X))
        chosen, dev = order[:n_labels], order[-N_DEV:]
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000, **settings))
        model.fit(X[chosen], y[chosen])
        return Scores(
            _percent(model.predict(X[dev]), y[dev]), _percent(model.predict(X_test), y_test)
        )

    return run


def pipeline(
    recipe: str, epochs: int, **changes: Any
) -> Callable[[Place, int, int, Settings], Scores]:
    """RETURNS (Callable): A pipeline trained as `spacy train` does, from pretrained weights if any."""

    def run(place: Place, n_labels: int, seed: int, settings: Settings) -> Scores:
        overrides = {**FINE_TUNING, **recipe_settings(recipe), **changes, **settings}
        if epochs:
            weights = pretrain_encoder(place.data_dir, place.work, recipe)[epochs - 1]
            overrides["initialize.init_tok2vec"] = str(weights)
        overrides["system.seed"] = seed
        data = write_labelled(place.data_dir, place.work, n_labels, seed)
        config = make_config(data, place.work, overrides)
        with tempfile.TemporaryDirectory() as folder, use_ops("numpy", use_blis=False):
            train(init_nlp(config), Path(folder), stdout=io.StringIO(), stderr=io.StringIO())
            nlp = spacy.load(Path(folder) / "model-best")
        drawn = draw(place.data_dir, n_labels, seed)
        texts, labels = load(place.data_dir, "test")

        def predict(texts: list[str]) -> list[str]:
            with nlp.memory_zone():
                docs = nlp.pipe(texts, batch_size=256)
                return [max(d._.tasks[TASK], key=d._.tasks[TASK].get) for d in docs]

        return Scores(
            _percent(predict(drawn.dev_texts), drawn.dev_labels), _percent(predict(texts), labels)
        )

    return run


#: The budget of every pipeline: about ten passes over 1,000 reviews.
FINE_TUNING = {
    "training.max_steps": 400,
    "training.patience": 0,
    "training.eval_frequency": 50,
    "training.batcher.size": 25,
    "corpora.dev.limit": 1000,
    "training.optimizer.learn_rate.total_steps": 400,
    "training.optimizer.learn_rate.warmup_steps": 40,
}
FROZEN = {
    "training.frozen_components": ["tok2vec"],
    "training.annotating_components": ["tok2vec"],
}


#: Gentle, and strong against overfitting: one number for the step, one for dropout.
TUNED = [
    {"training.optimizer.learn_rate.initial_rate": rate, "training.dropout": dropout}
    for rate in (0.0005, 0.002)
    for dropout in (0.3, 0.5)
]
HEAD_ONLY = [
    {"training.optimizer.learn_rate.initial_rate": rate, "training.optimizer.L2": L2}
    for rate in (0.002, 0.005)
    for L2 in (0.1, 1.0)
]
LINEAR = [{"C": C} for C in (0.003, 0.01, 0.03, 0.1)]
STANDARDIZED = {"components.sentiment.model.standardized": True}

ROWS = {
    "tfidf": Row("TF-IDF + logistic regression", tfidf, [{"C": C} for C in (1.0, 3.0, 10.0, 30.0)]),
    "vectors": Row("Mean of word vectors + logistic regression", logistic("mean"), LINEAR),
    "vectors_sif": Row("The same, weighted by frequency", logistic("sif"), LINEAR),
    "scratch": Row("From scratch", pipeline("lmao", 0), TUNED),
    "static": Row("Static vectors as input", pipeline("lmao_vectors", 0), TUNED),
    **{
        f"lmao_{epochs}": Row(
            f"LMAO, {epochs} epochs", pipeline("lmao", epochs, **STANDARDIZED), TUNED
        )
        for epochs in (1, 2, 3)
    },
}


def _percent(predicted: Any, expected: Any) -> float:
    return round(100 * float((numpy.asarray(predicted) == numpy.asarray(expected)).mean()), 2)
