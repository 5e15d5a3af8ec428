"""No line of the package runs what data or model files hold."""

import ast
from pathlib import Path

import pytest

import spacy_mtl

PACKAGE = Path(spacy_mtl.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
#: Their formats hold code, or calls of it.
MODULES = {
    *("_pickle", "cPickle", "cloudpickle", "dill", "jsonpickle", "marshal", "pickle", "shelve"),
    *("code", "codeop", "imp", "runpy"),
}
CALLS = {
    *("__import__", "compile", "eval", "exec"),
    *("joblib.load", "pandas.read_pickle", "srsly.pickle_loads", "shutil.unpack_archive"),
    *("os.popen", "os.system", "subprocess.getoutput", "subprocess.getstatusoutput"),
    *("yaml.full_load", "yaml.load", "yaml.unsafe_load"),
}
#: Of an archive, whose members may have names that lead out of the folder.
METHODS = {"extract", "extractall"}
#: What a process packs for workers that it has started itself, and that nobody else can write.
HANDED_OVER = {"bulk/apply.py", "bulk/on_ray.py", "bulk/renewal.py"}
#: What a call must say, by its name.
REQUIRED = {"torch.load": ("weights_only", True)}
#: What a call must not say. It need not say the contrary, which is the default.
REFUSED = {"allow_pickle": True, "shell": True, "trust_remote_code": True}


def find_names(tree: ast.AST) -> dict[str, str]:
    """What each imported name stands for."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.split(".")[0]
                names[alias.asname or first] = alias.name if alias.asname else first
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


def full_name(node: ast.expr, names: dict[str, str]) -> str:
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        parts.append(names.get(node.id, node.id))
    return ".".join(reversed(parts))


def find_dangers(source: str) -> list[str]:
    """All places of a file that could run what a file holds."""
    tree = ast.parse(source)
    names = find_names(tree)
    found = [f"import {name}" for name in names.values() if name.split(".")[0] in MODULES]
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = full_name(node.func, names)
        said = {
            keyword.arg: keyword.value.value if isinstance(keyword.value, ast.Constant) else ...
            for keyword in node.keywords
        }
        if name in CALLS or name.split(".")[-1] in METHODS:
            found.append(f"line {node.lineno}: {name}")
        if name in REQUIRED and said.get(REQUIRED[name][0]) is not REQUIRED[name][1]:
            found.append(f"line {node.lineno}: {name} without {REQUIRED[name]}")
        # An expression may have any value, so it counts as the refused one.
        found += [
            f"line {node.lineno}: {name}, {key}"
            for key, value in REFUSED.items()
            if said.get(key, not value) in (value, ...)
        ]
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_file_runs_what_it_reads(path):
    allowed = ["import pickle"] if path.relative_to(PACKAGE).as_posix() in HANDED_OVER else []
    assert find_dangers(path.read_text("utf8")) == allowed


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from pickle import loads",
        "import cloudpickle as cp",
        "eval('1')",
        "exec(text)",
        "import os\nos.system('ls')",
        "from os import system as run\nrun('ls')",
        "import subprocess as sp\nsp.run('ls', shell=True)",
        "import subprocess as sp\nsp.run('ls', shell=flag)",
        "import yaml\nyaml.load(text)",
        "import numpy as np\nnp.load(path, allow_pickle=True)",
        "import torch\ntorch.load(path)",
        "import torch\ntorch.load(path, weights_only=False)",
        "import joblib\njoblib.load(path)",
        "import srsly\nsrsly.pickle_loads(data)",
        "import tarfile\ntarfile.open(path).extractall(folder)",
    ],
)
def test_dangers_are_found(source):
    assert find_dangers(source)


@pytest.mark.parametrize(
    "source",
    [
        "import numpy\nnumpy.load(path, allow_pickle=False)",
        "import re\nre.compile('a')",
        "import subprocess\nsubprocess.run(['ls'], shell=False)",
        "import torch\ntorch.load(path, weights_only=True)",
        "import yaml\nyaml.safe_load(text)",
        "module.eval()",
    ],
)
def test_what_is_safe_is_not_reported(source):
    assert find_dangers(source) == []
