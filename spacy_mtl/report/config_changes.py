"""In what a config differs from the one that `mtl init-config` writes for the same data."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from thinc.api import Config

from ..training.config_defaults import estimate_words
from ..training.config_text import render_config
from ..training.single_task import find_task_pipes
from ..training.task_summary import summarize_tasks
from .contents import Change

#: Where the data is and what the data says, which are no choices.
IGNORED = ("paths.", "corpora.train.path", "corpora.dev.path", "initialize.")


def find_changes(config: Config, data: str | Path) -> list[Change]:
    """Find the settings of a config that differ from what `mtl init-config` writes.

    config (Config): The config of a training.
    data (Union[str, Path]): The folder with its data.
    RETURNS (List[Change]): The settings, by dotted name.
    RAISES (ValueError): If the data has not all tasks of the config.
    """
    own = Config(config).interpolate()
    tasks = summarize_tasks(data, tasks=find_task_pipes(own))
    paths = own.get("paths") or {}
    raw_text = paths.get("raw_text") if own.get("pretraining") else None
    text = render_config(
        tasks,
        str(data),
        lang=own["nlp"]["lang"],
        raw_text=raw_text,
        raw_words=estimate_words(raw_text) if raw_text else 0,
        target_vectors=paths.get("target_vectors"),
    )
    values, defaults = dict(_flatten(own)), dict(_flatten(Config().from_str(text)))
    changed = [
        Change(name, values.get(name), defaults.get(name))
        for name in [*values, *(name for name in defaults if name not in values)]
        if values.get(name) != defaults.get(name)
    ]
    changed = [change for change in changed if not change.setting.startswith(IGNORED)]
    return _group(changed, find_task_pipes(own).values())


def _group(changes: Iterable[Change], pipes: Collection[str]) -> list[Change]:
    """Say once what is so in the components of several tasks."""
    grouped: dict[Change, list[str]] = {}
    for change in changes:
        section, _, rest = change.setting.partition(".")
        pipe, _, setting = rest.partition(".")
        common = section == "components" and pipe in pipes
        name = f"components.*.{setting}" if common else change.setting
        grouped.setdefault(replace(change, setting=name), []).append(pipe)
    return [
        change
        if "*" not in change.setting
        else replace(change, setting=_name(change, names, pipes))
        for change, names in grouped.items()
    ]


def _name(change: Change, names: list[str], pipes: Collection[str]) -> str:
    which = "all tasks" if len(names) == len(pipes) > 1 else ", ".join(names)
    return change.setting.replace("*", f"({which})" if len(names) > 1 else which, 1)


def _flatten(block: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield settings by dotted name. A setting that is null or empty is as good as none."""
    for key, value in block.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and value:
            yield from _flatten(value, f"{name}.")
        elif value not in (None, {}, []):
            yield name, json.dumps(value, ensure_ascii=False)
