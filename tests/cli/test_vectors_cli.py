"""`python -m spacy mtl vectors`"""

from pathlib import Path

import pytest
import spacy
from small_data import make_rows, write_rows
from typer.testing import CliRunner, Result

from spacy_mtl.cli import mtl_cli

pytest.importorskip("floret", reason='needs the extra "vectors"')


def run(*args: object) -> Result:
    return CliRunner().invoke(mtl_cli, ["vectors", *map(str, args)])


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    write_rows(tmp_path / "raw.jsonl", list(make_rows("topic", 50, 0)))
    return tmp_path / "raw.jsonl"


@pytest.mark.parametrize("mode", ["floret", "default"])
def test_command_writes_a_pipeline(raw: Path, tmp_path: Path, mode: str) -> None:
    options = ("--mode", mode, "--dim", 5, "--epochs", 2, "--buckets", 100, "--no-lower")
    result = run(raw, tmp_path / "out", *options)
    assert result.exit_code == 0, result.output
    assert "in 2 epochs on 50 texts with 300 words" in result.output
    vectors = spacy.load(tmp_path / "out").vocab.vectors
    assert (vectors.mode, vectors.shape[1]) == (mode, 5)


def test_command_shows_errors_without_traceback(raw: Path, tmp_path: Path) -> None:
    for args, code in ((("--mode", "x"), "E188"), (("--min-count", 999), "E187")):
        result = run(raw, tmp_path / "out", *args)
        assert result.exit_code == 1
        assert code in result.output
        assert isinstance(result.exception, SystemExit)
    assert [path.name for path in tmp_path.iterdir()] == ["raw.jsonl"]


def test_help_names_the_other_ways_to_vectors() -> None:
    assert "init vectors" in run("--help").output
