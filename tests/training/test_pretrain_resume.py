"""A run that was interrupted ends like one that was not."""

import os
import random

import numpy
import pytest
import spacy
import srsly
from pretrain_setup import CHARACTERS, LMAO, MONITOR, VECTORS, interrupt, make_config, weights
from spacy.training import Example

from spacy_mtl.layers.kernels import use_kernels
from spacy_mtl.training.pretrain import PretrainRun, pretrain

#: Each epoch has 18 batches.
BATCHES = [1, 20, *(pytest.param(n, marks=pytest.mark.slow) for n in (5, 18, 29))]
#: Of calls of the optimizer, one for each parameter and batch.
MID_STEP = 205


@spacy.registry.readers("test.ShuffledTexts.v1")
def read_shuffled(path, lazily):
    def read(nlp):
        texts = [row["text"] for row in srsly.read_jsonl(path)]
        random.shuffle(texts)
        for text in texts:
            if lazily and numpy.random.random() < 0.3:
                continue
            yield Example(nlp.make_doc(text), nlp.make_doc(text))

    return read


def shuffled(config, *, lazily=False):
    path = config["corpora"]["pretrain"]["path"]
    reader = {"@readers": "test.ShuffledTexts.v1", "path": path, "lazily": lazily}
    config["corpora"]["pretrain"] = reader
    return config


def interrupted(config, folder, monkeypatch, n_calls, **settings):
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        interrupt(patch, n_calls)
        pretrain(config, folder, **settings)


def straight(config, folder):
    pretrain(config, folder)
    return weights(folder)


def interrupted_at_batch(config, folder, monkeypatch, n_batches, save_every=4):
    calls = 0

    def train_batch(self, docs, batch):
        nonlocal calls
        calls += 1
        original(self, docs, batch)
        if calls == n_batches:
            raise KeyboardInterrupt

    original = PretrainRun._train_batch
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(PretrainRun, "_train_batch", train_batch)
        pretrain(config, folder, save_every=save_every)


@pytest.mark.parametrize("kernels", ["numpy", "numba"])
@pytest.mark.parametrize("n_batches", BATCHES)
def test_ends_with_the_same_weights(tmp_path, monkeypatch, kernels, n_batches):
    if kernels == "numba":
        pytest.importorskip("numba", reason="the extra 'fast' is not installed")
    config = make_config(tmp_path)
    config["pretraining"]["optimizer"] = {"@optimizers": "spacy_mtl.Adam.v1", "learn_rate": 0.01}
    with use_kernels(kernels):
        expected = straight(config, tmp_path / "straight")
        interrupted_at_batch(config, tmp_path / "out", monkeypatch, n_batches)
        pretrain(config, tmp_path / "out", resume=True, save_every=4)
    assert weights(tmp_path / "out") == expected
    assert weights(tmp_path / "out", "model0.bin") == weights(tmp_path / "straight", "model0.bin")


@pytest.mark.parametrize("objective", [LMAO, CHARACTERS, VECTORS], ids=["lmao", "chars", "vectors"])
def test_half_a_step_is_forgotten(tmp_path, monkeypatch, objective):
    config = make_config(tmp_path, objective)
    expected = straight(config, tmp_path / "straight")
    interrupted(config, tmp_path / "out", monkeypatch, MID_STEP, save_every=3)
    pretrain(config, tmp_path / "out", resume=True)
    assert weights(tmp_path / "out") == expected


@pytest.mark.parametrize("lazily", [False, True])
def test_readers_may_shuffle(tmp_path, monkeypatch, lazily):
    config = shuffled(make_config(tmp_path), lazily=lazily)
    expected = straight(config, tmp_path / "straight")
    interrupted(config, tmp_path / "out", monkeypatch, 130, save_every=3)
    interrupted(config, tmp_path / "out", monkeypatch, 100, resume=True, save_every=3)
    pretrain(config, tmp_path / "out", resume=True)
    assert weights(tmp_path / "out") == expected


def test_log_and_best_weights_are_the_same(tmp_path, monkeypatch):
    config = make_config(tmp_path, monitor=MONITOR)
    straight(config, tmp_path / "straight")
    interrupted(config, tmp_path / "out", monkeypatch, 200, save_every=3)
    pretrain(config, tmp_path / "out", resume=True)
    assert without_times(tmp_path / "out") == without_times(tmp_path / "straight")
    for name in ("model-best.bin", "model-last.bin"):
        assert weights(tmp_path / "out", name) == weights(tmp_path / "straight", name)


def without_times(folder):
    entries = list(srsly.read_jsonl(folder / "log.jsonl"))
    for entry in entries:
        entry.get("evaluation", {}).pop("words_per_second", None)
    return entries


def test_other_optimizers_go_on(tmp_path, monkeypatch):
    config = make_config(tmp_path)
    config["pretraining"]["optimizer"] = {
        "@optimizers": "RAdam.v1",
        "learn_rate": 0.01,
        "use_averages": False,
    }
    expected = straight(config, tmp_path / "straight")
    interrupted(config, tmp_path / "out", monkeypatch, MID_STEP, save_every=3)
    pretrain(config, tmp_path / "out", resume=True)
    assert weights(tmp_path / "out") == expected


