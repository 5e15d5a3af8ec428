"""The rows of the IMDB benchmark: what is trained on the drawn labels, and how well it does."""

import io
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy
import spacy
from imdb_data import TASK, Draw, draw, load
from imdb_encoders import VECTORS, make_config, make_vectors, pretrain_encoder, write_labelled
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from spacy.language import Language
from spacy.training.initialize import init_nlp
from spacy.training.loop import train
from thinc.api import use_ops

#: Four settings for every row, chosen on dev with the first draw.
LINEAR_GRID: list[dict[str, Any]] = [{"C": C} for C in (0.003, 0.01, 0.03, 0.1)]
TFIDF_GRID: list[dict[str, Any]] = [{"C": C} for C in (1.0, 3.0, 10.0, 30.0)]


class Place(NamedTuple):
    """Where the data is, and where what is made of it is kept."""

    data_dir: str
    work: Path


class Row(NamedTuple):
    """A row of the table."""

    title: str
    #: Trains on a draw with some settings, and gives the accuracies on dev and test.
    run: Callable[[Place, int, int, Mapping[str, Any]], "Scores"]
    grid: list[dict[str, Any]]


class Scores(NamedTuple):
    """Accuracies in percent."""

    dev: float
    test: float


def run_tfidf(place: Place, n_labels: int, seed: int, settings: Mapping[str, Any]) -> Scores:
    """TF-IDF of words and word pairs, and logistic regression."""
    drawn = draw(place.data_dir, n_labels, seed)
    model = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2),
        LogisticRegression(max_iter=1000, **settings),
    ).fit(drawn.texts, drawn.labels)
    return _score(place, drawn, model.predict(drawn.dev_texts), model.predict)


def mean_vectors(place: Place) -> Callable[[str], numpy.ndarray]:
    """RETURNS (Callable): Gives the mean of the word vectors of each text of a split."""
    nlp = spacy.load(make_vectors(place.data_dir, place.work))
    return _kept(place, f"vectors-{VECTORS.dim}", lambda: _vectors_of(nlp))
