import numpy
import pytest
import thinc.api
from builders import numeric_gradient

from spacy_mtl.layers.hash_embed import HashEmbed

KEYS = numpy.asarray([[7, 1], [8, 2], [7, 3], [7, 1], [0, 0]], dtype="uint64")


@pytest.fixture
def both():
    ours = HashEmbed(6, 50, seed=8, column=0)
    stock = thinc.api.HashEmbed(6, 50, seed=8, column=0, dropout=0.0)
    stock.initialize(X=KEYS)
    ours.initialize(X=KEYS)
    ours.from_bytes(stock.to_bytes())
    return ours, stock


def table_of(model):
    return next(node for node in model.walk() if node.has_param("E"))


def test_output_equals_that_of_thinc_with_equal_weights(both):
    ours, stock = both
    numpy.testing.assert_array_equal(ours.predict(KEYS), stock.predict(KEYS))


def test_weights_load_into_thinc(both):
    ours, stock = both
    table_of(ours).get_param("E")[:] *= 2
    stock.from_bytes(ours.to_bytes())
    numpy.testing.assert_array_equal(ours.predict(KEYS), stock.predict(KEYS))


def test_gradient_equals_that_of_thinc(both):
    grads = []
    for model in both:
        Y, backprop = model.begin_update(KEYS)
        backprop(numpy.arange(Y.size, dtype="f").reshape(Y.shape))
        grads.append(table_of(model).get_grad("E"))
    numpy.testing.assert_allclose(*grads, rtol=1e-5)


def test_gradient_equals_the_numeric_one(both):
    model = both[0]
    rng = numpy.random.default_rng(0)
    Y, backprop = model.begin_update(KEYS)
    dY = rng.normal(size=Y.shape).astype("f")
    backprop(dY)
    direction = rng.normal(size=(50, 6)).astype("f")
    table = table_of(model).get_param("E")
    found = numeric_gradient(lambda: float((model.predict(KEYS) * dY).sum()), table, direction)
    gradient = table_of(model).get_grad("E")
    assert float((gradient * direction).sum()) == pytest.approx(found, rel=1e-2)


def test_a_batch_without_tokens_passes_forward_and_backward(both):
    Y, backprop = both[0].begin_update(KEYS[:0])
    assert Y.shape == (0, 6)
    backprop(Y)


def test_gradients_of_two_batches_add_up(both):
    model = both[0]
    for _ in range(2):
        Y, backprop = model.begin_update(KEYS)
        backprop(numpy.ones_like(Y))
    twice = table_of(model).get_grad("E").copy()
    table_of(model).set_grad("E", numpy.zeros_like(twice))
    Y, backprop = model.begin_update(KEYS)
    backprop(numpy.ones_like(Y))
    numpy.testing.assert_allclose(twice, 2 * table_of(model).get_grad("E"), rtol=1e-5)


def test_dropout_only_in_training():
    model = HashEmbed(40, 50, seed=8, column=0, dropout=0.5)
    model.initialize(X=KEYS)
    assert (model.begin_update(KEYS)[0] == 0).any()
    assert (model.predict(KEYS) != 0).all()


def test_columns_of_the_same_seed_differ_only_by_their_keys():
    first = HashEmbed(6, 50, seed=8, column=0)
    second = HashEmbed(6, 50, seed=8, column=1)
    first.initialize(X=KEYS)
    second.initialize(X=KEYS)
    second.from_bytes(first.to_bytes())
    swapped = numpy.ascontiguousarray(KEYS[:, ::-1])
    numpy.testing.assert_array_equal(first.predict(KEYS), second.predict(swapped))
