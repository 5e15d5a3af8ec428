"""What is installed with the package may be used together with MIT code."""

import re
from importlib.metadata import PackageNotFoundError, distribution

from packaging.requirements import Requirement

#: Of a licence's name. LGPL and MPL oblige those who change the library itself, so they are no concern here.
REFUSED = re.compile(
    r"(?<![\w])(AGPL|GPL|SSPL|CC-BY-NC|Commons Clause|Affero|GNU General Public)", re.IGNORECASE
)
KNOWN = re.compile(
    r"Apache|BSD|CC0|HPND|ISC|MIT|MPL|Mozilla|PSF|Python Software|Unlicense|LGPL|Lesser"
)


def licences(name: str) -> str:
    """All that a library's metadata says of its licence."""
    metadata = distribution(name).metadata
    said = [metadata.get("License-Expression"), (metadata.get("License") or "").strip()[:200]]
    found = metadata.get_all("Classifier") or []
    return "; ".join(map(str, [*said, *(entry for entry in found if entry.startswith("License"))]))


def required(name: str, extras: frozenset[str] = frozenset()) -> set[str]:
    """The installed libraries that a library needs, and what these need."""
    found: set[str] = set()
    waiting = [(name, extras)]
    while waiting:
        current, wanted = waiting.pop()
        try:
            lines = distribution(current).requires or []
        except PackageNotFoundError:
            continue
        found.add(current)
        for line in lines:
            requirement = Requirement(line)
            markers = [{"extra": extra} for extra in ("", *wanted)]
            if requirement.marker and not any(map(requirement.marker.evaluate, markers)):
                continue
            if requirement.name not in found:
                waiting.append((requirement.name, frozenset(requirement.extras)))
    return found


def test_every_requirement_has_a_licence_that_fits():
    extras = frozenset(distribution("spacy-mtl").metadata.get_all("Provides-Extra"))
    names = required("spacy-mtl", extras - {"dev"}) - {"spacy-mtl"}
    assert {"spacy", "thinc", "numpy"} <= names
    unfit = {name: licences(name) for name in names if REFUSED.search(licences(name))}
    unknown = {name for name in names if not KNOWN.search(licences(name))}
    assert not unfit and not unknown


def test_licences_that_do_not_fit_are_seen():
    assert all(
        map(
            REFUSED.search,
            ["GPL-3.0", "License :: OSI Approved :: GNU General Public License", "AGPLv3"],
        )
    )
    assert not any(map(REFUSED.search, ["MIT", "LGPL-2.1", "MPL-2.0", "Apache-2.0"]))
