"""`python -m spacy mtl debug-data`"""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from spacy_mtl.cli import debug_data as module
from spacy_mtl.cli._app import mtl_cli

SPLITS = {"train": (0, 100), "dev": (100, 150), "test": (150, 200)}
CONFIG = """
[paths]
train = null

[nlp]
lang = "en"
pipeline = []

[corpora]

[corpora.train]
@readers = "spacy_mtl.MultitaskCorpus.v1"
path = ${paths.train}
split = "train"

[corpora.dev]
@readers = "spacy_mtl.MultitaskCorpus.v1"
path = ${paths.train}
split = "dev"

[training]
train_corpus = "corpora.train"
dev_corpus = "corpora.dev"
"""


def run(*args: object) -> Result:
    return CliRunner().invoke(mtl_cli, ["debug-data", *map(str, args)])


def write(root: Path, task: str, labels: list[str]) -> None:
    for split, (start, end) in SPLITS.items():
        path = root / task / f"{split}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = [{"text": f"t {i}", "label": labels[i % len(labels)]} for i in range(start, end)]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "data", "mood", ["x", "y"])
    return tmp_path / "data"


def test_good_data(folder: Path) -> None:
    result = run(folder)
    assert result.exit_code == 0
    assert "0 errors, 0 warnings" in result.output


def test_errors_give_exit_code_1(folder: Path) -> None:
    (folder / "mood" / "dev.jsonl").write_text('{"text": "a", "label": "z"}\n{"text": "b"}\n')
    result = run(folder)
    assert result.exit_code == 1
    assert "train lacks: z" in result.output and "dev.jsonl:2: no label" in result.output


def test_warnings_do_not(folder: Path) -> None:
    (folder / "mood" / "test.jsonl").unlink()
    result = run(folder)
    assert result.exit_code == 0 and "no test data" in result.output


def test_folder_without_data_is_one_message(tmp_path: Path) -> None:
    result = run(tmp_path)
    assert result.exit_code == 1 and "E113" in result.output and "Traceback" not in result.output


def test_tables_fit_in_100_columns_for_20_tasks(tmp_path: Path) -> None:
    for number in range(20):
        labels = [f"a-rather-long-name-of-a-label-{i}" * 3 for i in range(30)]
        write(tmp_path / "data", f"a-task-with-a-rather-long-name-{number}", labels)
    lines = run(tmp_path / "data").output.splitlines()
    rows = [line for line in lines if not line.startswith(("⚠", "[!]"))]
    assert max(map(len, rows)) <= 100
    assert sum(line.startswith("... and 10 more labels") for line in lines) == 20


def test_json(folder: Path, tmp_path: Path) -> None:
    result = run(folder, "--json", tmp_path / "new" / "out.json", "--tasks", "mood")
    assert result.exit_code == 0
    report = json.loads((tmp_path / "new" / "out.json").read_text())
    assert report["tasks"]["mood"]["splits"]["dev"]["rows"] == 50


def test_config_with_override(folder: Path, tmp_path: Path) -> None:
    config = tmp_path / "config.cfg"
    config.write_text(CONFIG)
    assert "E141" in run(config).output
    assert run(config, "--paths.train", folder).exit_code == 0


def test_unknown_option_is_refused(folder: Path) -> None:
    assert run(folder, "--task", "mood").exit_code != 0


def test_label_without_rows_is_shown(folder: Path) -> None:
    (folder / "mood" / "train.jsonl").unlink()
    result = run(folder)
    assert "no train data" in result.output and module.LEGEND.split()[0] in result.output


def test_missing_test_data_is_an_error_on_demand(tmp_path: Path):
    for split in ("train", "dev"):
        path = tmp_path / "tone" / f"{split}.csv"
        path.parent.mkdir(exist_ok=True)
        path.write_text("text,label\nfine,good\nawful,bad\n", encoding="utf8")
    assert not module.debug_data(tmp_path).errors
    (error,) = module.debug_data(tmp_path, require_test=True).errors
    assert error.startswith("tone: no test data")
