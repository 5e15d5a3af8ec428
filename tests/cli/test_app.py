"""The command group, whose commands are imported when they are used."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

import spacy_mtl.cli
from spacy_mtl.cli import mtl_cli
from spacy_mtl.cli._app import COMMANDS, show_errors

FOLDER = Path(spacy_mtl.cli.__file__).parent
REGISTERED = re.compile(r"""@mtl_cli\.command\(\s*["'](.+?)["']""")


def test_every_command_of_the_files_is_listed_and_in_the_file_of_its_name():
    found = {
        name: path.stem
        for path in FOLDER.glob("*.py")
        for name in REGISTERED.findall(path.read_text("utf8"))
    }
    assert found == {name: name.replace("-", "_") for name in COMMANDS}
    assert list(COMMANDS) == sorted(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name):
    result = CliRunner().invoke(mtl_cli, [name, "--help"])
    assert result.exit_code == 0, result.output
    assert f"{name} " in result.output


def test_the_group_lists_all_commands():
    result = CliRunner().invoke(mtl_cli, ["--help"])
    assert result.exit_code == 0
    for name in COMMANDS:
        assert re.search(rf"\b{name}\b", result.output)


def test_the_group_runs_before_any_command_is_imported():
    code = (
        "from typer.testing import CliRunner; from spacy_mtl.cli import mtl_cli;"
        "print(CliRunner().invoke(mtl_cli, ['predict', '--help']).exit_code)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.strip() == "0", result.stderr


def test_an_unknown_command_is_told():
    result = CliRunner().invoke(mtl_cli, ["predic"])
    assert result.exit_code == 2
    assert "predic" in result.output


def test_looking_for_commands_imports_none():
    code = (
        "import spacy_mtl.cli, sys; print([n for n in sys.modules if n.startswith('spacy_mtl.')])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    rooms = {name.split(".")[1] for name in ast.literal_eval(result.stdout)}
    assert rooms == {"cli", "errors"}


def test_an_error_with_half_a_character_is_shown(capsys):
    with pytest.raises(typer.Exit), show_errors():
        raise ValueError("no \ud800 here\nnor \udc80")
    out = capsys.readouterr().out
    assert "no \\ud800 here" in out and "nor \\udc80" in out
