"""One trial."""

import re

import pytest
import spacy
from spacy.cli.train import train
from spacy.util import load_config, registry

from spacy_mtl.sweep.trial import Job, _check_finite, run_trial
from spacy_mtl.sweep.values import set_values


@pytest.fixture
def job(config_path):
    def make(placed=None, **options):
        config = set_values(load_config(config_path, interpolate=False), placed or {})
        return Job(3, config.to_str(interpolate=False), **options)

    return make


def test_reports_each_evaluation_and_the_best(job):
    *running, final = run_trial(job())
    assert [report.state for report in running] == ["running"] * 5
    assert [report.step for report in running] == [0, 2, 4, 6, 8]
    assert final.state == "complete"
    assert final.number == 3
    assert final.steps == 9
    assert final.score == max(report.score for report in running)
    assert final.evaluations == [(report.step, report.score) for report in running]
    assert final.weighted == ["liked_score"]


def test_trains_as_spacy_does(config_path, job, tmp_path):
    *_, final = run_trial(job(model=str(tmp_path / "ours")))
    train(config_path, tmp_path / "spacy")
    ours = spacy.load(tmp_path / "ours")
    theirs = spacy.load(tmp_path / "spacy" / "model-best")
    assert ours("a good plot").cats == theirs("a good plot").cats
    assert ours.meta["performance"]["liked_score"] == pytest.approx(final.score)


def test_the_score_is_the_mean_over_seeds(job):
    means = [list(run_trial(job(seeds=(seed,))))[-1].score for seed in (1, 2)]
    *running, final = run_trial(job(seeds=(1, 2)))
    assert final.score == pytest.approx(sum(means) / 2)
    assert len(running) == 5


def test_a_combination_that_is_wrong_fails(job):
    (final,) = run_trial(job({"components.liked.model.pooling": ["nix"]}))
    assert final.state == "failed"
    assert "nix" in final.reason
    assert "Traceback" in final.details


def test_a_training_that_diverges_fails(job):
    optimizer = {"@optimizers": "Adam.v1", "learn_rate": 1e30, "grad_clip": 0.0}
    *_, final = run_trial(job({"training.optimizer": optimizer}))
    assert final.state == "failed"
    assert re.search("diverged|no number", final.reason)


def test_a_loss_that_no_component_minds_fails():
    _check_finite({"step": 1, "score": None, "losses": {"textcat": 1.0}})
    with pytest.raises(ValueError, match=r"E851.*'textcat' is nan at step 7"):
        _check_finite({"step": 7, "score": None, "losses": {"textcat": float("nan")}})
    with pytest.raises(ValueError, match=r"E851.*score is inf"):
        _check_finite({"step": 7, "score": float("inf"), "losses": {}})


def test_what_would_end_the_process_fails(job):
    @registry.readers("end_the_process.v1")
    def make():
        raise SystemExit(1)

    (final,) = run_trial(job({"corpora.train": {"@readers": "end_the_process.v1"}}))
    assert final.state == "failed"
    assert "SystemExit" in final.reason
