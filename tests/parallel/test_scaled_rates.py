"""Learning rates of several workers."""

import math

import pytest
from thinc.api import Adam

from spacy_mtl.parallel.worker import scale_rate


def test_a_constant_rate():
    optimizer = Adam(0.01)
    scale_rate(optimizer, math.sqrt(2))
    optimizer.step_schedules()
    assert optimizer.learn_rate == pytest.approx(0.01 * math.sqrt(2))


def test_the_rates_of_a_schedule_and_the_last_of_them():
    optimizer = Adam([0.1, 0.2, 0.4])
    scale_rate(optimizer, 2.0)
    rates = []
    for _ in range(4):
        rates.append(optimizer.learn_rate)
        optimizer.step_schedules()
    assert rates == pytest.approx([0.2, 0.4, 0.8, 0.8])
