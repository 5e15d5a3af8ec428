"""Pretraining with workers."""

import pretrain_setup as setup
import pytest

from spacy_mtl.parallel.leading import Leader
from spacy_mtl.parallel.pretrain import pretrain_parallel

SETTINGS = {"workers": 2, "average_every": 2}


@pytest.fixture(scope="module")
def run(ray, tmp_path_factory):
    """A config, and the folder of a finished run."""
    root = tmp_path_factory.mktemp("pretraining")
    config = setup.make_config(root, monitor=setup.MONITOR)
    pretrain_parallel(config, root / "run", **SETTINGS)
    return config, root / "run"


def test_files_are_those_of_one_worker(run):
    _, folder = run
    assert {"model0.bin", "model1.bin", "model-last.bin", "model-best.bin", "log.jsonl"} <= {
        path.name for path in folder.iterdir()
    }


def test_an_interrupted_run_goes_on_to_the_same_weights(run, tmp_path, monkeypatch):
    config, folder = run
    finish = Leader.finish
    n_calls = 0

    def interrupted(self):
        nonlocal n_calls
        n_calls += 1
        if n_calls == 6:
            raise KeyboardInterrupt
        return finish(self)

    with monkeypatch.context() as patch:
        patch.setattr(Leader, "finish", interrupted)
        with pytest.raises(KeyboardInterrupt):
            pretrain_parallel(config, tmp_path, save_every=1, **SETTINGS)
    pretrain_parallel(config, tmp_path, save_every=1, resume=True, **SETTINGS)
    for name in ("model1.bin", "model-best.bin", "model-last.bin"):
        assert setup.weights(tmp_path, name) == setup.weights(folder, name)


def test_a_finished_run_is_not_an_unfinished_one(run, tmp_path):
    config, folder = run
    pretrain_parallel(config, folder, resume=True, **SETTINGS)


def test_nothing_to_resume(tmp_path):
    config = setup.make_config(tmp_path)
    with pytest.raises(ValueError, match="E271"):
        pretrain_parallel(config, tmp_path / "run", resume=True, **SETTINGS)
