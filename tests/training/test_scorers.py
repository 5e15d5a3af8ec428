import json
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk
from spacy.tokens import Doc
from spacy.training import Example
from spacy.util import registry
from spacy.vocab import Vocab

from spacy_mtl.training.metrics import auc
from spacy_mtl.training.scorers import (
    METRICS,
    make_textcat_multitask_scorer,
    textcat_multitask_score,
    validate_score_metric,
)

VOCAB = Vocab()
LABELS = ["neg", "neu", "pos", "a/b"]


def make_example(gold, scores=None, task="t"):
    reference = Doc(VOCAB, words=["text"])
    reference.cats = {f"{task}/{label}": value for label, value in gold.items()}
    predicted = Doc(VOCAB, words=["text"])
    predicted.cats = {f"{task}/{label}": value for label, value in (scores or {}).items()}
    return Example(predicted, reference)


def score(examples, *, labels=LABELS, multi_label=False, **options):
    return textcat_multitask_score(
        examples, task="t", labels=labels, multi_label=multi_label, **options
    )


def random_scores(rng, n):
    # Rounded, so that there are ties.
    return np.round(rng.random((n, len(LABELS))), 1 if rng.random() < 0.5 else 6)


def to_cats(row):
    return {label: float(value) for label, value in zip(LABELS, row, strict=True)}


def sklearn_aucs(truth, scores, known=None):
    known = np.ones(truth.shape, dtype=bool) if known is None else known
    aucs = {}
    for i, label in enumerate(LABELS):
        cells = known[:, i]
        defined = len(set(truth[cells, i])) == 2
        aucs[label] = sk.roc_auc_score(truth[cells, i], scores[cells, i]) if defined else None
    return aucs


def check_aucs(result, expected):
    assert result["t_auc_per_type"] == pytest.approx(expected)
    defined = [value for value in expected.values() if value is not None]
    assert result["t_macro_auc"] == (pytest.approx(np.mean(defined)) if defined else None)


def check_per_type(result, truth, guess, **kwargs):
    p, r, f, _ = sk.precision_recall_fscore_support(
        truth, guess, average=None, zero_division=0, **kwargs
    )
    for i, label in enumerate(LABELS):
        expected = {"p": p[i], "r": r[i], "f": f[i]}
        assert result["t_f_per_type"][label] == pytest.approx(expected)


def check_averages(result, truth, guess, **kwargs):
    for average in ("macro", "micro"):
        p, r, f, _ = sk.precision_recall_fscore_support(
            truth, guess, average=average, zero_division=0, **kwargs
        )
        got = [result[f"t_{average}_{x}"] for x in "prf"]
        assert got == pytest.approx([p, r, f])


@given(seed=st.integers(0, 10**6), n=st.integers(1, 40))
def test_single_label_equals_sklearn(seed, n):
    rng = np.random.default_rng(seed)
    gold, scores = rng.integers(0, len(LABELS), n), random_scores(rng, n) + 0.01
    examples = [
        make_example({LABELS[label]: 1.0}, to_cats(row))
        for label, row in zip(gold, scores, strict=True)
    ]
    result = score(examples)
    every = list(range(len(LABELS)))
    guess = scores.argmax(axis=1)
    check_averages(result, gold, guess, labels=every)
    check_per_type(result, gold, guess, labels=every)
    check_aucs(result, sklearn_aucs(np.eye(len(LABELS), dtype=bool)[gold], scores))
    assert result["t_acc"] == pytest.approx(sk.accuracy_score(gold, guess))
    assert result["t_n"] == n


@given(seed=st.integers(0, 10**6), n=st.integers(1, 40), threshold=st.sampled_from([0.3, 0.5, 0.9]))
def test_multi_label_equals_sklearn(seed, n, threshold):
    rng = np.random.default_rng(seed)
    gold, scores = rng.random((n, len(LABELS))) < 0.3, random_scores(rng, n)
    examples = [make_example(to_cats(g), to_cats(s)) for g, s in zip(gold, scores, strict=True)]
    result = score(examples, multi_label=True, threshold=threshold)
    guess = scores >= threshold
    check_averages(result, gold, guess)
    check_per_type(result, gold, guess)
    check_aucs(result, sklearn_aucs(gold, scores))
    assert result["t_acc"] == pytest.approx(sk.accuracy_score(gold, guess))