def test_a_finished_run_goes_on_with_more_epochs(tmp_path):
    longer = make_config(tmp_path, pretraining__max_epochs=3)
    expected = straight(longer, tmp_path / "straight")
    straight(make_config(tmp_path), tmp_path / "out")
    pretrain(longer, tmp_path / "out", resume=True)
    assert weights(tmp_path / "out") == expected


def test_a_finished_run_has_nothing_left_to_do(tmp_path):
    config = make_config(tmp_path)
    expected = straight(config, tmp_path / "out")
    log = (tmp_path / "out" / "log.jsonl").read_text()
    (tmp_path / "out" / "model-last.bin").unlink()
    pretrain(config, tmp_path / "out", resume=True)
    assert weights(tmp_path / "out") == expected
    assert (tmp_path / "out" / "log.jsonl").read_text() == log


def test_a_finished_run_may_be_overwritten(tmp_path):
    config = make_config(tmp_path)
    expected = straight(config, tmp_path / "out")
    assert straight(config, tmp_path / "out") == expected


def test_an_unfinished_run_is_not_overwritten(tmp_path, monkeypatch):
    config = make_config(tmp_path)
    interrupted(config, tmp_path / "out", monkeypatch, MID_STEP, save_every=3)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")}
    with pytest.raises(ValueError, match=r"E269.*--resume.*--force"):
        pretrain(config, tmp_path / "out")
    assert before == {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")}


def test_an_unfinished_run_can_be_thrown_away(tmp_path, monkeypatch):
    config = make_config(tmp_path)
    interrupted(config, tmp_path / "out", monkeypatch, MID_STEP, save_every=3)
    pretrain(config, tmp_path / "out", force=True)
    assert weights(tmp_path / "out") == straight(config, tmp_path / "straight")


def test_names_the_settings_that_differ(tmp_path, monkeypatch):
    config = make_config(tmp_path)
    interrupted(config, tmp_path / "out", monkeypatch, MID_STEP, save_every=3)
    config["pretraining"]["dropout"] = 0.5
    config["components"]["tok2vec"]["model"]["depth"] = 2
    with pytest.raises(ValueError, match="E270") as error:
        pretrain(config, tmp_path / "out", resume=True)
    assert "pretraining.dropout: was 0.2, is 0.5" in str(error.value)
    assert "components.tok2vec.model.depth: was 1, is 2" in str(error.value)


def test_settings_that_change_nothing_may_differ(tmp_path, monkeypatch):
    config = make_config(tmp_path)
    interrupted(config, tmp_path / "out", monkeypatch, MID_STEP, save_every=3)
    config["pretraining"]["n_save_every"] = 5
    config["training"]["max_steps"] = 7
    pretrain(config, tmp_path / "out", resume=True)
    assert weights(tmp_path / "out") == straight(make_config(tmp_path), tmp_path / "straight")


def test_a_monitor_may_come_and_go(tmp_path, monkeypatch):
    plain, monitored = make_config(tmp_path), make_config(tmp_path, monitor=MONITOR)
    interrupted(plain, tmp_path / "out", monkeypatch, MID_STEP, save_every=3)
    interrupted(monitored, tmp_path / "out", monkeypatch, MID_STEP, resume=True, save_every=3)
    pretrain(plain, tmp_path / "out", resume=True)
    assert weights(tmp_path / "out") == straight(plain, tmp_path / "straight")


def test_there_has_to_be_a_run(tmp_path):
    with pytest.raises(ValueError, match="E271"):
        pretrain(make_config(tmp_path), tmp_path / "out", resume=True)


def test_notices_that_the_texts_have_changed(tmp_path, monkeypatch):
    config = make_config(tmp_path)
    interrupted(config, tmp_path / "out", monkeypatch, MID_STEP, save_every=3)
    path = tmp_path / "raw.jsonl"
    path.write_text('{"text": "one more text of six words"}\n' + path.read_text())
    with pytest.raises(ValueError, match="E273"):
        pretrain(config, tmp_path / "out", resume=True)


@pytest.mark.parametrize("damage", [lambda data: data[:100], lambda data: b"what?"])
def test_a_damaged_checkpoint_is_refused(tmp_path, monkeypatch, damage):
    config = make_config(tmp_path)
    interrupted(config, tmp_path / "out", monkeypatch, MID_STEP, save_every=3)
    path = tmp_path / "out" / "checkpoint" / "state.msgpack"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match="E272"):
        pretrain(config, tmp_path / "out", resume=True)


def test_an_interrupted_checkpoint_leaves_the_one_before(tmp_path, monkeypatch):
    config = make_config(tmp_path)
    expected = straight(config, tmp_path / "straight")
    replaced = 0

    def replace(source, target):
        nonlocal replaced
        replaced += str(target).endswith("state.msgpack")
        if replaced == 3:
            raise KeyboardInterrupt
        return original(source, target)

    original = os.replace
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("os.replace", replace)
        pretrain(config, tmp_path / "out", save_every=3)
    pretrain(config, tmp_path / "out", resume=True)
    assert weights(tmp_path / "out") == expected
