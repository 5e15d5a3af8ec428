"""Output layers that read the same vectors compute in one product what each computes alone, to the last bit."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from thinc.api import SGD, Linear

from spacy_mtl.layers import readers as module
from spacy_mtl.layers.blas import row_product
from spacy_mtl.layers.linear import output_linear
from spacy_mtl.layers.readers import Readers, read_alone
from spacy_mtl.layers.standardize import standardize, statistics

KINDS = ("mean", "max")
WIDTH = 8
N_OUTPUTS = (2, 5, 1, 3)


def draw(*shape, seed=0):
    return numpy.random.default_rng(seed).normal(size=shape).astype("f")


X = draw(7, WIDTH, seed=99)


def make(nO, seed=0, width=WIDTH):
    node = output_linear(nO, width).initialize()
    node.set_param("W", draw(nO, width, seed=seed))
    node.set_param("b", draw(nO, seed=seed + 1))
    return node


@pytest.fixture
def nodes():
    return [make(nO, seed=i) for i, nO in enumerate(N_OUTPUTS)]


@pytest.fixture
def products(monkeypatch):
    """The numbers of outputs of all products."""
    widths = []
    monkeypatch.setattr(
        module, "row_product", lambda A, B: (widths.append(len(A)), row_product(A, B))[1]
    )
    return widths


def read_all(readers, nodes, X=X, kinds=KINDS):
    return [readers.read(node, None, kinds, X) for node in nodes]


def after(nodes, kinds=KINDS):
    """The second of two batches that the layers read."""
    before = Readers()
    read_all(before, nodes, kinds=kinds)
    return Readers(before)


def expected(node, X=X):
    return X @ node.get_param("W").T + node.get_param("b")


def assert_right(found, nodes, X=X):
    for Y, node in zip(found, nodes, strict=True):
        assert Y.flags.c_contiguous
        assert_allclose(Y, expected(node, X), rtol=1e-5, atol=1e-6)
        assert_array_equal(Y, read_alone(node, None, X))


def test_one_product_for_all_layers_that_read_the_batch_before(nodes, products):
    readers = after(nodes)
    assert products == [*N_OUTPUTS]
    products.clear()
    found = read_all(readers, nodes)
    assert products == [sum(N_OUTPUTS)]
    assert_right(found, nodes)


def test_each_batch_has_its_own_product(nodes, products):
    readers = after(nodes)
    for seed in (1, 2):
        batch = draw(5, WIDTH, seed=seed)
        products.clear()
        found = read_all(readers, nodes, batch)
        assert products == [sum(N_OUTPUTS)]
        assert_right(found, nodes, batch)
        readers = Readers(readers)


@pytest.mark.parametrize("n_docs", [1, 2, 33])
def test_a_layer_computes_the_same_beside_any_others(nodes, n_docs):
    batch = draw(n_docs, WIDTH, seed=n_docs)
    expected = read_all(Readers(), nodes, batch)
    for some in ([2, 0], [3, 1, 2], [1, 0, 3, 2]):
        found = read_all(after([nodes[i] for i in some]), [nodes[i] for i in some], batch)
        for i, Y in zip(some, found, strict=True):
            assert_array_equal(Y, expected[i])


def test_columns_that_vary_little_about_a_large_mean(nodes):
    batch = 100 + draw(50, WIDTH, seed=5) / 64
    scaling = standardize(WIDTH).initialize()
    scaling.begin_update(batch)
    mean, scale = (array.astype("d") for array in statistics(scaling))
    for node in nodes:
        found = Readers().read(node, scaling, KINDS, batch)
        W, b = (node.get_param(name).astype("d") for name in ("W", "b"))
        assert_allclose(found, (batch - mean) * scale @ W.T + b, rtol=1e-5, atol=1e-5)


def test_other_pooled_vectors_of_the_same_batch_are_computed_anew(nodes):
    readers = after(nodes)
    read_all(readers, nodes)
    assert_right(read_all(readers, nodes, X * 2), nodes, X * 2)


def test_kinds_of_pooling_are_kept_apart(nodes, products):
    before = Readers()
    for kinds, some in ((("mean",), nodes[:2]), (("max",), nodes[2:])):
        read_all(before, some, kinds=kinds)
    readers = Readers(before)
    for kinds, some in ((("mean",), nodes[:2]), (("max",), nodes[2:])):
        products.clear()
        found = read_all(readers, some, kinds=kinds)
        assert products == [sum(node.get_dim("nO") for node in some)]
        assert_right(found, some)


def test_a_layer_that_does_not_read_any_more_is_left_out_of_the_batch_after(nodes, products):
    readers = after(nodes)
    products.clear()
    for _ in range(2):
        read_all(readers, nodes[1:])
        readers = Readers(readers)
    assert products == [sum(N_OUTPUTS), sum(N_OUTPUTS[1:])]


def test_a_new_layer_takes_part_in_the_batch_after(nodes, products):
    readers = after(nodes[1:])
    products.clear()
    # It asks first, and its product has all of them.
    assert_right(read_all(readers, nodes), nodes)
    assert products[0] == sum(N_OUTPUTS)
    products.clear()
    read_all(Readers(readers), nodes)
    assert products == [sum(N_OUTPUTS)]


def test_what_a_layer_gets_can_be_written_to(nodes):
    readers = after(nodes)
    for Y in read_all(readers, nodes):
        Y += 1
    assert_right(read_all(readers, nodes), nodes)


def test_no_documents_at_all(nodes):
    empty = numpy.zeros((0, WIDTH), dtype="f")
    found = read_all(after(nodes), nodes, empty)
    assert [Y.shape for Y in found] == [(0, nO) for nO in N_OUTPUTS]


# Changed parameters


def sets_weights(node):
    node.set_param("W", node.get_param("W") * 2)


def sets_biases(node):
    node.set_param("b", node.get_param("b") + 1)


def writes_in_place(node):
    node.get_param("W")[...] *= 2


def writes_one_bias_in_place(node):
    node.get_param("b")[0] += 1


def learns(node):
    node.begin_update(X)[1](draw(len(X), node.get_dim("nO")))
    node.finish_update(SGD(0.1))


def loads(node):
    node.from_bytes(make(node.get_dim("nO"), seed=50).to_bytes())


def gets_the_server_of_another(node):
    node._params = make(node.get_dim("nO"), seed=50)._params
    other = next(iter(node._params._params))[0]
    node._params._params = {
        (node.id, name): value for (_, name), value in node._params._params.items()
    }
    assert other != node.id


CHANGES = [
    sets_weights,
    sets_biases,
    writes_in_place,
    writes_one_bias_in_place,
    learns,
    loads,
    gets_the_server_of_another,
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_between_two_layers_of_a_batch_is_noticed(nodes, change):
    readers = after(nodes)
    readers.read(nodes[0], None, KINDS, X)
    change(nodes[1])
    assert_right([readers.read(nodes[1], None, KINDS, X)], nodes[1:2])
    others = [nodes[0], *nodes[2:]]
    assert_right(read_all(readers, others), others)


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_between_two_batches_is_noticed(nodes, change):
    readers = after(nodes)
    read_all(readers, nodes)
    for node in nodes:
        change(node)
    assert_right(read_all(Readers(readers), nodes), nodes)


def test_parameters_that_somebody_holds_are_not_relied_on(nodes, products):
    readers = after(nodes)
    held = nodes[1].get_param("W")
    products.clear()
    readers.read(nodes[0], None, KINDS, X)
    held *= 2
    del held
    found = readers.read(nodes[1], None, KINDS, X)
    assert products == [sum(N_OUTPUTS) - N_OUTPUTS[1], N_OUTPUTS[1]]
    assert_right([found], nodes[1:2])


def test_parameters_that_somebody_has_taken_since_are_not_relied_on(nodes):
    readers = after(nodes)
    readers.read(nodes[0], None, KINDS, X)
    held = nodes[1].get_param("W")
    held *= 2
    assert_right([readers.read(nodes[1], None, KINDS, X)], nodes[1:2])


def test_averages_are_used_as_long_as_they_are_set(nodes):
    averages = {(nodes[1].id, "b"): numpy.full(N_OUTPUTS[1], 3, dtype="f")}
    readers = after(nodes)
    read_all(readers, nodes)
    with nodes[1].use_params(averages):
        assert_right([readers.read(nodes[1], None, KINDS, X)], nodes[1:2])
        assert_right([Readers(readers).read(nodes[1], None, KINDS, X)], nodes[1:2])
    assert_right(read_all(Readers(readers), nodes), nodes)


# Layers that cannot take part


def without_parameters(nodes):
    nodes[1] = output_linear(None, None)


def of_another_width(nodes):
    nodes[1] = make(5, width=WIDTH + 1)


def of_another_kind(nodes):
    nodes[1] = Linear(5, WIDTH).initialize()


@pytest.mark.parametrize("replace", [without_parameters, of_another_width, of_another_kind])
def test_a_layer_that_cannot_take_part_is_left_out(nodes, replace):
    replace(nodes)
    readers = after(nodes)
    assert readers.read(nodes[1], None, KINDS, X) is None
    assert_right(read_all(readers, nodes[2:]), nodes[2:])


def test_layers_with_tied_weights():
    nodes = [make(5), make(5)]
    nodes[1].set_param("W", nodes[0].get_param("W"))
    assert_right(read_all(after(nodes), nodes), nodes)


def test_no_layer_that_can_take_part(products):
    nodes = [output_linear(None, None) for _ in range(2)]
    assert read_all(after(nodes), nodes) == [None, None]
    assert products == []


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_readers_are_neither_copied_nor_pickled(nodes, copied, products):
    readers = after(nodes)
    read_all(readers, nodes)
    other = copied(readers)
    products.clear()
    assert_right(read_all(other, nodes), nodes)
    assert products[: len(nodes)] == [*N_OUTPUTS]
    assert len(pickle.dumps(readers)) < 200


def test_several_threads(nodes):
    def run(seed):
        batch = draw(5, WIDTH, seed=seed)
        readers = after(nodes)
        found = read_all(readers, nodes, batch)
        return [(Y, node, batch) for Y, node in zip(found, nodes, strict=True)]

    with ThreadPoolExecutor(8) as pool:
        found = [each for results in pool.map(run, range(200)) for each in results]
    for Y, node, batch in found:
        assert_right([Y], [node], batch)
