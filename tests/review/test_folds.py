"""Out-of-fold probabilities: nobody judges what it has seen, and what is done is kept."""

import numpy
import pytest
from scipy import sparse

from spacy_mtl.review import folds as folds_module
from spacy_mtl.review.features import Features
from spacy_mtl.review.folds import FoldStore, assign_folds, out_of_fold
from spacy_mtl.review.progress import Progress

N = 40


@pytest.fixture
def features():
    rng = numpy.random.RandomState(0)
    X = rng.normal(size=(N, 6)).astype("float32")
    return Features(X, sparse.csr_matrix(numpy.maximum(X, 0)))


@pytest.fixture
def Y():
    return numpy.eye(2, dtype="float32")[numpy.arange(N) % 2]


TEXTS = [f"text {i // 2}" for i in range(N)]


def judge(features, Y, work=None):
    return out_of_fold(
        features,
        TEXTS,
        Y,
        multi_label=False,
        seeds=(0, 1),
        work=work,
        progress=Progress(silent=True),
    )


def test_equal_texts_are_in_one_fold_and_labels_are_shared_out(Y):
    assigned = assign_folds(TEXTS, Y, folds=5, seed=0)
    assert (assigned[::2] == assigned[1::2]).all()
    assert sorted(numpy.bincount(assigned)) == [8] * 5


def test_seeds_deal_anew(Y):
    assert (
        assign_folds(TEXTS, Y, folds=5, seed=0) != assign_folds(TEXTS, Y, folds=5, seed=1)
    ).any()


def test_no_head_sees_the_rows_it_judges(features, Y, monkeypatch):
    seen = []

    def predict(X_train, Y_train, X, **settings):
        train = {
            tuple(row)
            for row in numpy.asarray(X_train.todense() if sparse.issparse(X_train) else X_train)
            .round(5)
            .tolist()
        }
        judged = {
            tuple(row)
            for row in numpy.asarray(X.todense() if sparse.issparse(X) else X).round(5).tolist()
        }
        seen.append(train & judged)
        return numpy.full((X.shape[0], 2), 0.5)

    monkeypatch.setattr(folds_module, "predict_head", predict)
    judge(features, Y)
    assert len(seen) == 20 and not any(seen)


def test_a_changed_label_changes_nothing_in_its_own_probability(features, Y):
    other = Y.copy()
    other[[6, 7]] = 1 - other[[6, 7]]
    # Dealt by the same labels, so that only what is learned from could differ.
    assigned = assign_folds(TEXTS, Y, folds=5, seed=0)
    held_out = assigned == assigned[6]
    P = [
        folds_module.predict_head(
            features.vectors[~held_out],
            y[~held_out],
            features.vectors[held_out],
            multi_label=False,
            part="vectors",
        )
        for y in (Y, other)
    ]
    assert (P[0] == P[1]).all()


def test_an_interrupted_run_goes_on(features, Y, tmp_path, monkeypatch):
    whole = judge(features, Y)
    real, calls = folds_module.predict_head, []

    def interrupt(*args, **settings):
        calls.append(1)
        if len(calls) == 8:
            raise KeyboardInterrupt
        return real(*args, **settings)

    monkeypatch.setattr(folds_module, "predict_head", interrupt)
    with pytest.raises(KeyboardInterrupt):
        judge(features, Y, tmp_path)
    found = judge(features, Y, tmp_path)
    assert len(calls) == 8 + 13
    assert all((found[part] == whole[part]).all() for part in whole)


def test_other_labels_use_no_old_folds(features, Y, tmp_path, monkeypatch):
    judge(features, Y, tmp_path)
    calls = []
    monkeypatch.setattr(
        folds_module,
        "predict_head",
        lambda *a, **s: calls.append(1) or numpy.zeros((a[2].shape[0], 2)),
    )
    judge(features, Y, tmp_path)
    assert not calls
    judge(features, 1 - Y, tmp_path)
    assert len(calls) == 20


def test_a_damaged_fold_is_computed_again(tmp_path):
    store = FoldStore(tmp_path, "key")
    store.put("a", numpy.ones((2, 2)))
    next(tmp_path.iterdir()).write_bytes(b"\x93NUMPY damaged")
    assert store.get("a") is None
