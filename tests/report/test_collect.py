import json
import shutil

import pytest
import spacy
from pairs_setup import make_pair_pipeline, pair_rows, train_pairs
from run_setup import HOSTILE, ROWS

from spacy_mtl.cli.compare import evaluate_tasks
from spacy_mtl.report.collect import collect_report
from spacy_mtl.report.run_files import choose_split, find_run

TASKS = list(ROWS)


@pytest.fixture
def copied(run_folder, tmp_path):
    """A run without anything beside the pipeline."""
    shutil.copytree(run_folder / "model-best", tmp_path / "run" / "model-best")
    return tmp_path / "run"


def test_scores_are_those_of_the_pipelines(report, run_folder):
    data = run_folder.parent / "data"
    scores = evaluate_tasks(spacy.load(run_folder / "model-best"), data, TASKS)
    assert report.split == "test"
    for result in report.results:
        own = scores[result.name]
        assert result.score.value == pytest.approx(own["score"])
        assert result.rows == own["n"]
        assert result.others == pytest.approx({name: own[name] for name in result.others})
        folder = run_folder / "single" / result.name / "model-best"
        alone = evaluate_tasks(spacy.load(folder), data, [result.name])[result.name]
        assert result.baseline.value == pytest.approx(alone["score"])
        gain = own["score"] - alone["score"]
        assert result.difference.value == pytest.approx(gain)


def test_gains_are_taken_from_pipelines_without_the_task(report, run_folder):
    assert report.transfer.helpers == report.transfer.tasks == TASKS
    data, folder = run_folder.parent / "data", run_folder / "without" / "topic" / "model-best"
    scores = evaluate_tasks(spacy.load(folder), data, ["tags"])["tags"]
    gains = dict(zip(TASKS, report.transfer.gains[TASKS.index("topic")], strict=True))
    assert gains["topic"] is None
    own = next(result for result in report.results if result.name == "tags")
    assert gains["tags"].value == pytest.approx(own.score.value - scores["score"])


def test_sizes(report):
    sizes = {size.name: size for size in report.sizes}
    assert sizes["sentiment"].rows == {"train": 6, "dev": 6, "test": 6 + len(HOSTILE)}
    assert sizes["sentiment"].labels == {"negative": 3, "positive": 3}
    assert [size.multi_label for size in report.sizes] == [task == "tags" for task in TASKS]


def test_parts_of_each_kind_of_task(report):
    for result in report.results:
        multi_label = result.name == "tags"
        assert (result.thresholds is not None) == multi_label
        assert (result.confusion is None) == multi_label


def test_speed_and_size(report, run_folder):
    files = [path for path in (run_folder / "model-best").rglob("*") if path.is_file()]
    assert report.speed.bytes == sum(path.stat().st_size for path in files)
    assert report.speed.texts_per_second > 0
    assert set(report.speed.parameters) == {"tok2vec", *TASKS}
    assert all(report.speed.parameters.values())


def test_points_of_the_map_have_the_annotated_labels(report):
    assert len(report.map.texts) == len(report.map.vectors)
    row = report.map.texts.index("a good film")
    assert report.map.labels["sentiment"][row] == "positive"
    assert report.map.labels["topic"][row] is None
    assert report.map.labels["tags"][report.map.texts.index("fast and cheap")] == "cheap + fast"
    assert report.map.labels["tags"][report.map.texts.index("slow and expensive")] == "none"


def test_settings_that_differ(report):
    changes = {change.setting: (change.value, change.default) for change in report.changes}
    assert changes["components.tok2vec.model.depth"] == ("1", "2")
    assert "components.(all tasks).model.tok2vec.width" in changes
    assert not [name for name in changes if name.startswith("paths")]


def test_nothing_is_missing_from_a_complete_run(report):
    assert report.missing == {}


def test_a_report_is_plain_data(report):
    plain = json.loads(json.dumps(report.to_dict()))
    assert plain["results"][0]["score"]["value"] == report.results[0].score.value
    assert "map" not in plain


def test_a_pipeline_alone_tells_what_is_missing(copied):
    report = collect_report(copied)
    assert "E744" in report.missing["curves"]
    assert "mtl baselines" in report.missing["baselines"]
    assert "mtl leave-out" in report.missing["transfer"]
    assert report.results[0].baseline is None
    assert report.transfer is None


def test_without_data_there_are_no_scores(copied):
    config = copied / "model-best" / "config.cfg"
    text = config.read_text(encoding="utf8")
    data = json.dumps(str(copied.parent / "gone"))
    lines = [f"path = {data}" if line.startswith("path = ") else line for line in text.splitlines()]
    config.write_text("\n".join(lines), encoding="utf8")
    report = collect_report(copied)
    assert report.results is report.speed is report.map is report.changes is None
    assert "E742" in report.missing["data"]
    assert report.sizes[0].labels == {"negative": None, "positive": None}


