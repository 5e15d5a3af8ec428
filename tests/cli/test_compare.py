import shutil

import pytest
import spacy
import srsly
from small_data import write_rows
from spacy.util import load_model
from typer.testing import CliRunner

from spacy_mtl.cli import mtl_cli
from spacy_mtl.cli.compare import _scores_of, compare, evaluate_tasks, format_comparison
from spacy_mtl.training.corpus import create_multitask_corpus

TASKS = ["mood", "sentiment", "topic"]
SIZES = {"mood": 12, "sentiment": 30, "topic": 20}


@pytest.fixture(scope="module")
def result(trained):
    return compare(trained / "multi" / "model-best", trained / "single", trained / "data")


def test_compares_every_task(result):
    assert list(result["tasks"]) == TASKS
    assert {task: row["rows"] for task, row in result["tasks"].items()} == SIZES


def test_scores_are_those_of_each_pipeline(result, trained):
    for task, row in result["tasks"].items():
        for side, folder in (("multi_task", "multi"), ("single_task", f"single/{task}")):
            nlp = load_model(trained / folder / "model-best")
            scores = evaluate_tasks(nlp, trained / "data", [task])[task]
            assert row[side] == scores["score"]
            assert row[f"{side}_scores"] == scores


def test_difference_and_mean(result):
    rows = list(result["tasks"].values())
    for row in [*rows, result["mean"]]:
        assert row["difference"] == pytest.approx(row["multi_task"] - row["single_task"])
    assert result["mean"]["multi_task"] == pytest.approx(sum(r["multi_task"] for r in rows) / 3)
    assert result["mean"]["tasks"] == 3


def test_another_split(trained):
    result = compare(
        trained / "multi" / "model-best", trained / "single", trained / "data", split="dev"
    )
    assert result["split"] == "dev"


def test_task_without_a_baseline_has_no_difference(trained, tmp_path):
    shutil.copytree(trained / "single" / "topic", tmp_path / "topic")
    result = compare(trained / "multi" / "model-best", tmp_path, trained / "data")
    assert result["tasks"]["mood"]["difference"] is None
    assert result["tasks"]["mood"]["multi_task"] is not None
    assert result["mean"]["tasks"] == 1
    assert result["mean"]["single_task"] == result["tasks"]["topic"]["single_task"]


def test_task_without_data_has_no_scores(trained, tmp_path):
    shutil.copytree(trained / "data", tmp_path / "data")
    (tmp_path / "data" / "test" / "mood.jsonl").unlink()
    result = compare(trained / "multi" / "model-best", trained / "single", tmp_path / "data")
    assert result["tasks"]["mood"]["rows"] == 0
    assert result["tasks"]["mood"]["multi_task"] is None
    assert result["mean"]["tasks"] == 2


def test_one_file_with_keys_of_all_tasks(trained, result, tmp_path):
    rows = []
    for task in ("mood", "sentiment", "topic"):
        corpus = create_multitask_corpus(trained / "data", split="test", tasks=[task])
        for example in corpus(spacy.blank("en")):
            rows.append({"text": example.text, "cats": example.reference.cats})
    write_rows(tmp_path / "data" / "test" / "together.jsonl", rows)
    found = compare(trained / "multi" / "model-best", trained / "single", tmp_path / "data")
    for task, row in found["tasks"].items():
        assert row["rows"] == result["tasks"][task]["rows"]
        assert row["multi_task"] == pytest.approx(result["tasks"][task]["multi_task"])


def test_pipeline_without_tasks(tmp_path, trained):
    spacy.blank("en").to_disk(tmp_path / "blank")
    with pytest.raises(ValueError, match=r"\[E320\]"):
        compare(tmp_path / "blank", trained / "single", trained / "data")


def test_no_baselines(tmp_path, trained):
    with pytest.raises(ValueError, match=r"\[E321\].*mood, sentiment, topic"):
        compare(trained / "multi" / "model-best", tmp_path, trained / "data")


def test_no_data_of_the_split(trained, tmp_path):
    shutil.copytree(trained / "data", tmp_path / "data")
    shutil.rmtree(tmp_path / "data" / "test")
    with pytest.raises(ValueError, match=r"\[E322\] No test data"):
        compare(trained / "multi" / "model-best", trained / "single", tmp_path / "data")


def test_table_shows_scores_in_percent():
    row = {"rows": 1234, "metric": "acc", "multi_task": 0.5, "single_task": 0.625}
    lines = format_comparison(
        {
            "tasks": {
                "topic": {**row, "difference": -0.125},
                "mood": {"rows": 5, "metric": "acc", "multi_task": 1.0, "single_task": None}
                | {"difference": None},
            },
            "mean": {"tasks": 1, "multi_task": 0.5, "single_task": 0.625, "difference": -0.125},
        }
    )
    assert lines[2].split() == ["topic", "1,234", "acc", "50.0", "62.5", "-12.5"]
    assert lines[3].split() == ["mood", "5", "acc", "100.0", "-", "-"]
    assert lines[-1].split() == ["mean", "50.0", "62.5", "-12.5"]


def test_command_prints_the_table_and_writes_all_scores(trained, result, tmp_path):
    output = tmp_path / "new" / "scores.json"
    paths = [trained / "multi" / "model-best", trained / "single", trained / "data"]
    run = CliRunner().invoke(
        mtl_cli, ["compare", *[str(path) for path in paths], "--output", str(output)]
    )
    assert run.exit_code == 0, run.output
    for line in format_comparison(result):
        assert line in run.output
    assert srsly.read_json(output) == srsly.json_loads(srsly.json_dumps(result))


def test_command_shows_errors_without_traceback(trained, tmp_path):
    run = CliRunner().invoke(
        mtl_cli, ["compare", str(tmp_path / "nowhere"), str(tmp_path), str(trained / "data")]
    )
    assert run.exit_code == 1
    assert "nowhere" in run.output
    assert isinstance(run.exception, SystemExit)


def test_scores_of_a_task_whose_name_begins_another_are_its_own():
    scores = {"tone_score": 0.5, "tone_n": 4, "tone_macro_score": 0.75, "tone_macro_n": 9}
    assert _scores_of("tone", scores) == {"score": 0.5, "n": 4}
