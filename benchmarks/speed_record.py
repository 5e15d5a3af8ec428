"""What a result of the speed benchmark says about the machine and the packages, and where it is kept."""

import json
import os
import platform
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("spacy", "thinc", "blis", "numpy", "numba", "spacy-mtl", "scikit-learn", "floret")
PEAK_SIZE = 1024
PEAK_ROUNDS = 20


def header(command: str) -> dict[str, Any]:
    """Say under which conditions figures are made.

    command (str): The command that makes them.
    RETURNS (Dict[str, Any]): The first entries of a record.
    """
    return {
        "command": command,
        "date": time.strftime("%Y-%m-%d"),
        "cpu": cpu_model(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "versions": {"python": platform.python_version()} | {p: find_version(p) for p in PACKAGES},
    }


def find_version(package: str) -> str | None:
    """Get the version of a package.

    package (str): Its name.
    RETURNS (Optional[str]): The version, or None if it is not installed.
    """
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def cpu_model() -> str:
    """Name the processor.

    RETURNS (str): What Linux calls it, with its family, or what Python knows elsewhere.
    """
    path = Path("/proc/cpuinfo")
    if not path.is_file():
        return platform.processor() or platform.machine()
    lines = [line.partition(":") for line in path.read_text(encoding="utf8").splitlines()]
    facts = {key.strip(): value.strip() for key, _, value in reversed(lines)}
    name = facts.get("model name", platform.machine())
    return f"{name} (family {facts.get('cpu family')}, model {facts.get('model')})"


def measure_peak() -> float:
    """Measure the arithmetic limit of one core: the best of several products of large matrices.

    RETURNS (float): Floating point operations a second, in float32.
    """
    A = numpy.full((PEAK_SIZE, PEAK_SIZE), 0.5, dtype="f")
    out = numpy.zeros_like(A)
    best = float("inf")
    for _ in range(PEAK_ROUNDS):
        start = time.process_time()
        numpy.dot(A, A, out=out)
        best = min(best, time.process_time() - start)
    return 2 * PEAK_SIZE**3 / best


def read(path: Path) -> dict[str, Any]:
    """Read a result file.

    path (Path): The file.
    RETURNS (Dict[str, Any]): Its sections, none if there is no file.
    """
    return json.loads(path.read_text(encoding="utf8")) if path.is_file() else {}


def merge(path: Path, sections: dict[str, Any]) -> dict[str, Any]:
    """Put sections into a result file. Other sections stay as they are.

    path (Path): The file.
    sections (Dict[str, Any]): The new sections.
    RETURNS (Dict[str, Any]): All sections.
    """
    found = read(path) | sections
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(found, indent=2) + "\n", encoding="utf8")
    partial.replace(path)
    return found
