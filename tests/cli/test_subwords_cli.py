"""`python -m spacy mtl subwords`"""

from pathlib import Path

import pytest
import spacy
from small_data import make_rows, write_rows
from spacy.cli.train import train
from typer.testing import CliRunner, Result

from spacy_mtl.cli import mtl_cli
from spacy_mtl.cli.init_config import init_config

pytest.importorskip("tokenizers", reason='needs the extra "subword"')


def run(*args: object) -> Result:
    return CliRunner().invoke(mtl_cli, ["subwords", *map(str, args)])


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    write_rows(tmp_path / "raw.jsonl", list(make_rows("topic", 50, 0)))
    return tmp_path / "raw.jsonl"


def test_command_writes_subwords(raw: Path, tmp_path: Path) -> None:
    result = run(raw, tmp_path / "out.json", "--vocab-size", 100)
    assert result.exit_code == 0, result.output
    assert "Trained on 50 texts" in result.output
    assert (tmp_path / "out.json").is_file()


def test_command_shows_errors_without_traceback(raw: Path, tmp_path: Path) -> None:
    result = run(raw, tmp_path / "out.json", "--vocab-size", 5)
    assert result.exit_code == 1
    assert "E515" in result.output and "--vocab-size" in result.output
    assert isinstance(result.exception, SystemExit)


def test_pipeline_is_trained_on_subwords(raw: Path, data: Path, tmp_path: Path) -> None:
    subwords, config = tmp_path / "out.json", tmp_path / "made.cfg"
    run(raw, subwords, "--vocab-size", 100)
    text = init_config(data, subwords=str(subwords), max_steps=2, width=16, depth=1)
    config.write_text(text, encoding="utf8")
    train(config, tmp_path / "model")
    subwords.unlink()
    nlp = spacy.load(tmp_path / "model" / "model-best")
    doc = nlp("a  wonderful film")
    assert doc.text == "a  wonderful film"
    assert "wonderful" not in [token.text for token in doc]
    assert doc.cats
