"""Training with workers."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import numpy
import pytest
import spacy
import srsly
from spacy.language import Language
from spacy.util import import_file

from spacy_mtl.parallel.pool import Pool
from spacy_mtl.parallel.train import KIND, train_parallel
from spacy_mtl.parallel.train_run import TrainRun
from spacy_mtl.training.checkpoint import load_checkpoint

READER = """
import srsly
from spacy import registry
from spacy.training import Example

@registry.readers("rows_that_end.v1")
def make_reader(path: str):
    def read(nlp):
        for i, row in enumerate(srsly.read_jsonl(path), start=1):
            if i > 150:
                raise ValueError(f"{path}, line {i}: a bad row")
            doc = nlp.make_doc(row["text"])
            doc.cats = {f"{task}/{row['label']}": 1.0 for task in ("mood", "taste")}
            yield Example(nlp.make_doc(row["text"]), doc)
    return read
"""


def weights(nlp: Language) -> list[Any]:
    return [
        node.get_param(name)
        for _, pipe in nlp.pipeline
        for node in pipe.model.walk()
        for name in node.param_names
        if node.has_param(name)
    ]


def same(first: Language, second: Language) -> bool:
    pairs = zip(weights(first), weights(second), strict=True)
    return all(numpy.array_equal(a, b) for a, b in pairs)


def kill(ray: Any, actor: Any) -> None:
    pid = ray.get(actor.__ray_call__.remote(lambda _: os.getpid()))
    os.kill(pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def trained(ray, make_config, tmp_path_factory) -> tuple[Path, Language]:
    """A finished run, and its pipeline."""
    folder = tmp_path_factory.mktemp("run")
    return folder, train_parallel(make_config(), folder, workers=2, average_every=3)


def test_files_are_those_of_spacy_train(trained):
    folder, nlp = trained
    best, last = (spacy.load(folder / name) for name in ("model-best", "model-last"))
    assert last.pipe_names == nlp.pipe_names
    assert {"mood_score", "mood_loss", "taste_score"} <= set(best.meta["performance"])
    assert best("a lovely film").cats
    rows = [json.loads(line) for line in (folder / "training.jsonl").read_text("utf8").splitlines()]
    assert [row["step"] for row in rows] == [0, 10, 20]
    # 21 batches of up to 8 rows, of both workers.
    assert sum(task["n_seen"] for task in rows[-1]["tasks"].values()) > 21 * 6


def test_it_learns(trained):
    folder, _ = trained
    rows = [json.loads(line) for line in (folder / "training.jsonl").read_text("utf8").splitlines()]
    scores = [row["score"] for row in rows]
    assert max(scores[1:]) > scores[0] + 0.2


def test_two_runs_end_with_the_same_weights(trained, make_config, tmp_path):
    _, nlp = trained
    assert same(train_parallel(make_config(), tmp_path, workers=2, average_every=3), nlp)


def test_an_interrupted_run_goes_on_to_the_same_weights(
    trained, make_config, tmp_path, monkeypatch
):
    folder, nlp = trained
    take_round = TrainRun._take_round

    def interrupted(self: TrainRun) -> None:
        if self.counters.step > 15:
            raise KeyboardInterrupt
        take_round(self)

    with monkeypatch.context() as patch:
        patch.setattr(TrainRun, "_take_round", interrupted)
        with pytest.raises(KeyboardInterrupt):
            train_parallel(make_config(), tmp_path, workers=2, average_every=3)
    resumed = train_parallel(make_config(), tmp_path, workers=2, average_every=3, resume=True)
    assert same(resumed, nlp)
    assert same(*(spacy.load(path / "model-best") for path in (folder, tmp_path)))
    rows = [(path / "training.jsonl").read_text("utf8").splitlines() for path in (folder, tmp_path)]
    for row, expected in zip(*(map(json.loads, lines) for lines in rows), strict=True):
        assert {**row["scores"], "speed": 0} == {**expected["scores"], "speed": 0}
        assert row["losses"] == expected["losses"]


@pytest.mark.slow
def test_a_score_that_was_missing_stays_out_after_an_interruption(
    ray, make_config, tmp_path, monkeypatch
):
    evaluate, take_round = Language.evaluate, TrainRun._take_round

    def evaluate_once(*args: Any, **kwargs: Any) -> dict[str, Any]:
        return {**evaluate(*args, **kwargs), "taste_score": None}

    def interrupted(self: TrainRun) -> None:
        if self.counters.step > 5:
            raise KeyboardInterrupt
        take_round(self)

    config = make_config(training__max_steps=10)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Language, "evaluate", evaluate_once)
        patch.setattr(TrainRun, "_take_round", interrupted)
        train_parallel(config, tmp_path, workers=2, average_every=3)
    train_parallel(config, tmp_path, workers=2, average_every=3, resume=True)
    *_, line = (tmp_path / "training.jsonl").read_text("utf8").splitlines()
    row = json.loads(line)
    weight = config["training"]["score_weights"]["mood_score"]
    assert row["step"] == 10 and row["scores"]["taste_score"]
    assert row["score"] == pytest.approx(weight * row["scores"]["mood_score"])


@pytest.mark.slow
def test_a_worker_that_is_killed_is_replaced(ray, trained, make_config, tmp_path, monkeypatch):
    _, nlp = trained
    submit = Pool.submit
    n_calls = 0

    def submit_and_kill(self: Pool, *args: Any) -> None:
        nonlocal n_calls
        n_calls += 1
        if n_calls == 3:
            kill(ray, self._actors[1])
        submit(self, *args)

    monkeypatch.setattr(Pool, "submit", submit_and_kill)
    with pytest.warns(UserWarning, match=r"W380.*Worker 1 died"):
        result = train_parallel(make_config(), tmp_path, workers=2, average_every=3)
    assert same(result, nlp)


@pytest.mark.slow
def test_a_worker_that_dies_again_and_again_ends_a_run_that_can_go_on(
    ray, trained, make_config, tmp_path, monkeypatch
):
    run = Pool._run

    def run_and_kill(self: Pool, rank: int) -> Any:
        if rank == 1 and self._call[0] > 10:
            self._ray.kill(self._actors[1])
        return run(self, rank)

    with monkeypatch.context() as patch:
        patch.setattr(Pool, "_run", run_and_kill)
        with pytest.raises(ValueError, match=r"E821.*Worker 1.*--resume"), pytest.warns():
            train_parallel(make_config(), tmp_path, workers=2, average_every=3)
    _, nlp = trained
    resumed = train_parallel(make_config(), tmp_path, workers=2, average_every=3, resume=True)
    assert same(resumed, nlp)


def test_patience_counts_the_batches_of_all_workers(ray, make_config, tmp_path):
    config = make_config(training__patience=15, training__max_steps=0)
    config["training"]["optimizer"]["learn_rate"] = 1e-9
    config["training"]["batcher"]["sampler"]["strategy"] = "uniform"
    config["training"]["batcher"]["sampler"]["anneal_steps"] = 1
    train_parallel(config, tmp_path, workers=2, average_every=2)
    state = load_checkpoint(tmp_path, kind=KIND)
    best_step = max((score, -step) for score, step in state["progress"]["results"])[1]
    assert state["progress"]["step"] == 15 - best_step + 1


def test_epochs_hold_each_row_once(ray, make_config, tmp_path):
    config = make_config(training__max_epochs=2, training__max_steps=0, training__eval_frequency=5)
    config["training"]["batcher"]["sampler"]["strategy"] = "proportional"
    config["training"]["batcher"]["sampler"]["anneal_steps"] = 1
    config["training"]["optimizer"]["learn_rate"] = 0.001
    nlp = train_parallel(config, tmp_path, workers=2, average_every=2)
    assert [nlp.get_pipe(name).n_seen for name in ("mood", "taste")] == [120, 72]


def test_an_error_in_a_worker_is_one_message_with_its_name(ray, data, make_config, tmp_path):
    # The first hundred rows are read by the leader too.
    rows = [{"text": f"the film {i}", "label": "good" if i % 2 else "bad"} for i in range(300)]
    srsly.write_jsonl(tmp_path / "rows.jsonl", rows)
    code = tmp_path / "code.py"
    code.write_text(READER, encoding="utf8")
    import_file("python_code", code)
    config = make_config(training__max_epochs=-1)
    path = str(tmp_path / "rows.jsonl")
    config["corpora"]["train"] = {"@readers": "rows_that_end.v1", "path": path}
    with pytest.raises(ValueError, match=r"^worker \d: .*rows.jsonl, line 151") as caught:
        train_parallel(config, tmp_path / "run", workers=2, average_every=2, code=code)
    assert "Traceback" not in str(caught.value)


def test_nothing_to_resume(make_config, tmp_path):
    with pytest.raises(ValueError, match="E271"):
        train_parallel(make_config(), tmp_path, workers=2, resume=True)


def test_other_settings_are_not_resumed(trained, make_config):
    folder, _ = trained
    with pytest.raises(ValueError, match="E270"):
        train_parallel(make_config(training__dropout=0.5), folder, workers=2, resume=True)


@pytest.mark.parametrize(
    ("settings", "error"),
    [({"workers": 0}, "E824"), ({"average_every": 0}, "E824"), ({"use_gpu": 0}, "E823")],
)
def test_arguments_that_are_not_possible(make_config, tmp_path, settings, error):
    with pytest.raises(ValueError, match=error):
        train_parallel(make_config(), tmp_path, **{"workers": 2, **settings})
