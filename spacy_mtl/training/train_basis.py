"""What the result of a training depends on beside chance: settings, files, and versions of packages."""

import hashlib
import platform
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from thinc.api import Config

from ..errors import Errors
from .checkpoint import MAX_LISTED, check_settings, flatten, leave_out

#: Settings that do not change what is learned up to a step.
FREE = ("nlp.disabled", "training.gpu_allocator", "training.logger", "training.patience")
#: One that changes nothing, unless a schedule is planned by it.
LENGTH = "training.max_steps"
BLOCKS = ("nlp", "components", "corpora", "initialize", "training")
#: Where files are named: in these blocks everywhere, in the components by these settings.
FILE_BLOCKS = ("corpora", "initialize")
FILE_SETTINGS = ("path", "source", "vectors")
PACKAGES = ("spacy-mtl", "spacy", "thinc", "numpy", "numba", "torch")
CHUNK = 1 << 20

#: Settings, digests of files and versions by name.
Basis = dict[str, dict[str, str]]


def find_basis(config: Config, output: Path) -> Basis:
    """Find what a training depends on.

    config (Config): The config of the initialized pipeline, with all variables filled in.
    output (Path): The output folder, which it does not depend on.
    RETURNS (Dict[str, Dict[str, str]]): The settings as JSON, a digest of the contents of each file that is
        named in [corpora], in [initialize], or as path, source or vectors of a component, and versions.
    """
    flat = {
        name: value for block in BLOCKS for name, value in flatten(block, config.get(block) or {})
    }
    files = {
        f"{name} = {path}": _digest(path)
        for name, value in _named_files(config)
        for path in _files_in(value, output.resolve())
    }
    return {"settings": leave_out(flat, FREE), "files": files, "versions": _find_versions()}


def check_basis(folder: Path, saved: Basis, current: Basis, *, has_plan: bool) -> None:
    """Check that a training would go on as it began.

    folder (Path): The output folder, for the error.
    saved (Dict[str, Dict[str, str]]): What it began with.
    current (Dict[str, Dict[str, str]]): What it would go on with.
    has_plan (bool): Whether a schedule depends on the number of steps.
    RAISES (ValueError): If they differ.
    """
    free = () if has_plan else (LENGTH,)
    check_settings(folder, leave_out(saved["settings"], free), leave_out(current["settings"], free))
    before, now = saved["files"], current["files"]
    changes = [
        *(f"  {name}: is not there any more" for name in before if name not in now),
        *(f"  {name}: is new" for name in now if name not in before),
        *(f"  {name}: has changed" for name in now if before.get(name, now[name]) != now[name]),
    ]
    if changes:
        raise ValueError(Errors.E802.format(path=folder, listed=_list(changes)))
    names = dict.fromkeys((*saved["versions"], *current["versions"]))
    found = [(name, saved["versions"].get(name), current["versions"].get(name)) for name in names]
    changes = [
        f"  {name}: was {was or 'none'}, is {is_ or 'none'}"
        for name, was, is_ in found
        if was != is_
    ]
    if changes:
        raise ValueError(Errors.E803.format(path=folder, listed=_list(changes)))


def _named_files(config: Config) -> Iterator[tuple[str, str]]:
    for block in (*FILE_BLOCKS, "components"):
        for name, value in _texts(block, config.get(block) or {}):
            if block in FILE_BLOCKS or name.rpartition(".")[2] in FILE_SETTINGS:
                yield name, value


def _texts(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(f"{name}.{key}", item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(name, item)
    # "." or "/" may be a separator as well as a folder.
    elif isinstance(value, str) and any(map(str.isalnum, value)):
        yield name, value


def _files_in(value: str, output: Path) -> Iterator[Path]:
    path = Path(value)
    try:
        found = [path] if path.is_file() else sorted(path.rglob("*")) if path.is_dir() else []
    # Not every text can be a path.
    except (OSError, ValueError):
        return
    for file in found:
        if file.is_file() and output not in file.resolve().parents:
            yield file


def _digest(path: Path) -> str:
    digest = hashlib.blake2b(digest_size=16)
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _find_versions() -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return versions


def _list(lines: Iterable[str]) -> str:
    lines = list(lines)
    left = len(lines) - MAX_LISTED
    return "\n".join([*lines[:MAX_LISTED], *([f"  ... and {left} more"] if left > 0 else [])])
