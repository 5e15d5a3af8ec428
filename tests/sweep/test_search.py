"""The search, with workers that do not train, and once with those that do."""

import csv
import json
import os
import signal

import pytest
from spacy.util import load_config
from thinc.api import Config

from spacy_mtl.sweep import sweep
from spacy_mtl.sweep.trial import Job, run_trial

SPACE = (
    "training.dropout: {choices: [0.0, 0.1, 0.2, 0.3]}\ntraining.batcher.size: {low: 1, high: 64}"
)


def good_without_dropout(config):
    return {step: 0.9 - config["training"]["dropout"] for step in (0, 2, 4, 6, 8)}


def read_rows(folder):
    with open(folder / "results.csv", encoding="utf8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def search(config_path, space_path, tmp_path):
    def run(text=SPACE, **options):
        options = {"sampler": "random", "trials": 8, **options}
        return sweep(config_path, space_path(text), tmp_path / "out", **options)

    return run


def test_writes_a_row_for_each_trial(search, fake, tmp_path):
    workers = fake(good_without_dropout)
    found = search(prune=False)
    rows = read_rows(tmp_path / "out")
    assert [row["trial"] for row in rows] == [str(n) for n in range(8)]
    assert {row["state"] for row in rows} == {"complete"}
    for row, job in zip(rows, workers.jobs, strict=True):
        config = Config().from_str(job.config)
        # Older releases of srsly read 0.3 with another last digit.
        dropout = pytest.approx(config["training"]["dropout"], rel=1e-12)
        assert float(row["training.dropout"]) == dropout
        assert float(row["score"]) == pytest.approx(0.9 - config["training"]["dropout"], rel=1e-12)
        assert row["liked_score"] == row["score"]
    assert found.count("complete") == 8


def test_the_best_config_has_the_values_of_the_best_trial(search, fake, tmp_path, config_path):
    fake(good_without_dropout)
    search()
    best = load_config(tmp_path / "out" / "best.cfg", interpolate=False)
    rows = read_rows(tmp_path / "out")
    lowest = min(float(row["training.dropout"]) for row in rows)
    assert best["training"]["dropout"] == pytest.approx(lowest, rel=1e-12)
    source = load_config(config_path, interpolate=False)
    assert best["components"] == source["components"]
    assert best["training"]["seed"] == source["training"]["seed"]


def test_each_trial_has_its_config_and_scores(search, fake, tmp_path):
    fake(good_without_dropout)
    search(trials=1)
    folder = tmp_path / "out" / "trials" / "0"
    dropout = load_config(folder / "config.cfg")["training"]["dropout"]
    assert round(dropout, 12) in (0.0, 0.1, 0.2, 0.3)
    assert json.loads((folder / "scores.json").read_text())["state"] == "complete"


def test_draws_what_mattered(search, fake, tmp_path):
    fake(good_without_dropout)
    search(prune=False)
    assert (tmp_path / "out" / "sweep.png").read_bytes().startswith(b"\x89PNG")
    assert "training.dropout" in (tmp_path / "out" / "sweep.svg").read_text()
    with open(tmp_path / "out" / "importance.csv", newline="") as file:
        assert next(iter(csv.DictReader(file)))["parameter"] == "training.dropout"


def test_a_trial_below_the_median_is_stopped_and_keeps_its_score(search, fake, tmp_path):
    fake(good_without_dropout)
    search("training.dropout: {low: 0.0, high: 0.5}", trials=12)
    rows = read_rows(tmp_path / "out")
    pruned = [row for row in rows if row["state"] == "pruned"]
    assert pruned
    assert all(float(row["score"]) > 0 for row in pruned)


def test_goes_on_after_an_interruption(search, fake):
    calls = []

    def interrupted(config):
        calls.append(config["training"])
        return KeyboardInterrupt() if len(calls) == 3 else {0: 0.5}

    fake(interrupted)
    with pytest.raises(KeyboardInterrupt):
        search(trials=4)
    started = []
    found = search(trials=4, on_start=started.append)
    assert len(started[0].trials) == 2
    assert len(found.trials) == 4
    assert calls[2] == calls[3]
    assert len(calls) == 5


def test_more_trials_may_follow(search, fake):
    workers = fake(good_without_dropout)
    search(trials=2)
    assert len(search(trials=3).trials) == 3
    assert len(workers.jobs) == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"overrides": {"training.max_steps": 9}}, "training.max_steps: was 8, is 9"),
        ({"text": SPACE.replace("0.3", "0.4")}, "training.dropout"),
        ({"sampler": "tpe"}, "--sampler: was random, is tpe"),
    ],
)
def test_another_search_is_not_mixed_in(search, fake, change, message):
    fake(good_without_dropout)
    search(trials=1)
    with pytest.raises(ValueError, match=f"(?s)E845.*{message}"):
        search(**{"trials": 2, **change})


