"""The command `mtl train`."""

import pytest
from spacy.cli._util import app
from train_setup import check_same, interrupted, make_config, run_spacy
from typer.testing import CliRunner

from spacy_mtl.training.checkpoint import PLACE
from spacy_mtl.training.train_run import train


def run(*args):
    return CliRunner().invoke(app, ["mtl", "train", *map(str, args)])


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A folder with data and a config."""
    root = tmp_path_factory.mktemp("train")
    make_config(root).to_disk(root / "config.cfg")
    return root


def test_trains_with_overrides(root, tmp_path):
    result = run(root / "config.cfg", "-o", tmp_path / "out", "--training.max_steps", "4")
    assert result.exit_code == 0, result.output
    run_spacy(make_config(root, {"training.max_steps": 4}), tmp_path / "spacy")
    check_same(tmp_path / "out", tmp_path / "spacy")


def test_tells_how_to_go_on(root, tmp_path, monkeypatch):
    def step(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("spacy_mtl.training.train_run.subdivide_batch", step)
        result = run(root / "config.cfg", "-o", tmp_path / "a b", "--training.patience", "9")
    assert result.exit_code == 130
    assert "Go on with" not in result.output.split("Interrupted")[1]
    result = run(root / "config.cfg", "-o", tmp_path / "a b", "--training.max_steps", "3")
    assert result.exit_code == 0
    with monkeypatch.context() as patch:
        patch.setattr("spacy_mtl.training.train_run.TrainRun.train", step)
        result = run(root / "config.cfg", "-o", tmp_path / "a b", "-r", "--training.max_steps", "3")
    expected = f"--output '{tmp_path / 'a b'}' --resume --training.max_steps 3"
    assert result.exit_code == 130 and expected in result.output.split("Interrupted")[1]


def test_goes_on(root, tmp_path):
    run_spacy(make_config(root), tmp_path / "spacy")
    with interrupted(14):
        train(make_config(root), tmp_path / "out")
    result = run(root / "config.cfg", "--output", tmp_path / "out", "--resume")
    assert result.exit_code == 0 and "Going on after step 10" in result.output
    check_same(tmp_path / "out", tmp_path / "spacy")


@pytest.mark.parametrize(
    "args, error",
    [
        (["--resume"], "E271"),
        (["--resume", "--force"], "E350"),
        (["--training.max_steps", "x"], "max_steps"),
    ],
)
def test_says_what_is_wrong(root, tmp_path, args, error):
    result = run(root / "config.cfg", "-o", tmp_path / "out", *args)
    assert result.exit_code == 1 and error in result.output
    assert "Traceback" not in result.output


def test_there_has_to_be_a_config(tmp_path):
    result = run(tmp_path / "none.cfg", "-o", tmp_path / "out")
    assert result.exit_code == 1 and "E310" in result.output
    assert not (tmp_path / "out" / PLACE).exists()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_config_without_training(tmp_path, workers):
    (tmp_path / "config.cfg").write_text('[nlp]\nlang = "en"\n')
    result = run(tmp_path / "config.cfg", "-o", tmp_path / "out", "--workers", workers)
    assert result.exit_code == 1 and "E930" in result.output
    assert not (tmp_path / "out").exists()


def test_a_cluster_for_one_process(root, tmp_path):
    result = run(root / "config.cfg", "-o", tmp_path / "out", "--address", "127.0.0.1:1")
    assert result.exit_code == 1 and "E931" in result.output
