"""What stands in the way of going on with a training, and what does not."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time

import pretrain_setup
import pytest
import spacy
from train_setup import check_same, files_of, interrupted, log_of, make_config, run_spacy

from spacy_mtl import staging
from spacy_mtl.training.checkpoint import PLACE, load_checkpoint, save_checkpoint
from spacy_mtl.training.corpus import MultitaskCorpus
from spacy_mtl.training.pretrain import pretrain
from spacy_mtl.training.run_state import KIND
from spacy_mtl.training.train_run import train


@spacy.registry.callbacks("test.DrawRandom.v1")
def create_drawing_callback():
    def draw(nlp, info):
        random.random()

    return draw


@spacy.registry.callbacks("test.DrawRandomAtSaving.v1")
def create_saving_callback():
    def draw(nlp):
        random.random()
        return nlp

    return draw


@spacy.registry.callbacks("test.ChangeOnce.v1")
def create_changing_callback(step):
    def change(nlp, info):
        if info["step"] == step:
            nlp.get_pipe("topic").cfg["loss_weight"] = 3.0

    return change


@spacy.registry.readers("test.ShuffledCorpus.v1")
def read_shuffled(path):
    corpus = MultitaskCorpus(path, split="train")

    def read(nlp):
        examples = list(corpus(nlp))
        random.shuffle(examples)
        for example in examples:
            random.random()
            yield example

    return read


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A folder with the data, a config and a run that was not interrupted."""
    root = tmp_path_factory.mktemp("runs")
    train(make_config(root), root / "straight")
    return root


@pytest.fixture(scope="module")
def unfinished(root):
    """A run that was interrupted after step 11."""
    with interrupted(14):
        train(make_config(root), root / "unfinished", save_every=4)
    return root / "unfinished"


@pytest.fixture
def folder(unfinished, tmp_path):
    """A copy of it."""
    return shutil.copytree(unfinished, tmp_path / "out")


def times(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


def test_an_unfinished_run_is_not_overwritten(root, folder):
    before = times(folder)
    with pytest.raises(ValueError, match=r"E801.*step 11.*--resume.*--force"):
        train(make_config(root), folder)
    assert times(folder) == before


def test_an_unfinished_run_can_be_thrown_away(root, folder):
    with pytest.warns(UserWarning, match="W375"):
        train(make_config(root), folder, force=True)
    assert files_of(folder) == files_of(root / "straight")
    assert log_of(folder) == log_of(root / "straight")
    assert len(list(folder.glob("training*.jsonl"))) == 2


def test_there_has_to_be_a_run(root, tmp_path):
    with pytest.raises(ValueError, match="E271"):
        train(make_config(root), tmp_path / "out", resume=True)
    assert not (tmp_path / "out").exists()


def test_a_finished_run_has_nothing_left_to_do(root, tmp_path):
    train(make_config(root), tmp_path)
    log = (tmp_path / "training.jsonl").read_bytes()
    train(make_config(root), tmp_path, resume=True)
    check_same(tmp_path, root / "straight")
    assert (tmp_path / "training.jsonl").read_bytes() == log


def test_a_finished_run_goes_on_with_more_steps(root, tmp_path):
    longer = make_config(root, {"training.max_steps": 34})
    train(longer, tmp_path / "straight")
    train(make_config(root), tmp_path / "out")
    train(longer, tmp_path / "out", resume=True)
    # The best pipeline was saved when fewer were to come.
    for name in ("model-best", "model-last"):
        (tmp_path / "out" / name / "config.cfg").unlink()
        (tmp_path / "straight" / name / "config.cfg").unlink()
    check_same(tmp_path / "out", tmp_path / "straight")


def test_more_steps_change_a_schedule_that_is_planned_by_them(root, tmp_path):
    rate = {"@schedules": "spacy_mtl.one_cycle.v1", "max_rate": 0.02}
    changes = {"training.optimizer.learn_rate": rate, "training.max_steps": 8}
    train(make_config(root, changes), tmp_path)
    with pytest.raises(ValueError, match=r"E270.*\n.*training\.max_steps: was 8, is 9"):
        train(make_config(root, {**changes, "training.max_steps": 9}), tmp_path, resume=True)


def test_names_the_settings_that_differ(root, folder):
    changes = {"training.dropout": 0.5, "components.tok2vec.model.depth": 1}
    with pytest.raises(ValueError, match="E270") as error:
        train(make_config(root, changes), folder, resume=True)
    assert "training.dropout: was 0.2, is 0.5" in str(error.value)
    assert "components.tok2vec.model.depth: was 2, is 1" in str(error.value)


def test_names_the_files_that_differ(root, folder):
    path = root / "data" / "topic" / "train.jsonl"
    content = path.read_text()
    try:
        path.write_text(content.replace('"z"', '"y"', 1))
        with pytest.raises(
            ValueError, match=r"(?s)E802.*corpora.train.path[^\n]*train.jsonl.*changed"
        ):
            train(make_config(root), folder, resume=True)
    finally:
        path.write_text(content)


def test_names_the_versions_that_differ(root, folder):
    state = load_checkpoint(folder, kind=KIND)
    state["basis"]["versions"]["thinc"] = "8.0.0"
    save_checkpoint(folder, state)
    with pytest.raises(ValueError, match=r"E803.*\n.*thinc: was 8\.0\.0, is 8"):
        train(make_config(root), folder, resume=True)


def test_files_that_moved_on_by_themselves_do_not_matter(root, folder):
    os.utime(root / "data" / "topic" / "train.jsonl")
    train(make_config(root), folder, resume=True)
    check_same(folder, root / "straight")


@pytest.mark.parametrize("damage", [lambda data: data[:100], lambda data: b"what?"])
def test_a_damaged_state_is_refused(root, folder, damage):
    path = folder / PLACE
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match="E272"):
        train(make_config(root), folder, resume=True)


