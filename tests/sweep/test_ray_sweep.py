"""Trials in workers of a Ray cluster that is started here."""

import pytest

from spacy_mtl.sweep import sweep
from spacy_mtl.sweep.workers import RayWorkers

ray = pytest.importorskip("ray")


def test_more_workers_than_a_cluster_has_would_wait_for_ever(monkeypatch):
    monkeypatch.setattr(ray, "cluster_resources", lambda: {"CPU": 2.0})
    with pytest.raises(ValueError, match=r"E826.*2 CPUs, and 3"):
        RayWorkers(3, ray)


@pytest.mark.slow
def test_trains_in_actors_as_in_processes(config_path, space_path, tmp_path):
    space = space_path("training.dropout: {choices: [0.0, 0.2]}")
    scores = {}
    for engine in ("local", "ray"):
        found = sweep(
            config_path, space, tmp_path / engine, trials=2, sampler="random", seed=1, engine=engine
        )
        scores[engine] = [(t.params, t.user_attrs["score"]) for t in found.trials]
    assert scores["ray"] == scores["local"]


@pytest.mark.slow
def test_an_actor_that_has_ended_is_replaced(config_path, space_path, tmp_path, monkeypatch):
    from spacy_mtl.sweep import workers

    def end_first(self, worker, job, send=workers.RayWorkers.send):
        send(self, worker, job)
        if job is not None and job.number == 0:
            self._ray.kill(self._actors[worker])

    monkeypatch.setattr(workers.RayWorkers, "send", end_first)
    space = space_path("training.dropout: {choices: [0.0, 0.1, 0.2]}")
    found = sweep(
        config_path, space, tmp_path / "out", trials=2, sampler="random", seed=1, engine="ray"
    )
    assert [found.count(state) for state in ("failed", "complete")] == [1, 1]
    assert "E850" in found.trials[0].user_attrs["reason"]
