"""The estimator that bends an encoder towards labels."""

import numpy
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import silhouette_score
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.validation import validate_data
from small_texts import INEXACT

from spacy_mtl.sklearn import EncoderTuner

TEXTS = ["good film", "great film", "lovely film", "bad day", "awful day", "boring day"] * 2
LABELS = ["up", "up", "up", "down", "down", "down"] * 2
TINY = {"width": 16, "depth": 1, "n_epochs": 8, "progress": False, "random_state": 0}


@pytest.mark.parametrize("loss", ["cosine", "cosent"])
def test_texts_of_a_label_come_together(loss):
    tuner = EncoderTuner(loss=loss, **TINY).fit(TEXTS, LABELS)
    assert silhouette_score(tuner.transform(TEXTS), LABELS, metric="cosine") > 0.3


def test_unknown_labels_teach_nothing():
    some = [None if place % 3 else label for place, label in enumerate(LABELS)]
    known = [place for place, label in enumerate(some) if label is not None]
    first = EncoderTuner(**TINY).fit(TEXTS, some).transform(TEXTS)
    second = EncoderTuner(**TINY).fit([TEXTS[i] for i in known], [some[i] for i in known])
    assert first.shape == second.transform(TEXTS).shape


def test_partly_labelled_cats():
    cats = [
        {label: 1.0} if place % 2 else {label: 1.0, "other": 0.0}
        for place, label in enumerate(LABELS)
    ]
    cats = [{**row, ("down" if "up" in row else "up"): 0.0} for row in cats]
    tuner = EncoderTuner(**TINY).fit(TEXTS, cats)
    assert silhouette_score(tuner.transform(TEXTS), LABELS, metric="cosine") > 0.3


def test_works_in_a_pipeline():
    pipe = make_pipeline(EncoderTuner(**TINY), LogisticRegression())
    assert pipe.fit(TEXTS, LABELS).score(TEXTS, LABELS) == 1.0


def test_arrays_of_labels():
    tuner = EncoderTuner(**TINY).fit(numpy.array(TEXTS), numpy.array(LABELS))
    assert tuner.get_feature_names_out()[0] == "encodertuner0"


@pytest.mark.parametrize(
    "texts, labels, message",
    [
        (TEXTS, LABELS[:3], r"E592.*12 texts and 3"),
        (TEXTS[:2], ["a", "b"], r"E591|E554"),
        (["one"], ["a"], r"E591|E554"),
        ([], [], "E526"),
        (TEXTS, None, "E594"),
    ],
)
def test_bad_labels_are_named(texts, labels, message):
    with pytest.raises(ValueError, match=message):
        EncoderTuner(**TINY).fit(texts, labels)


def as_texts(estimator, X, *, reset=False):
    X = validate_data(estimator, X, reset=reset)
    return [
        " ".join(f"{'abcdefghij'[j % 10]}{round(float(v))}" for j, v in enumerate(row)) for row in X
    ]


class NumberTuner(EncoderTuner):
    """Writes the numbers of scikit-learn's checks as words."""

    def fit(self, X, y):
        return super().fit(as_texts(self, X, reset=True), y)

    def partial_fit(self, X, y):
        return super().partial_fit(as_texts(self, X, reset=not hasattr(self, "nlp_")), y)

    def transform(self, X):
        return super().transform(as_texts(self, X))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = True
        tags.input_tags.string = False
        return tags


@pytest.mark.slow
@parametrize_with_checks(
    [NumberTuner(width=16, depth=1, n_epochs=1, progress=False)],
    expected_failed_checks=lambda estimator: INEXACT,
)
def test_scikit_learns_checks(estimator, check):
    check(estimator)
