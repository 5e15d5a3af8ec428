"""Weights of an earlier pretraining."""

import numpy
import pytest
import srsly
from thinc.api import Linear, chain

from spacy_mtl.layers.saved_weights import load_weights, read_weights


def make_model(width=2):
    model = chain(Linear(width, 3), Linear(2, width))
    model.initialize()
    return model


def test_loads_weights_and_leaves_settings(tmp_path):
    saved, model = make_model(), make_model()
    saved.layers[0].attrs["rate"] = 0.5
    model.layers[0].attrs["rate"] = 0.1
    path = tmp_path / "model.bin"
    path.write_bytes(saved.to_bytes())
    load_weights(model, path)
    for node, other in zip(model.layers, saved.layers, strict=True):
        assert numpy.array_equal(node.get_param("W"), other.get_param("W"))
    assert model.layers[0].attrs["rate"] == 0.1
    model.layers[0].get_param("W")[:] = 0.0


def test_names_file_and_shapes(tmp_path):
    path = tmp_path / "model.bin"
    path.write_bytes(make_model(4).to_bytes())
    with pytest.raises(
        ValueError, match=r"E262.*model\.bin.*'W'.*\(4, 3\) there and \(2, 3\) here"
    ):
        load_weights(make_model(), path)


def test_names_the_number_of_layers(tmp_path):
    path = tmp_path / "model.bin"
    path.write_bytes(make_model().layers[0].to_bytes())
    with pytest.raises(ValueError, match=r"E262.*1 layers.*has 2"):
        load_weights(make_model(), path)


def test_names_a_file_that_does_not_exist(tmp_path):
    with pytest.raises(ValueError, match=r"E260.*none\.bin"):
        load_weights(make_model(), tmp_path / "none.bin")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"what?",
        make_model().to_bytes()[:50],
        srsly.msgpack_dumps([1]),
        srsly.msgpack_dumps({"params": [{"W": 3}]}),
    ],
)
def test_names_a_file_without_weights(tmp_path, data):
    path = tmp_path / "model.bin"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"E261.*model\.bin"):
        read_weights(path)