def test_dev_data_stands_in_for_test_data(copied, run_folder, tmp_path):
    shutil.copytree(run_folder.parent / "data", tmp_path / "data")
    shutil.rmtree(tmp_path / "data" / "test")
    assert collect_report(copied, data=tmp_path / "data").split == "dev"
    with pytest.raises(ValueError, match=r"E743.*no test|E743.*No test"):
        choose_split(tmp_path / "data", TASKS, "test")


def test_a_task_without_test_data_is_left_out(copied, run_folder, tmp_path):
    shutil.copytree(run_folder.parent / "data", tmp_path / "data")
    (tmp_path / "data" / "test" / "tags.jsonl").unlink()
    report = collect_report(copied, data=tmp_path / "data")
    assert [result.name for result in report.results] == ["sentiment", "topic"]
    assert "test" in report.missing["results of tags"]


def test_a_label_that_the_pipeline_has_not_spoils_its_task_only(copied, run_folder, tmp_path):
    shutil.copytree(run_folder.parent / "data", tmp_path / "data")
    with (tmp_path / "data" / "test" / "topic.jsonl").open("a") as file:
        file.write('{"text": "new", "cats": {"topic/new": 1.0}}\n')
    report = collect_report(copied, data=tmp_path / "data")
    assert [result.name for result in report.results] == ["sentiment", "tags"]
    assert "E160" in report.missing["results of topic"]


def test_a_baseline_that_cannot_be_loaded_is_left_out(copied):
    folder = copied / "single" / "topic" / "model-best"
    folder.mkdir(parents=True)
    for name in ("meta.json", "config.cfg"):
        (folder / name).write_text("{}")
    report = collect_report(copied)
    assert all(result.baseline is None for result in report.results)
    assert str(folder) in " ".join(report.missing)


def test_a_baseline_of_another_task_is_left_out(copied, run_folder):
    shutil.copytree(run_folder / "single" / "topic", copied / "single" / "tags")
    report = collect_report(copied)
    assert all(result.baseline is None for result in report.results)
    assert any("E749" in reason for reason in report.missing.values())


def test_a_pipeline_without_other_tasks_tells_of_those_it_has(copied, run_folder):
    shutil.copytree(run_folder / "single" / "topic", copied / "without" / "tags")
    report = collect_report(copied)
    assert report.transfer.helpers == ["tags"]
    gains = dict(zip(report.transfer.tasks, report.transfer.gains[0], strict=True))
    assert [task for task, gain in gains.items() if gain is not None] == ["topic"]


def test_the_folder_of_the_pipeline_will_do(run_folder):
    run = find_run(run_folder / "model-best")
    assert run.model == run_folder / "model-best"
    assert set(run.baselines) == set(run.left_out) == set(TASKS)


def test_what_is_asked_for_has_to_be_there(run_folder, tmp_path):
    with pytest.raises(OSError, match="E111"):
        collect_report(run_folder, data=tmp_path / "nowhere")
    with pytest.raises(ValueError, match="E115"):
        collect_report(run_folder, split="tset")
    (tmp_path / "data").mkdir()
    with pytest.raises(ValueError, match="E113"):
        collect_report(run_folder, data=tmp_path / "data", split="dev")


def test_a_wrong_folder(tmp_path):
    with pytest.raises(ValueError, match="E740"):
        collect_report(tmp_path)


def test_a_pipeline_without_tasks(tmp_path):
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    nlp.to_disk(tmp_path / "model-best")
    with pytest.raises(ValueError, match=r"E746.*sentencizer"):
        collect_report(tmp_path)


def test_tasks_of_pairs_have_curves_and_are_said_to_have_no_labels(copied, run_folder):
    nlp = make_pair_pipeline("topic")
    labels = spacy.load(run_folder / "model-best").get_pipe("topic").labels
    rows = [
        ("a film", {f"topic/{label}": float(label == own) for label in labels}) for own in labels
    ]
    train_pairs(nlp, [*pair_rows(), *rows], n_steps=1)
    nlp.to_disk(copied / "model-best")
    entry = {"step": 1, "score": 0.5, "tasks": {"sts": {"loss": 1.0, "score": 0.5}}}
    (copied / "training.jsonl").write_text(json.dumps(entry) + "\n", encoding="utf8")
    found = collect_report(copied, data=run_folder.parent / "data")
    assert [curve.task for curve in found.curves.tasks] == ["topic", "sts"]
    assert "pairs" in found.missing["results of sts"]
