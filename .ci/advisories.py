"""List the advisories of a clone of the Python Packaging Advisory Database that concern pinned releases.

python .ci/advisories.py ADVISORIES pins.txt [--accepted .ci/accepted.txt]
"""

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from packaging.utils import canonicalize_name, canonicalize_version
from packaging.version import InvalidVersion, Version

#: What is left of a name that is no version by today's rules, such as that of a build.
NUMBERS = re.compile(r"\d+(\.\d+)*")


def read_pins(path: Path) -> dict[str, Version]:
    """Read releases, each in a line `name==version`.

    path (Path): The file.
    RETURNS (Dict[str, Version]): The release by the library's name.
    """
    pairs = [line.split("==") for line in path.read_text("utf8").split()]
    return {canonicalize_name(name): Version(version) for name, version in pairs}


def read_accepted(path: Path) -> set[str]:
    """Read the advisories that are known and accepted.

    path (Path): The file: an identifier and a reason a line, or a comment.
    RETURNS (Set[str]): The identifiers.
    """
    lines = [line.split(maxsplit=1) for line in path.read_text("utf8").splitlines()]
    return {words[0] for words in lines if words and not words[0].startswith("#")}


def read_event(event: dict[str, str]) -> tuple[Version, str]:
    """Read an event of a range.

    event (Dict[str, str]): What happened ("introduced", "fixed" or "last_affected"), and in which release.
    RETURNS (Tuple[Version, str]): The release, and what happened.
    """
    ((kind, name),) = event.items()
    try:
        return Version(name), kind
    except InvalidVersion:
        return Version(NUMBERS.match(name)[0]), kind


def in_range(version: Version, events: list[dict[str, str]]) -> bool:
    """Tell whether a release lies in a range.

    version (Version): The release.
    events (List[Dict[str, str]]): The events of the range.
    RETURNS (bool): Whether it is affected.
    """
    affected = False
    for bound, kind in sorted(map(read_event, events)):
        if version > bound or (version == bound and kind != "last_affected"):
            affected = kind == "introduced"
    return affected


def affects(advisory: dict[str, Any], name: str, version: Version) -> bool:
    """Tell whether an advisory concerns a release.

    advisory (Dict[str, Any]): The advisory, in OSV's form.
    name (str): The library's name, normalized.
    version (Version): The release.
    RETURNS (bool): Whether it does, by its list of releases or by a range of them.
    """
    if advisory.get("withdrawn"):
        return False
    for affected in advisory.get("affected", []):
        if canonicalize_name(affected["package"]["name"]) != name:
            continue
        # Old releases may have a name that is no version by today's rules.
        listed = map(canonicalize_version, affected.get("versions") or [])
        if canonicalize_version(version) in listed:
            return True
        ranges = [part for part in affected.get("ranges", []) if part["type"] == "ECOSYSTEM"]
        if any(in_range(version, part["events"]) for part in ranges):
            return True
    return False


def find(database: Path, pins: dict[str, Version]) -> Iterator[tuple[str, Version, dict[str, Any]]]:
    """Find the advisories that concern releases.

    database (Path): The clone.
    pins (Dict[str, Version]): The releases.
    YIELDS (Tuple[str, Version, Dict[str, Any]]): Library, release and advisory.
    """
    for name, version in sorted(pins.items()):
        for path in sorted((database / "vulns" / name).glob("*.yaml")):
            advisory = yaml.safe_load(path.read_text("utf8"))
            if affects(advisory, name, version):
                yield name, version, advisory


def main() -> int:
    """Print what was found. RETURNS (int): 1 if any of it is not accepted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("database", type=Path, help="clone of the database")
    parser.add_argument("pins", type=Path, help="file with the releases")
    parser.add_argument("--accepted", type=Path, help="file with advisories that are accepted")
    options = parser.parse_args()
    if not (options.database / "vulns").is_dir():
        parser.error(f"{options.database} has no folder 'vulns'")
    pins = read_pins(options.pins)
    accepted = read_accepted(options.accepted) if options.accepted else set()
    left = 0
    for name, version, advisory in find(options.database, pins):
        names = {advisory["id"], *advisory.get("aliases", [])}
        known = bool(names & accepted)
        left += not known
        said = advisory.get("summary") or advisory["details"].strip().splitlines()[0][:100]
        mark = "accepted" if known else "FOUND"
        sys.stdout.write(f"{mark} {name} {version} {' '.join(sorted(names))}: {said}\n")
    sys.stdout.write(f"{len(pins)} releases, {left} advisories that are not accepted\n")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
