import numpy
import pytest
from sklearn.metrics import accuracy_score, f1_score, precision_score, roc_auc_score

from spacy_mtl.report.resampling import interval_of, resample_scores
from spacy_mtl.score_metric import METRICS
from spacy_mtl.training.scorers import decide

LABELS = ("a", "b", "c")


def draw(n=300, *, multi_label=False, seed=0):
    rng = numpy.random.default_rng(seed)
    truth = rng.random((n, 3)) < 0.4 if multi_label else numpy.eye(3)[rng.integers(3, size=n)] > 0
    scores = numpy.clip(truth * 0.3 + rng.random((n, 3)) * 0.7, 0, 1).round(2)
    settings = {"multi_label": multi_label, "threshold": 0.5, "missing": "zero"}
    return decide(truth.astype(float), scores, **settings), scores


@pytest.mark.parametrize("multi_label", [False, True])
def test_values_are_those_of_scikit_learn(multi_label):
    decided, scores = draw(multi_label=multi_label)
    truth, guess = decided.truth, decided.guess
    expected = {
        "acc": accuracy_score(truth, guess),
        "macro_f": f1_score(truth, guess, average="macro"),
        "micro_f": f1_score(truth, guess, average="micro"),
        "macro_p": precision_score(truth, guess, average="macro", zero_division=0),
        "macro_auc": roc_auc_score(truth, scores, average="macro"),
        "f:b": f1_score(truth[:, 1], guess[:, 1]),
        "macro_f:a+c": f1_score(truth, guess, average=None)[[0, 2]].mean(),
    }
    for metric, value in expected.items():
        found = resample_scores(decided, scores, LABELS, metric, rounds=3)
        assert found[0] == pytest.approx(value), metric
        assert len(found) == 4


@pytest.mark.parametrize("metric", METRICS)
def test_a_round_scores_the_rows_that_were_drawn(metric):
    decided, scores = draw(50)
    rng = numpy.random.default_rng(7)
    rows = rng.integers(50, size=(1, 50))[0]
    drawn = decided._replace(
        truth=decided.truth[rows], guess=decided.guess[rows], known=decided.known[rows]
    )
    expected = resample_scores(drawn, scores[rows], LABELS, metric, rounds=0)[0]
    found = resample_scores(decided, scores, LABELS, metric, rounds=1, seed=7)[1]
    assert found == pytest.approx(expected)


def test_many_rows_are_drawn_in_parts(monkeypatch):
    decided, scores = draw(40)
    whole = resample_scores(decided, scores, LABELS, "acc", rounds=20)
    monkeypatch.setattr("spacy_mtl.report.resampling.CELLS", 100)
    parts = resample_scores(decided, scores, LABELS, "acc", rounds=20)
    assert numpy.array_equal(whole, parts)


def test_the_interval_of_a_share_is_that_of_the_binomial():
    decided, scores = draw(400)
    interval = interval_of(resample_scores(decided, scores, LABELS, "acc"))
    spread = 1.96 * (interval.value * (1 - interval.value) / 400) ** 0.5
    assert interval.low == pytest.approx(interval.value - spread, abs=0.01)
    assert interval.high == pytest.approx(interval.value + spread, abs=0.01)


def test_a_pipeline_does_not_differ_from_itself():
    decided, scores = draw()
    values = resample_scores(decided, scores, LABELS, "macro_f")
    interval = interval_of(values - values)
    assert (interval.value, interval.low, interval.high) == (0, 0, 0)
    assert not interval.is_clear


@pytest.mark.parametrize("metric", METRICS)
def test_without_rows_there_is_no_value(metric):
    decided, scores = draw(0)
    assert interval_of(resample_scores(decided, scores, LABELS, metric)).value is None


def test_a_label_without_positives_has_no_area():
    decided, scores = draw(20)
    decided.truth[:] = False
    interval = interval_of(resample_scores(decided, scores, LABELS, "macro_auc"))
    assert interval.value is None
