import io
import json
import math
import re
from types import SimpleNamespace

import numpy as np
import pytest
from spacy.util import registry
from thinc.api import Config

from spacy_mtl.training.loggers import multitask_logger


class Terminal(io.StringIO):
    def isatty(self):
        return True


class TaskPipe:
    is_trainable = True

    def __init__(self, task):
        self.task = task
        self.n_seen = 0
        self.n_updates = 0

    def learn(self, *, rows, updates):
        self.n_seen += rows
        self.n_updates += updates


class FakeNlp:
    def __init__(self, *tasks, frozen=(), others=()):
        pipes = {task: TaskPipe(task) for task in tasks}
        trained = {name: SimpleNamespace(is_trainable=True) for name in others}
        rules = {"sentencizer": SimpleNamespace(is_trainable=False)}
        self.components = [*trained.items(), *pipes.items(), *rules.items()]
        self.pipeline = [(name, pipe) for name, pipe in self.components if name not in frozen]
        self.config = Config({"training": {"eval_frequency": 10, "max_steps": 25}})

    def __getitem__(self, name):
        return dict(self.components)[name]


class Run:
    """A logger set up on a fake pipeline, and what it wrote."""

    def __init__(self, nlp, stream=io.StringIO, stderr=None, **settings):
        self.stdout = stream()
        self.stderr = stderr if stderr is not None else stream()
        self.log_step, self.finalize = multitask_logger(**settings)(nlp, self.stdout, self.stderr)

    @property
    def lines(self):
        return self.stdout.getvalue().splitlines()

    def row(self, name):
        """The cells of the last row with this name."""
        return [line.split() for line in self.lines if line.startswith(name)][-1][1:]


def make_info(step=0, *, losses=None, scores=None, score=0.5, **values):
    other_scores = {f"{task}_score": value for task, value in (scores or {}).items()}
    info = {"step": step, "epoch": 0, "score": score, "other_scores": other_scores}
    return {**info, "losses": losses or {}, "seconds": 3, "words": 100, "checkpoints": [], **values}


def read_log(path):
    return [json.loads(line) for line in path.read_text(encoding="utf8").splitlines()]


def test_one_row_per_task():
    nlp = FakeNlp("sentiment", "topic", others=["tok2vec"])
    run = Run(nlp)
    nlp["sentiment"].learn(rows=12345, updates=4)
    losses = {"tok2vec": 0.5, "sentiment": 2.0, "topic": 0.0}
    run.log_step(make_info(400, losses=losses, scores={"sentiment": 0.75, "topic": 0.5}))
    assert run.lines[0].startswith("Step 400  epoch 0  ")
    assert run.lines[0].endswith(" words/s  score 50.00 *")
    assert run.lines[1].split() == ["TASK", "ROWS", "LOSS", "SCORE", "BEST"]
    assert [line.split()[0] for line in run.lines[3:6]] == ["tok2vec", "sentiment", "topic"]
    assert run.row("sentiment") == ["12,345", "0.5000", "75.00", "75.00", "*"]
    assert run.row("tok2vec") == ["-", "0.5000", "-", "-"]


def test_components_that_do_not_train_have_no_row():
    run = Run(FakeNlp("topic"))
    run.log_step(make_info())
    assert "sentencizer" not in run.stdout.getvalue()


def test_loss_is_the_mean_over_the_updates_of_the_interval():
    nlp = FakeNlp("topic")
    nlp["topic"].learn(rows=1000, updates=100)
    run = Run(nlp)
    nlp["topic"].learn(rows=8, updates=2)
    run.log_step(make_info(losses={"topic": 3.0}))
    assert run.row("topic")[:2] == ["1,008", "1.5000"]
    nlp["topic"].learn(rows=16, updates=4)
    run.log_step(make_info(losses={"topic": 1.0}))
    assert run.row("topic")[:2] == ["1,024", "0.2500"]


def test_task_without_updates_shows_no_loss():
    nlp = FakeNlp("topic")
    run = Run(nlp)
    run.log_step(make_info(losses={"topic": 0.0}))
    assert run.row("topic")[:2] == ["0", "-"]


def test_loss_of_other_components_is_the_mean_over_steps():
    run = Run(FakeNlp("topic", others=["ner"]), progress_bar=False)
    for _ in range(3):
        run.log_step(None)
    run.log_step(make_info(losses={"ner": 2.0}))
    assert run.row("ner")[1] == "0.5000"


