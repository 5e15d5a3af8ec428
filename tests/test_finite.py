"""Weights with values that are infinite or no numbers, whoever holds them."""

import math
from typing import Any

import pytest
from thinc.api import Linear, Model, PyTorchWrapper

from spacy_mtl.finite import find_broken_weights


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
