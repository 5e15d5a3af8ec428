import pytest
from spacy.util import load_config
from thinc.api import Config
from typer.testing import CliRunner

from spacy_mtl.cli import mtl_cli
from spacy_mtl.cli.init_config import init_config
from spacy_mtl.report.run_files import find_run
from spacy_mtl.training.single_task import leave_out_config

TASKS = ["mood", "sentiment", "topic"]


@pytest.fixture
def config(data) -> Config:
    return Config().from_str(init_config(data, max_steps=1000), interpolate=False)


def test_keeps_all_but_one(config):
    others = leave_out_config(config, "topic", 0.25)
    assert others["nlp"]["pipeline"] == ["tok2vec", "mood", "sentiment"]
    assert list(others["initialize"]["components"]) == ["mood", "sentiment"]
    assert list(others["training"]["score_weights"]) == ["mood_score", "sentiment_score"]
    assert [corpus["tasks"] for corpus in others["corpora"].values()] == [["mood", "sentiment"]] * 2


def test_the_others_get_as_many_steps_as_before(config):
    steps = leave_out_config(config, "topic", 0.25)["training"]["max_steps"]
    assert 750 <= steps <= 750 + config["training"]["eval_frequency"]


def test_weights_of_the_task_vanish(config):
    sampler = config["training"]["batcher"]["sampler"]
    sampler.update(strategy="weights", weights={"mood": 1.0, "sentiment": 1.0, "topic": 2.0})
    kept = leave_out_config(config, "topic", 0.5)["training"]["batcher"]["sampler"]
    assert kept["strategy"] == "weights"
    assert kept["weights"] == {"mood": 1.0, "sentiment": 1.0}


def test_the_last_task_cannot_be_left_out(config):
    alone = leave_out_config(leave_out_config(config, "topic", 0.2), "mood", 0.2)
    with pytest.raises(ValueError, match=r"E748.*sentiment"):
        leave_out_config(alone, "sentiment", 0.5)


def test_an_unknown_task(config):
    with pytest.raises(ValueError, match="E311"):
        leave_out_config(config, "nothing", 0.5)


def test_command_trains_what_a_report_looks_for(trained, tmp_path):
    arguments = [
        "leave-out",
        str(trained / "multi.cfg"),
        str(tmp_path / "without"),
        "--tasks",
        "mood",
    ]
    arguments += ["--training.max_steps", "4", "--training.eval_frequency", "2"]
    result = CliRunner().invoke(mtl_cli, arguments)
    assert result.exit_code == 0, result.output
    run = find_run(trained / "multi", left_out=tmp_path / "without")
    assert list(run.left_out) == ["mood"]
    pipeline = load_config(run.left_out["mood"] / "config.cfg")["nlp"]["pipeline"]
    assert pipeline == ["tok2vec", "sentiment", "topic"]
    again = CliRunner().invoke(mtl_cli, arguments)
    assert "Kept" in again.output