@given(seed=st.integers(0, 10**6), n=st.integers(1, 40))
def test_partial_labels_equal_sklearn_on_known_cells(seed, n):
    rng = np.random.default_rng(seed)
    gold, scores = rng.random((n, len(LABELS))) < 0.4, random_scores(rng, n)
    known = rng.random(gold.shape) < 0.6
    known[:, 0] = True
    examples = []
    for i in range(n):
        cats = {label: float(gold[i, j]) for j, label in enumerate(LABELS) if known[i, j]}
        examples.append(make_example(cats, to_cats(scores[i])))
    result = score(examples, multi_label=True, missing="unknown")
    guess = scores >= 0.5
    per_label = []
    for i, label in enumerate(LABELS):
        cells = known[:, i]
        if not cells.any():
            assert result["t_f_per_type"][label] is None
            continue
        p, r, f, _ = sk.precision_recall_fscore_support(
            gold[cells, i], guess[cells, i], average="binary", zero_division=0
        )
        assert result["t_f_per_type"][label] == pytest.approx({"p": p, "r": r, "f": f})
        per_label.append((p, r, f))
    macro = [result[f"t_macro_{x}"] for x in "prf"]
    assert macro == pytest.approx(np.mean(per_label, axis=0).tolist())
    p, r, f, _ = sk.precision_recall_fscore_support(
        gold[known], guess[known], average="binary", zero_division=0
    )
    assert [result[f"t_micro_{x}"] for x in "prf"] == pytest.approx([p, r, f])
    check_aucs(result, sklearn_aucs(gold, scores, known))
    full = known.all(axis=1)
    if full.any():
        assert result["t_acc"] == pytest.approx(sk.accuracy_score(gold[full], guess[full]))
    else:
        assert result["t_acc"] is None


def test_missing_zero_counts_absent_labels_as_negative():
    examples = [make_example({"pos": 1.0}, {"pos": 0.9, "neg": 0.9})]
    zero = score(examples, multi_label=True, missing="zero")
    unknown = score(examples, multi_label=True, missing="unknown")
    assert (zero["t_micro_p"], unknown["t_micro_p"]) == (0.5, 1.0)


def test_prediction_at_the_threshold_counts():
    assert score([make_example({"pos": 1.0}, {"pos": 0.5})], multi_label=True)["t_micro_r"] == 1.0


def test_soft_gold_values():
    examples = [make_example({"pos": 0.6, "neg": 0.4}, {"pos": 0.9, "neg": 0.1})]
    assert score(examples)["t_acc"] == 1.0
    assert score(examples, multi_label=True)["t_acc"] == 1.0


def test_only_annotated_docs_count():
    other = make_example({"pos": 1.0}, {"pos": 0.0, "neg": 1.0}, task="other")
    result = score([make_example({"pos": 1.0}, {"pos": 1.0}), other, make_example({})])
    assert (result["t_n"], result["t_acc"]) == (1, 1.0)


def test_task_name_that_begins_like_another():
    other = make_example({"pos": 1.0}, task="t-long")
    assert score([other])["t_n"] == 0


def test_label_with_a_slash():
    assert score([make_example({"a/b": 1.0}, {"a/b": 0.9, "pos": 0.1})])["t_acc"] == 1.0


def test_docs_that_only_exclude_labels_have_no_gold_label():
    rejected = make_example({"pos": 0.0}, {"neg": 1.0})
    result = score([rejected, make_example({"pos": 1.0}, {"pos": 1.0})])
    assert (result["t_n"], result["t_acc"]) == (1, 1.0)


def test_single_label_without_prediction_is_wrong():
    result = score([make_example({"neg": 1.0})])
    assert (result["t_acc"], result["t_micro_p"], result["t_n"]) == (0.0, 0.0, 1)


