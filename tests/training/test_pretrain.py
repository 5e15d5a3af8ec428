"""Our own pretraining beside `spacy pretrain`, and what can be wrong before it starts."""

import errno

import numpy
import pytest
import srsly
from pretrain_setup import CHARACTERS, LMAO, MONITOR, VECTORS, make_config, weights
from spacy.training.pretrain import pretrain as spacy_pretrain

from spacy_mtl.layers.kernels import use_kernels
from spacy_mtl.training.pretrain import PretrainRun, pretrain


def run_spacy(config, folder):
    folder.mkdir()
    spacy_pretrain(config.interpolate(), folder)
    return folder


@pytest.mark.parametrize("kernels", ["numpy", "numba"])
@pytest.mark.parametrize("objective", [LMAO, CHARACTERS, VECTORS], ids=["lmao", "chars", "vectors"])
def test_ends_with_the_weights_of_spacy_pretrain(tmp_path, objective, kernels):
    if kernels == "numba":
        pytest.importorskip("numba", reason="the extra 'fast' is not installed")
    config = make_config(tmp_path, objective)
    with use_kernels(kernels):
        expected = run_spacy(config, tmp_path / "spacy")
        pretrain(config, tmp_path / "ours")
    for name in ("model0.bin", "model1.bin", "model-last.bin"):
        assert weights(tmp_path / "ours", name) == weights(expected, name)


@pytest.mark.parametrize("settings", [{}, {"n_save_every": 5}, {"n_save_epoch": 2}])
def test_writes_the_files_of_spacy_pretrain(tmp_path, settings):
    config = make_config(tmp_path, pretraining__max_epochs=3)
    config["pretraining"].update(settings)
    expected = run_spacy(config, tmp_path / "spacy")
    pretrain(config, tmp_path / "ours")
    ours = {path.name for path in (tmp_path / "ours").iterdir()}
    assert ours == {path.name for path in expected.iterdir()} | {"config.cfg", "checkpoint"}
    assert (tmp_path / "ours" / "log.jsonl").read_text() == (expected / "log.jsonl").read_text()


def test_a_monitor_changes_nothing(tmp_path):
    plain = make_config(tmp_path)
    monitored = make_config(tmp_path, monitor=MONITOR)
    monitored["pretraining"]["objective"]["monitor"]["probe_path"] = str(tmp_path / "labels.jsonl")
    expected = weights(run_spacy(plain, tmp_path / "plain"))
    assert weights(run_spacy(monitored, tmp_path / "monitored")) == expected
    pretrain(monitored, tmp_path / "ours")
    assert weights(tmp_path / "ours") == expected


def test_the_logged_loss_is_the_one_that_is_optimised(tmp_path):
    config = make_config(tmp_path, monitor=MONITOR, pretraining__max_epochs=1)
    config["pretraining"]["objective"]["monitor"]["every_words"] = 10_000
    pretrain(config, tmp_path / "out")
    counters, evaluated, _ = srsly.read_jsonl(tmp_path / "out" / "log.jsonl")
    assert evaluated["evaluation"]["loss"] == pytest.approx(counters["loss"] / 18, rel=1e-5)
    assert evaluated["evaluation"]["words"] == counters["nr_word"]


def test_stops_early_and_keeps_the_best(tmp_path):
    config = make_config(tmp_path, monitor=MONITOR, pretraining__max_epochs=50)
    config["pretraining"]["objective"]["monitor"]["patience"] = 2
    config["pretraining"]["optimizer"]["learn_rate"] = 1e-9
    pretrain(config, tmp_path / "out")
    entries = srsly.read_jsonl(tmp_path / "out" / "log.jsonl")
    evaluated = [entry["evaluation"] for entry in entries if "evaluation" in entry]
    assert evaluated[0]["improved"]
    assert evaluated[-1]["n_worse"] == 2
    assert evaluated[-1]["words"] < 2000
    assert (tmp_path / "out" / "model-best.bin").exists()
    pretrain(config, tmp_path / "out", resume=True)
    assert len(list(srsly.read_jsonl(tmp_path / "out" / "log.jsonl"))) == len(evaluated) + 1


def test_prints_one_table(tmp_path, capsys):
    pretrain(make_config(tmp_path, monitor=MONITOR), tmp_path / "out", silent=False)
    lines = capsys.readouterr().out.splitlines()
    assert sum("ACC@10" in line for line in lines) == 1
    assert len([line for line in lines if line.strip()[:1] in ("0", "1")]) == 9


def test_prints_progress_without_a_monitor(tmp_path, capsys):
    pretrain(make_config(tmp_path), tmp_path / "out", silent=False)
    assert "WORDS/S" in capsys.readouterr().out


def test_needs_a_pretraining_block(tmp_path):
    config = make_config(tmp_path)
    config["pretraining"] = {}
    with pytest.raises(ValueError, match="E263"):
        pretrain(config, tmp_path / "out")


@pytest.mark.parametrize("name", ["training", "initialize", "corpora"])
def test_needs_a_complete_config(tmp_path, name):
    config = make_config(tmp_path)
    del config[name]
    with pytest.raises(ValueError, match=f"E279.*{name}.*fill-config"):
        pretrain(config, tmp_path / "out")


def test_needs_vectors(tmp_path):
    config = make_config(tmp_path, initialize__vectors=None)
    with pytest.raises(ValueError, match="E251"):
        pretrain(config, tmp_path / "out")
    assert not (tmp_path / "out" / "config.cfg").exists()


