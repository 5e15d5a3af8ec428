import errno
import json
import os
from pathlib import Path

import pytest
from spacy.cli._util import app
from spacy.cli.init_config import fill_config
from spacy.util import load_config, registry
from thinc.api import Config
from typer.testing import CliRunner

from spacy_mtl.cli import mtl_cli
from spacy_mtl.cli.init_config import init_config
from spacy_mtl.training.config_defaults import Defaults, choose_budget, choose_pretrain_epochs


def run(*args: object):
    return CliRunner().invoke(mtl_cli, ["init-config", *[str(arg) for arg in args]])


@pytest.fixture
def raw_text(tmp_path):
    path = tmp_path / "raw.jsonl"
    path.write_text('{"text": "a film"}\n', encoding="utf8")
    return path


@pytest.mark.parametrize(
    "defaults",
    [Defaults(), Defaults(head_ngrams=True), Defaults(head_ngrams=False, hidden_width=16)],
    ids=["default", "ngrams", "hidden"],
)
@pytest.mark.parametrize("pretrained", [False, True])
def test_fill_config_changes_nothing(data, tmp_path, raw_text, defaults, pretrained):
    path = tmp_path / "made.cfg"
    raw = {"raw_text": str(raw_text), "target_vectors": "vectors"} if pretrained else {}
    path.write_text(init_config(data, defaults=defaults, **raw), encoding="utf8")
    before, after = fill_config(tmp_path / "filled.cfg", path, silent=True)
    assert before == after
    assert load_config(tmp_path / "filled.cfg") == load_config(path)


def test_subwords_become_the_tokenizer(data, tmp_path):
    path = tmp_path / "subwords.json"
    path.write_text("{}", encoding="utf8")
    config = Config().from_str(init_config(data, subwords=str(path)))
    expected = {"@tokenizers": "spacy_mtl.SubwordTokenizer.v1", "path": str(path)}
    assert config["nlp"]["tokenizer"] == expected


def test_missing_subwords_are_named(data, tmp_path):
    result = run(data, tmp_path / "made.cfg", "--subwords", "missing.json")
    assert result.exit_code == 1
    assert "E516" in result.output and "missing.json" in result.output


@pytest.mark.parametrize("width", [1, 16, 33, 300])
def test_any_width_makes_a_valid_config(data, width):
    config = Config().from_str(init_config(data, width=width))
    encoder = registry.resolve({"model": config["components"]["tok2vec"]["model"]})["model"]
    assert encoder.get_dim("nO") == width


@pytest.mark.parametrize("n_tasks", [1, 2, 3, 6, 7, 11, 20])
def test_score_weights_survive_filling(tmp_path, one_task, n_tasks):
    rows = [{"text": "a", "label": "x"}, {"text": "b", "label": "y"}]
    for i in range(n_tasks):
        folder = one_task(rows, task=f"task{i}")
    path = tmp_path / "made.cfg"
    path.write_text(init_config(folder), encoding="utf8")
    before, after = fill_config(tmp_path / "filled.cfg", path, silent=True)
    weights = before["training"]["score_weights"]
    assert weights == after["training"]["score_weights"]
    assert len(set(weights.values())) == 1


def test_every_setting_has_a_comment(data, raw_text):
    explained, names = set(), set()
    has_comment = False
    text = init_config(data, defaults=Defaults(head_ngrams=True), raw_text=str(raw_text))
    for line in text.splitlines():
        if line.startswith("#"):
            has_comment = True
        elif not line or line.startswith("["):
            has_comment = False
        elif not line.startswith("@"):
            name, _, value = line.partition(" = ")
            names.add(name)
            if has_comment or value.startswith("${"):
                explained.add(name)
    # Those speak for themselves, or their whole section has a comment.
    scores = {f"{task}_score" for task in ("mood", "sentiment", "topic")}
    assert names - explained == {"factory", "labels", *scores}


