import pickle

import numpy
import pytest

pytest.importorskip("sklearn")

from blobs import make_cats, make_rows, order_of_cosines
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from spacy_mtl.sklearn import ContrastiveTuner
from spacy_mtl.training.label_pairs import LabelPairs

LOSSES = ["supervised", "in_batch", "cosine", "cosent"]


@pytest.fixture(scope="module")
def rows():
    return make_rows()


def make_tuner(**settings):
    return ContrastiveTuner(**{"random_state": 0, "n_epochs": 10, "output_dim": None, **settings})


def is_better(loss, read_labels, **settings):
    X, y = make_rows(240, noise=2)
    tuner = make_tuner(loss=loss, learning_rate=0.01, batch_size=60, **settings)
    tuner.fit(X, read_labels(y))
    new_X, new_y = make_rows(seed=1, noise=2)
    before = order_of_cosines(new_X - X.mean(axis=0), new_y)
    return order_of_cosines(tuner.transform(new_X), new_y) > before + (
        0.005 if loss == "cosent" else 0.02
    )


@pytest.mark.parametrize("hidden_dim", [None, 16])
@pytest.mark.parametrize("loss", LOSSES)
def test_new_rows_of_a_label_come_near_each_other(loss, hidden_dim):
    assert is_better(loss, list, hidden_dim=hidden_dim)


@pytest.mark.parametrize("loss", LOSSES)
def test_partly_known_labels_are_learned(loss):
    assert is_better(loss, make_cats)


@pytest.mark.parametrize("output_dim", [None, 12, 40])
def test_without_learning_cosines_stay(rows, output_dim):
    X, y = rows
    tuner = make_tuner(output_dim=output_dim, learning_rate=0.0).fit(X, y)
    centred = X - X.mean(axis=0)
    units = centred / numpy.linalg.norm(centred, axis=1, keepdims=True)
    Z = tuner.transform(X)
    assert Z.shape[1] == (output_dim or 12)
    numpy.testing.assert_allclose(Z @ Z.T / tuner.scale, units @ units.T, atol=1e-5)


def test_narrow_map_starts_at_the_principal_directions(rows):
    X, y = rows
    tuner = make_tuner(output_dim=3, learning_rate=0.0).fit(X, y)
    centred = X - X.mean(axis=0)
    principal = centred @ numpy.linalg.svd(centred, full_matrices=False)[2][:3].T
    principal /= numpy.linalg.norm(principal, axis=1, keepdims=True)
    Z = tuner.transform(X)
    numpy.testing.assert_allclose(Z @ Z.T / tuner.scale, principal @ principal.T, atol=1e-4)


def test_all_outputs_have_one_length(rows):
    Z = make_tuner(scale=4.0).fit(*rows).transform(rows[0])
    numpy.testing.assert_allclose(numpy.linalg.norm(Z, axis=1), 2, atol=1e-5)


def test_pairs_are_drawn_anew_in_each_epoch(rows, monkeypatch):
    drawn = []
    draw = LabelPairs.draw

    def remember(self, **options):
        pairs = draw(self, **options)
        drawn.append((options["n_neg"], pairs[1].tolist()))
        return pairs

    monkeypatch.setattr(LabelPairs, "draw", remember)
    make_tuner(loss="cosine", n_neg=2, n_epochs=3).fit(*rows)
    assert [n_neg for n_neg, _ in drawn] == [2, 2, 2]
    assert len({tuple(right) for _, right in drawn}) == 3


def test_partial_fit_goes_on_with_the_same_map_and_optimizer(rows):
    X, y = rows
    tuner = make_tuner(learning_rate=0.01, input_dropout=0)
    for _ in range(20):
        tuner.partial_fit(X, y)
    assert tuner.losses_[-1] < tuner.losses_[0] - 0.2
    assert set(tuner.optimizer_.nr_update.values()) == {20}


def test_saved_tuner_goes_on_as_the_one_in_memory(rows):
    X, y = rows
    tuner = make_tuner(hidden_dim=4).fit(X, y)
    loaded = pickle.loads(pickle.dumps(tuner))
    tuner.partial_fit(X, y)
    loaded.partial_fit(X, y)
    numpy.testing.assert_array_equal(loaded.transform(X), tuner.transform(X))


def test_fit_forgets_what_was_learned(rows):
    X, y = rows
    tuner = make_tuner().fit(X, y == "bad").fit(X, y)
    assert (tuner.transform(X) == make_tuner().fit(X, y).transform(X)).all()


def test_settings_count_after_clone_and_set_params(rows):
    tuner = clone(make_tuner()).set_params(output_dim=3, n_epochs=2).fit(*rows)
    assert tuner.transform(rows[0]).shape == (90, 3)
    assert len(tuner.losses_) == 2
    assert len(tuner.get_feature_names_out()) == 3


def test_training_stops_when_held_out_rows_get_worse():
    X, y = make_rows(noise=4)
    tuner = make_tuner(
        n_epochs=80, learning_rate=0.02, validation_fraction=0.3, patience=3, input_dropout=0
    ).fit(X, y)
    assert len(tuner.losses_) < 80
    assert len(tuner.held_out_losses_) == len(tuner.losses_)


def test_in_a_pipeline(rows):
    pipeline = make_pipeline(make_tuner(), LogisticRegression()).fit(*rows)
    assert pipeline.score(*make_rows(seed=1)) > 0.9


@pytest.mark.parametrize("loss", LOSSES)
def test_results_follow_the_seed_only(rows, loss):
    X, y = rows
    first = make_tuner(loss=loss).fit(X, y).transform(X)
    assert (make_tuner(loss=loss).fit(X, y).transform(X) == first).all()
    assert (make_tuner(loss=loss, random_state=1).fit(X, y).transform(X) != first).any()


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("y", [["a"] * 6, list("abcdef"), [None] * 6, [{"a": 0}] * 6, [{}] * 6])
def test_labels_that_teach_nothing_are_told(rows, loss, y):
    X = rows[0][:6]
    with pytest.warns(UserWarning, match="W335"):
        tuner = make_tuner(loss=loss).fit(X, numpy.array(y, dtype=object))
    assert numpy.isfinite(tuner.transform(X)).all()
    assert tuner.losses_ == []


@pytest.mark.parametrize("loss", LOSSES)
def test_a_label_of_one_row_does_no_harm(rows, loss):
    X, _ = rows
    tuner = make_tuner(loss=loss).fit(X[:7], ["a", "a", "a", "b", "b", "b", "single"])
    assert numpy.isfinite(tuner.transform(X)).all()


@pytest.mark.parametrize("loss", LOSSES)
def test_rows_that_are_zero_do_no_harm(loss):
    X, y = make_rows(30)
    X[::4] = 0
    assert numpy.isfinite(make_tuner(loss=loss).fit(X, y).transform(X)).all()
    zeros = numpy.zeros_like(X)
    assert not make_tuner(loss=loss).fit(zeros, y).transform(zeros).any()


@pytest.mark.parametrize(
    "settings",
    [{"loss": "mse"}, {"scale": 0}, {"n_neg": 0}, {"output_dim": 0}, {"hidden_dim": "8"}],
)
def test_bad_setting_is_named(rows, settings):
    with pytest.raises(ValueError, match=f"E550.*{next(iter(settings))}"):
        make_tuner(**settings).fit(*rows)


def test_numbers_that_are_no_classes_are_an_error(rows):
    with pytest.raises(ValueError, match="continuous"):
        make_tuner().fit(rows[0], numpy.linspace(0, 1, 90))
