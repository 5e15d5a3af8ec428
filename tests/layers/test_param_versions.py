"""Changes of parameters are noticed, and nothing computed from old ones is used again."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy
import pytest
from numpy.testing import assert_array_equal
from thinc.api import SGD, Linear, Model

from spacy_mtl.layers.param_versions import Remembered, add_gradient, peek, watch

X = numpy.ones((2, 3), dtype="f")


@pytest.fixture
def node():
    return watched(Linear(2, 3))


def watched(node):
    node.initialize()
    watch([node])
    return node


def version(node):
    return watch([node])[0].version


def is_private(node):
    return watch([node])[0].is_private()


class Proxy:
    """Stands for a server of remote parameters."""

    def __init__(self, node):
        self.params = {name: node.get_param(name).copy() for name in node.param_names}
        self.sent = []

    def get_param(self, model_id, name):
        return self.params[name]

    def set_param(self, model_id, name, value):
        self.params[name] = value

    def inc_grad(self, model_id, name, value):
        self.sent.append(name)

    set_grad = inc_grad


def test_watching_keeps_parameters_and_gradients():
    node = Linear(2, 3)
    node.initialize()
    node.begin_update(X)[1](numpy.ones((2, 2), dtype="f"))
    W, dW = node.get_param("W"), node.get_grad("W")
    watch([node])
    assert node.get_param("W") is W
    assert node.get_grad("W") is dW


def test_nodes_that_are_watched_are_left_alone(node):
    before = node._params
    assert watch([node]) == [before]
    assert node._params is before


def test_a_watched_node_learns_as_before(node):
    other = Linear(2, 3)
    other.initialize()
    other.from_bytes(node.to_bytes())
    for model in (node, other):
        model.begin_update(X)[1](numpy.ones((2, 2), dtype="f"))
        model.finish_update(SGD(0.1))
    assert_array_equal(node.get_param("W"), other.get_param("W"))


def get(node):
    node.get_param("W")


def set_new(node):
    node.set_param("W", numpy.ones((2, 3), dtype="f"))


def finish_update(node):
    node.begin_update(X)[1](numpy.ones((2, 2), dtype="f"))
    node.finish_update(SGD(0.1))


def from_bytes(node):
    node.from_bytes(Linear(2, 3).initialize().to_bytes())


def use_params(node):
    with node.use_params({(node.id, "b"): numpy.ones(2, dtype="f")}):
        pass


@pytest.mark.parametrize("change", [get, set_new, finish_update, from_bytes, use_params])
def test_what_may_change_a_parameter_is_counted(node, change):
    before = version(node)
    change(node)
    assert version(node) > before


def test_use_params_counts_at_its_begin_and_at_its_end(node):
    versions = [version(node)]
    with node.use_params({(node.id, "b"): numpy.ones(2, dtype="f")}):
        versions.append(version(node))
    versions.append(version(node))
    assert versions[0] < versions[1] < versions[2]


def test_reading_alone_is_not_counted(node):
    before = version(node)
    peek(node, "W")
    node.has_param("W")
    node.get_dim("nO")
    is_private(node)
    assert version(node) == before
    assert peek(node, "W") is node.get_param("W")


def test_parameters_that_nobody_holds_are_private(node):
    assert is_private(node)


def itself(array):
    return array


def rows(array):
    return array[:2]


def part_of_rows(array):
    return array[:2][:, ::-1]


@pytest.mark.parametrize("view", [itself, rows, part_of_rows, memoryview, iter])
def test_parameters_that_somebody_holds_are_not_private(node, view):
    held = view(node.get_param("W"))
    assert not is_private(node)
    del held
    assert is_private(node)


def test_views_of_a_base_that_nobody_else_holds_are_private(node):
    node.set_param("W", numpy.ones(6, dtype="f").reshape(2, 3))
    assert is_private(node)


@pytest.mark.parametrize("view", [rows, part_of_rows])
def test_parameters_whose_base_somebody_holds_are_not_private(node, view):
    base = numpy.ones((3, 3), dtype="f")
    node.set_param("W", view(base))
    assert not is_private(node)
    del base
    assert is_private(node)


def test_parameters_of_two_nodes_are_not_private(node):
    other = watched(Linear(2, 3))
    other.set_param("W", node.get_param("W"))
    assert not is_private(node)
    assert not is_private(other)


def test_parameters_in_averages_are_not_private(node):
    averages = {(node.id, "W"): numpy.ones((2, 3), dtype="f")}
    with node.use_params(averages):
        assert not is_private(node)
    assert is_private(node)


def test_parameters_behind_a_proxy_are_not_private(node):
    node._params.proxy = Proxy(node)
    assert not is_private(node)


def test_a_copy_has_parameters_of_its_own(node):
    other = node.copy()
    watch([other])
    before = version(node)
    set_new(other)
    assert version(node) == before
    assert is_private(node)


# Remembering


class Sum:
    """Something that is computed from parameters, and how often it was."""

    def __init__(self, *nodes):
        self.nodes = nodes
        self.remembered = Remembered()
        self.n_computed = 0

    def compute(self):
        self.n_computed += 1
        return sum(float(peek(node, "W").sum()) for node in self.nodes)

    def get(self, source=None):
        return self.remembered.get(self.nodes, source, self.compute)


def test_a_value_is_computed_once(node):
    total = Sum(node)
    assert total.get() == total.get() == total.get()
    assert total.n_computed == 1


@pytest.mark.parametrize("change", [get, set_new, finish_update, from_bytes, use_params])
def test_a_value_is_computed_anew_once_a_parameter_may_have_changed(node, change):
    total = Sum(watched(Linear(2, 3)), node)
    total.get()
    change(node)
    expected = total.compute()
    total.n_computed = 0
    assert [total.get(), total.get()] == [expected, expected]
    assert total.n_computed == 1


def test_a_value_is_computed_anew_as_long_as_somebody_holds_a_parameter(node):
    total = Sum(node)
    W = node.get_param("W")
    for value in (1.0, 2.0, 3.0):
        W[...] = value
        assert total.get() == 6 * value
    W[...] = 4.0
    del W
    assert [total.get(), total.get()] == [24.0, 24.0]
    assert total.n_computed == 4


def test_a_value_is_computed_anew_for_another_source(node):
    total = Sum(node)
    first, second = object(), object()
    for source in (first, first, second, second, first):
        total.get(source)
    assert total.n_computed == 3


def test_a_value_is_computed_anew_for_other_nodes_of_the_same_version(node):
    total = Sum(node)
    total.get()
    total.nodes = (watched(Linear(2, 3)),)
    total.get()
    assert total.n_computed == 2


def test_a_value_that_could_not_be_computed_is_not_remembered(node):
    remembered = Remembered()
    with pytest.raises(ZeroDivisionError):
        remembered.get([node], None, lambda: 1 / 0)
    assert remembered.get([node], None, lambda: 5) == 5


def test_what_is_remembered_is_neither_copied_nor_pickled(node):
    total = Sum(node)
    total.get()
    for other in (copy.deepcopy(total.remembered), pickle.loads(pickle.dumps(total.remembered))):
        assert other.get([node], None, lambda: "new") == "new"
    assert total.n_computed == 1


def test_threads_compute_a_value_once(node):
    total = Sum(node)
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda i: total.get(), range(200)))) == 1
    assert total.n_computed == 1


def test_the_first_gradient_is_taken_as_it_is(node):
    gradient = numpy.ones((2, 3), dtype="f")
    add_gradient(node, "W", gradient)
    assert node.get_grad("W") is gradient


def test_further_gradients_are_added(node):
    for scale in (1, 2):
        add_gradient(node, "W", numpy.full((2, 3), scale, dtype="f"))
    assert (node.get_grad("W") == 3).all()


def test_gradients_go_to_a_proxy(node):
    node._params.proxy = proxy = Proxy(node)
    add_gradient(node, "W", numpy.ones((2, 3), dtype="f"))
    assert proxy.sent == ["W"]
    assert not node.has_grad("W")


def test_a_proxy_is_asked():
    class Proxy:
        def get_param(self, model_id, name):
            return numpy.full((2,), 3.0, dtype="f")

    node = Model("node", forward=None, params={"W": None})
    node.set_param("W", numpy.zeros((2,), dtype="f"))
    watch([node])
    node._params.proxy = Proxy()
    assert peek(node, "W")[0] == 3.0
