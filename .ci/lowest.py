"""Print the lowest allowed release of every requirement in setup.cfg, as constraints for pip.

python .ci/lowest.py [--extras test,vectors] [--python 3.10] > lowest.txt
"""

import argparse
import sys
from configparser import ConfigParser
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.version import Version

SETUP = Path(__file__).resolve().parent.parent / "setup.cfg"
LOWER = {">=", "==", "~="}


def requirements(setup: Path, extras: list[str]) -> list[Requirement]:
    """The requirements of the package itself and of some extras.

    setup (Path): The file setup.cfg.
    extras (List[str]): Names of extras, or "all" alone for every one.
    RETURNS (List[Requirement]): The requirements, in the order of the file.
    """
    config = ConfigParser()
    config.read(setup, encoding="utf8")
    sections = config["options.extras_require"]
    names = list(sections) if extras == ["all"] else extras
    blocks = [config["options"]["install_requires"], *(sections[name] for name in names)]
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def lowest(wanted: list[Requirement], python: str) -> dict[str, Version]:
    """The lowest release that all requirements of a library allow.

    wanted (List[Requirement]): The requirements.
    python (str): The version of Python that markers are read for, such as "3.10".
    RETURNS (Dict[str, Version]): The release by the library's name.
    RAISES (SystemExit): If a requirement has no lower bound.
    """
    environment = {**default_environment(), "python_version": python, "extra": ""}
    bounds: dict[str, Version] = {}
    for requirement in wanted:
        if requirement.marker and not requirement.marker.evaluate(environment):
            continue
        lower = [Version(part.version) for part in requirement.specifier if part.operator in LOWER]
        if not lower:
            raise SystemExit(f"setup.cfg: {requirement} has no lower bound")
        bounds[requirement.name] = max([*lower, bounds.get(requirement.name, lower[0])])
    return bounds


def main() -> None:
    """Print the constraints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--extras", default="", help="names of extras, or 'all'")
    parser.add_argument("--python", default="", help="version of Python, such as 3.10")
    options = parser.parse_args()
    python = options.python or default_environment()["python_version"]
    extras = [name for name in options.extras.split(",") if name]
    found = lowest(requirements(SETUP, extras), python)
    sys.stdout.writelines(f"{name}=={version}\n" for name, version in found.items())


if __name__ == "__main__":
    main()
