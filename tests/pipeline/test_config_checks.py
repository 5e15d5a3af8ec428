"""What a config says is checked when the pipeline is initialized, before any training."""

import json
from pathlib import Path

import pytest
from spacy.training.initialize import init_nlp
from thinc.api import Config

from spacy_mtl.cli.init_config import init_config


def write(path: Path, labels: list[str]) -> None:
    rows = [{"text": f"text {number}", "label": label} for number, label in enumerate(labels)]
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf8")


@pytest.fixture
def config(tmp_path: Path) -> Config:
    for split in ("train", "dev"):
        write(tmp_path / "tone" / f"{split}.jsonl", ["good", "bad"] * 4)
    return Config().from_str(init_config(tmp_path, max_steps=4))


def test_unknown_label_of_dev_is_named_with_file_and_row(config: Config, tmp_path: Path):
    write(tmp_path / "tone" / "dev.jsonl", ["good", "awful"])
    with pytest.raises(ValueError, match=r"E233.*dev\.jsonl, row 2.*'awful'"):
        init_nlp(config)


def test_warns_of_a_learning_rate_that_ends_before_the_training(config: Config):
    config["training"]["max_steps"] = 100
    with pytest.warns(UserWarning, match="W204"):
        init_nlp(config)


def test_new_config_can_create_its_optimizer(config: Config):
    nlp = init_nlp(config)
    assert nlp.create_optimizer().learn_rate >= 0


def test_warns_of_a_stream_that_is_not_shuffled(config: Config):
    config["training"]["max_epochs"] = -1
    with pytest.warns(UserWarning, match="W205"):
        init_nlp(config)


def test_one_label_in_the_data_is_an_error_also_if_more_are_listed(config: Config, tmp_path: Path):
    write(tmp_path / "tone" / "train.jsonl", ["good"] * 4)
    with pytest.raises(ValueError, match=r"E221.*good"):
        init_nlp(config)


@pytest.mark.parametrize("setting", ["threshold", "loss_weight", "label_smoothing"])
@pytest.mark.parametrize("value", ["nan", -1.0])
def test_settings_that_are_no_numbers_are_named(config: Config, setting: str, value: object):
    config["components"]["tone"][setting] = value
    with pytest.raises(ValueError, match=rf"E225.*'tone'.*'{setting}'"):
        init_nlp(config)
