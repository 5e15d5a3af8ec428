"""The project file is checked against the commands it calls and, in a slow test, run."""

import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import spacy
import srsly
from small_data import write_data
from spacy.cli._util import app
from spacy.util import registry
from typer.main import get_command
from weasel.schemas import ProjectConfigSchema, validate
from weasel.util.config import load_project_config

from spacy_mtl.cli.init_config import init_config, write_new_file

ROOT = Path(__file__).parents[2]
PROJECT = srsly.read_yaml(ROOT / "project.yml")
COMMANDS = {command["name"]: command for command in PROJECT["commands"]}
SCRIPTS = [(name, line) for name, command in COMMANDS.items() for line in command["script"]]
PRETRAINING = [
    "raw-text",
    "vectors",
    "config-pretrained",
    "convert",
    "pretrain",
    "train-pretrained",
    "evaluate-pretrained",
]
IDS = [f"{name}-{i}" for i, (name, _) in enumerate(SCRIPTS)]


@pytest.fixture
def resolved(tmp_path) -> dict[str, Any]:
    shutil.copy(ROOT / "project.yml", tmp_path)
    return load_project_config(tmp_path, overrides={"vars.dataset": "mine"})


def test_project_is_valid():
    assert validate(ProjectConfigSchema, PROJECT) == []
    assert PROJECT["title"] and PROJECT["description"]


def test_every_command_is_in_a_workflow():
    assert PROJECT["workflows"]["pretrained"] == PRETRAINING
    commands = [name for name in COMMANDS if name == "convert" or name not in PRETRAINING]
    assert PROJECT["workflows"]["all"] == commands


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_command_says_what_it_does(command):
    assert command["help"]
    assert command["script"]
    assert command["deps"]


@pytest.mark.parametrize(("name", "line"), SCRIPTS, ids=IDS)
def test_script_calls_a_command_that_exists(name, line):
    words = shlex.split(line)
    if words[:2] == ["python", "-c"]:
        compile(words[2], "project.yml", "exec")
        return
    assert words[:2] == ["python", "-m"]
    if words[2] != "spacy":
        assert words[2] == "pip"
        return
    registry.cli.get_all()
    command, rest = get_command(app), words[3:]
    while hasattr(command, "commands"):
        command, rest = command.get_command(None, rest[0]), rest[1:]
    options = {
        name: param for param in command.params for name in (*param.opts, *param.secondary_opts)
    }
    open_ended = command.context_settings.get("allow_extra_args")
    while rest:
        word = rest.pop(0)
        if not word.startswith("--"):
            continue
        assert word in options or (open_ended and "." in word), f"{word} in: {line}"
        if not getattr(options.get(word), "is_flag", False):
            rest.pop(0)


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_outputs_stand_in_the_script(command):
    script = " ".join(command["script"])
    for output in command.get("outputs", []):
        path = Path(output)
        place = path.parent if path.name.startswith("model-") or path.suffix == ".whl" else path
        assert place.as_posix() in script


def test_commands_depend_on_what_was_made_before(resolved):
    made = {"assets/mine"}
    for name in resolved["workflows"]["all"]:
        command = next(c for c in resolved["commands"] if c["name"] == name)
        assert set(command["deps"]) <= made
        made.update(command.get("outputs", []))


def test_variables_reach_scripts_and_outputs(resolved):
    for command in resolved["commands"]:
        for text in (*command["script"], *command.get("outputs", [])):
            assert "$" not in text
            assert "mine" in text
            assert "demo" not in text


def test_vectors_depend_on_the_raw_text():
    assert COMMANDS["raw-text"]["outputs"] == COMMANDS["vectors"]["deps"]


def test_needed_folders_are_made(resolved):
    folders = {
        Path(output).parts[0] for c in resolved["commands"] for output in c.get("outputs", [])
    }
    assert folders <= set(resolved["directories"])


@pytest.mark.parametrize("asset", PROJECT["assets"], ids=lambda asset: Path(asset["dest"]).name)
def test_assets_are_optional_and_public(asset):
    assert asset["extra"] is True
    assert asset["dest"].startswith("assets/public/")
    assert asset["description"]
    url = asset["git"]["repo"] if "git" in asset else asset["url"]
    assert url.startswith(("https://", "http://"))


@pytest.mark.slow
def test_whole_workflow(tmp_path):
    shutil.copy(ROOT / "project.yml", tmp_path)
    write_data(tmp_path / "assets" / "mine")
    text = init_config(tmp_path / "assets" / "mine", max_steps=20, width=32)
    write_new_file(tmp_path / "configs" / "quick.cfg", text)

    def run(*arguments: str) -> str:
        command = [sys.executable, "-m", "spacy", "project", "run", *arguments]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    options = (".", "--vars.dataset", "mine", "--vars.config", "quick")
    for name in COMMANDS:
        if name != "package":
            run(name, *options)
    resolved = load_project_config(
        tmp_path, overrides={"vars.dataset": "mine", "vars.config": "quick"}
    )
    for command in resolved["commands"]:
        if command["name"] != "package":
            assert all((tmp_path / output).exists() for output in command.get("outputs", []))
    table = srsly.read_json(tmp_path / "metrics" / "mine.json")
    assert list(table["tasks"]) == ["mood", "sentiment", "topic"]
    scores = srsly.read_json(tmp_path / "metrics" / "mine.scores.json")
    for task, row in table["tasks"].items():
        assert scores[f"{task}_score"] == pytest.approx(row["multi_task"])
    assert (tmp_path / "configs" / "quick.cfg").read_text(encoding="utf8") == text
    assert "nothing changed" in run("train", *options)
    assert spacy.load(tmp_path / "training" / "mine" / "vectors").vocab.vectors.shape[1] == 100
