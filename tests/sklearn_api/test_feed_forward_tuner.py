import pickle
import random

import numpy
import pytest

pytest.importorskip("sklearn")

from blobs import CLASSES, make_cats, make_rows
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from spacy_mtl.sklearn import FeedForwardTuner


@pytest.fixture(scope="module")
def rows():
    return make_rows()


def make_tuner(**settings):
    return FeedForwardTuner(**{"n_epochs": 5, "random_state": 0, "hidden_dim": 8, **settings})


def plain(**settings):
    """Without anything that hides how far the loss can fall."""
    return make_tuner(dropout=0, input_dropout=0, validation_fraction=0, **settings)


def test_loss_can_reach_zero(rows):
    """A softmax over the outputs of sigmoids could not go below 0.55 with three classes."""
    tuner = plain(n_epochs=60, learning_rate=0.02).fit(*rows)
    assert tuner.losses_[-1] < 0.02
    assert tuner.predict_proba(rows[0]).max(axis=1).mean() > 0.97


@pytest.mark.parametrize("kind", ["classes", "cats"])
def test_gradient_is_that_of_the_loss(rows, kind):
    X, y = rows
    tuner = plain(n_epochs=1).fit(X, y if kind == "classes" else make_cats(y))
    rng = numpy.random.default_rng(0)
    logits = rng.normal(size=(4, 3))
    targets = numpy.eye(3)[[0, 2, 1, 1]]
    known = rng.random((4, 3)) < (2 if kind == "classes" else 0.6)
    _, gradient = tuner._loss(logits, targets, known)
    for i in numpy.ndindex(4, 3):
        change = numpy.zeros((4, 3))
        change[i] = 1e-5
        above = tuner._loss(logits + change, targets, known)[0]
        below = tuner._loss(logits - change, targets, known)[0]
        assert gradient[i] == pytest.approx((above - below) / 2e-5, abs=1e-6)


def test_hidden_layer_is_what_comes_out(rows):
    X, y = rows
    tuner = make_tuner().fit(X, y)
    Z = tuner.transform(X)
    assert Z.shape == (90, 8)
    assert Z.dtype == "float32"
    assert list(tuner.get_feature_names_out()[:2]) == ["feedforwardtuner0", "feedforwardtuner1"]


def test_predictions_are_right_on_new_rows(rows):
    X, y = make_rows(seed=1)
    tuner = make_tuner(n_epochs=40).fit(*rows)
    assert tuner.score(X, y) > 0.9
    numpy.testing.assert_allclose(tuner.predict_proba(X).sum(axis=1), 1, atol=1e-5)


def test_length_and_place_of_embeddings_do_not_matter(rows):
    X, y = rows
    first = make_tuner().fit(X, y).transform(X)
    other = make_tuner().fit(X * 1e-3 - 2, y).transform(X * 1e-3 - 2)
    numpy.testing.assert_allclose(other, first, atol=2e-2)


def test_fit_forgets_what_was_learned(rows):
    X, y = rows
    tuner = make_tuner().fit(X, y == "bad")
    assert (tuner.fit(X, y).transform(X) == make_tuner().fit(X, y).transform(X)).all()
    assert list(tuner.classes_) == list(CLASSES)


def test_partial_fit_goes_on(rows):
    X, y = rows
    tuner = plain(learning_rate=0.01)
    for _ in range(30):
        tuner.partial_fit(X, y, classes=CLASSES)
    assert len(tuner.losses_) == 30
    assert tuner.losses_[-1] < 0.2 * tuner.losses_[0]
    assert set(tuner.optimizer_.nr_update.values()) == {30 * 3}


def test_partial_fit_after_fit_keeps_what_was_learned(rows):
    X, y = rows
    tuner = plain(n_epochs=30, learning_rate=0.01).fit(X, y)
    before = tuner.losses_[-1]
    assert tuner.partial_fit(X, y).losses_[-1] <= before * 1.2


def test_saved_tuner_goes_on_as_the_one_in_memory(rows):
    X, y = rows
    tuner = make_tuner().fit(X, y)
    loaded = pickle.loads(pickle.dumps(tuner))
    tuner.partial_fit(X, y)
    loaded.partial_fit(X, y)
    numpy.testing.assert_array_equal(loaded.transform(X), tuner.transform(X))


def test_settings_count_after_clone_and_set_params(rows):
    X, y = rows
    tuner = clone(make_tuner()).set_params(hidden_dim=3)
    assert tuner.fit(X, y).transform(X).shape == (90, 3)


def test_grid_search_changes_the_hidden_layer(rows):
    pipeline = make_pipeline(make_tuner(), LogisticRegression())
    search = GridSearchCV(pipeline, {"feedforwardtuner__hidden_dim": [1, 6]}, cv=2).fit(*rows)
    assert search.best_estimator_[-1].coef_.shape[1] == 6