def test_auc_is_undefined_with_one_class():
    result = score([make_example({"pos": 1.0}, {"pos": 0.9})] * 3)
    assert result["t_macro_auc"] is None
    assert set(result["t_auc_per_type"].values()) == {None}


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([0.0, 0.2, 0.5, 1.0])), min_size=2))
def test_auc_with_ties_equals_sklearn(cells):
    truth, scores = (np.array(column) for column in zip(*cells, strict=True))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = sk.roc_auc_score(truth, scores) if len(set(truth)) == 2 else None
    assert auc(truth, scores) == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize("multi_label", [False, True])
@pytest.mark.parametrize("labels", [LABELS, []])
@pytest.mark.parametrize("examples", [[], [make_example({})]])
def test_nothing_to_score(multi_label, labels, examples):
    result = score(examples, multi_label=multi_label, labels=labels)
    assert result.pop("t_n") == 0
    assert result.pop("t_score_desc") == "macro_f"
    assert set(result.values()) == {None}


@pytest.mark.parametrize("metric", METRICS)
def test_score_is_the_chosen_metric(metric):
    examples = [make_example({"pos": 1.0}, {"pos": 0.9}), make_example({"neg": 1.0}, {"pos": 0.8})]
    result = score(examples, score_metric=metric)
    assert result["t_score"] == result[f"t_{metric}"]
    assert result["t_score_desc"] == metric


@pytest.mark.parametrize(
    "metric,expected", [("f:pos", 2 / 3), ("macro_f:pos+neg", 1 / 3), ("f:a/b", 0.0)]
)
def test_score_of_some_labels(metric, expected):
    examples = [make_example({"pos": 1.0}, {"pos": 0.9}), make_example({"neg": 1.0}, {"pos": 0.8})]
    assert score(examples, score_metric=metric)["t_score"] == pytest.approx(expected)


def test_score_of_a_label_never_annotated_is_undefined():
    examples = [make_example({"pos": 1.0}, {"pos": 0.9})]
    result = score(examples, multi_label=True, missing="unknown", score_metric="f:neg")
    assert result["t_score"] is None


@pytest.mark.parametrize("metric", [*METRICS, "f:pos", "macro_f:pos+neg"])
def test_valid_score_metrics(metric):
    assert validate_score_metric(metric, LABELS) == metric
    assert validate_score_metric(metric) == metric


@pytest.mark.parametrize("metric", ["", "f", "f:", "macro_f:", "macro_f:pos+", "acc:pos", "auc"])
def test_unknown_score_metric(metric):
    with pytest.raises(ValueError, match="E162"):
        validate_score_metric(metric)


@pytest.mark.parametrize("metric", ["f:none", "macro_f:pos+none"])
def test_score_metric_with_unknown_label(metric):
    assert validate_score_metric(metric) == metric
    with pytest.raises(ValueError, match=r"E163.*: none\. .*neg, neu, pos"):
        validate_score_metric(metric, LABELS)


@pytest.mark.parametrize("multi_label", [False, True])
def test_unknown_gold_label(multi_label):
    with pytest.raises(ValueError, match=r"E160.*'t'.*'happy'.*neg, neu, pos"):
        score([make_example({"happy": 1.0}, {"pos": 1.0})], multi_label=multi_label)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("multi_label", [False, True])
def test_predictions_that_are_not_finite(value, multi_label):
    with pytest.raises(ValueError, match=r"E161.*'t'.*'pos'"):
        score([make_example({"neg": 1.0}, {"neg": 1.0, "pos": value})], multi_label=multi_label)


def test_result_is_plain_json():
    examples = [make_example({"pos": 1.0}, {"pos": 0.9}), make_example({"neg": 1.0}, {"pos": 0.8})]
    result = score(examples)
    assert json.loads(json.dumps(result)) == result


def test_examples_may_be_an_iterator():
    assert score(iter([make_example({"pos": 1.0}, {"pos": 0.9})]))["t_n"] == 1


def test_settings_of_the_component_are_accepted():
    assert score([make_example({"pos": 1.0})], loss_weight=2.0, class_weights="none")["t_n"] == 1


def test_registered():
    scorer = registry.scorers.get("spacy_mtl.textcat_multitask_scorer.v1")()
    assert scorer is make_textcat_multitask_scorer() is textcat_multitask_score
