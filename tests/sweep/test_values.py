"""Values of a search space in a config."""

import pytest
from old_releases import OLD_CONFECTION
from spacy.util import load_config

from spacy_mtl.sweep.space import read_space
from spacy_mtl.sweep.values import check_space, set_values


@pytest.fixture
def config(config_path):
    return load_config(config_path, interpolate=False)


@pytest.fixture
def check(config, space_path):
    return lambda text: check_space(read_space(space_path(text)), config, "space.yml")


def test_variables_follow_a_value(config):
    changed = set_values(config, {"system.seed": 7, "training.dropout": 0.5})
    assert changed.interpolate()["training"]["seed"] == 7
    assert changed["training"]["dropout"] == 0.5
    assert config["training"]["dropout"] != 0.5


@pytest.mark.parametrize(
    "text",
    [
        "training.dropout: {low: 0, high: 0.5}",
        "components.tok2vec.model.depth: {choices: [0, 1]}",
        "paths.init_tok2vec: {choices: [null, model.bin]}",
        "components.liked.model.pooling: {choices: [[mean], [mean, max]]}",
        "training.optimizer: {choices: [{'@optimizers': RAdam.v1, learn_rate: 0.01}]}",
        "a: {choices: [0.5], paths: [training.optimizer.beta1]}\n"
        "b: {choices: [0, 1], paths: [training.optimizer.beta2], times: a}",
    ],
)
def test_accepts_values_that_fit(check, text):
    check(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("training.dropuot: {choices: [0.1]}", "E842.*line 1.*nearest: training.dropout"),
        ("\nwidth: {choices: [8]}", "E842.*line 2.*components.tok2vec.model.width"),
        ("training.seed.x: {choices: [8]}", "E842"),
        ("training.dropout: {choices: [high]}", "E843.*'high'.*0.*expected a number, not a text"),
        ("training.max_steps: {choices: [8, 8.5]}", "E843.*8.5.*int"),
        pytest.param(
            "components.tok2vec.model.depth: {low: 0.5, high: 1.5}",
            "E843.*0.5.*int",
            marks=pytest.mark.skipif(OLD_CONFECTION, reason="older releases make a 0 of it"),
        ),
        ("components.tok2vec.model.subword_features: {choices: [1]}", "E843.*true or false"),
        ("components.tok2vec: {choices: [none]}", "E843.*expected a block"),
        ("training.optimizer: {choices: [{'@optimizers': Nix.v1}]}", "E843.*Nix"),
    ],
)
def test_names_what_does_not_fit(check, text, message):
    with pytest.raises(ValueError, match=message):
        check(text)


def test_names_a_block_that_is_a_variable(config, space_path):
    config["training"]["optimizer"]["learn_rate"] = "${rates}"
    config["rates"] = {"@schedules": "constant.v1", "rate": 0.1}
    space = read_space(space_path("training.optimizer.learn_rate.rate: {choices: [0.1]}"))
    with pytest.raises(ValueError, match=r"E844.*\$\{rates\}"):
        check_space(space, config, "space.yml")
