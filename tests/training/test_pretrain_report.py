"""Rows and lines of pretraining."""

import pytest

from spacy_mtl.training.pretrain_monitor import Evaluation
from spacy_mtl.training.pretrain_report import format_evaluation, format_time


def make_evaluation(**settings):
    values = {
        "words": 1_000_000,
        "loss": 0.25,
        "dev_loss": 0.5,
        "accuracy_1": 0.1234,
        "accuracy_10": 0.5,
        "probe": None,
        "words_per_second": 20_000.4,
        "score": 0.5,
        "improved": True,
        "n_worse": 0,
    }
    return Evaluation(**{**values, **settings})


def test_one_line_for_an_evaluation():
    assert format_evaluation(make_evaluation()) == (
        "1,000,000 words  loss 0.2500  dev loss 0.5000  acc@1 12.34  acc@10 50.00  20,000 words/s  *"
    )


def test_a_line_with_a_probe_and_without_the_rest():
    line = format_evaluation(make_evaluation(probe=0.8, accuracy_1=None, improved=False))
    assert "acc@1 -" in line
    assert "probe 80.00" in line
    assert "*" not in line


@pytest.mark.parametrize(
    "n_words, speed, expected",
    [(None, 10.0, "-"), (100, None, "-"), (36_610, 10.0, "1:01:01"), (0, 10.0, "0:00:00")],
)
def test_time_left(n_words, speed, expected):
    assert format_time(n_words, speed) == expected