def test_goes_on_after_a_failure(search, fake, tmp_path):
    numbers = iter(range(4))
    fake(lambda config: {0: 0.5} if next(numbers) % 2 else "ValueError: bad")
    search(trials=4)
    rows = read_rows(tmp_path / "out")
    assert [row["state"] for row in rows] == ["failed", "complete"] * 2
    assert {row["reason"] for row in rows if row["state"] == "failed"} == {"ValueError: bad"}


def test_three_equal_failures_at_first_are_enough(search, fake):
    workers = fake(
        lambda config: f"ValueError: bad at step {config['training']['batcher']['size']}"
    )
    with pytest.raises(ValueError, match=r"E846.*3 trials.*bad at step"):
        search()
    assert len(workers.jobs) == 3


def test_one_value_is_enough(search, fake, tmp_path):
    fake(good_without_dropout)
    found = search("training.dropout: {choices: [0.1]}", trials=2)
    assert [row["same_as"] for row in read_rows(tmp_path / "out")] == ["", "0"]
    assert found.best.number == 0


@pytest.mark.parametrize(
    "options", [{"engine": "slurm"}, {"sampler": "grid"}, {"trials": 0}, {"workers": 0}]
)
def test_names_an_option_that_is_wrong(search, options):
    with pytest.raises(ValueError, match=f"E848.*{next(iter(options))}"):
        search(**options)


def test_names_a_missing_config(space_path, tmp_path):
    with pytest.raises(ValueError, match="E310"):
        sweep(tmp_path / "nix.cfg", space_path(SPACE), tmp_path / "out")


def test_names_a_config_without_training(space_path, tmp_path):
    (tmp_path / "config.cfg").write_text('[nlp]\nlang = "en"\n')
    with pytest.raises(ValueError, match="E930"):
        sweep(tmp_path / "config.cfg", space_path(SPACE), tmp_path / "out")


def test_local_processes_need_no_cluster(search):
    with pytest.raises(ValueError, match="E783"):
        search(SPACE, address="127.0.0.1:1")


@pytest.mark.slow
def test_a_process_that_ends_without_a_trial_does_no_harm(search, tmp_path, monkeypatch):
    from spacy_mtl.sweep import workers

    def end_idle(self, worker, job, send=workers.LocalWorkers.send):
        send(self, worker, job)
        idle, _ = self._workers[1]
        idle.kill()
        idle.join()

    monkeypatch.setattr(workers.LocalWorkers, "send", end_idle)
    search("training.dropout: {choices: [0.0, 0.1]}", trials=1, workers=2)
    assert [row["state"] for row in read_rows(tmp_path / "out")] == ["complete"]


@pytest.mark.slow
def test_a_process_trains_and_one_that_is_killed_is_replaced(search, tmp_path, monkeypatch):
    from spacy_mtl.sweep import workers

    def end_first(self, worker, job, send=workers.LocalWorkers.send):
        send(self, worker, job)
        if job is not None and job.number == 0:
            os.kill(self._workers[worker][0].pid, signal.SIGKILL)

    monkeypatch.setattr(workers.LocalWorkers, "send", end_first)
    found = search("training.dropout: {choices: [0.0, 0.1, 0.2]}", trials=2, seed=1)
    states = {row["trial"]: row["state"] for row in read_rows(tmp_path / "out")}
    assert states == {"0": "failed", "1": "complete"}
    assert "E850" in read_rows(tmp_path / "out")[0]["reason"]
    best = load_config(tmp_path / "out" / "best.cfg", interpolate=False)
    *_, again = run_trial(Job(0, best.to_str(interpolate=False)))
    assert again.score == pytest.approx(found.best.user_attrs["score"])
