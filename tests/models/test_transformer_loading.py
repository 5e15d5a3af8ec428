"""The saved weights of a transformer are numbers, and nothing in their place is run."""

import os
import pickle

import pytest
import srsly
from spacy.util import registry
from thinc.api import Config
from transformer_setup import encoder_config, make_pieces, save_model

from spacy_mtl.models.pretrained_transformer import PretrainedTransformer


class Payload:
    """An object whose pickle makes a folder when it is read."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return os.mkdir, (self.path,)


def make_encoder():
    model = registry.resolve(Config({"model": encoder_config(n_pieces=len(make_pieces("bert")))}))
    return model["model"]


def test_a_saved_model_with_a_pickle_for_its_weights_is_refused(tmp_path):
    model = make_encoder()
    message = srsly.msgpack_loads(model.to_bytes())
    poison = pickle.dumps(Payload(tmp_path / "canary"))
    shims = [[_replace(data, poison) for data in node] for node in message["shims"]]
    assert any(shims)
    with pytest.raises(pickle.UnpicklingError):
        make_encoder().from_bytes(srsly.msgpack_dumps({**message, "shims": shims}))
    assert not (tmp_path / "canary").exists()


def _replace(data, poison):
    return srsly.msgpack_dumps({**srsly.msgpack_loads(data), "state": poison})


def test_pretrained_weights_that_are_a_pickle_are_refused(tmp_path):
    save_model(tmp_path / "model")
    poison = pickle.dumps(Payload(tmp_path / "canary"))
    (tmp_path / "model" / "pytorch_model.bin").write_bytes(poison)
    with pytest.raises(pickle.UnpicklingError):
        PretrainedTransformer(str(tmp_path / "model"))(make_encoder())
    assert not (tmp_path / "canary").exists()