def test_names_tasks_and_labels_of_the_data(data):
    config = Config().from_str(init_config(data))
    assert config["nlp"]["pipeline"] == ["tok2vec", "mood", "sentiment", "topic"]
    labels = {task: block["labels"] for task, block in config["initialize"]["components"].items()}
    assert labels == {
        "mood": ["interest", "joy"],
        "sentiment": ["negative", "positive"],
        "topic": ["film", "shop"],
    }


def test_reads_the_data_folder(data):
    config = Config().from_str(init_config(data))
    assert config["paths"]["train"] == config["paths"]["dev"] == data.as_posix()
    for split in ("train", "dev"):
        assert config["corpora"][split]["split"] == split
        assert config["corpora"][split]["tasks"] == ["mood", "sentiment", "topic"]


def test_some_tasks_only(data):
    config = Config().from_str(init_config(data, tasks=["topic", "mood"]))
    assert config["nlp"]["pipeline"] == ["tok2vec", "mood", "topic"]
    assert config["corpora"]["train"]["tasks"] == ["mood", "topic"]
    assert set(config["training"]["score_weights"]) == {"mood_score", "topic_score"}


@pytest.mark.parametrize(
    ("rows", "multi_label", "missing"),
    [
        ([{"label": "a"}, {"label": "b"}], False, "zero"),
        ([{"labels": ["a"]}, {"labels": ["b"]}], True, "zero"),
        ([{"labels": ["a", "b"]}, {"labels": []}], True, "zero"),
        ([{"cats": {"a": 1, "b": 0}}, {"cats": {"a": 0, "b": 1}}], False, "zero"),
        ([{"cats": {"a": 1}}, {"cats": {"b": 1}}], False, "zero"),
        ([{"cats": {"a": 1, "b": 1}}, {"cats": {"a": 0, "b": 1}}], True, "zero"),
        ([{"cats": {"a": 1, "b": 1}}, {"cats": {"a": 0}}], True, "unknown"),
        ([{"label": "a", "answer": "accept"}, {"label": "a", "answer": "reject"}], True, "zero"),
        (
            [
                {"label": "a", "answer": "accept"},
                {"label": "a", "answer": "reject"},
                {"label": "b", "answer": "accept"},
            ],
            True,
            "unknown",
        ),
        (
            [
                {"options": [{"id": "a"}, {"id": "b"}], "accept": ["a"], "answer": "accept"},
                {"options": [{"id": "a"}, {"id": "b"}], "accept": [], "answer": "accept"},
            ],
            True,
            "zero",
        ),
    ],
)
def test_infers_the_kind_of_a_task(one_task, rows, multi_label, missing):
    folder = one_task([{"text": f"text {i}", **row} for i, row in enumerate(rows)])
    component = Config().from_str(init_config(folder))["components"]["mood"]
    assert component["multi_label"] is multi_label
    assert component["model"]["exclusive_classes"] is not multi_label
    assert component["missing"] == missing


def test_orders_labels_that_are_numbers_by_value(one_task):
    folder = one_task([{"text": "a", "label": label} for label in ("10", "9", "1")])
    config = Config().from_str(init_config(folder))
    assert config["initialize"]["components"]["mood"]["labels"] == ["1", "9", "10"]


@pytest.mark.parametrize("label", ["a b", "ümlaut", "#tag", "; x", "a=b", 'say "so"', "[x]", "50%"])
def test_labels_may_be_any_string(one_task, label):
    folder = one_task([{"text": "a", "label": label}, {"text": "b", "label": "other"}])
    config = Config().from_str(init_config(folder))
    assert sorted(config["initialize"]["components"]["mood"]["labels"]) == sorted([label, "other"])


def test_labels_with_a_dollar_sign_are_left_to_the_data(one_task):
    folder = one_task([{"text": "a", "label": "${x}"}, {"text": "b", "label": "other"}])
    config = Config().from_str(init_config(folder))
    assert config["initialize"]["components"]["mood"]["labels"] is None


