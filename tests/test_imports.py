"""The rooms of the package, and which of them may know which."""

import ast
from pathlib import Path

import pytest

import spacy_mtl

PACKAGE = Path(spacy_mtl.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
#: What each folder may import from the package, beside itself. Files in no folder are the ground, and so
#: are the texts of the errors.
GROUND = {"errors"}
ALLOWED = {
    "ground": set(),
    "layers": {"ground"},
    "models": {"ground", "layers"},
    "pipeline": {"ground", "layers", "models"},
    "training": {"ground"},
    "inference": {"ground", "layers", "pipeline", "training"},
    "sklearn": {"ground", "layers", "models", "pipeline", "training"},
    "review": {"ground", "layers", "models", "pipeline", "training", "sklearn"},
    "sweep": {"ground", "training", "pipeline"},
    "report": {"ground", "layers", "models", "pipeline", "training", "sklearn", "review"},
    "parallel": {"ground", "layers", "pipeline", "training"},
    "bulk": {"ground", "layers", "pipeline", "training", "inference"},
    "cli": {
        *("ground", "layers", "models", "pipeline", "training"),
        *("inference", "sklearn", "review", "report", "parallel", "bulk"),
        *("inference", "sklearn", "review", "report"),
        "sweep",
    },
}
LONGEST = 320


def room_of(parts):
    in_folder = bool(parts) and parts[0] not in GROUND and (PACKAGE / parts[0]).is_dir()
    return parts[0] if in_folder else "ground"


def imports_of(path):
    """The modules of the package that a file imports, as parts of their names."""
    package = path.relative_to(PACKAGE).parent.parts
    for node in ast.walk(ast.parse(path.read_text("utf8"))):
        if isinstance(node, ast.Import):
            names = [alias.name.split(".") for alias in node.names]
            yield from (tuple(name[1:]) for name in names if name[0] == "spacy_mtl")
        elif isinstance(node, ast.ImportFrom):
            module = tuple(node.module.split(".")) if node.module else ()
            if node.level:
                base = package[: len(package) - (node.level - 1)]
                module = (*base, *module)
            elif module[:1] == ("spacy_mtl",):
                module = module[1:]
            else:
                continue
            yield from ((*module, alias.name) for alias in node.names)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_run_one_way(path):
    room = room_of(path.relative_to(PACKAGE).parts[:-1])
    assert room in ALLOWED, f"the folder {room} has no place in the order of imports yet"
    for module in imports_of(path):
        assert room_of(module) in {room, *ALLOWED[room]}, ".".join(module)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_files_are_short_enough_for_one_purpose(path):
    assert len(path.read_text("utf8").splitlines()) <= LONGEST


def test_the_reader_of_imports_sees_all_forms(tmp_path, monkeypatch):
    folder = PACKAGE / "layers"
    source = (
        "import spacy_mtl.cli.app\n"
        "from spacy_mtl.pipeline import checks\n"
        "from ..models import heads\n"
        "from .pool import pool\n"
        "from .. import util\n"
        "import numpy\n"
    )
    monkeypatch.setattr(Path, "read_text", lambda *_: source)
    rooms = [room_of(module) for module in imports_of(folder / "some.py")]
    assert rooms == ["cli", "pipeline", "models", "layers", "ground"]