def test_results_follow_the_seed_only(rows):
    X, y = rows
    random.seed(1)
    numpy.random.seed(1)
    state = numpy.random.get_state()[1].copy()
    first = make_tuner().fit(X, y).transform(X)
    assert (numpy.random.get_state()[1] == state).all()
    numpy.random.seed(2)
    assert (make_tuner().fit(X, y).transform(X) == first).all()
    assert (make_tuner(random_state=1).fit(X, y).transform(X) != first).any()


def test_best_weights_are_kept():
    X, y = make_rows(noise=3)
    tuner = make_tuner(
        n_epochs=60,
        learning_rate=0.05,
        validation_fraction=0.3,
        patience=3,
        dropout=0,
        input_dropout=0,
    ).fit(X, y)
    assert len(tuner.held_out_losses_) < 60
    best = int(numpy.argmin(tuner.held_out_losses_)) + 1
    assert best == len(tuner.held_out_losses_) - 3
    shorter = clone(tuner).set_params(n_epochs=best).fit(X, y)
    numpy.testing.assert_array_equal(shorter.transform(X), tuner.transform(X))


def test_rows_without_label_are_left_out(rows):
    X, y = rows
    labels = numpy.array([None if i % 2 else label for i, label in enumerate(y)], dtype=object)
    tuner = plain().fit(X, labels)
    assert list(tuner.classes_) == list(CLASSES)
    assert set(tuner.optimizer_.nr_update.values()) == {5 * 2}


def test_unknown_labels_have_no_gradient(rows):
    X, y = rows
    tuner = plain().fit(X, [{"bad": int(label == "bad")} | {"never": 0} for label in y])
    before = tuner.output_.get_param("W").copy()
    moved = pickle.loads(pickle.dumps(tuner)).partial_fit(X, [{"bad": 1}] * 90)
    moments = moved.optimizer_.mom1
    assert (moved.output_.get_param("W")[0] != before[0]).any()
    assert any(moment.any() for moment in moments.values())
    _, gradient = tuner._loss(
        numpy.ones((1, 2), "f"), numpy.zeros((1, 2)), numpy.array([[True, False]])
    )
    assert gradient[0, 1] == 0


def test_partly_known_labels_are_learned(rows):
    X, y = rows
    tuner = make_tuner(n_epochs=60).fit(X, make_cats(y))
    new_X, new_y = make_rows(seed=1)
    complete = [{name: int(name == label) for name in CLASSES} for label in new_y]
    assert tuner.predict(new_X).shape == (90, 3)
    assert tuner.score(new_X, complete) > 0.9


def test_one_label_that_applies_or_not_is_enough(rows):
    X, y = rows
    tuner = make_tuner(n_epochs=40).fit(X, [{"good": int(label == "good")} for label in y])
    assert ((tuner.predict(X)[:, 0] == 1) == (y == "good")).mean() > 0.9


def test_first_partial_fit_needs_classes(rows):
    with pytest.raises(ValueError, match="E559"):
        make_tuner().partial_fit(*rows)


def test_new_class_is_named(rows):
    X, y = rows
    tuner = make_tuner().partial_fit(X, y, classes=CLASSES)
    with pytest.raises(ValueError, match=r"E555.*strange"):
        tuner.partial_fit(X[:2], ["strange", "good"])
    cats_tuner = make_tuner().fit(X, make_cats(y))
    with pytest.raises(ValueError, match=r"E555.*strange"):
        cats_tuner.partial_fit(X[:1], [{"strange": 1}])


def test_kind_of_labels_stays(rows):
    X, y = rows
    tuner = make_tuner().fit(X, y)
    with pytest.raises(ValueError, match="E560"):
        tuner.partial_fit(X, make_cats(y))


@pytest.mark.parametrize(
    "settings",
    [
        {"hidden_dim": 0},
        {"hidden_dim": 2.5},
        {"dropout": 1.0},
        {"n_epochs": "5"},
        {"batch_size": None},
        {"learning_rate": float("nan")},
        {"patience": True},
    ],
)
def test_bad_setting_is_named(rows, settings):
    with pytest.raises(ValueError, match=f"E550.*{next(iter(settings))}"):
        make_tuner(**settings).fit(*rows)


def test_one_class_alone_is_an_error(rows):
    with pytest.raises(ValueError, match="E554"):
        make_tuner().fit(rows[0], ["same"] * 90)


def test_bad_row_of_cats_is_named(rows):
    with pytest.raises(ValueError, match=r"E552.*y\[1\]"):
        make_tuner().fit(rows[0][:2], [{"a": 1}, {"a": "no"}])
