"""`mtl add-task` on a small pipeline: each way to train, what it costs the old tasks, what can be wrong."""

import json
import warnings
from importlib import import_module
from itertools import pairwise

import numpy
import pytest
import spacy
import srsly
from builders import add_encoder, make_examples, same_weights, weights_of
from small_data import make_rows, write_data, write_rows
from spacy.cli import app
from spacy.cli.init_config import fill_config
from spacy.cli.package import package
from spacy.cli.train import train
from spacy.util import load_config
from typer.testing import CliRunner

from spacy_mtl.cli.add_task import add_task
from spacy_mtl.cli.init_config import init_config
from spacy_mtl.pipeline.textcat_multitask import MultitaskTextCategorizer

OLD = ["mood", "sentiment", "topic"]
LABELS = {"film": "low", "shop": "high"}
SCENARIOS = ["frozen", "gradual", "full"]
TEXTS = ["good actor the plot", "a parcel", ""]
SHORT = {"training.max_steps": 4, "training.eval_frequency": 2}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A folder with `data` of old tasks, the pipeline `old` trained on it, and `new` data."""
    root = tmp_path_factory.mktemp("root")
    data = write_data(root / "data")
    (root / "old.cfg").write_text(init_config(data, max_steps=60, width=32, depth=1))
    train(root / "old.cfg", root / "old")
    for seed, split in enumerate(("train", "dev")):
        rows = [{**row, "label": LABELS[row["label"]]} for row in make_rows("topic", 40, seed)]
        write_rows(root / "new" / f"urgency.{split}.jsonl", rows)
    return root


@pytest.fixture
def add(root, tmp_path):
    """Add a task, and get the outcome by task, with a limit that nothing goes beyond."""

    def run(name="urgency", output=tmp_path / "out", **settings):
        settings = {"max_loss": 100.0, "min_agreement": 0.0, "overrides": SHORT, **settings}
        source = settings.pop("model", root / "old" / "model-best")
        data = settings.pop("data", root / "new")
        outcomes = add_task(source, data, name=name, output=output, **settings)
        return {outcome.task: outcome for outcome in outcomes}

    return run


@pytest.fixture
def config_of(add, tmp_path, monkeypatch):
    """Get the path of the config that is written, without training."""

    def stop(*args, **settings):
        raise KeyboardInterrupt

    def make(**settings):
        monkeypatch.setattr(import_module("spacy_mtl.cli.add_task"), "_train", stop)
        with pytest.raises(KeyboardInterrupt):
            add(**settings)
        return tmp_path / "out" / "config.cfg"

    return make


def run(*args):
    return CliRunner().invoke(app, ["mtl", "add-task", *map(str, args)])


def load_both(root, folder, name="model-best"):
    return spacy.load(root / "old" / "model-best"), spacy.load(folder / name)


def unchanged(root, folder, name="model-best"):
    """The old components that are what they were, bit for bit."""
    old, new = load_both(root, folder, name)
    names = ["tok2vec", *OLD]
    models = [(old.get_pipe(name).model, new.get_pipe(name).model) for name in names]
    same = [same_weights(weights_of(first), weights_of(second)) for first, second in models]
    return {name for name, is_same in zip(names, same, strict=True) if is_same}


def training_rows(folder):
    return list(srsly.read_jsonl(folder / "corpus" / "urgency.train.jsonl"))


# Scenarios


@pytest.mark.slow
def test_little_data_leaves_the_old_tasks_alone(add, root, tmp_path):
    outcomes = add()
    assert unchanged(root, tmp_path / "out") == {"tok2vec", *OLD}
    assert [outcomes[task].after for task in OLD] == [100.0] * 3
    old, new = load_both(root, tmp_path / "out")
    for text in TEXTS:
        first, second = old(text), new(text)
        assert numpy.array_equal(first.tensor, second.tensor)
        for key, value in first.cats.items():
            assert second.cats[key] == pytest.approx(value, abs=1e-6)
        assert {"urgency/low", "urgency/high"} == set(second.cats) - set(first.cats)
    assert new.config["components"]["urgency"]["model"]["standardized"]
    assert "standardize" in [node.name for node in new.get_pipe("urgency").model.walk()]


@pytest.mark.slow
def test_a_frozen_encoder_needs_no_limit(add):
    outcomes = add(max_loss=0.0, min_agreement=100.0)
    assert all(outcome.is_accepted for outcome in outcomes.values())


@pytest.mark.parametrize("scenario", [pytest.param("gradual", marks=pytest.mark.slow), "full"])
def test_the_encoder_learns_and_old_heads_stay(add, root, tmp_path, scenario):
    add(scenario=scenario, max_steps=20, overrides={"training.eval_frequency": 20})
    assert unchanged(root, tmp_path / "out", "training/model-last") == set(OLD)
    new = spacy.load(tmp_path / "out" / "model-best")
    assert not new.config["components"]["urgency"]["model"]["standardized"]


def test_settings_of_the_gradual_scenario(config_of):
    config = load_config(config_of(scenario="gradual", max_steps=40))
    assert config["components"]["tok2vec"]["lr_decay"] == 2.6
    training = config["training"]
    assert training["before_update"]["@callbacks"] == "spacy_mtl.gradual_unfreezing.v1"
    assert training["before_update"]["every"] == 2
    schedule = training["optimizer"]["learn_rate"]
    assert schedule["@schedules"] == "spacy_mtl.slanted_triangular.v1"
    assert schedule["max_rate"] == 0.002


def test_the_new_task_is_learned(add):
    outcomes = add(overrides={"training.eval_frequency": 25, "training.max_steps": 100})
    assert outcomes["urgency"].after > 90
    assert outcomes["urgency"].before is None
    assert (outcomes["urgency"].measured_on, outcomes["urgency"].rows) == ("dev", 40)


# Rehearsal


@pytest.mark.slow
def test_former_outputs_are_targets_beside_the_new_labels(add, root, tmp_path):
    add(scenario="full")
    rows = training_rows(tmp_path / "out")
    assert len(rows) == 40
    old = spacy.load(root / "old" / "model-best")
    for row in rows:
        tasks = {key.partition("/")[0] for key in row["cats"]}
        assert tasks == {"urgency", *OLD}
        cats = old(row["text"]).cats
        for task in ("sentiment", "topic"):
            own = {key: value for key, value in row["cats"].items() if key.startswith(task)}
            assert sum(own.values()) == pytest.approx(1.0, abs=1e-5)
            assert own == {key: pytest.approx(cats[key], abs=1e-5) for key in own}
    dev = list(srsly.read_jsonl(tmp_path / "out" / "corpus" / "urgency.dev.jsonl"))
    assert all(set(row["cats"]) <= {"urgency/high", "urgency/low"} for row in dev)


def test_every_batch_has_something_for_all_heads(add, tmp_path, monkeypatch):
    seen = []
    update = MultitaskTextCategorizer.update

    def watch(self, examples, **settings):
        before = self.n_seen
        losses = update(self, examples, **settings)
        seen.append((self.name, self.n_seen - before))
        return losses

    monkeypatch.setattr(MultitaskTextCategorizer, "update", watch)
    add(scenario="full")
    assert [name for name, _ in seen] == [*OLD, "urgency"] * (len(seen) // 4)
    assert all(count > 0 for _, count in seen)


def test_without_rehearsal_the_old_heads_take_no_part(config_of, tmp_path):
    config = load_config(config_of(scenario="full", rehearse="none"))
    assert config["training"]["frozen_components"] == OLD
    assert all(len(row["cats"]) == 1 for row in training_rows(tmp_path / "out"))


@pytest.mark.slow
def test_old_heads_may_learn_along(add, root, tmp_path):
    add(scenario="full", overrides={**SHORT, "components.topic.frozen": "none"})
    assert unchanged(root, tmp_path / "out") == {"mood", "sentiment"}


def test_old_data_stands_between_the_new(config_of, root, tmp_path):
    path = config_of(scenario="full", rehearse="interleave", old_data=root / "data")
    config = load_config(path)
    assert set(config["corpora"]["train"]["path"]) == {"urgency", *OLD}
    weights = config["training"]["batcher"]["sampler"]["weights"]
    assert weights["urgency"] == pytest.approx(sum(weights[task] for task in OLD), abs=1e-5)
    assert all(len(row["cats"]) == 1 for row in training_rows(tmp_path / "out"))


@pytest.mark.slow
def test_a_part_of_the_old_data(add, root, tmp_path):
    for split in ("train", "dev"):
        target = tmp_path / "part" / split / "topic.jsonl"
        target.parent.mkdir(parents=True)
        target.write_bytes((root / "data" / split / "topic.jsonl").read_bytes())
    settings = {"scenario": "full", "old_data": tmp_path / "part", "overrides": {}, "max_steps": 12}
    outcomes = add(rehearse="interleave", **settings)
    assert (outcomes["topic"].measured_on, outcomes["topic"].metric) == ("dev", "macro_f")
    assert [outcomes[task].metric for task in ("mood", "sentiment")] == ["agreement"] * 2
    training = load_config(tmp_path / "out" / "config.cfg")["training"]
    assert training["frozen_components"] == ["mood", "sentiment"]
    add(output=tmp_path / "both", **settings)
    training = load_config(tmp_path / "both" / "config.cfg")["training"]
    assert training["frozen_components"] == []
    assert training["batcher"]["sampler"]["weights"]["topic"] == 1.0


def test_scores_of_the_old_tasks_choose_the_best_model_too(config_of, root):
    weights = load_config(config_of(old_data=root / "data"))["training"]["score_weights"]
    assert weights["urgency_score"] == 0.5
    assert [weights[f"{task}_score"] for task in OLD] == [0.17] * 3


@pytest.mark.slow
def test_scores_before_and_after(add, root):
    outcomes = add(scenario="full", old_data=root / "data")
    for task in OLD:
        assert outcomes[task].measured_on == "dev"
        assert outcomes[task].before > 50
        assert outcomes[task].change == outcomes[task].after - outcomes[task].before


@pytest.mark.slow
def test_rehearsal_has_no_effect_with_a_frozen_encoder(add, root, tmp_path):
    with pytest.warns(UserWarning, match="W315"):
        add(rehearse="distill")
    assert unchanged(root, tmp_path / "out") == {"tok2vec", *OLD}


# The config


@pytest.mark.slow
@pytest.mark.parametrize(
    ("scenario", "with_old_data"),
    [("frozen", False), ("gradual", False), ("full", False), ("full", True)],
)
def test_the_config_alone_gives_the_same_pipeline(add, root, tmp_path, scenario, with_old_data):
    old = {"old_data": root / "data"} if with_old_data else {}
    add(scenario=scenario, seed=3, **old)
    train(tmp_path / "out" / "config.cfg", tmp_path / "again")
    first, second = (spacy.load(tmp_path / name / "model-best") for name in ("out", "again"))
    for name in ("tok2vec", *OLD, "urgency"):
        assert first.get_pipe(name).to_bytes() == second.get_pipe(name).to_bytes()


@pytest.mark.slow
def test_the_saved_config_gives_the_same_pipeline(add, tmp_path):
    add()
    train(tmp_path / "out" / "model-best" / "config.cfg", tmp_path / "again")
    first, second = (spacy.load(tmp_path / name / "model-best") for name in ("out", "again"))
    assert first.get_pipe("urgency").to_bytes() == second.get_pipe("urgency").to_bytes()


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_config_is_complete(config_of, root, tmp_path, scenario):
    path = config_of(scenario=scenario, old_data=root / "data")
    before, after = fill_config(tmp_path / "filled.cfg", path, silent=True)
    assert before == after


def test_every_chosen_setting_has_a_comment(config_of, root):
    path = config_of(scenario="full", old_data=root / "data")
    lines = path.read_text(encoding="utf8").splitlines()
    explained = {line.partition(" = ")[0] for above, line in pairwise(lines) if above[:1] == "#"}
    assert {"frozen", "lr_decay", "model", "train", "old_data", "frozen_components"} <= explained
    assert {
        "[initialize.before_init]",
        "[training.score_weights]",
        "[components.topic]",
    } <= explained


@pytest.mark.slow
def test_settings_can_be_overridden(add, tmp_path):
    add(overrides={**SHORT, "training.dropout": 0.45})
    assert load_config(tmp_path / "out" / "config.cfg")["training"]["dropout"] == 0.45
    saved = load_config(tmp_path / "out" / "model-best" / "config.cfg")
    assert saved["training"]["dropout"] == 0.45


@pytest.mark.slow
def test_a_package_of_the_new_pipeline(add, tmp_path):
    add()
    (tmp_path / "packages").mkdir()
    package(
        tmp_path / "out" / "model-best",
        tmp_path / "packages",
        create_sdist=False,
        create_wheel=False,
        silent=True,
    )
    (path,) = (tmp_path / "packages").glob("*/*/*/config.cfg")
    assert "urgency/low" in spacy.load(path.parent)("a parcel").cats


@pytest.mark.slow
def test_a_task_can_be_added_to_what_was_added_to(add, root, tmp_path):
    add()
    again = tmp_path / "out" / "model-best"
    add("second", tmp_path / "two", model=again, data=root / "new" / "urgency.train.jsonl")
    first, second = (spacy.load(tmp_path / name / "model-best") for name in ("out", "two"))
    assert second.pipe_names == [*first.pipe_names, "second"]
    models = (nlp.get_pipe("urgency").model for nlp in (first, second))
    assert same_weights(*map(weights_of, models))


# Other pipelines


@pytest.mark.slow
def test_other_components_come_along(add, root, tmp_path):
    nlp = spacy.load(root / "old" / "model-best")
    nlp.add_pipe("sentencizer", first=True, config={"punct_chars": ["|"]})
    nlp.to_disk(tmp_path / "base")
    add(model=tmp_path / "base", scenario="full")
    new = spacy.load(tmp_path / "out" / "model-best")
    assert new.pipe_names == ["sentencizer", "tok2vec", *OLD, "urgency"]
    assert len(list(new("a | b").sents)) == 2


@pytest.mark.slow
def test_a_component_of_another_kind_on_the_encoder(add, root, tmp_path):
    nlp = spacy.load(root / "old" / "model-best")
    listener = {"@architectures": "spacy.Tok2VecListener.v1", "width": 32, "upstream": "tok2vec"}
    model = {"@architectures": "spacy.TextCatCNN.v2", "tok2vec": listener}
    stock = nlp.add_pipe("textcat", config={"model": {**model, "exclusive_classes": True}})
    rows = [("a", {"x": 1.0, "y": 0.0}), ("b", {"x": 0.0, "y": 1.0})]
    stock.initialize(lambda: make_examples(nlp, rows), nlp=nlp)
    nlp.to_disk(tmp_path / "base")
    with pytest.warns(UserWarning, match=r"W316.*textcat"):
        add(model=tmp_path / "base", scenario="full")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        add(output=tmp_path / "frozen", model=tmp_path / "base")
    assert spacy.load(tmp_path / "frozen" / "model-best")("a").cats["x"] == nlp("a").cats["x"]


@pytest.mark.slow
def test_an_encoder_without_tasks(add, tmp_path):
    nlp = spacy.blank("en")
    add_encoder(nlp, name="encoder")
    nlp.initialize()
    nlp.to_disk(tmp_path / "base")
    outcomes = add(model=tmp_path / "base", scenario="full")
    assert list(outcomes) == ["urgency"]
    assert spacy.load(tmp_path / "out" / "model-best").pipe_names == ["encoder", "urgency"]


@pytest.mark.slow
def test_labels_that_another_task_has(add, root, tmp_path):
    path = root / "data" / "train" / "topic.jsonl"
    add("subject", data=path)
    cats = spacy.load(tmp_path / "out" / "model-best")("a parcel").cats
    assert {"topic/film", "topic/shop", "subject/film", "subject/shop"} <= set(cats)


# What is lost, and what is kept


@pytest.mark.slow
def test_too_great_a_loss(root, tmp_path):
    before = spacy.load(root / "old" / "model-best").to_bytes()
    result = run(
        root / "old" / "model-best", root / "new", "--name", "urgency", "--output", tmp_path / "out",
        "--scenario", "full", "--rehearse", "none", "--min-agreement", 100,
        "--training.max_steps", 20, "--training.optimizer.learn_rate.initial_rate", 0.1,
    )  # fmt: skip
    assert result.exit_code == 1
    assert "Rejected" in result.output and "!" in result.output
    assert not (tmp_path / "out" / "model-best").exists()
    assert "urgency/low" in spacy.load(tmp_path / "out" / "rejected")("a parcel").cats
    assert spacy.load(root / "old" / "model-best").to_bytes() == before
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["accepted"] is False
    assert (report["scenario"], report["rehearsal"]) == ("full", "none")
    assert {row["task"] for row in report["tasks"]} == {"urgency", *OLD}


def test_command(root, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run(root / "old" / "model-best", root / "new", "-n", "urgency", "--max-steps", 4)
    assert result.exit_code == 0, result.output
    assert "Measured on" in result.output
    assert spacy.load(tmp_path / "training" / "urgency" / "model-best").pipe_names[-1] == "urgency"


@pytest.mark.slow
def test_interrupted(root, tmp_path, monkeypatch):
    steps = []
    update = MultitaskTextCategorizer.update

    def interrupt(self, examples, **settings):
        steps.append(self.name)
        if len(steps) == 6:
            raise KeyboardInterrupt
        return update(self, examples, **settings)

    monkeypatch.setattr(MultitaskTextCategorizer, "update", interrupt)
    out = tmp_path / "out"
    result = run(
        root / "old" / "model-best", root / "new", "--name", "urgency", "--output", out,
        "--training.eval_frequency", 2,
    )  # fmt: skip
    assert result.exit_code == 130
    text = " ".join(result.output.split())
    assert "Interrupted" in text and "spacy train" in text
    for name in ("config.cfg", "corpus", "training/model-best", "training/model-last"):
        assert name in text
    assert not (out / "model-best").exists() and not (out / "report.json").exists()
    assert "urgency" in spacy.load(out / "training" / "model-best").pipe_names


# What can be wrong


def fails(code, root, *args, model=None, data=None, name="urgency"):
    model = root / "old" / "model-best" if model is None else model
    result = run(model, root / "new" if data is None else data, "--name", name, *args)
    assert result.exit_code == 1, result.output
    assert code in result.output
    assert isinstance(result.exception, SystemExit)


@pytest.mark.parametrize(
    ("code", "args"),
    [
        ("E465", ["--scenario", "half"]),
        ("E465", ["--rehearse", "replay"]),
        ("E466", ["--rehearse", "both", "--scenario", "full"]),
        ("E131", ["--split", "0.5,0.6"]),
        ("E111", ["--old-data", "nowhere"]),
        ("E101", ["--dev", "nowhere.jsonl"]),
    ],
)
def test_options_that_do_not_do(root, tmp_path, code, args):
    fails(code, root, *args, "--output", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("code", "name"),
    [("E460", "topic"), ("E305", "tok2vec"), ("E305", "vocab"), ("E001", "a/b"), ("E467", "none")],
)
def test_names_that_do_not_do(root, tmp_path, code, name):
    fails(code, root, "--output", tmp_path / "out", name=name)


def test_no_pipeline(root, tmp_path):
    fails("E461", root, "--output", tmp_path / "out", model=tmp_path / "none")


def test_a_pipeline_without_our_encoder(root, tmp_path):
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    nlp.to_disk(tmp_path / "stock")
    fails("E462", root, "--output", tmp_path / "out", model=tmp_path / "stock")


def test_old_data_without_old_tasks(root, tmp_path):
    fails("E472", root, "--old-data", root / "new", "--output", tmp_path / "out")


def test_old_data_without_training_rows(root, tmp_path):
    (tmp_path / "old" / "dev").mkdir(parents=True)
    path = root / "data" / "dev" / "topic.jsonl"
    (tmp_path / "old" / "dev" / "topic.jsonl").write_bytes(path.read_bytes())
    args = ["--old-data", tmp_path / "old", "--rehearse", "both", "--scenario", "full"]
    fails("E466", root, *args, "--output", tmp_path / "out")


def test_nothing_is_overwritten(root, tmp_path):
    (tmp_path / "mine").write_text("x")
    fails("E463", root, "--output", tmp_path)
    fails("E463", root, "--output", tmp_path / "mine")
    assert (tmp_path / "mine").read_text() == "x"


@pytest.mark.parametrize("place", [".", "new"])
def test_the_trained_pipeline_is_not_written_to(root, place):
    fails("E464", root, "--output", root / "old" / "model-best" / place)
