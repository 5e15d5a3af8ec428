import pickle

import numpy
import pytest

pytest.importorskip("sklearn")

from blobs import make_rows
from sklearn.base import clone
from sklearn.metrics import roc_auc_score

from spacy_mtl.sklearn import ContrastiveLearner

LOSSES = ["cosine", "cosent", "in_batch"]


def make_pairs(seed=0, n=240):
    X, y = make_rows(n, seed=seed, noise=1.5)
    order = numpy.random.default_rng(seed).permutation(n)
    return X, X[order], (y == y[order]).astype(float)


@pytest.fixture(scope="module")
def pairs():
    return make_pairs()


def make_learner(**settings):
    settings = {"random_state": 0, "n_epochs": 15, "learning_rate": 0.01, **settings}
    return ContrastiveLearner(**settings)


@pytest.mark.parametrize("loss", LOSSES)
def test_cosines_follow_the_labels_of_new_pairs(pairs, loss):
    X1, X2, y = make_pairs(seed=1)
    before = make_learner(learning_rate=0.0).fit(*pairs).similarity(X1, X2)
    after = (
        make_learner(loss=loss, batch_size=60, validation_fraction=0).fit(*pairs).similarity(X1, X2)
    )
    assert roc_auc_score(y, after) > roc_auc_score(y, before) + 0.01


@pytest.mark.parametrize("loss", ["cosine", "cosent"])
def test_graded_scores_are_learned(loss):
    X1, X2, y = make_pairs()
    grades = (y * 0.6 + numpy.random.default_rng(0).random(len(y)) * 0.4).round(1)
    settings = {"batch_size": 60, "input_dropout": 0, "validation_fraction": 0}
    learner = make_learner(loss=loss, n_epochs=30, **settings).fit(X1, X2, grades)
    assert learner.losses_[-1] < learner.losses_[0]
    assert roc_auc_score(y, learner.similarity(X1, X2)) > 0.75


def test_without_learning_cosines_are_those_of_the_centred_embeddings(pairs):
    X1, X2, _ = pairs
    mean = numpy.concatenate([X1, X2]).mean(axis=0)
    A, B = X1 - mean, X2 - mean
    cosines = (A * B).sum(axis=1) / numpy.linalg.norm(A, axis=1) / numpy.linalg.norm(B, axis=1)
    learner = make_learner(learning_rate=0.0).fit(*pairs)
    numpy.testing.assert_allclose(learner.similarity(X1, X2), cosines, atol=1e-5)


def test_similarity_is_the_cosine_of_what_transform_gives(pairs):
    X1, X2, _ = pairs
    learner = make_learner().fit(*pairs)
    A, B = learner.transform(X1), learner.transform(X2)
    cosines = (A * B).sum(axis=1) / numpy.linalg.norm(A, axis=1) / numpy.linalg.norm(B, axis=1)
    found = learner.similarity(X1, X2)
    assert found.dtype == "float32"
    numpy.testing.assert_allclose(found, cosines, atol=1e-5)


def test_partial_fit_goes_on_with_the_same_map_and_optimizer(pairs):
    learner = make_learner(loss="cosine", input_dropout=0, batch_size=240)
    for _ in range(20):
        learner.partial_fit(*pairs)
    assert learner.losses_[-1] < learner.losses_[0] - 0.02
    assert set(learner.optimizer_.nr_update.values()) == {20}


def test_saved_learner_goes_on_as_the_one_in_memory(pairs):
    learner = make_learner().fit(*pairs)
    loaded = pickle.loads(pickle.dumps(learner))
    learner.partial_fit(*pairs)
    loaded.partial_fit(*pairs)
    numpy.testing.assert_array_equal(loaded.transform(pairs[0]), learner.transform(pairs[0]))


def test_settings_count_after_clone_and_set_params(pairs):
    learner = clone(make_learner()).set_params(output_dim=5).fit(*pairs)
    assert learner.transform(pairs[0]).shape == (240, 5)


@pytest.mark.parametrize("loss", LOSSES)
def test_results_follow_the_seed_only(pairs, loss):
    first = make_learner(loss=loss, n_epochs=2).fit(*pairs).transform(pairs[0])
    again = make_learner(loss=loss, n_epochs=2).fit(*pairs).transform(pairs[0])
    numpy.testing.assert_array_equal(again, first)


def test_in_batch_uses_alike_pairs_only(pairs):
    X1, X2, y = pairs
    settings = {"loss": "in_batch", "n_epochs": 1, "validation_fraction": 0, "batch_size": 10_000}
    learner = make_learner(**settings).fit(X1, X2, y)
    other = X2.copy()
    other[y == 0] = numpy.roll(other[y == 0], 1, axis=0)
    again = make_learner(**settings).fit(X1, other, y)
    assert again.losses_ == pytest.approx(learner.losses_, rel=1e-4)


def test_a_text_in_several_pairs_is_no_negative_of_itself():
    X1, X2, _ = make_pairs()
    learner = make_learner(loss="in_batch", n_epochs=1, validation_fraction=0, input_dropout=0)
    learner.fit(numpy.repeat(X1[:1], 8, axis=0), X2[:8], numpy.ones(8))
    assert learner.losses_ == [0.0]


def test_labels_may_be_lists_and_bools(pairs):
    X1, X2, y = pairs
    learner = make_learner(n_epochs=1).fit(X1.tolist(), X2.tolist(), [bool(v) for v in y])
    assert learner.transform(X1.tolist()).shape == X1.shape


@pytest.mark.parametrize(
    "change",
    [
        lambda X1, X2, y: (X1, X2[:-1], y),
        lambda X1, X2, y: (X1, X2, y[:-1]),
    ],
)
def test_sides_of_different_length_are_an_error(pairs, change):
    with pytest.raises(ValueError, match="E556"):
        make_learner().fit(*change(*pairs))


def test_sides_of_different_width_are_an_error(pairs):
    X1, X2, y = pairs
    with pytest.raises(ValueError, match="features"):
        make_learner().fit(X1, X2[:, 1:], y)


def test_scores_that_are_no_cosines_are_an_error(pairs):
    X1, X2, y = pairs
    with pytest.raises(ValueError, match=r"E557.*5\.0"):
        make_learner(loss="cosine").fit(X1, X2, y * 5)
    make_learner(loss="cosent", n_epochs=1).fit(X1, X2, y * 5)


def test_in_batch_needs_alike_pairs(pairs):
    X1, X2, y = pairs
    with pytest.raises(ValueError, match="E558"):
        make_learner(loss="in_batch").fit(X1, X2, y * 0)


def test_missing_score_is_an_error(pairs):
    X1, X2, y = pairs
    y = y.copy()
    y[3] = numpy.nan
    with pytest.raises(ValueError, match="NaN"):
        make_learner().fit(X1, X2, y)


def test_loss_that_does_not_exist_is_named(pairs):
    with pytest.raises(ValueError, match=r"E550.*supervised"):
        make_learner(loss="supervised").fit(*pairs)
