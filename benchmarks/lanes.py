"""Record what a test lane found: which Python, which releases, how many tests passed.

python benchmarks/lanes.py lowest tests.xml [--output lanes.json]

Runs in the lane's own environment, on the results of `pytest --junitxml`. `.ci/lanes lowest fast lanes.json` does it all.
"""

import argparse
import json
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from xml.etree import ElementTree

RESULT = Path(__file__).parent / "results" / "lanes.json"
LIBRARIES = [
    "spacy",
    "thinc",
    "blis",
    "numpy",
    "srsly",
    "typer",
    "click",
    "pydantic",
    "numba",
    "scikit-learn",
    "pandas",
    "pyarrow",
    "tokenizers",
    "faiss-cpu",
    "floret",
    "cleanlab",
    "optuna",
    "altair",
    "plotly",
    "torch",
    "ray",
    "hypothesis",
    "pytest",
]


def read_outcomes(paths: list[Path]) -> dict[str, int]:
    """Count the tests of result files. A test that is in several counts as in the last one.

    paths (list[Path]): The files, as JUnit writes them.
    RETURNS (dict[str, int]): Numbers of tests by outcome.
    """
    outcomes = {}
    for path in paths:
        for case in ElementTree.parse(path).iter("testcase"):
            tags = {child.tag for child in case} & {"failure", "error", "skipped"}
            outcomes[case.get("classname"), case.get("name")] = min(tags, default="passed")
    found = list(outcomes.values())
    failed = found.count("failure") + found.count("error")
    return {"passed": found.count("passed"), "skipped": found.count("skipped"), "failed": failed}


def installed(names: list[str]) -> dict[str, str]:
    """Look up releases.

    names (list[str]): Names of libraries.
    RETURNS (dict[str, str]): The release of each that is installed.
    """
    found = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def main() -> None:
    """Write the result of a lane beside those of others."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lane", help="name of the lane")
    parser.add_argument("tests", type=Path, nargs="+", help="results of pytest")
    parser.add_argument("--output", type=Path, default=RESULT)
    options = parser.parse_args()
    rows = json.loads(options.output.read_text("utf8")) if options.output.exists() else {}
    rows[options.lane] = {
        "python": platform.python_version(),
        **read_outcomes(options.tests),
        "releases": installed(LIBRARIES),
    }
    options.output.write_text(json.dumps(rows, indent=2) + "\n", "utf8")


if __name__ == "__main__":
    main()
