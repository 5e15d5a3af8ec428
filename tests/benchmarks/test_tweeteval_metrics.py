import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

pytest.importorskip("sklearn", reason="the metrics come from scikit-learn, an optional extra")

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def metrics() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        yield importlib.import_module("tweeteval_metrics")


@pytest.fixture
def perfect(metrics: ModuleType) -> dict[str, list[str]]:
    return {name: list(labels) for name, labels in metrics.LABELS.items()}


@pytest.mark.parametrize("name", ["hate", "offensive"])
def test_macro_f1_averages_both_classes(metrics: ModuleType, name: str) -> None:
    no, yes = metrics.LABELS[name]
    # F1 of "no": 2 * 2 / (2 * 2 + 1) = 0.8; F1 of "yes": 2 * 1 / (2 * 1 + 1) = 2 / 3.
    value = metrics.set_score(name, [no, no, yes, yes], [no, no, no, yes])
    assert value == pytest.approx(100 * (0.8 + 2 / 3) / 2)


def test_macro_f1_counts_a_class_that_is_never_predicted_as_zero(metrics: ModuleType) -> None:
    gold = ["anger", "joy", "optimism", "sadness"]
    # "anger": precision 1/2, recall 1, F1 2/3; "joy" and "sadness": 1; "optimism": 0.
    value = metrics.set_score("emotion", gold, ["anger", "joy", "anger", "sadness"])
    assert value == pytest.approx(100 * (2 / 3 + 1 + 0 + 1) / 4)


def test_emoji_averages_over_twenty_classes(metrics: ModuleType) -> None:
    labels = list(metrics.LABELS["emoji"])
    # Every row says the first class: its precision is 1/20, its recall 1, the rest is zero.
    value = metrics.set_score("emoji", labels, [labels[0]] * 20)
    assert value == pytest.approx(100 * (2 / 21) / 20)


def test_irony_is_f1_of_the_positive_class(metrics: ModuleType) -> None:
    gold = ["irony", "irony", "irony", "non_irony", "non_irony"]
    predicted = ["irony", "irony", "non_irony", "irony", "non_irony"]
    # Two hits, one false alarm, one miss.
    assert metrics.set_score("irony", gold, predicted) == pytest.approx(100 * 2 / 3)


def test_sentiment_is_macro_recall(metrics: ModuleType) -> None:
    gold = ["negative", "neutral", "neutral", "neutral", "neutral", "positive", "positive"]
    predicted = ["negative", "neutral", "positive", "positive", "positive", "neutral", "positive"]
    assert metrics.set_score("sentiment", gold, predicted) == pytest.approx(
        100 * (1 + 1 / 4 + 1 / 2) / 3
    )


def test_stance_ignores_the_f1_of_none(metrics: ModuleType) -> None:
    gold = ["favor", "favor", "against", "none", "none"]
    predicted = ["favor", "none", "against", "against", "favor"]
    # "favor": one hit, one false alarm, one miss, 1/2; "against": one hit, one false alarm, 2/3.
    value = metrics.set_score("stance-climate", gold, predicted)
    assert value == pytest.approx(100 * (1 / 2 + 2 / 3) / 2)


def test_no_positive_row_scores_zero(metrics: ModuleType) -> None:
    assert metrics.set_score("irony", ["non_irony"], ["non_irony"]) == 0.0


def test_perfect_predictions_score_one_hundred(
    metrics: ModuleType, perfect: dict[str, list[str]]
) -> None:
    scores = metrics.score(perfect, perfect)
    assert set(scores["sets"]) == set(metrics.LABELS)
    assert set(scores["tasks"]) == set(metrics.TASKS)
    values = [*scores["sets"].values(), *scores["tasks"].values()]
    values += [scores[key] for key in ("ALL", "stance_pooled", "ALL_pooled")]
    assert values == pytest.approx([100.0] * len(values))


def test_stance_is_the_mean_of_its_targets(
    metrics: ModuleType, perfect: dict[str, list[str]]
) -> None:
    predicted = perfect | {"stance-hillary": ["none", "none", "none"]}
    scores = metrics.score(predicted, perfect)
    assert scores["sets"]["stance-hillary"] == 0.0
    assert scores["tasks"]["stance"] == pytest.approx(80.0)


def test_pooled_stance_takes_f1_over_the_rows_of_all_targets(
    metrics: ModuleType, perfect: dict[str, list[str]]
) -> None:
    predicted = perfect | {"stance-hillary": ["none", "none", "none"]}
    # Both classes: four hits and one miss over the five targets.
    assert metrics.score(predicted, perfect)["stance_pooled"] == pytest.approx(100 * 8 / 9)


def test_all_weighs_tasks_not_sets(metrics: ModuleType, perfect: dict[str, list[str]]) -> None:
    predicted = perfect | {name: ["none"] * 3 for name in metrics.TASKS["stance"]}
    scores = metrics.score(predicted, perfect)
    assert scores["ALL"] == scores["ALL_pooled"] == pytest.approx(100 * 6 / 7)


def test_incomplete_tasks_are_left_out(metrics: ModuleType, perfect: dict[str, list[str]]) -> None:
    predicted = {name: perfect[name] for name in ("irony", "stance-climate")}
    scores = metrics.score(predicted, perfect)
    assert scores["tasks"] == {"irony": pytest.approx(100.0)}
    assert "ALL" not in scores


def test_unequal_lengths_raise(metrics: ModuleType) -> None:
    with pytest.raises(ValueError, match="irony: 1 predictions for 2 rows"):
        metrics.set_score("irony", ["irony", "irony"], ["irony"])


def test_unknown_set_raises(metrics: ModuleType) -> None:
    with pytest.raises(ValueError, match="stance-hilary"):
        metrics.set_score("stance-hilary", ["favor"], ["favor"])


def test_missing_gold_raises(metrics: ModuleType, perfect: dict[str, list[str]]) -> None:
    with pytest.raises(ValueError, match="irony"):
        metrics.score({"irony": perfect["irony"]}, {})


def test_confusion_keeps_every_score(metrics: ModuleType) -> None:
    gold = ["favor", "favor", "against", "none", "none"]
    predicted = ["favor", "none", "against", "against", "favor"]
    counts = metrics.confusion("stance-climate", gold, predicted)
    assert counts == [[0, 1, 1], [0, 1, 0], [1, 0, 1]]
    restored = metrics.from_confusion("stance-climate", counts)
    assert sorted(zip(*restored, strict=True)) == sorted(zip(gold, predicted, strict=True))