@pytest.mark.parametrize(
    "text, error",
    [
        (None, r"E264.*raw\.jsonl.*corpora\.pretrain.*does not exist"),
        ("", r"E266.*raw\.jsonl"),
        ('{"text": ""}\n\n', r"E266.*raw\.jsonl"),
        ('{"text": "a"}\n{"txt": "b"}\n', r"E265.*raw\.jsonl, line 2.*txt"),
        ('{"text": "a"}\nwhat?\n', r"E265.*line 2.*not valid JSON"),
        ('{"text": "a b c"}\n', "E277"),
    ],
)
def test_checks_the_raw_text(tmp_path, text, error):
    config = make_config(tmp_path)
    path = tmp_path / "raw.jsonl"
    path.unlink() if text is None else path.write_text(text)
    with pytest.raises(ValueError, match=error):
        pretrain(config, tmp_path / "out")


def test_leaves_out_a_batch_without_tokens(tmp_path):
    config = make_config(tmp_path, corpora__pretrain__min_length=0)
    pretrain(config, tmp_path / "expected")
    config["pretraining"]["batcher"] = {"@batchers": "spacy.batch_by_sequence.v1", "size": 1}
    (tmp_path / "raw.jsonl").write_text('{"text": "kara kape"}\n{"text": ""}\n{"text": "lora"}\n')
    with pytest.warns(UserWarning, match="W207.*Batch 1 of epoch 0"):
        pretrain(config, tmp_path / "out")


def test_plain_pretraining_survives_a_batch_without_tokens(tmp_path):
    config = make_config(tmp_path, corpora__pretrain__min_length=0)
    config["pretraining"]["batcher"] = {"@batchers": "spacy.batch_by_sequence.v1", "size": 1}
    (tmp_path / "raw.jsonl").write_text('{"text": ""}\n{"text": "kara kape"}\n{"text": ""}\n')
    run_spacy(config, tmp_path / "out")


def test_a_loss_that_is_no_number_stops_the_run(tmp_path, monkeypatch):
    config = make_config(tmp_path)
    train_batch = PretrainRun._train_batch

    def spoil(self, docs, batch):
        if (self._epoch, batch) == (1, 2):
            node = next(node for node in self.model.walk() if "b" in node.param_names)
            node.set_param("b", numpy.full(node.get_param("b").shape, numpy.nan, dtype="f"))
        train_batch(self, docs, batch)

    monkeypatch.setattr(PretrainRun, "_train_batch", spoil)
    with pytest.raises(ValueError, match=r"E267.*epoch 1, batch 2.*learn_rate"):
        pretrain(config, tmp_path / "out")
    assert not (tmp_path / "out" / "model-last.bin").exists()


def test_a_gradient_that_is_no_number_stops_the_run_before_its_step(tmp_path):
    run = make_run(tmp_path)
    objective = run.objective

    def spoil(ops, docs, predictions):
        loss, gradients = objective(ops, docs, predictions)
        return loss, [gradient * numpy.float32("inf") for gradient in gradients]

    run.objective = spoil
    before = [array.copy() for array in parameters(run.model)]
    text = r"E267.*epoch 0, batch 0, a batch of \d+ documents \('.*the gradient of parameter"
    with pytest.raises(ValueError, match=text), numpy.errstate(all="ignore"):
        run.train(skip_last=True)
    assert all(map(numpy.array_equal, parameters(run.model), before))
    assert not run.optimizer.nr_update


def parameters(model):
    return [node.get_param(name) for node in model.walk() for name in node.param_names]


def test_no_checkpoint_of_weights_that_are_no_numbers(tmp_path):
    run = make_run(tmp_path)
    node = next(node for node in run.model.walk() if "b" in node.param_names)
    node.set_param("b", numpy.full(node.get_param("b").shape, numpy.inf, dtype="f"))
    with pytest.raises(ValueError, match="E267"):
        run.save()


def make_run(root):
    config = make_config(root).interpolate()
    return PretrainRun(config, root / "out", save_every=5, use_gpu=-1, silent=True)


def test_a_learning_rate_of_zero_is_refused(tmp_path):
    schedule = {"@schedules": "warmup_linear.v1", "warmup_steps": 5, "total_steps": 50}
    config = make_config(tmp_path)
    config["pretraining"]["optimizer"]["learn_rate"] = {**schedule, "initial_rate": 0.01}
    with pytest.raises(ValueError, match="E278"):
        pretrain(config, tmp_path / "out")


def test_warns_of_a_schedule(tmp_path):
    config = make_config(tmp_path)
    config["pretraining"]["optimizer"]["learn_rate"] = {"@schedules": "constant.v1", "rate": 0.01}
    with pytest.warns(UserWarning, match=r"W208.*0\.01"):
        pretrain(config, tmp_path / "ours")
    assert weights(tmp_path / "ours") == weights(run_spacy(config, tmp_path / "spacy"))


def test_needs_a_folder_that_can_be_written_to(tmp_path, monkeypatch):
    def refuse(**settings):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    with pytest.raises(OSError, match=r"E268.*out: Permission denied"):
        pretrain(make_config(tmp_path), tmp_path / "out")
    assert not list((tmp_path / "out").iterdir())


def test_needs_a_folder(tmp_path):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(OSError, match="E268"):
        pretrain(make_config(tmp_path), tmp_path / "out")


def test_warns_of_the_weights_of_an_earlier_run(tmp_path, recwarn):
    config = make_config(tmp_path, pretraining__max_epochs=1)
    pretrain(config, tmp_path / "ours")
    assert not [warning for warning in recwarn if "W210" in str(warning.message)]
    with pytest.warns(UserWarning, match="W210"):
        pretrain(config, tmp_path / "ours")