def test_settings_given_by_hand(data):
    config = Config().from_str(init_config(data, lang="de", width=64, depth=0, max_steps=50))
    assert config["nlp"]["lang"] == "de"
    assert config["components"]["tok2vec"]["model"]["width"] == 64
    assert config["components"]["topic"]["model"]["tok2vec"]["width"] == 64
    assert config["components"]["tok2vec"]["model"]["depth"] == 0
    assert config["training"]["max_steps"] == 50


def test_word_vectors(data, tmp_path):
    (tmp_path / "vectors").mkdir()
    config = Config().from_str(init_config(data, vectors=str(tmp_path / "vectors")))
    assert config["initialize"]["vectors"] == str(tmp_path / "vectors")
    assert config["components"]["tok2vec"]["model"]["pretrained_vectors"] is True


@pytest.mark.parametrize("rows", [1, 100, 2_000, 200_000, 10**7])
def test_training_ends_with_an_evaluation(rows):
    budget = choose_budget(rows, Defaults())
    assert budget.max_steps % budget.eval_frequency == 0
    assert 0 < budget.eval_frequency < budget.max_steps


@pytest.mark.parametrize(("n_words", "epochs"), [(0, 10), (150_000, 10), (400_000, 5), (10**8, 3)])
def test_less_raw_text_is_read_more_often(n_words, epochs):
    assert choose_pretrain_epochs(n_words, Defaults()) == epochs


def test_pretraining(data, raw_text):
    text = init_config(data, raw_text=str(raw_text), target_vectors="some/vectors")
    config = Config().from_str(text)
    assert config["corpora"]["pretrain"]["path"] == str(raw_text)
    assert config["pretraining"]["objective"]["vectors"] == "some/vectors"
    assert config["initialize"]["vectors"] is None


def test_missing_raw_text(data, tmp_path):
    with pytest.raises(ValueError, match="E309"):
        init_config(data, raw_text=str(tmp_path / "none.jsonl"))


@pytest.mark.parametrize("steps", [20, 24, 50, 100, 500, 1000, 1536, 20_000])
def test_given_steps_end_with_an_evaluation(steps):
    budget = choose_budget(500, Defaults(), max_steps=steps)
    assert budget.max_steps == steps
    assert steps % budget.eval_frequency == 0
    assert 5 <= steps // budget.eval_frequency <= 2 * Defaults().evaluations


@pytest.mark.parametrize("steps", [1, 2, 3, 7, 997])
def test_given_steps_without_a_divisor(steps):
    budget = choose_budget(500, Defaults(), max_steps=steps)
    assert budget.max_steps == steps
    assert 1 <= budget.eval_frequency <= steps


def test_larger_data_gets_a_larger_budget():
    steps = [choose_budget(rows, Defaults()).max_steps for rows in (100, 2_000, 50_000, 10**7)]
    assert steps == sorted(steps)
    assert steps[0] >= Defaults().fewest_steps
    assert steps[-1] <= Defaults().most_steps


def test_task_without_dev_data(data):
    (data / "dev" / "topic.jsonl").unlink()
    with pytest.raises(ValueError, match=r"\[E302\] No dev data .*: topic\."):
        init_config(data)


def test_task_without_training_data(data):
    (data / "train" / "topic.jsonl").unlink()
    with pytest.raises(ValueError, match=r"\[E302\] No train data .*: topic\."):
        init_config(data)


@pytest.mark.parametrize(
    "rows",
    [
        [{"text": "a", "label": "x"}, {"text": "b", "label": "x"}],
        [{"text": "a", "labels": ["x", "y"]}, {"text": "b", "labels": ["x", "y"]}],
        [{"text": "a", "cats": {"x": 0}}, {"text": "b", "cats": {"x": 0}}],
    ],
)
def test_nothing_to_learn(one_task, rows):
    with pytest.raises(ValueError, match=r"\[E303\].*'mood'"):
        init_config(one_task(rows))


