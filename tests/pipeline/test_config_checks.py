"""What a config says is checked when the pipeline is initialized, before any training."""

import json
from pathlib import Path

import pytest
import spacy
from spacy.training import Example
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


@pytest.mark.parametrize("multi_label", [False, True])
def test_unknown_label_late_in_a_stream_is_an_error(multi_label: bool):
    nlp = spacy.blank("en")
    nlp.add_pipe("multitask_tok2vec", name="tok2vec")
    config = {"multi_label": multi_label, "model": {"exclusive_classes": not multi_label}}
    head = nlp.add_pipe("textcat_multitask", name="tone", config=config)
    for label in ("good", "bad"):
        head.add_label(label)
    nlp.initialize()
    late = Example.from_dict(nlp.make_doc("a film"), {"cats": {"tone/awful": 1.0}})
    with pytest.raises(ValueError, match=r"E223.*awful"):
        nlp.update([late], sgd=False)
