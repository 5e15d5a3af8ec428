"""The file of a saved encoder."""

import numpy
import pytest
import srsly
from thinc.api import Linear, chain

from spacy_mtl.training.encoder_file import ENTRY, read_encoder, write_encoder


def make_model():
    model = chain(Linear(2, 3), Linear(2, 2))
    model.initialize()
    return model


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "encoder"
    write_encoder(path, make_model(), config={"width": 2}, factory="tok2vec", lang="en")
    return path


def test_holds_what_was_written(path):
    saved = read_encoder(path)
    assert (saved.config, saved.factory, saved.lang) == ({"width": 2}, "tok2vec", "en")
    assert saved.vector_width is None
    model = make_model()
    model.from_dict(saved.weights)
    numpy.testing.assert_array_equal(
        model.layers[0].get_param("W"), saved.weights["params"][1]["W"]
    )


def test_is_a_file_of_weights_too(path):
    model = make_model()
    model.layers[0].attrs["rate"] = 0.5
    model.from_bytes(path.read_bytes())
    assert model.layers[0].attrs["rate"] == 0.5


def test_nothing_else_is_written(path):
    assert list(path.parent.iterdir()) == [path]


def test_earlier_file_stays_if_writing_fails(path, monkeypatch):
    before = path.read_bytes()

    def fail(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match=r"E135.*No space left"):
        write_encoder(path, make_model(), config=None, factory="tok2vec", lang=None)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_names_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ValueError, match=r"E440.*none"):
        read_encoder(tmp_path / "none")


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
def test_notices_a_file_that_is_cut_off(path, share):
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(ValueError, match=r"E441.*encoder"):
        read_encoder(path)


def test_notices_a_value_that_has_changed(path):
    saved = srsly.msgpack_loads(path.read_bytes())
    saved["params"][1]["W"] = saved["params"][1]["W"] + 1e-6
    path.write_bytes(srsly.msgpack_dumps(saved))
    with pytest.raises(ValueError, match=r"E441.*checksum"):
        read_encoder(path)


@pytest.mark.parametrize("data", [b"\xc0", srsly.msgpack_dumps([1]), srsly.msgpack_dumps({"a": 1})])
def test_refuses_other_files(path, data):
    path.write_bytes(data)
    with pytest.raises(ValueError, match="E443"):
        read_encoder(path)


def test_says_what_to_do_with_weights_of_a_pretraining(path):
    path.write_bytes(make_model().to_bytes())
    with pytest.raises(ValueError, match=r"E442.*init_tok2vec"):
        read_encoder(path)


def test_refuses_a_newer_file(path):
    saved = srsly.msgpack_loads(path.read_bytes())
    saved[ENTRY]["version"] = 2
    path.write_bytes(srsly.msgpack_dumps(saved))
    with pytest.raises(ValueError, match=r"E444.*version 2.*version 1.*Upgrade"):
        read_encoder(path)


@pytest.mark.parametrize(
    "change",
    [{"shims": [["a"]]}, {"shims": 1}, {"params": None}, {"params": [{"W": 1}]}, {"nodes": None}],
    ids=repr,
)
def test_weights_of_another_form_are_told_of(change, path):
    path.write_bytes(srsly.msgpack_dumps({**srsly.msgpack_loads(path.read_bytes()), **change}))
    with pytest.raises(ValueError, match="E441"):
        read_encoder(path)
