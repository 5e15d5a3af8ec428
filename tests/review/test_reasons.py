"""Each reason fires when it should, and is silent when it should not."""

import numpy
import pytest
from scipy import sparse

from spacy_mtl.review.evidence import Neighbours
from spacy_mtl.review.reasons import Case, explain, suggest
from spacy_mtl.review.rows import ReviewRow

N = 30


@pytest.fixture
def case(tmp_path):
    """Thirty rows that all fit: label 0, likely, with neighbours that have it as well."""

    def make(multi_label=False, **changes):
        cats = {"a": 1.0, "b": 0.0}
        rows = [ReviewRow(tmp_path / "f.jsonl", i + 1, f"text {i}", dict(cats)) for i in range(N)]
        Y = numpy.tile(numpy.array([1.0, 0.0], dtype="float32"), (N, 1))
        P = numpy.tile([0.9, 0.1], (N, 1))
        order = numpy.array([[j for j in range(N) if j != i] for i in range(N)])
        values = {
            "labels": ["a", "b"],
            "rows": rows,
            "Y": Y,
            "P": P,
            "by_seed": numpy.stack([P, P]),
            "neighbours": Neighbours(order, numpy.full(order.shape, 0.5)),
            "ngrams": sparse.eye(N).tocsr(),
            "contradictions": [[] for _ in range(N)],
            "multi_label": multi_label,
        }
        return Case(**{**values, **changes})

    return make


def names(case, i=0):
    return [reason.name for reason in explain(case, i)]


@pytest.mark.parametrize("multi_label", [False, True])
def test_a_row_that_fits_has_no_reasons(case, multi_label):
    assert names(case(multi_label)) == []
    assert suggest(case(multi_label), 0) == ["a"]


@pytest.mark.parametrize("multi_label", [False, True])
def test_the_model_is_sure_of_another_label(case, multi_label):
    P = numpy.tile([0.05, 0.95], (N, 1))
    assert names(case(multi_label, P=P))[0] == "sure_of_other"
    assert suggest(case(multi_label, P=P), 0) == ["b"]


def test_two_labels_are_as_likely(case):
    assert names(case(P=numpy.tile([0.52, 0.48], (N, 1)))) == ["low_margin"]


def test_seeds_disagree(case):
    by_seed = numpy.array([[[0.6, 0.4]] * N, [[0.4, 0.6]] * N])
    assert names(case(by_seed=by_seed)) == ["seeds_disagree"]


def test_neighbours_have_another_label(case):
    found = case()
    found.Y[1:] = [0, 1]
    assert names(found) == ["far_from_neighbours"]
    assert "None of the 20" in explain(found, 0)[0].text


def test_the_same_text_has_another_label(case):
    found = case()
    found.Y[5] = [0, 1]
    found.rows[5].text = found.rows[0].text.upper()
    found.rows[5].cats = {"a": 0.0, "b": 1.0}
    (reason,) = explain(found, 0)
    assert reason.name == "near_duplicate"
    assert "The same text has 'b' in f.jsonl:6" in reason.text
    found.Y[5] = found.Y[0]
    assert names(found) == []


def test_what_is_unknown_is_not_doubted(case):
    found = case(True, P=numpy.tile([0.9, 0.95], (N, 1)))
    assert names(found) == ["sure_of_other"]
    found.Y[:, 1] = numpy.nan
    assert names(found) == []


def first_text(case):
    return explain(case, 0)[0].text


def test_reasons_say_what_a_person_would(case):
    far = numpy.ones((N, 2), dtype="float32") * [0, 1]
    far[0] = [1, 0]
    assert [reason.text for reason in explain(case(Y=far), 0)] == [
        "None of the 20 most similar texts has 'a'"
    ]
    far[0] = [0, 0]
    half = numpy.tile([0.0, 0.5], (N, 1))
    assert first_text(case(True, Y=far, P=half)) == "20 of the 20 most similar texts have 'b'"
    sure = case(P=numpy.tile([0.004, 0.996], (N, 1)))
    assert first_text(sure) == "The model is over 99% sure of 'b', and gives 'a' under 1%"
    assert first_text(case(P=numpy.tile([0.52, 0.48], (N, 1)))) == "'a' and 'b' are about as likely"
    unsure = case(True, P=numpy.tile([0.52, 0.01], (N, 1)))
    assert first_text(unsure) == "The model cannot tell whether 'a' applies"
