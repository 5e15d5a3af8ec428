import json

import pytest
from spacy.util import load_config, load_model
from thinc.api import Config
from typer.testing import CliRunner

from spacy_mtl.cli import mtl_cli
from spacy_mtl.cli.baselines import train_baselines
from spacy_mtl.cli.init_config import init_config
from spacy_mtl.training.single_task import single_task_config, task_shares

TASKS = ["mood", "sentiment", "topic"]


@pytest.fixture
def config(data) -> Config:
    return Config().from_str(init_config(data, max_steps=1000), interpolate=False)


def test_keeps_one_task(config):
    single = single_task_config(config, "topic", 0.5)
    assert single["nlp"]["pipeline"] == ["tok2vec", "topic"]
    assert list(single["components"]) == ["tok2vec", "topic"]
    assert list(single["initialize"]["components"]) == ["topic"]
    assert single["training"]["score_weights"] == {"topic_score": 1.0}
    assert [corpus["tasks"] for corpus in single["corpora"].values()] == [["topic"], ["topic"]]


def test_keeps_encoder_and_head(config):
    resolved = config.interpolate()
    single = single_task_config(config, "topic", 0.5)
    for name in ("tok2vec", "topic"):
        assert single["components"][name] == resolved["components"][name]
    assert single["training"]["batcher"] == resolved["training"]["batcher"]


def test_leaves_the_original_config_alone(config):
    before = config.copy()
    single_task_config(config, "topic", 0.5)
    assert config == before


def test_finds_a_task_whose_component_has_another_name(config):
    components = config["components"]
    components["head"] = components.pop("topic")
    config["nlp"]["pipeline"] = ["tok2vec", "mood", "sentiment", "head"]
    assert single_task_config(config, "topic", 0.5)["nlp"]["pipeline"] == ["tok2vec", "head"]


def test_other_components_stay(config):
    config["components"]["sentencizer"] = {"factory": "sentencizer"}
    config["nlp"]["pipeline"].append("sentencizer")
    single = single_task_config(config, "topic", 0.5)
    assert single["nlp"]["pipeline"] == ["tok2vec", "topic", "sentencizer"]


def test_names_of_dropped_components_vanish(config):
    config["training"]["frozen_components"] = ["mood", "topic"]
    config["training"]["annotating_components"] = ["tok2vec", "sentiment"]
    config["nlp"]["disabled"] = ["mood"]
    single = single_task_config(config, "topic", 0.5)
    assert single["training"]["frozen_components"] == ["topic"]
    assert single["training"]["annotating_components"] == ["tok2vec"]
    assert single["nlp"]["disabled"] == []


def test_weights_of_dropped_tasks_vanish(config):
    sampler = config["training"]["batcher"]["sampler"]
    sampler.update(strategy="weights", weights={"mood": 1.0, "sentiment": 1.0, "topic": 2.0})
    single = single_task_config(config, "topic", 0.5)
    assert single["training"]["batcher"]["sampler"]["weights"] is None
    assert single["training"]["batcher"]["sampler"]["strategy"] != "weights"


@pytest.mark.parametrize("share", [0.001, 0.03, 0.1234, 1 / 3, 0.5, 1.0])
def test_gets_its_share_of_the_steps(config, share):
    multi = config["training"]
    single = single_task_config(config, "topic", share)["training"]
    wanted = share * multi["max_steps"]
    assert wanted <= single["max_steps"] <= wanted + single["eval_frequency"]
    assert single["max_steps"] % single["eval_frequency"] == 0


@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
def test_gets_as_many_evaluations(config, share):
    multi = config["training"]
    single = single_task_config(config, "topic", share)["training"]
    evaluations = [t["max_steps"] / t["eval_frequency"] for t in (multi, single)]
    patience = [t["patience"] / t["eval_frequency"] for t in (multi, single)]
    assert evaluations[0] == evaluations[1]
    assert patience[0] == patience[1]


@pytest.mark.parametrize("share", [0.001, 0.1234, 0.5, 1.0])
def test_learning_rate_falls_until_the_last_step(config, share):
    single = single_task_config(config, "topic", share)["training"]
    assert single["optimizer"]["learn_rate"]["total_steps"] == single["max_steps"]


def test_schedules_shrink_with_the_steps(config):
    config["training"]["optimizer"]["learn_rate"] = {
        "@schedules": "warmup_linear.v1",
        "warmup_steps": 100,
        "total_steps": 1000,
        "initial_rate": 0.01,
    }
    single = single_task_config(config, "topic", 0.2)
    schedule = single["training"]["optimizer"]["learn_rate"]
    assert (schedule["warmup_steps"], schedule["total_steps"]) == (20, 200)
    assert schedule["initial_rate"] == 0.01


