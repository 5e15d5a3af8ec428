"""Labels of texts, and of files."""

import copy

import pytest
import srsly
from pipelines import make_model, make_texts
from spacy import blank

from spacy_mtl.inference.predictor import Predictor, predict_file

TEXTS = ["a good film", "", "fast and cheap"]


def test_the_best_label_of_each_task(model):
    docs = list(model.pipe(TEXTS))
    for doc, found in zip(docs, Predictor(model)(TEXTS), strict=True):
        scores = doc._.tasks["sentiment"]
        assert found["sentiment"]["label"] == max(scores, key=scores.get)
        assert found["sentiment"]["score"] == pytest.approx(max(scores.values()), abs=1e-5)
        above = {label for label, score in doc._.tasks["tags"].items() if score >= 0.5}
        assert set(found["tags"]["labels"]) == above


def test_a_threshold_for_all(model):
    (found,) = Predictor(model, threshold=1.0, all_scores=True)(TEXTS[:1])
    assert found["sentiment"]["label"] is None
    assert found["tags"]["labels"] == {}
    assert set(found["tags"]["scores"]) == {"fast", "cheap"}
    (found,) = Predictor(model, threshold=0.0)(TEXTS[:1])
    assert len(found["tags"]["labels"]) == 2
    assert "scores" not in found["tags"]


def test_a_block_gives_the_same_whatever_came_before(model):
    """As in a process that goes on with an interrupted run."""
    block = [f"{text} {number}" for number, text in enumerate(make_texts(200))]
    first, second = (Predictor(copy.deepcopy(model), all_scores=True) for _ in range(2))
    second(block[150:])
    second(["seen before"])
    assert second(block) == first(block)


def test_other_heads_do_not_run(model, monkeypatch):
    def fail(docs):
        raise AssertionError("another head runs")

    monkeypatch.setattr(model.get_pipe("tags"), "predict", fail)
    assert list(Predictor(model, tasks=["sentiment"])(TEXTS)[0]) == ["sentiment"]


@pytest.mark.parametrize(
    ("settings", "code"),
    [({"tasks": ["mood"]}, "E623"), ({"threshold": 2}, "E626"), ({"batch_size": 0}, "E626")],
)
def test_settings_that_do_not_fit(model, settings, code):
    with pytest.raises(ValueError, match=code):
        Predictor(model, **settings)


def test_a_pipeline_without_tasks():
    with pytest.raises(ValueError, match="E622"):
        Predictor(blank("xx"))


def test_a_file_goes_on_after_an_interruption(model, source, texts, tmp_path, monkeypatch):
    predict_file(model, source, tmp_path / "whole.jsonl")
    rows = list(srsly.read_jsonl(tmp_path / "whole.jsonl"))
    assert [row["text"] for row in rows] == texts
    assert rows[0]["predicted"].keys() == {"sentiment", "tags"}
    calls = []
    work = Predictor.__call__

    def interrupted(self, texts):
        calls.append(texts)
        if len(calls) > 3:
            raise KeyboardInterrupt
        return work(self, texts)

    with monkeypatch.context() as patch:
        patch.setattr(Predictor, "__call__", interrupted)
        with pytest.raises(KeyboardInterrupt):
            predict_file(model, source, tmp_path / "out.jsonl")
    with pytest.raises(ValueError, match=r"E617.*tasks"):
        predict_file(model, source, tmp_path / "out.jsonl", tasks=["tags"])
    report = predict_file(make_model(), source, tmp_path / "out.jsonl", n_process=2)
    assert report.before == 30
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


def test_only_json_lines(model, source, tmp_path):
    with pytest.raises(ValueError, match="E625"):
        predict_file(model, source, tmp_path / "out.csv")
