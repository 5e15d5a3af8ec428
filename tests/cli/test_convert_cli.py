"""`python -m spacy mtl convert`"""

import json
from pathlib import Path

import pytest
from spacy.tokens import DocBin
from typer.testing import CliRunner, Result

from spacy_mtl.cli._app import mtl_cli

Row = dict[str, object]


def run(*args: object) -> Result:
    return CliRunner().invoke(mtl_cli, ["convert", *map(str, args)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = [{"text": f"text {i}", "label": "xy"[i % 2]} for i in range(40)]
    path = tmp_path / "in" / "mood" / "train.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path / "in"


def test_convert_shows_a_table_of_files(folder: Path, tmp_path: Path) -> None:
    result = run(folder, tmp_path / "out", "--split", "0.8,0.1,0.1", "--seed", 3)
    assert result.exit_code == 0
    assert [line.split() for line in result.output.splitlines() if line.startswith("mood")] == [
        ["mood", "train", "32", "train.jsonl"],
        ["mood", "dev", "4", "train.jsonl"],
        ["mood", "test", "4", "train.jsonl"],
    ]
    assert len(DocBin().from_disk(tmp_path / "out" / "dev" / "mood.spacy")) == 4


def test_convert_reports_rows_that_are_left_out(folder: Path, tmp_path: Path) -> None:
    with (folder / "mood" / "train.jsonl").open("a") as file:
        file.write('{"text": "a"}\n{"text": "b", "label": "x", "answer": "ignore"}\n')
    result = run(folder, tmp_path / "out", "--on-error", "skip")
    assert result.exit_code == 0
    assert "train.jsonl:41: no label" in result.output and "1 rows" in result.output


@pytest.mark.parametrize(
    "options,code",
    [
        (["--split", "2,3"], "E131"),
        (["--tasks", "other"], "E117"),
        (["--on-error", "x"], "E118"),
        (["--lang", "null"], "E307"),
    ],
)
def test_errors_are_one_message_and_exit_code_1(
    folder: Path, tmp_path: Path, options: list[str], code: str
) -> None:
    result = run(folder, tmp_path / "out", *options)
    assert result.exit_code == 1 and code in result.output
    assert "Traceback" not in result.output
    assert not (tmp_path / "out").exists()


def test_existing_files_need_force(folder: Path, tmp_path: Path) -> None:
    assert run(folder, tmp_path / "out").exit_code == 0
    result = run(folder, tmp_path / "out")
    assert result.exit_code == 1 and "E130" in result.output
    assert run(folder, tmp_path / "out", "--force").exit_code == 0
