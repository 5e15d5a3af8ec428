"""`mtl sweep`."""

from pathlib import Path

import pytest
from spacy.util import load_config
from typer.testing import CliRunner

from spacy_mtl.cli import mtl_cli
from spacy_mtl.cli.init_config import init_config
from spacy_mtl.sweep.space import read_space
from spacy_mtl.sweep.values import check_space

CONFIGS = Path(__file__).parent.parent.parent / "configs"


@pytest.fixture
def config(data, tmp_path):
    path = tmp_path / "config.cfg"
    path.write_text(init_config(data, max_steps=4, width=8, depth=1), encoding="utf8")
    return path


def run(config, tmp_path, text, *options):
    space = tmp_path / "space.yml"
    space.write_text(text, encoding="utf8")
    command = ["sweep", str(config), str(space), "--output", str(tmp_path / "out"), *options]
    result = CliRunner().invoke(mtl_cli, command)
    return result.exit_code, " ".join(result.output.split())


def test_searches_and_goes_on(config, tmp_path):
    text = "training.dropout: {low: 0.0, high: 0.5}"
    code, output = run(config, tmp_path, text, "--trials", "1", "--training.eval_frequency", "2")
    assert code == 0, output
    assert "Trial 0: complete" in output
    assert "dropout=0." in output
    best = load_config(tmp_path / "out" / "best.cfg", interpolate=False)
    assert best["training"]["eval_frequency"] == 2
    code, output = run(config, tmp_path, text, "--trials", "1", "--training.eval_frequency", "2")
    assert code == 0, output
    assert "Going on after 1 trials" in output
    code, output = run(config, tmp_path, text, "--trials", "1", "--training.eval_frequency", "3")
    assert code == 1
    assert "training.eval_frequency: was 2, is 3" in output


def test_names_a_place_that_is_not_there(config, tmp_path):
    code, output = run(config, tmp_path, "training.dropuot: {choices: [0.1]}")
    assert code == 1
    assert "E842" in output
    assert not (tmp_path / "out").exists()


def test_the_shipped_space_fits_the_shipped_config():
    config = load_config(CONFIGS / "demo.cfg", interpolate=False)
    path = CONFIGS / "lmao_sweep.yml"
    check_space(read_space(path), config, path)
