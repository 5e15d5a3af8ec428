"""The requirements in setup.cfg: what is imported is required, and constraints are made from them."""

import ast
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

from packaging.requirements import Requirement

import spacy_mtl

PACKAGE = Path(spacy_mtl.__file__).parent
ROOT = Path(__file__).parent.parent
#: What a library is called where it is imported, if that differs.
MODULES = {"scikit-learn": "sklearn", "faiss-cpu": "faiss", "vl-convert-python": "vl_convert"}
LOWEST = [sys.executable, str(ROOT / ".ci" / "lowest.py")]


def requirements() -> list[Requirement]:
    config = ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf8")
    blocks = [config["options"]["install_requires"], *config["options.extras_require"].values()]
    lines = [line for block in blocks for line in block.splitlines()]
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def imported() -> set[str]:
    """Libraries that a file of the package imports when it is imported itself."""
    names = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.parse(path.read_text("utf8")).body:
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names.add(node.module.split(".")[0])
    return names - set(sys.stdlib_module_names) - {"spacy_mtl"}


def test_what_is_imported_is_required():
    named = {MODULES.get(wanted.name, wanted.name).replace("-", "_") for wanted in requirements()}
    assert imported() <= named


def test_every_requirement_has_a_lower_bound():
    for wanted in requirements():
        assert any(part.operator == ">=" for part in wanted.specifier), wanted


def test_constraints_are_the_lower_bounds():
    command = [*LOWEST, "--extras", "all", "--python", "3.10"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    found = dict(line.split("==") for line in lines)
    assert {"spacy", "thinc", "numpy", "pytest"} <= set(found)
    for wanted in requirements():
        if wanted.name in found:
            assert wanted.specifier.contains(found[wanted.name]), wanted
