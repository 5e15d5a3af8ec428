import numpy
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from spacy_mtl.report.task_numbers import (
    calibrate,
    count_confusion,
    find_mistakes,
    label_results,
    try_thresholds,
)
from spacy_mtl.training.scorers import decide

LABELS = ("a", "b", "c")


def draw(n=200, *, multi_label=False):
    rng = numpy.random.default_rng(0)
    truth = rng.random((n, 3)) < 0.4 if multi_label else numpy.eye(3)[rng.integers(3, size=n)] > 0
    scores = truth * 0.3 + rng.dirichlet([1, 1, 1], size=n) * 0.7
    settings = {"multi_label": multi_label, "threshold": 0.35, "missing": "zero"}
    return decide(truth.astype(float), scores, **settings), scores


@pytest.mark.parametrize("multi_label", [False, True])
def test_labels(multi_label):
    decided, _ = draw(multi_label=multi_label)
    expected = precision_recall_fscore_support(decided.truth, decided.guess, zero_division=0)
    results = label_results(decided, LABELS)
    assert [result.label for result in results] == list(LABELS)
    found = [[r.precision, r.recall, r.f, r.rows] for r in results]
    assert numpy.allclose(found, numpy.transpose(expected))
    assert [r.found + r.missed for r in results] == [r.rows for r in results]


def test_confusion():
    decided, _ = draw()
    expected = confusion_matrix(decided.truth.argmax(1), decided.guess.argmax(1))
    assert count_confusion(decided, LABELS).counts == expected.tolist()


@pytest.mark.parametrize("multi_label", [False, True])
def test_reliability(multi_label):
    decided, scores = draw(multi_label=multi_label)
    if multi_label:
        confidence, right = scores.ravel(), decided.truth.ravel()
    else:
        confidence = scores.max(axis=1)
        right = decided.truth.argmax(1) == decided.guess.argmax(1)
    accuracy, mean = calibration_curve(right, confidence, n_bins=10)
    found = calibrate(decided, scores, multi_label=multi_label)
    assert [x for x in found.accuracy if x is not None] == pytest.approx(accuracy)
    assert [x for x in found.confidence if x is not None] == pytest.approx(mean)
    counts = numpy.array([n for n in found.counts if n])
    error = (counts * abs(accuracy - mean)).sum() / counts.sum()
    assert found.error == pytest.approx(error)


def test_certainty_belongs_to_the_last_bin():
    decided, scores = draw(4)
    scores[:] = numpy.eye(3)[[0, 1, 2, 0]]
    assert calibrate(decided, scores, multi_label=False).counts == [0] * 9 + [4]


def test_thresholds():
    decided, scores = draw(multi_label=True)
    found = try_thresholds(decided, scores, LABELS, threshold=0.35)
    for place, threshold in enumerate(found.grid):
        expected = precision_recall_fscore_support(
            decided.truth, scores >= threshold, zero_division=0
        )
        for i, curve in enumerate(found.curves[1:]):
            values = [curve.precision[place], curve.recall[place], curve.f[place]]
            assert values == pytest.approx([value[i] for value in expected[:3]])
        assert found.curves[0].f[place] == pytest.approx(expected[2].mean())
    assert found.best == found.grid[numpy.argmax(found.curves[0].f)]
    assert found.current == 0.35


def test_unknown_cells_do_not_count():
    gold = numpy.array([[1.0, numpy.nan], [0.0, numpy.nan]])
    scores = numpy.array([[0.9, 0.9], [0.1, 0.9]])
    decided = decide(gold, scores, multi_label=True, threshold=0.5, missing="unknown")
    assert [
        curve.label for curve in try_thresholds(decided, scores, "xy", threshold=0.5).curves
    ] == [
        None,
        "x",
    ]
    assert sum(calibrate(decided, scores, multi_label=True).counts) == 2
    assert not find_mistakes(decided, scores, ["1", "2"], "xy", multi_label=True)


def test_mistakes_are_wrong_and_the_surest_come_first():
    decided, scores = draw()
    texts = [f"text {i}" for i in range(len(scores))]
    mistakes = find_mistakes(decided, scores, texts, LABELS, multi_label=False, n=5)
    assert len(mistakes) == 5
    sure = [mistake.confidence for mistake in mistakes]
    wrong = (decided.truth != decided.guess).any(axis=1)
    assert sure == sorted(scores.max(axis=1)[wrong], reverse=True)[:5]
    for mistake in mistakes:
        row = texts.index(mistake.text)
        assert mistake.gold == [LABELS[decided.truth[row].argmax()]]
        assert mistake.predicted == [LABELS[decided.guess[row].argmax()]]
        assert mistake.gold != mistake.predicted


def test_a_missed_label_is_a_mistake_too():
    gold, scores = numpy.array([[1.0, 0.0]]), numpy.array([[0.02, 0.0]])
    decided = decide(gold, scores, multi_label=True, threshold=0.5, missing="zero")
    (mistake,) = find_mistakes(decided, scores, ["text"], "xy", multi_label=True)
    assert (mistake.gold, mistake.predicted) == (["x"], [])
    assert mistake.confidence == pytest.approx(0.98)


def test_without_rows():
    decided, scores = draw(0)
    assert calibrate(decided, scores, multi_label=False).error is None
    assert find_mistakes(decided, scores, [], LABELS, multi_label=False) == []
    assert try_thresholds(decided, scores, LABELS, threshold=0.5) is None