def test_a_state_of_a_pretraining_is_refused(root, folder):
    state = load_checkpoint(folder, kind=KIND)
    save_checkpoint(folder, {**state, "kind": "pretraining"})
    with pytest.raises(ValueError, match=r"E272.*another kind"):
        train(make_config(root), folder, resume=True)


def test_a_pretraining_refuses_a_state_of_a_training(root, folder, tmp_path):
    with pytest.raises(ValueError, match=r"E272.*another kind"):
        pretrain(pretrain_setup.make_config(tmp_path), folder, resume=True)


def test_lines_that_are_missing_in_the_log_are_reported(root, folder):
    (folder / "training.jsonl").unlink()
    with pytest.warns(UserWarning, match="W376"):
        train(make_config(root), folder, resume=True)
    assert log_of(folder) == log_of(root / "straight")[2:]


def test_half_a_line_of_the_log_is_taken_out(root, folder):
    with (folder / "training.jsonl").open("a") as file:
        file.write('{"step": 2')
    train(make_config(root), folder, resume=True)
    check_same(folder, root / "straight")


def test_what_a_killed_process_left_is_taken_away(root, folder):
    (folder / "model-last" / ".topic-x7").mkdir()
    (folder / ".model-best.mtl-0123abcd.tmp").mkdir()
    train(make_config(root), folder, resume=True)
    check_same(folder, root / "straight")
    assert not list(folder.rglob(".*"))


@pytest.mark.parametrize("stage", ["state", "copy", "rename"])
def test_interrupted_while_writing(root, tmp_path, monkeypatch, stage):
    calls = 0
    places = {
        "state": ("os.replace", lambda args: str(args[1]).endswith("state.msgpack")),
        "copy": ("shutil.copytree", lambda args: str(args[1]).endswith(".tmp")),
        "rename": ("staging.swap_in", lambda args: str(args[1]).endswith("model-best")),
    }
    name, is_meant = places[stage]
    module, _, attribute = name.rpartition(".")
    owner = {"os": os, "shutil": shutil, "staging": staging}[module]
    original = getattr(owner, attribute)

    def interrupt(*args, **settings):
        nonlocal calls
        calls += bool(is_meant(args))
        if is_meant(args) and calls == 2:
            raise KeyboardInterrupt
        return original(*args, **settings)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(owner, attribute, interrupt)
        train(make_config(root), tmp_path)
    train(make_config(root), tmp_path, resume=(tmp_path / PLACE).exists())
    check_same(tmp_path, root / "straight")
    assert not list(tmp_path.glob(".*"))


