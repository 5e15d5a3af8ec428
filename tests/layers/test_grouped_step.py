import copy

import numpy
import pytest
from numpy.testing import assert_array_equal
from thinc.api import SGD, Adam, Linear, Model, Optimizer, RAdam, chain

from spacy_mtl.layers.fused_adam import create_adam_v1
from spacy_mtl.layers.grouped_step import take_step

LEARN_RATE = 0.01
OPTIMIZERS = {
    "Adam": Adam,
    "Adam without decay": lambda rate, **settings: Adam(rate, **{**settings, "L2": 0.0}),
    "Adam, L2": lambda rate, **settings: Adam(rate, L2_is_weight_decay=False, **settings),
    "SGD": SGD,
    "fused": lambda rate, **settings: create_adam_v1(learn_rate=rate, **settings),
}


def make(optimizer="Adam", rate=LEARN_RATE):
    model = chain(Linear(3, 2), Linear(2, 3))
    model.initialize()
    rng = numpy.random.default_rng(0)
    for node in model.walk():
        for name in node.param_names:
            node.set_param(name, rng.normal(size=node.get_param(name).shape).astype("f"))
    settings = {"L2": 0.1, "grad_clip": 1.0, "use_averages": True}
    return model, OPTIMIZERS[optimizer](rate, **settings)


def set_gradients(model, seed=0, size=1.0):
    rng = numpy.random.default_rng(seed)
    for node in model.walk():
        for name in node.param_names:
            gradient = rng.normal(0.0, size, node.get_param(name).shape).astype("f")
            node.set_grad(name, gradient)


def state(model, optimizer: Optimizer):
    nodes = [node for node in model.walk() if node.param_names]
    keys = [(i, node, name) for i, node in enumerate(nodes) for name in node.param_names]
    kept = (optimizer.mom1, optimizer.mom2, optimizer.averages)
    return {
        (i, name): [
            node.get_param(name).copy(),
            *(copy.deepcopy(values.get((node.id, name))) for values in kept),
            optimizer.nr_update.get((node.id, name), 0),
        ]
        for i, node, name in keys
    }


def assert_same(first, second):
    for a, b in zip(first, second, strict=True):
        assert_array_equal(a, b)


def steps(model, optimizer, n=5, **settings):
    for i in range(n):
        # Large enough for clipping in some steps.
        set_gradients(model, seed=i, size=0.3 * i)
        settings.setdefault("scales", {})
        take_step(model, optimizer, **settings)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_without_scales_a_step_is_thincs(name):
    found = []
    for ours in (False, True):
        model, optimizer = make(name)
        if ours:
            steps(model, optimizer)
        else:
            for i in range(5):
                set_gradients(model, seed=i, size=0.3 * i)
                model.finish_update(optimizer)
        found.append(state(model, optimizer))
    for key in found[0]:
        assert_same(found[0][key], found[1][key])


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_scale_is_another_learning_rate(name):
    scale = 0.25
    slow, fast = (make(name, rate) for rate in (LEARN_RATE, scale * LEARN_RATE))
    first = slow[0].layers[0]
    steps(*slow, scales={(first.id, "W"): scale, (first.id, "b"): scale})
    steps(*fast)
    plain = make(name)
    steps(*plain)
    found, slower, expected = (state(*pair) for pair in (slow, fast, plain))
    for key in found:
        # Weights with their decay, moments, averages; all others as without scales.
        other = slower if key[0] == 0 else expected
        for a, b in zip(found[key], other[key], strict=True):
            if a is not None:
                numpy.testing.assert_allclose(a, b, rtol=2e-6, atol=1e-7)
        assert not numpy.array_equal(slower[key][0], expected[key][0])


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("n_before", [0, 3])
def test_a_scale_of_0_touches_nothing_but_the_gradient(name, n_before):
    model, optimizer = make(name)
    steps(model, optimizer, n=n_before)
    before = state(model, optimizer)
    first, second = model.layers
    steps(model, optimizer, scales={(first.id, "W"): 0.0, (first.id, "b"): 0.0})
    after = state(model, optimizer)
    for key in before:
        if key[0] == 0:
            assert_same(before[key], after[key])
        else:
            assert not numpy.array_equal(before[key][0], after[key][0])
    assert not any(node.get_grad(key).any() for node in (first, second) for key in "Wb")


def test_a_frozen_gradient_that_is_not_finite_is_emptied_too():
    model, optimizer = make()
    set_gradients(model, size=numpy.inf)
    take_step(model, optimizer, {}, default=0.0)
    assert not any(node.get_grad(key).any() for node in model.layers for key in "Wb")


def test_the_default_is_for_all_other_parameters():
    model, optimizer = make()
    before = state(model, optimizer)
    steps(model, optimizer, scales={(model.layers[0].id, "b"): 1.0}, default=0.0)
    after = state(model, optimizer)
    changed = [key for key in before if not numpy.array_equal(before[key][0], after[key][0])]
    assert changed == [(0, "b")]


def test_averages_start_from_the_weights_of_those_that_start_late():
    model, optimizer = make()
    second = model.layers[1]
    late = {(second.id, "W"): 0.0, (second.id, "b"): 0.0}
    steps(model, optimizer, scales=late, starts_late=True)
    before = second.get_param("W").copy()
    set_gradients(model)
    take_step(model, optimizer, {}, starts_late=True)
    averaged, weights = optimizer.averages[(second.id, "W")], second.get_param("W")
    assert numpy.abs(averaged - before).max() < numpy.abs(weights - before).max() < 0.02


def test_a_schedule_goes_on_for_all():
    model, optimizer = make()
    optimizer.learn_rate = 0.5
    scales = {(model.layers[0].id, "W"): 0.1}
    set_gradients(model)
    before = [node.get_param("W").copy() for node in model.layers]
    take_step(model, optimizer, scales)
    slow, fast = (
        numpy.abs(node.get_param("W") - start).mean()
        for node, start in zip(model.layers, before, strict=True)
    )
    assert fast > 5 * slow > 0


class Shim:
    """Updates as thinc's shim of PyTorch does."""

    def __init__(self):
        self.id = -1
        self.params = {name: numpy.ones((2,), dtype="f") for name in ("low", "high")}

    def finish_update(self, optimizer):
        for name, weights in self.params.items():
            gradient = numpy.ones_like(weights)
            self.params[name], _ = optimizer((self.id, name), weights, gradient)


def test_parameters_of_a_shim_are_frozen_and_scaled():
    shim = Shim()
    model: Model = Model("torch", lambda model, X, is_train: X, shims=[shim])
    optimizer = SGD(0.5, grad_clip=0.0, use_averages=True)
    take_step(model, optimizer, {(-1, "low"): 0.0, (-1, "high"): 0.5})
    assert_array_equal(shim.params["low"], [1.0, 1.0])
    assert_array_equal(shim.params["high"], [0.75, 0.75])
    assert set(optimizer.averages) == {(-1, "high")}


def test_rectified_adam_is_left_to_thinc():
    model, _ = make()
    optimizer = RAdam(0.1)
    before = state(model, optimizer)
    steps(model, optimizer, scales={(model.layers[0].id, "W"): 0.0})
    after = state(model, optimizer)
    assert_same(before[(0, "W")], after[(0, "W")])
    assert not numpy.array_equal(before[(1, "W")][0], after[(1, "W")][0])