def test_speed_leaves_the_evaluation_out(monkeypatch):
    seconds = iter([0.0, 1.0, 2.0, 3.0, 50.0])
    monkeypatch.setattr("spacy_mtl.training.loggers.perf_counter", lambda: next(seconds))
    run = Run(FakeNlp("topic"))
    for _ in range(3):
        run.log_step(None)
    run.log_step(make_info(words=400))
    assert "  100 words/s" in run.lines[0]


def test_speed_is_unknown_after_one_step():
    run = Run(FakeNlp("topic"))
    run.log_step(make_info())
    assert "  - words/s" in run.lines[0]


def test_best_score_is_kept_and_marked_only_when_improved():
    run = Run(FakeNlp("topic"))
    cells = []
    for step, value in enumerate([0.5, 0.4, 0.5, 0.6]):
        run.log_step(make_info(step, scores={"topic": value}, score=value))
        cells.append(run.row("topic")[2:])
    assert cells == [
        ["50.00", "50.00", "*"],
        ["40.00", "50.00"],
        ["50.00", "50.00"],
        ["60.00", "60.00", "*"],
    ]
    headlines = [line for line in run.lines if line.startswith("Step")]
    assert [line.endswith("*") for line in headlines] == [True, False, False, True]


def test_task_without_score_shows_a_dash():
    run = Run(FakeNlp("topic"))
    run.log_step(make_info(other_scores={"topic_score": None}))
    assert run.row("topic")[2:] == ["-", "-"]


def test_frozen_task_shows_its_score():
    run = Run(FakeNlp("old", "new", "idle", frozen=["old", "idle"]))
    run.log_step(make_info(scores={"old": 0.8, "new": 0.2}))
    assert run.row("old") == ["0", "-", "80.00", "80.00", "*"]
    assert not any(line.startswith("idle") for line in run.lines)


def test_twenty_tasks_in_one_hundred_columns():
    tasks = [f"{'very-' * (i * 2)}long-task-name-{i}" for i in range(20)]
    nlp = FakeNlp(*tasks, others=["tok2vec"])
    run = Run(nlp)
    for task in tasks:
        nlp[task].learn(rows=123456789, updates=1)
    losses = dict.fromkeys(tasks, 12345.678)
    run.log_step(make_info(10**6, losses=losses, scores=dict.fromkeys(tasks, 1.0)))
    assert len(run.lines) == 1 + 2 + 21 + 1
    assert max(len(line) for line in run.lines) <= 100
    rows = [line for line in run.lines if "123,456,789" in line]
    assert len(rows) == 20
    assert len({line.index("123,456,789") for line in rows}) == 1


def test_plain_lines_without_a_terminal():
    run = Run(FakeNlp("topic"))
    run.log_step(make_info(scores={"topic": 0.5}))
    run.log_step(None)
    run.finalize()
    assert "\x1b" not in run.stdout.getvalue() and "\r" not in run.stdout.getvalue()
    assert run.stderr.getvalue() == ""