def test_readers_may_draw_from_the_global_numbers(root, tmp_path):
    changes = {
        "corpora.train": {"@readers": "test.ShuffledCorpus.v1", "path": "{root}/data"},
        "training.max_epochs": -1,
        "training.before_update": {"@callbacks": "test.DrawRandom.v1"},
        "initialize.components.topic.labels": ["x", "y", "z"],
        "initialize.components.sentiment.labels": ["a", "b"],
    }
    config = make_config(root, changes)
    run_spacy(config, tmp_path / "straight")
    with interrupted(14):
        train(config, tmp_path / "out", save_every=3)
    train(config, tmp_path / "out", resume=True)
    check_same(tmp_path / "out", tmp_path / "straight")


def test_what_a_callback_has_changed_stays_changed(root, tmp_path):
    changes = {"training.before_update": {"@callbacks": "test.ChangeOnce.v1", "step": 2}}
    config = make_config(root, changes)
    run_spacy(config, tmp_path / "straight")
    with interrupted(14):
        train(config, tmp_path / "out", save_every=3)
    train(config, tmp_path / "out", resume=True)
    check_same(tmp_path / "out", tmp_path / "straight")


def test_a_run_of_spacy_train_must_draw_from_nothing_else(root, tmp_path):
    changes = {"training.before_to_disk": {"@callbacks": "test.DrawRandomAtSaving.v1"}}
    config = make_config(root, changes)
    with interrupted(14):
        run_spacy(config, tmp_path)
    with pytest.raises(ValueError, match="E805"):
        train(config, tmp_path, resume=True)


def test_the_logger_needs_a_component_of_ours(root, tmp_path):
    changes = {
        "nlp.pipeline": ["topic"],
        "components.topic": {"factory": "textcat"},
        "training.score_weights": {"cats_score": 1.0},
    }
    config = make_config(root, changes)
    with pytest.raises(ValueError, match="E806"):
        run_spacy(config, tmp_path / "spacy")
    config["training"]["logger"]["save_state"] = False
    run_spacy(config, tmp_path / "straight")
    with interrupted(14):
        train(config, tmp_path / "out")
    train(config, tmp_path / "out", resume=True)
    check_same(tmp_path / "out", tmp_path / "straight")


def test_states_change_nothing(root, tmp_path):
    train(make_config(root), tmp_path / "often", save_every=1)
    check_same(tmp_path / "often", root / "straight")


def test_another_logger_goes_on(root, tmp_path):
    config = make_config(root)
    config["training"]["logger"] = {"@loggers": "spacy.ConsoleLogger.v1"}
    train(config, tmp_path / "straight")
    with interrupted(14):
        train(config, tmp_path / "out")
    train(config, tmp_path / "out", resume=True)
    assert files_of(tmp_path / "out") == files_of(tmp_path / "straight")


def test_without_a_seed(root, tmp_path):
    config = make_config(root, {"training.seed": None})
    with interrupted(14):
        train(config, tmp_path, save_every=4)
    train(config, tmp_path, resume=True)
    assert [entry["step"] for entry in log_of(tmp_path)] == [0, 10, 20]


@pytest.mark.slow
def test_killed_at_any_moment(root, tmp_path):
    config = make_config(root, {"training.max_steps": 120, "training.eval_frequency": 7})
    config.to_disk(tmp_path / "config.cfg")
    train(config, tmp_path / "straight")
    command = [sys.executable, "-m", "spacy", "mtl", "train", str(tmp_path / "config.cfg")]
    command += ["--output", str(tmp_path / "out"), "--save-every", "2"]
    rng, n_killed = random.Random(), 0
    while n_killed < 6:
        resume = ["--resume"] if (tmp_path / "out" / PLACE).exists() else []
        process = subprocess.Popen([*command, *resume], stdout=subprocess.DEVNULL)
        started = time.monotonic()
        before = (tmp_path / "out" / PLACE).stat().st_mtime_ns if resume else None
        # Loading takes a while; the moment that counts is in the steps after it.
        while process.poll() is None and time.monotonic() - started < 60:
            path = tmp_path / "out" / PLACE
            if path.exists() and path.stat().st_mtime_ns != before:
                break
            time.sleep(0.01)
        time.sleep(rng.random() * 0.3)
        if process.poll() is not None:
            break
        process.send_signal(signal.SIGKILL)
        process.wait()
        n_killed += 1
    assert n_killed > 0
    if process.returncode:
        subprocess.run([*command, "--resume"], stdout=subprocess.DEVNULL, check=True)
    check_same(tmp_path / "out", tmp_path / "straight")
