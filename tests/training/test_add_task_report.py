import pytest

from spacy_mtl.training.add_task_report import (
    Outcome,
    decide,
    format_outcomes,
    measure_agreement,
    to_json,
)

CATS = {"mood/joy": 0.6, "mood/anger": 0.5, "mood/trust": 0.1, "other/x": 0.9}


def outcome(before, after, max_loss=0.5):
    return Outcome("mood", "dev", 20, "macro_f", before, after, max_loss=max_loss)


def test_one_label_is_the_most_likely():
    assert decide(CATS, "mood") == {"joy"}


def test_any_number_of_labels_reach_the_threshold():
    assert decide(CATS, "mood", multi_label=True) == {"joy", "anger"}
    assert decide(CATS, "mood", multi_label=True, threshold=0.7) == frozenset()


def test_a_task_without_scores_decides_nothing():
    assert decide(CATS, "none") == frozenset()


def test_agreement_is_a_share():
    before = [frozenset("a"), frozenset("b"), frozenset("ab"), frozenset()]
    after = [frozenset("a"), frozenset("a"), frozenset("ba"), frozenset("b")]
    assert measure_agreement(before, after) == 50.0
    assert measure_agreement([], []) is None


@pytest.mark.parametrize(
    ("before", "after", "accepted"),
    [
        (80.0, 80.0, True),
        (80.0, 79.5, True),
        (80.3, 79.8, True),
        (80.0, 79.4, False),
        (80.0, 90.0, True),
        (None, 50.0, True),
    ],
)
def test_the_limit_decides(before, after, accepted):
    assert outcome(before, after).is_accepted is accepted


def test_a_new_task_has_no_limit():
    assert outcome(None, 10.0, None).is_accepted
    assert outcome(None, 10.0, None).change is None


def test_the_table_marks_what_lost_too_much():
    lines = format_outcomes([outcome(None, 71.23, None), outcome(80.0, 79.0), outcome(80.0, 80.5)])
    assert lines[2].split() == ["mood", "dev", "20", "macro_f", "-", "71.2", "-", "-"]
    assert lines[3].split() == ["mood", "dev", "20", "macro_f", "80.0", "79.0", "-1.0", "!", "0.5"]
    assert lines[4].split() == ["mood", "dev", "20", "macro_f", "80.0", "80.5", "+0.5", "0.5"]


def test_values_for_a_file():
    (found,) = to_json([outcome(80.0, 79.0)])
    assert found["change"] == -1.0 and found["accepted"] is False and found["task"] == "mood"
