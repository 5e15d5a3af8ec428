"""How witnesses are combined, and what confident learning makes of them."""

import sys

import numpy
import pytest

from spacy_mtl.review.contradictions import find_contradictions
from spacy_mtl.review.evidence import combine, find_neighbours, learn_weights, suspect, vote
from spacy_mtl.review.extra import import_review

pytest.importorskip("cleanlab", reason="cleanlab is not installed")


@pytest.fixture
def rng():
    return numpy.random.RandomState(0)


def one_hot(y, n=3):
    return numpy.eye(n, dtype="float32")[y]


def informed(rng, Y, strength):
    logits = strength * Y + rng.normal(size=Y.shape)
    P = numpy.exp(logits)
    return P / P.sum(axis=1, keepdims=True)


def test_a_witness_that_knows_nothing_gets_no_weight(rng):
    Y = one_hot(rng.randint(3, size=400))
    witnesses = {"good": informed(rng, Y, 3.0), "blind": informed(rng, Y, 0.0)}
    weights = learn_weights(witnesses, Y, multi_label=False)
    assert weights["good"] > 0.5
    assert weights["blind"] < 0.1 * weights["good"]
    assert all(weight >= 0 for weight in weights.values())


def test_two_witnesses_know_more_than_each(rng):
    Y = one_hot(rng.randint(3, size=1000))
    witnesses = {"a": informed(rng, Y, 1.5), "b": informed(rng, Y, 1.5)}
    P = combine(witnesses, learn_weights(witnesses, Y, multi_label=False), multi_label=False)
    found = [(part.argmax(1) == Y.argmax(1)).mean() for part in (*witnesses.values(), P)]
    assert found[2] > max(found[:2])
    assert numpy.allclose(P.sum(axis=1), 1)


def test_weights_of_many_labels_leave_out_what_is_unknown(rng):
    Y = (rng.uniform(size=(300, 2)) > 0.5).astype("float32")
    good = numpy.clip(0.8 * Y + 0.1, 0, 1)
    Y[:150, 1] = numpy.nan
    wrong = good.copy()
    wrong[:150, 1] = 1 - good[:150, 1]
    weights = [learn_weights({"w": P}, Y, multi_label=True)["w"] for P in (good, wrong)]
    assert weights[0] == pytest.approx(weights[1])


@pytest.mark.parametrize("multi_label", [False, True])
def test_a_wrong_label_is_suspicious(rng, multi_label):
    y = rng.randint(3, size=200)
    P = 0.85 * one_hot(y) + 0.05
    Y = one_hot(y)
    Y[5] = one_hot([(y[5] + 1) % 3])[0]
    found = suspect(Y, P, multi_label=multi_label)
    assert found.score.argmax() == 5
    assert found.flagged[5] and found.flagged.sum() == 1


def test_labels_without_rows_and_labels_of_all_rows_do_not_fail(rng):
    Y = one_hot(rng.randint(2, size=60))
    P = informed(rng, Y, 2.0)
    assert suspect(Y, P, multi_label=False).score.shape == (60,)
    Y[:, 0] = 1
    assert suspect(Y, P, multi_label=True).score.shape == (60,)


def test_no_row_is_its_own_neighbour_even_among_equal_ones():
    X = numpy.ones((30, 4), dtype="float32")
    found = find_neighbours(X, 5)
    assert (found.rows != numpy.arange(30)[:, None]).all()
    assert found.rows.shape == (30, 5)


def test_neighbours_vote(rng):
    X = numpy.vstack([rng.normal(3, 1, (20, 5)), rng.normal(-3, 1, (20, 5))]).astype("float32")
    Y = one_hot(numpy.repeat([0, 1], 20), 2)
    Y[3] = [0, 1]
    P = vote(find_neighbours(X, 10), Y, multi_label=False)
    assert P[3, 0] > 0.9
    assert numpy.allclose(P.sum(axis=1), 1)


def test_what_seldom_goes_together_is_found_and_chance_is_not(rng):
    mood = rng.randint(2, size=400)
    Q = one_hot(1 - mood, 2)
    Y = one_hot(mood, 2)
    Y[7] = 1 - Y[7]
    found = find_contradictions(Y, ["a", "b"], "other", Q, ["x", "y"])
    assert [i for i, reasons in enumerate(found) if reasons] == [7]
    unrelated = one_hot(rng.randint(2, size=400), 2)
    assert not any(find_contradictions(Y, ["a", "b"], "other", unrelated, ["x", "y"]))


def test_a_missing_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "cleanlab", None)
    with pytest.raises(ValueError, match=r"E700.*spacy-mtl\[review\]"):
        import_review("cleanlab")
