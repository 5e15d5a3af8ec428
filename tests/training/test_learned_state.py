"""The state of a model and its optimizer, in another process."""

import numpy
import pytest
from thinc.api import Adam, Linear, chain

from spacy_mtl.training.learned_state import (
    get_model_state,
    get_optimizer_state,
    is_finite,
    set_model_state,
    set_optimizer_state,
)

X = numpy.ones((3, 4), dtype="f")


def make_model(width=2):
    model = chain(Linear(5, 4), Linear(width, 5))
    model.initialize()
    return model


def step(model, optimizer):
    Y, backprop = model.begin_update(X)
    backprop(Y - 1)
    model.finish_update(optimizer)


def continued(model, optimizer):
    other, other_optimizer = make_model(), Adam(0.01)
    set_model_state(other, get_model_state(model))
    set_optimizer_state(other_optimizer, other, get_optimizer_state(optimizer, model))
    return other, other_optimizer


def test_goes_on_as_if_nothing_had_happened():
    model, optimizer = make_model(), Adam(0.01)
    for _ in range(3):
        step(model, optimizer)
    optimizer.learn_rate = 0.02
    other, other_optimizer = continued(model, optimizer)
    for _ in range(3):
        step(model, optimizer)
        step(other, other_optimizer)
    with model.use_params(optimizer.averages), other.use_params(other_optimizer.averages):
        assert model.to_bytes() == other.to_bytes()
    assert model.to_bytes() == other.to_bytes()


def test_momentum_moves_a_part_that_is_idle():
    model, optimizer = make_model(), Adam(0.01)
    step(model, optimizer)
    other, other_optimizer = continued(model, optimizer)
    model.finish_update(optimizer)
    other.finish_update(other_optimizer)
    assert model.to_bytes() == other.to_bytes()


def test_refuses_another_model():
    state = get_model_state(make_model(3))
    with pytest.raises(ValueError, match="other shapes"):
        set_model_state(make_model(2), state)


def test_averages_may_be_missing():
    model, optimizer = make_model(), Adam(0.01, use_averages=False)
    step(model, optimizer)
    assert "averages" not in get_optimizer_state(optimizer, model)


@pytest.mark.parametrize("value", [numpy.nan, numpy.inf])
def test_tells_a_model_that_has_diverged(value):
    model = make_model()
    assert is_finite(model)
    model.layers[1].get_param("b")[0] = value
    assert not is_finite(model)


def test_modules_of_pytorch_go_on_too():
    torch = pytest.importorskip("torch", reason="the extra 'transformers' is not installed")
    from thinc.api import PyTorchWrapper

    def make():
        return PyTorchWrapper(torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.BatchNorm1d(3)))

    model, optimizer = make(), Adam(0.01)
    for _ in range(3):
        step(model, optimizer)
    other, other_optimizer = make(), Adam(0.01)
    set_model_state(other, get_model_state(model))
    set_optimizer_state(other_optimizer, other, get_optimizer_state(optimizer, model))
    for _ in range(3):
        step(model, optimizer)
        step(other, other_optimizer)
    assert (model.predict(X) == other.predict(X)).all()


def test_attributes_come_back():
    model = make_model()
    model.layers[0].attrs["dropout_rate"] = 0.3
    other = make_model()
    other.layers[0].attrs["dropout_rate"] = 0.0
    set_model_state(other, get_model_state(model))
    assert other.layers[0].attrs["dropout_rate"] == 0.3
