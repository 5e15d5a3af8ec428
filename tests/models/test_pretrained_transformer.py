"""Weights, pieces and sizes of a transformer in a folder."""

import numpy
import pytest
from spacy.util import registry
from thinc.api import Config
from transformer_setup import (
    DEPTH,
    INNER,
    N_HEADS,
    WIDTH,
    encoder_config,
    loader_config,
    make_pieces,
    make_state,
    save_model,
)

from spacy_mtl.models.encoder import build_hash_embed_cnn_v1
from spacy_mtl.models.pretrained_transformer import PretrainedTransformer, find_file, read_sizes

KINDS = ["bert", "roberta"]
TEXTS = ["a good film", "Really LOVELY acting", "un-seen"]


def resolve(config):
    return registry.resolve(Config({"model": config}))["model"]


def load(path, kind="bert", **settings):
    model = resolve(encoder_config(kind))
    PretrainedTransformer(str(path), **settings)(model)
    return model


@pytest.mark.parametrize("weights", ["model.safetensors", "pytorch_model.bin"])
@pytest.mark.parametrize("kind", KINDS)
def test_weights_are_loaded(tmp_path, kind, weights):
    save_model(tmp_path, kind, weights=weights)
    module = load(tmp_path, kind).get_ref("transformer").shims[0]._model
    found = {name: value.detach().numpy() for name, value in module.named_parameters()}
    is_bert = kind == "bert"
    state = make_state(
        len(make_pieces(kind)), n_types=2 if is_bert else 1, n_places=512 if is_bert else 514
    )
    prefix = "curated_encoder."
    embeddings = f"{prefix}embeddings.{'' if is_bert else 'inner.'}word_embeddings.weight"
    numpy.testing.assert_array_equal(found[embeddings], state["embeddings.word_embeddings.weight"])
    attention = [
        state[f"encoder.layer.1.attention.self.{name}.weight"] for name in ("query", "key", "value")
    ]
    numpy.testing.assert_array_equal(
        found[f"{prefix}layers.1.mha.input.weight"], numpy.concatenate(attention)
    )


def test_without_weights_the_pieces_are_loaded_alone(tmp_path, nlp):
    save_model(tmp_path)
    docs = [nlp.make_doc(text) for text in TEXTS]
    first, second = (load(tmp_path, weights=False).predict(docs) for _ in range(2))
    assert not numpy.allclose(first[0], second[0])


@pytest.mark.parametrize(
    "settings, same",
    [(None, True), ('{"do_lower_case": true}', True), ('{"do_lower_case": false}', False)],
)
def test_case_follows_the_tokenizers_settings(tmp_path, nlp, settings, same):
    save_model(tmp_path)
    if settings is not None:
        (tmp_path / "tokenizer_config.json").write_text(settings)
    model = load(tmp_path, weights=False)
    lower, upper = model.predict([nlp.make_doc("a good film"), nlp.make_doc("A GOOD film")])
    assert numpy.allclose(lower, upper, atol=1e-5) == same


@pytest.mark.parametrize("kind", KINDS)
def test_sizes_are_the_settings_of_the_encoder(tmp_path, kind):
    save_model(tmp_path, kind)
    expected = encoder_config(kind)
    sizes = read_sizes(str(tmp_path))
    assert sizes == {key: expected[key] for key in sizes}
    assert (sizes["width"], sizes["depth"], sizes["n_heads"], sizes["inner_width"]) == (
        WIDTH,
        DEPTH,
        N_HEADS,
        INNER,
    )


def test_kind_that_is_not_supported(tmp_path):
    save_model(tmp_path, model_type="gpt2")
    with pytest.raises(ValueError, match=r"E493.*'gpt2'"):
        read_sizes(str(tmp_path))


@pytest.mark.parametrize("missing", ["vocab.txt", "model.safetensors"])
def test_missing_file(tmp_path, missing):
    save_model(tmp_path, weights="model.safetensors")
    (tmp_path / missing).unlink()
    with pytest.raises(ValueError, match=f"E498.*{missing}"):
        load(tmp_path)


def test_name_that_cannot_be_downloaded(monkeypatch):
    import huggingface_hub

    def fail(name, file, revision):
        raise OSError(f"no network for {name}, {file}")

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", fail)
    with pytest.raises(ValueError, match=r"E498.*some/model.*no network for some/model, vocab.txt"):
        find_file("some/model", "vocab.txt")


def test_first_file_on_the_hub_is_taken(monkeypatch, tmp_path):
    import huggingface_hub

    def download(name, file, revision):
        if file == "a":
            raise OSError("not there")
        (tmp_path / file).write_text(f"{name}/{revision}")
        return str(tmp_path / file)

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    path = find_file("some/model", "a", "b", "c", revision="main")
    assert path.name == "b"
    assert path.read_text() == "some/model/main"


def test_weights_of_another_size(tmp_path):
    save_model(tmp_path, weights="model.safetensors")
    model = resolve(encoder_config(inner_width=INNER + 1))
    with pytest.raises(ValueError, match=r"E499.*size mismatch"):
        PretrainedTransformer(str(tmp_path))(model)


def test_weights_of_another_kind(tmp_path):
    save_model(tmp_path, weights="model.safetensors")
    (tmp_path / "model.safetensors").rename(tmp_path / "kept")
    save_model(tmp_path, "roberta")
    (tmp_path / "kept").rename(tmp_path / "model.safetensors")
    with pytest.raises(ValueError, match="E499"):
        load(tmp_path, "roberta")


def test_encoder_that_is_no_transformer(tmp_path):
    cnn = build_hash_embed_cnn_v1(width=8, depth=1, embed_size=9)
    with pytest.raises(ValueError, match=r"E496.*TransformerTok2Vec"):
        PretrainedTransformer(str(tmp_path))(cnn)


def test_registered_name_keeps_the_settings():
    loader = registry.resolve({"loader": {**loader_config("x"), "revision": "v2"}})["loader"]
    assert (loader.name, loader.revision, loader.weights) == ("x", "v2", False)
