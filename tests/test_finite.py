"""Weights with values that are infinite or no numbers, whoever holds them."""

import math
from typing import Any

import numpy
import pytest
from thinc.api import Linear, Model, PyTorchWrapper

from spacy_mtl.finite import find_broken_weights, is_number


def wrap(n_rows: int) -> tuple[Any, Model]:
    torch = pytest.importorskip("torch")
    layer = torch.nn.Embedding(n_rows, 2)
    return layer.weight, PyTorchWrapper(layer)


def test_a_parameter_without_values_is_sound():
    assert find_broken_weights(Linear(2, 0).initialize()) is None
    assert find_broken_weights(wrap(0)[1]) is None


@pytest.mark.parametrize("value", [math.nan, -math.inf])
def test_finds_a_broken_parameter_of_pytorch(value):
    weight, model = wrap(3)
    assert find_broken_weights(model) is None
    weight.data[1, 1] = value
    assert find_broken_weights(model) == "parameter weight"


@pytest.mark.parametrize("value", [0, 1.5, -1e308, True, numpy.float32(2), numpy.int64(3)])
def test_numbers(value):
    assert is_number(value)


@pytest.mark.parametrize(
    "value",
    [math.nan, math.inf, -math.inf, 10**400, -(10**400), numpy.float32("nan"), "1", None, [1], 1j],
    ids=lambda value: str(value)[:9],
)
def test_no_numbers(value):
    assert not is_number(value)