def test_improved_tasks_are_green_on_a_terminal(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("ANSI_COLORS_DISABLED", raising=False)
    run = Run(FakeNlp("topic"), Terminal)
    run.log_step(make_info(scores={"topic": 0.5}))
    run.finalize()
    assert re.search(r"\x1b\[\S+mtopic", run.stdout.getvalue())


def test_no_color_is_respected(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    run = Run(FakeNlp("topic"), Terminal)
    run.log_step(make_info(scores={"topic": 0.5}))
    run.finalize()
    assert "\x1b" not in run.stdout.getvalue()


def test_progress_bar_covers_one_interval_on_a_terminal():
    run = Run(FakeNlp("topic"), Terminal)
    run.log_step(make_info(20))
    run.log_step(None)
    run.finalize()
    assert "from step 20" in run.stderr.getvalue()
    assert "/5 " in run.stderr.getvalue()


def test_no_progress_bar_after_the_last_step():
    run = Run(FakeNlp("topic"), Terminal)
    run.log_step(make_info(25))
    run.finalize()
    assert run.stderr.getvalue() == ""


@pytest.mark.parametrize("stdout", [io.StringIO, Terminal])
def test_progress_bar_can_be_switched_off(stdout):
    run = Run(FakeNlp("topic"), stdout, Terminal(), progress_bar=False)
    run.log_step(make_info())
    run.log_step(None)
    assert run.stderr.getvalue() == ""


@pytest.mark.parametrize("stdout,stderr", [(io.StringIO, Terminal()), (Terminal, io.StringIO())])
def test_no_progress_bar_unless_both_streams_are_terminals(stdout, stderr):
    run = Run(FakeNlp("topic"), stdout, stderr)
    run.log_step(make_info())
    run.log_step(None)
    assert run.stderr.getvalue() == ""


def test_console_output_can_be_switched_off(tmp_path):
    run = Run(FakeNlp("topic"), console_output=False, output_file=str(tmp_path / "log.jsonl"))
    run.log_step(make_info())
    assert run.stdout.getvalue() == ""
    assert len(read_log(tmp_path / "log.jsonl")) == 1


def test_training_log_lies_in_the_output_directory(tmp_path):
    nlp = FakeNlp("topic", others=["ner"])
    run = Run(nlp)
    nlp["topic"].learn(rows=20, updates=5)
    per_type = {"pos": {"p": 1.0, "r": 0.5, "f": 2 / 3}}
    scores = {"topic_score": 0.4, "topic_f_per_type": per_type, "speed": np.float32(10)}
    info = make_info(7, losses={"topic": 2.0, "ner": 4.0}, other_scores=scores)
    info["output_path"] = str(tmp_path / "out" / "model-last")
    run.log_step(info)
    (entry,) = read_log(tmp_path / "out" / "training.jsonl")
    assert entry == {
        "step": 7,
        "epoch": 0,
        "seconds": 3,
        "words": 100,
        "words_per_second": None,
        "score": 0.5,
        "best_score": 0.5,
        "improved": True,
        "tasks": {
            "topic": {
                "pipe": "topic",
                "task": "topic",
                "n_seen": 20,
                "n_updates": 5,
                "loss": 0.4,
                "score": 0.4,
                "best": 0.4,
                "improved": True,
            }
        },
        "losses": {"topic": 2.0, "ner": 4.0},
        "scores": {**scores, "speed": 10.0},
    }


def test_one_line_per_evaluation(tmp_path):
    run = Run(FakeNlp("topic"), output_file=str(tmp_path / "logs" / "log.jsonl"))
    for step in range(3):
        run.log_step(make_info(step))
        run.log_step(None)
    assert [entry["step"] for entry in read_log(tmp_path / "logs" / "log.jsonl")] == [0, 1, 2]


def test_output_file_goes_before_the_output_directory(tmp_path):
    run = Run(FakeNlp("topic"), output_file=str(tmp_path / "mine.jsonl"))
    run.log_step(make_info(output_path=str(tmp_path / "model-last")))
    assert [path.name for path in tmp_path.iterdir()] == ["mine.jsonl"]


def test_log_of_an_earlier_run_is_kept(tmp_path):
    path = tmp_path / "training.jsonl"
    for step in (1, 2):
        run = Run(FakeNlp("topic"), output_file=str(path))
        run.log_step(make_info(step))
    assert [entry["step"] for entry in read_log(tmp_path / "training.1.jsonl")] == [1]
    assert [entry["step"] for entry in read_log(path)] == [2]
    assert "training.1.jsonl" in run.stdout.getvalue()


def test_output_file_is_checked_before_training(tmp_path):
    with pytest.raises(OSError, match="E171"):
        Run(FakeNlp("topic"), output_file=str(tmp_path))


def test_no_file_without_an_output_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = Run(FakeNlp("topic"))
    run.log_step(make_info())
    run.finalize()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("value", [math.nan, math.inf])
@pytest.mark.parametrize(
    "broken,named",
    [
        (lambda value: {"losses": {"topic": value}}, "loss of component 'topic'"),
        (lambda value: {"scores": {"topic": value}}, "score of task 'topic'"),
        (lambda value: {"score": value}, "score of all tasks"),
    ],
)
def test_not_finite(value, broken, named, tmp_path):
    run = Run(FakeNlp("topic"), output_file=str(tmp_path / "log.jsonl"))
    with pytest.raises(ValueError, match=f"E170.*step 30.*{named}"):
        run.log_step(make_info(30, **broken(value)))
    assert not (tmp_path / "log.jsonl").exists()


def test_loss_of_nan_names_the_task_of_a_renamed_component():
    nlp = FakeNlp()
    nlp.components = nlp.pipeline = [("clf", TaskPipe("topic"))]
    with pytest.raises(ValueError, match=r"E170.*component 'clf' \(task 'topic'\)"):
        Run(nlp).log_step(make_info(losses={"clf": math.nan}))


def test_registered_with_config_defaults():
    block = {"logger": {"@loggers": "spacy_mtl.MultitaskLogger.v1"}}
    assert callable(registry.resolve(block)["logger"])
    assert registry.fill(block)["logger"] == {
        "@loggers": "spacy_mtl.MultitaskLogger.v1",
        "progress_bar": True,
        "console_output": True,
        "output_file": None,
        "save_state": False,
    }
