"""`python -m spacy mtl raw-text`"""

import json
from pathlib import Path

from small_data import make_rows, write_rows
from typer.testing import CliRunner, Result

from spacy_mtl.cli import mtl_cli


def run(*args: object) -> Result:
    return CliRunner().invoke(mtl_cli, ["raw-text", *map(str, args)])


def test_command_says_what_was_left_out(data: Path, tmp_path: Path) -> None:
    held_out = next(make_rows("topic", 1, 2))
    write_rows(tmp_path / "more" / "raw.jsonl", [{"text": "new"}, {"text": held_out["text"]}])
    result = run(data, tmp_path / "more", tmp_path / "out.jsonl")
    assert result.exit_code == 0, result.output
    last = next(line.split() for line in result.output.splitlines() if "raw.jsonl" in line)
    assert last[1:] == ["1", "0", "1", "0"]
    assert "in dev or test files: " in result.output
    texts = [json.loads(line)["text"] for line in (tmp_path / "out.jsonl").open()]
    assert "new" in texts and held_out["text"] not in texts


def test_command_leaves_out_bad_rows_on_demand(data: Path, tmp_path: Path) -> None:
    (data / "raw.txt").write_bytes(b"fine\n\xff\n")
    (data / "later.csv").write_text("text,label\na,x\n")
    assert run(data, tmp_path / "out.jsonl").exit_code == 1
    result = run(data, tmp_path / "out.jsonl", "--no-labelled", "--on-error", "skip")
    assert result.exit_code == 0, result.output
    assert "Wrote 1 texts" in result.output
    assert "1 bad rows" in result.output and "later.csv" in result.output


def test_command_shows_errors_without_traceback(data: Path, tmp_path: Path) -> None:
    result = run(data, tmp_path / "out.jsonl", "--no-labelled")
    assert result.exit_code == 1
    assert "E182" in result.output
    assert isinstance(result.exception, SystemExit)
