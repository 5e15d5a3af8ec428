import numpy
from thinc.api import Linear

from spacy_mtl.models.resize import resize_columns


def resize(layer, size, fill=None):
    return resize_columns(layer, size, axes={"W": 0, "b": 0}, fill=fill or {})


def make():
    layer = Linear(2, 3)
    layer.initialize()
    layer.get_param("b")[:] = [1.0, -2.0]
    return layer


def test_old_outputs_keep_their_weights():
    old = make()
    new = resize(old, 4)
    numpy.testing.assert_array_equal(new.get_param("W")[:2], old.get_param("W"))
    numpy.testing.assert_array_equal(new.get_param("b")[:2], old.get_param("b"))


def test_new_outputs_are_filled():
    new = resize(make(), 4, fill={"b": lambda old: float(old.min()) - 1.0})
    assert not new.get_param("W")[2:].any()
    assert new.get_param("b").tolist() == [1.0, -2.0, -3.0, -3.0]


def test_same_size_is_the_same_layer():
    old = make()
    assert resize(old, 2) is old


def test_a_layer_without_weights_only_gets_its_size():
    layer = Linear()
    assert resize(layer, 4) is layer
    assert layer.get_dim("nO") == 4


def test_a_layer_that_was_sized_but_not_initialized():
    layer = Linear(2, 3)
    resize(layer, 5).initialize()
    assert layer.get_param("W").shape == (5, 3)


def test_the_old_layer_is_left_alone():
    old = make()
    before = old.get_param("W").copy()
    resize(old, 4).get_param("W")[:] = 9.0
    numpy.testing.assert_array_equal(old.get_param("W"), before)
