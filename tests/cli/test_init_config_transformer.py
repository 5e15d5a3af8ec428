"""Configs with a transformer as the encoder, as far as they need no PyTorch."""

import json
from pathlib import Path

import pytest
from thinc.api import Config
from typer.testing import CliRunner

from spacy_mtl.cli import mtl_cli
from spacy_mtl.cli.init_config import init_config
from spacy_mtl.training.config_defaults import TRANSFORMERS

ROOT = Path(__file__).parents[2]


def run(*args: object):
    return CliRunner().invoke(mtl_cli, ["init-config", *[str(arg) for arg in args]])


def make(data, **settings):
    return Config().from_str(init_config(data, backbone="transformer", **settings))


def test_encoder_and_loader_belong_together(data):
    usual = TRANSFORMERS[0]
    config = make(data).interpolate()
    model = config["components"]["tok2vec"]["model"]
    assert model["@architectures"] == "spacy_mtl.TransformerTok2Vec.v1"
    assert (model["kind"], model["width"], model["depth"]) == (
        usual.kind,
        usual.width,
        usual.depth,
    )
    loader = config["initialize"]["components"]["tok2vec"]["loader"]
    assert (loader["name"], loader["weights"]) == (usual.model, True)
    for name in config["nlp"]["pipeline"][1:]:
        assert config["components"][name]["model"]["tok2vec"]["width"] == usual.width


def test_training_suits_a_transformer(data):
    training = make(data)["training"]
    assert training["optimizer"]["learn_rate"]["initial_rate"] == 5e-5
    assert training["optimizer"]["learn_rate"]["warmup_steps"] >= training["max_steps"] * 0.09
    assert training["batcher"]["sort_window"] > 1
    assert training["dropout"] == 0.1


def test_usual_encoder_is_the_small_one(data):
    config = Config().from_str(init_config(data))
    assert config["components"]["tok2vec"]["model"]["@architectures"] == "spacy_mtl.HashEmbedCNN.v1"
    assert "tok2vec" not in config["initialize"]["components"]
    assert config["training"]["batcher"]["sort_window"] == 0


@pytest.mark.parametrize("transformer", TRANSFORMERS, ids=lambda known: known.model)
def test_models_that_are_known(data, transformer):
    config = make(data, transformer=transformer.model)
    assert config["components"]["tok2vec"]["model"]["vocab_size"] == transformer.vocab_size
    assert config["components"]["tok2vec"]["model"]["kind"] == transformer.kind


def test_sizes_of_a_folder(data, tmp_path):
    sizes = {
        "model_type": "xlm-roberta",
        "hidden_size": 24,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
        "intermediate_size": 40,
        "vocab_size": 99,
    }
    (tmp_path / "config.json").write_text(json.dumps(sizes))
    config = make(data, transformer=str(tmp_path))
    model = config["components"]["tok2vec"]["model"]
    assert (model["kind"], model["width"], model["depth"], model["n_heads"]) == ("xlmr", 24, 3, 4)
    assert config["initialize"]["components"]["tok2vec"]["loader"]["name"] == str(tmp_path)


def test_folder_without_a_model(data, tmp_path):
    with pytest.raises(ValueError, match=r"E498.*config.json"):
        make(data, transformer=str(tmp_path))


@pytest.mark.parametrize(
    "settings, error",
    [
        ({"width": 64}, "E497.*--width"),
        ({"depth": 2, "raw_text": "raw.jsonl"}, "E497.*--pretrain, --depth"),
    ],
)
def test_options_of_the_other_encoder(data, settings, error):
    with pytest.raises(ValueError, match=error):
        make(data, **settings)


def test_model_without_its_backbone(data):
    with pytest.raises(ValueError, match=r"E501.*--backbone transformer"):
        init_config(data, transformer="some/model")


def test_unknown_backbone(data, tmp_path):
    result = run(data, tmp_path / "made.cfg", "--backbone", "lstm")
    assert result.exit_code == 1
    assert "E502" in result.output and "'lstm'" in result.output


def test_command_line(data, tmp_path):
    name = TRANSFORMERS[1].model
    path = tmp_path / "made.cfg"
    result = run(data, path, "--backbone", "transformer", "--transformer", name)
    assert result.exit_code == 0, result.output
    config = Config().from_disk(path)
    assert config["initialize"]["components"]["tok2vec"]["loader"]["name"] == name


def test_config_of_the_demo_is_what_the_command_writes(monkeypatch):
    monkeypatch.chdir(ROOT)
    written = init_config("assets/demo", backbone="transformer")
    assert Path("configs/transformer.cfg").read_text(encoding="utf8") == written