def test_unknown_label_in_dev(one_task):
    train = [{"text": "a", "label": "x"}, {"text": "b", "label": "y"}]
    folder = one_task(train, [*train, {"text": "c", "label": "z"}])
    with pytest.raises(ValueError, match=r"\[E304\].*'mood'.*z \(first in .*mood\.jsonl:3\)"):
        init_config(folder)


def test_unknown_task(data):
    with pytest.raises(ValueError, match=r"\[E301\].*nonsense.*mood, sentiment, topic"):
        init_config(data, tasks=["nonsense"])


@pytest.mark.parametrize("task", ["tok2vec", "tokenizer", "vocab"])
def test_task_with_the_name_of_a_part_of_every_pipeline(one_task, task):
    rows = [{"text": "a", "label": "x"}, {"text": "b", "label": "y"}]
    with pytest.raises(ValueError, match=r"\[E305\]"):
        init_config(one_task(rows, task=task))


def test_unknown_language(data):
    with pytest.raises(ValueError, match=r"\[E307\].*'qq'"):
        init_config(data, lang="qq")


def test_unknown_vectors(data):
    with pytest.raises(ValueError, match=r"\[E308\].*'no_such_vectors'"):
        init_config(data, vectors="no_such_vectors")


def test_command_writes_what_the_function_returns(data, tmp_path):
    result = run(data, tmp_path / "new" / "x.cfg", "--width", 48, "--tasks", "topic,mood")
    assert result.exit_code == 0, result.output
    expected = init_config(data, width=48, tasks=["topic", "mood"])
    assert (tmp_path / "new" / "x.cfg").read_text(encoding="utf8") == expected


def test_command_prints_the_config_alone(data):
    result = run(data, "-")
    assert result.exit_code == 0
    assert result.stdout == init_config(data)


def test_command_never_overwrites(data, tmp_path):
    path = tmp_path / "x.cfg"
    path.write_text("mine")
    result = run(data, path)
    assert result.exit_code == 1
    assert "E306" in result.output
    assert path.read_text() == "mine"


def test_command_overwrites_when_told_to(data, tmp_path):
    path = tmp_path / "x.cfg"
    path.write_text("mine")
    assert run(data, path, "--force").exit_code == 0
    assert path.read_text(encoding="utf8") == init_config(data)


def test_full_disk_leaves_the_config_that_exists(data, tmp_path, monkeypatch):
    def fail(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "old.cfg"
    path.write_text("old", encoding="utf8")
    monkeypatch.setattr(os, "fsync", fail)
    result = run(data, path, "--force")
    assert result.exit_code == 1
    assert path.read_text(encoding="utf8") == "old"
    assert [file.name for file in tmp_path.glob("*.cfg*")] == ["old.cfg"]


def test_command_keeps_when_told_to(data, tmp_path):
    path = tmp_path / "x.cfg"
    path.write_text("mine")
    assert run(data, path, "--keep").exit_code == 0
    assert path.read_text() == "mine"


def test_command_shows_errors_without_traceback(tmp_path):
    result = run(tmp_path / "nowhere", tmp_path / "x.cfg")
    assert result.exit_code == 1
    assert "nowhere" in result.output
    assert "Traceback" not in result.output
    assert isinstance(result.exception, SystemExit)


def test_command_lists_bad_rows_one_a_line(data, tmp_path):
    with (data / "train" / "topic.jsonl").open("a") as file:
        file.write(json.dumps({"text": "no label"}) + "\n" + "no json\n")
    result = run(data, tmp_path / "x.cfg")
    assert result.exit_code == 1
    bad = [line for line in result.output.splitlines() if "topic.jsonl:4" in line]
    assert len(bad) == 2


def test_group_belongs_to_spacys_command_line():
    groups = [group.typer_instance for group in app.registered_groups]
    assert groups.count(mtl_cli) == 1


def test_data_path_is_written_with_forward_slashes(data):
    assert Config().from_str(init_config(str(data)))["paths"]["train"] == Path(data).as_posix()
