"""spaCy's own commands with the config of a transformer."""

import shutil

import pytest
import spacy
from spacy.cli.debug_config import debug_config
from spacy.cli.init_config import fill_config
from spacy.cli.train import train
from spacy.util import load_config
from transformer_setup import DEPTH, save_model

from spacy_mtl.cli.init_config import init_config


@pytest.fixture
def config(data, tmp_path):
    """A config for a small transformer with random weights."""
    save_model(tmp_path / "small", weights="model.safetensors")
    path = tmp_path / "transformer.cfg"
    text = init_config(
        data, backbone="transformer", transformer=str(tmp_path / "small"), max_steps=60
    )
    path.write_text(text, encoding="utf8")
    return path


def test_fill_config_changes_nothing(config, tmp_path):
    before, after = fill_config(tmp_path / "filled.cfg", config, silent=True)
    assert before == after
    assert load_config(tmp_path / "filled.cfg") == load_config(config)


def test_debug_config_finds_nothing(config, capsys):
    debug_config(config)
    assert "Config is valid" in capsys.readouterr().out


def test_train_in_memory(config, tmp_path):
    overrides = {"training.optimizer.learn_rate.initial_rate": 0.003}
    train(config, tmp_path / "out", overrides=overrides)
    # All of the transformer is in the saved pipeline.
    shutil.rmtree(tmp_path / "small")
    nlp = spacy.load(tmp_path / "out" / "model-best")
    assert nlp.meta["performance"]["topic_score"] > 0.8
    assert nlp("").cats and nlp("actor " * 300).cats


def test_train_from_a_stream(config, tmp_path):
    overrides = {
        "training.max_epochs": -1,
        "corpora.train.stream": True,
        "training.max_steps": 4,
        "training.eval_frequency": 2,
        "training.optimizer.learn_rate.total_steps": 4,
    }
    train(config, tmp_path / "out", overrides=overrides)
    assert (tmp_path / "out" / "model-last").is_dir()


@pytest.mark.parametrize("frozen", ["all", "embed", f"layer{DEPTH}"])
def test_frozen_by_one_line_of_the_config(config, tmp_path, frozen):
    overrides = {
        "components.tok2vec.frozen": frozen,
        "training.max_steps": 2,
        "training.eval_frequency": 2,
        "training.optimizer.learn_rate.total_steps": 2,
    }
    train(config, tmp_path / "out", overrides=overrides)
    assert spacy.load(tmp_path / "out" / "model-last").get_pipe("tok2vec").cfg["frozen"] == frozen
