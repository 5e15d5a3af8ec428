"""The blocks of the README and of docs/, executed: Python in a folder with a trained pipeline, configs resolved, rows of
files read, commands run on a small data set. The two installation commands are run by `.ci/run`.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import spacy
from spacy.training.initialize import init_nlp
from spacy.util import load_config, registry
from thinc.api import Config

from spacy_mtl.cli.init_config import init_config
from spacy_mtl.sweep.space import read_space
from spacy_mtl.sweep.values import check_space
from spacy_mtl.training.convert import convert_folder
from spacy_mtl.training.formats import read_records

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
README = "\n".join(path.read_text(encoding="utf8") for path in PAGES)
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
INSTALLATION = "python -m pip install "
#: A project run trains three pipelines in processes of their own.
SLOW = "project run"
TICKETS = [
    ("The server is down and nobody can work!", "high", "outage"),
    ("Everything crashes, please help at once!", "high", "outage"),
    ("Could you send me the invoice again?", "low", "billing"),
    ("The invoice of May shows a wrong sum.", "low", "billing"),
    ("The login page is down again, fix it now!", "high", "outage"),
    ("When is the next payment due?", "low", "billing"),
]


def blocks(language: str) -> list[str]:
    return [text for name, text in BLOCK.findall(README) if name == language]


def commands() -> list[str]:
    return [
        line
        for block in blocks("bash")
        for line in block.splitlines()
        if line and not line.startswith(INSTALLATION)
    ]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("workspace")
    nlp = init_nlp(Config().from_str(init_config(ROOT / "assets" / "demo", max_steps=10)))
    (folder / "training" / "demo").mkdir(parents=True)
    nlp.to_disk(folder / "training" / "demo" / "model-best")
    convert_folder(ROOT / "assets" / "demo", folder / "corpus" / "demo")
    shutil.copytree(ROOT / "assets" / "demo", folder / "assets" / "demo")
    shutil.copytree(ROOT / "configs", folder / "configs")
    tickets = folder / "assets" / "tickets"
    for task in ("urgency", "topics"):
        (tickets / task).mkdir(parents=True)
    for number, split in enumerate(("train", "dev", "test")):
        rows = [(f"{text} ({number})", *labels) for text, *labels in TICKETS]
        with (tickets / "urgency" / f"{split}.jsonl").open("w", encoding="utf8") as file:
            file.writelines(json.dumps({"text": row[0], "label": row[1]}) + "\n" for row in rows)
        with (tickets / "topics" / f"{split}.csv").open("w", encoding="utf8") as file:
            file.write("text,label\n")
            file.writelines(f'"{row[0]}",{row[2]}\n' for row in rows)
    (folder / "project.yml").write_text((ROOT / "project.yml").read_text(encoding="utf8"))
    return folder


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    words = shlex.split(command)
    assert words[0] == "python"
    overrides = "--training.max_steps 4 --training.eval_frequency 2"
    if words[3:5] == ["mtl", "pretrain"]:
        overrides = "--pretraining.max_epochs 1 --corpora.pretrain.limit 40"
    env = {**os.environ, "SPACY_CONFIG_OVERRIDES": overrides}
    return subprocess.run(
        [sys.executable, *words[1:]], cwd=folder, env=env, capture_output=True, text=True
    )


def test_readme_has_blocks_of_every_kind():
    assert all(blocks(language) for language in ("bash", "python", "ini"))


@pytest.mark.slow
def test_python_blocks_run_in_order(workspace: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(workspace)
    namespace: dict[str, object] = {}
    for block in blocks("python"):
        exec(compile(block, "README.md", "exec"), namespace)
    assert "smalltalk" in namespace["head"].labels
    assert namespace["other"]("Great plot!").cats


def test_config_blocks_build_a_pipeline():
    for block in blocks("ini"):
        if "[components." not in block:
            continue
        components = Config().from_str(block).get("components", {})
        nlp = spacy.blank("en")
        for name, config in components.items():
            factory = config.pop("factory")
            nlp.add_pipe(factory, name=name, config=config)
        assert nlp.pipe_names == list(components)


def test_loggers_of_config_blocks_exist():
    found = [block for block in blocks("ini") if block.startswith("[training.logger]")]
    assert found
    for block in found:
        config = Config().from_str("[training]\n\n" + block)
        assert callable(registry.resolve(config["training"])["logger"])


def test_spaces_of_settings_fit_the_demo_config(tmp_path: Path):
    config = load_config(ROOT / "configs" / "demo.cfg")
    spaces = blocks("yaml")
    assert spaces
    for block in spaces:
        path = tmp_path / "space.yml"
        path.write_text(block, encoding="utf8")
        check_space(read_space(path), config, path)


def test_rows_of_the_table_of_files_are_read(tmp_path: Path):
    rows = [
        row
        for row in re.findall(r"^\| `\.jsonl` \| `(\{.*?\})` \|", README, re.MULTILINE)
        if "..." in row
    ]
    assert len(rows) == 3
    for row in rows:
        path = tmp_path / "task.jsonl"
        path.write_text(row + "\n", encoding="utf8")
        (record,) = read_records(path, "task")
        assert record.cats


GROUPS = (
    "architectures",
    "batchers",
    "callbacks",
    "loggers",
    "misc",
    "optimizers",
    "readers",
    "schedules",
    "scorers",
    "tokenizers",
)


def test_registered_names_of_the_table_exist():
    names = re.findall(r"^\| `(spacy_mtl\.\w+\.v\d+)` \|", README, re.MULTILINE)
    assert len(names) >= 10
    known = {name for group in GROUPS for name in getattr(registry, group).get_all()}
    assert set(names) <= known


#: Parts of commands that train vectors, or use what such a command has made.
NEED_VECTORS = (" mtl vectors ", "demo.pretrained")


@pytest.mark.slow
@pytest.mark.parametrize("command", [line for line in commands() if SLOW not in line])
def test_commands_run(command: str, workspace: Path):
    if " mtl plot " in command:
        pytest.importorskip("plotly", reason="extra plot is not installed")
    if any(part in command for part in NEED_VECTORS):
        pytest.importorskip("floret", reason="extra vectors is not installed")
    if "--split" in command:
        for split in ("dev", "test"):
            for path in (workspace / "assets" / "tickets").glob(f"*/{split}.*"):
                train = path.with_stem("train")
                rows = path.read_text(encoding="utf8").splitlines(keepends=True)
                with train.open("a", encoding="utf8") as file:
                    file.writelines(rows[path.suffix == ".csv" :])
                path.unlink()
    result = run(command, workspace)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.slow
@pytest.mark.parametrize("command", [line for line in commands() if SLOW in line])
def test_project_runs(command: str, workspace: Path):
    result = run(command, workspace)
    assert result.returncode == 0, result.stdout + result.stderr
    found = "demo.pretrained.scores" if "pretrained" in command else "tickets"
    assert (workspace / "metrics" / f"{found}.json").is_file()


def test_installation_commands_are_run_by_ci():
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf8")
    (first,), (second,), *_ = (block.splitlines() for block in blocks("bash"))
    assert second == 'python -m pip install ".[test]" && python -m pytest'
    for part in (*second.split(" && "), first.split(" && ")[1]):
        assert (
            part.replace("install ", "install --quiet --disable-pip-version-check ") in ci
            or part in ci
        )


def test_tables_are_those_of_the_results():
    result = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / "tables.py"), "--check"], capture_output=True
    )
    assert result.returncode == 0, "run python benchmarks/tables.py"
