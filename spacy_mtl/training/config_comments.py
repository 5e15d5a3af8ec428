"""Configs that are made from parts of others, written with the comments of the template."""

from collections.abc import Mapping
from typing import TypeAlias

from thinc.api import Config

#: Comments by section and setting; those of a section itself by "". Each has one or more lines.
Comments: TypeAlias = Mapping[tuple[str, str], str]


def read_comments(text: str) -> dict[tuple[str, str], str]:
    """Find the comments of a config.

    text (str): The text of the config.
    RETURNS (Dict[Tuple[str, str], str]): The lines above each section and setting.
    """
    comments = {}
    section = ""
    lines: list[str] = []
    for line in text.splitlines():
        if line.startswith("#"):
            lines.append(line)
            continue
        if line.startswith("["):
            section = line.strip("[]")
        if lines and line:
            comments[section, _name(line)] = "\n".join(lines)
        lines = []
    return comments


def write_with_comments(config: Config, comments: Comments) -> str:
    """Write a config, with a comment above each section and setting that has one.

    config (Config): The config.
    comments (Comments): The comments. What the config does not have is left out.
    RETURNS (str): The text of the config.
    """
    blocks: dict[str, list[str]] = {}
    section = ""
    for line in filter(None, config.to_str(interpolate=False).splitlines()):
        if line.startswith("["):
            section = line.strip("[]")
        lines = blocks.setdefault(section, [])
        if (section, _name(line)) in comments:
            lines.append(comments[section, _name(line)])
        lines.append(line)
    # The config lists sections level by level. Here each is followed by what belongs to it.
    places = {name: place for place, name in enumerate(blocks)}
    order = sorted(blocks, key=lambda name: [places.get(part, -1) for part in _path(name)])
    return "\n\n".join("\n".join(blocks[name]) for name in order) + "\n"


def _path(section: str) -> list[str]:
    parts = section.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts) + 1)]


def _name(line: str) -> str:
    return "" if line.startswith("[") else line.partition(" = ")[0]