def test_a_schedule_that_counts_the_steps_stays_as_it_is(config):
    schedule = {"@schedules": "spacy_mtl.one_cycle.v1", "max_rate": 0.01, "total_steps": None}
    config["training"]["optimizer"]["learn_rate"] = schedule
    single = single_task_config(config, "topic", 0.2)
    assert single["training"]["optimizer"]["learn_rate"] == schedule


def test_shares_sum_to_one(config):
    shares = task_shares(config)
    assert list(shares) == TASKS
    assert sum(shares.values()) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        ("proportional", [24 / 124, 60 / 124, 40 / 124]),
        ("uniform", [1 / 3, 1 / 3, 1 / 3]),
        ("round_robin", [1 / 3, 1 / 3, 1 / 3]),
        ("weights", [0.25, 0.25, 0.5]),
    ],
)
def test_shares_follow_the_sampler(config, strategy, expected):
    sampler = config["training"]["batcher"]["sampler"]
    weights = {"mood": 1.0, "sentiment": 1.0, "topic": 2.0} if strategy == "weights" else None
    sampler.update(strategy=strategy, weights=weights)
    assert list(task_shares(config).values()) == pytest.approx(expected, abs=0.01)


def test_shares_of_an_annealed_sampler_lie_between_proportional_and_uniform(config):
    sampler = config["training"]["batcher"]["sampler"]
    sampler.update(strategy="annealed", anneal_steps=1000)
    assert 24 / 124 < task_shares(config)["mood"] < 1 / 3


def test_shares_without_a_sampler_follow_the_rows(config):
    config["training"]["batcher"]["sampler"] = None
    assert task_shares(config)["sentiment"] == pytest.approx(60 / 124)


def test_shares_of_a_limited_corpus(config):
    config["corpora"]["train"]["limit"] = 10
    assert list(task_shares(config).values()) == pytest.approx([1 / 3, 1 / 3, 1 / 3])


def test_budgets_add_up_to_the_multitask_budget(config):
    shares = task_shares(config)
    steps = [
        single_task_config(config, task, share)["training"]["max_steps"]
        for task, share in shares.items()
    ]
    assert 1000 <= sum(steps) <= 1000 + 20 * len(shares)


def test_config_without_the_task(config):
    with pytest.raises(ValueError, match=r"\[E311\].*nonsense.*mood, sentiment, topic"):
        single_task_config(config, "nonsense", 0.5)


def test_config_without_a_limit_of_steps(config):
    config["training"]["max_steps"] = 0
    with pytest.raises(ValueError, match=r"\[E313\].*max_steps"):
        single_task_config(config, "topic", 0.5)


def test_data_without_the_task(config):
    config["corpora"]["train"]["tasks"] = ["mood", "topic"]
    with pytest.raises(ValueError, match=r"\[E312\].*'sentiment'"):
        task_shares(config)


def test_trains_one_pipeline_per_task(trained):
    for task in TASKS:
        nlp = load_model(trained / "single" / task / "model-best")
        assert nlp.pipe_names == ["tok2vec", task]


def test_logs_every_training(trained):
    for task in TASKS:
        lines = (trained / "single" / task / "training.jsonl").read_text().splitlines()
        assert list(json.loads(lines[-1])["tasks"]) == [task]


def test_overrides_reach_every_config(trained, tmp_path):
    train_baselines(
        trained / "multi.cfg",
        tmp_path,
        tasks=["topic"],
        overrides={"training.max_steps": 12, "training.dropout": 0.3, "system.seed": 7},
    )
    assert not (tmp_path / "mood").exists()
    training = load_config(tmp_path / "topic" / "model-best" / "config.cfg")["training"]
    assert training["dropout"] == pytest.approx(0.3)
    assert training["seed"] == 7
    assert training["max_steps"] < 12


def test_command_trains_with_seed_and_overrides(trained, tmp_path):
    arguments = [str(trained / "multi.cfg"), str(tmp_path), "--tasks", "topic", "--seed", "3"]
    result = CliRunner().invoke(
        mtl_cli, ["baselines", *arguments, "--training.max_steps", "9"], catch_exceptions=False
    )
    assert result.exit_code == 0, result.output
    training = load_config(tmp_path / "topic" / "model-best" / "config.cfg")["training"]
    assert training["seed"] == 3
    assert training["max_steps"] < 9


@pytest.mark.parametrize(
    "arguments",
    [["--tasks", "nonsense"], ["--nonsense", "1"], ["--training.max_steps", "0"]],
)
def test_command_shows_errors_without_traceback(trained, tmp_path, arguments):
    result = CliRunner().invoke(
        mtl_cli, ["baselines", str(trained / "multi.cfg"), str(tmp_path), *arguments]
    )
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert list(tmp_path.iterdir()) == []


def test_missing_config(tmp_path):
    with pytest.raises(ValueError, match=r"\[E310\].*nowhere\.cfg"):
        train_baselines(tmp_path / "nowhere.cfg", tmp_path)
