"""Values in a config: do they fit, and how do they get there."""

import difflib
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from confection import ConfigValidationError
from spacy.language import DEFAULT_CONFIG
from spacy.schemas import ConfigSchemaTraining
from spacy.util import get_lang_class, registry
from thinc.api import Config

from ..errors import Errors
from ..util import listing
from .space import Parameter

#: How many names an error suggests.
NEAREST = 3
#: Characters of a value that an error shows.
LONGEST = 80


def set_values(config: Config, placed: Mapping[str, Any]) -> Config:
    """Put values into a config.

    config (Config): The config, with its variables.
    placed (Mapping[str, Any]): Values by their places.
    RETURNS (Config): The new config.
    """
    changed = config.copy()
    for place, value in placed.items():
        *path, last = place.split(".")
        block: Any = changed
        for part in path:
            block = block.setdefault(part, {})
        block[last] = value
    return changed


def check_space(space: list[Parameter], config: Config, path: str | Path) -> None:
    """Check that a config has all places of a search space, and that the values fit there.

    space (List[Parameter]): The parameters.
    config (Config): The config, with its variables.
    path (Union[str, Path]): The file of the space, for the errors.
    RAISES (ValueError): If a place is missing, or a value does not fit.
    RAISES (ConfigValidationError): If the config is wrong as it is.
    """
    full = Config(DEFAULT_CONFIG).merge(config)
    filled = full.interpolate()
    names = dict(_flatten(filled))
    for parameter in space:
        for place in parameter.paths:
            where = {"path": path, "line": parameter.line, "name": place}
            if place not in names:
                nearest = listing(_nearest(place, list(names)))
                raise ValueError(Errors.E842.format(**where, nearest=nearest))
            variable = _find_variable(full, place)
            if variable is not None:
                raise ValueError(Errors.E844.format(**where, value=variable))
    for place in dict.fromkeys(_checked_part(place) for p in space for place in p.paths):
        _validate(filled, place)
    for parameter in space:
        for place in parameter.paths:
            for value in parameter.samples():
                reason = _find_fault(full, place, names[place], value, parameter)
                if reason:
                    shown = {"value": _short(value), "current": _short(names[place])}
                    where = {"path": path, "line": parameter.line, "name": place}
                    raise ValueError(Errors.E843.format(**where, **shown, reason=reason))


def flatten_config(config: Config) -> dict[str, Any]:
    """Get the settings of a config.

    config (Config): The config.
    RETURNS (Dict[str, Any]): Values by place, without blocks.
    """
    return {
        place: value
        for place, value in _flatten(config)
        if not isinstance(value, dict) or not value
    }


def _flatten(block: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in block.items():
        yield prefix + key, value
        if isinstance(value, dict):
            yield from _flatten(value, f"{prefix}{key}.")


def _nearest(place: str, names: list[str]) -> list[str]:
    last = place.split(".")[-1]
    same = [name for name in names if name.split(".")[-1] == last]
    close = difflib.get_close_matches(place, names, n=NEAREST, cutoff=0.5)
    ends = difflib.get_close_matches(last, {name.split(".")[-1] for name in names}, n=1)
    alike = [name for name in names if name.split(".")[-1] in ends]
    return list(dict.fromkeys([*close[:1], *same, *close, *alike]))[:NEAREST]


def _find_variable(config: Config, place: str) -> str | None:
    block: Any = config
    for part in place.split("."):
        if not isinstance(block, dict):
            return str(block)
        block = block[part]
    return None


def _find_fault(
    config: Config, place: str, current: Any, value: Any, parameter: Parameter
) -> str | None:
    """Say why a value does not fit, by the type of the one that is there and by the section's own checks."""
    kinds = _kind(current), _kind(value)
    if None not in kinds and kinds[0] != kinds[1]:
        return f"expected a {kinds[0]}, not a {kinds[1]}"
    # A product is a fraction, where a factor may be a whole number.
    value = float(value) if parameter.times is not None else value
    try:
        _validate(set_values(config, {place: value}).interpolate(), _checked_part(place))
    except ConfigValidationError as error:
        faults = [str(fault["msg"]).removeprefix("at root: ") for fault in error.errors]
        return "; ".join(faults) or "it is not allowed"
    except (ValueError, TypeError) as error:
        return str(error).strip().splitlines()[0]
    return None


def _short(value: Any) -> str:
    return textwrap.shorten(repr(value), LONGEST, placeholder=" ...")


def _checked_part(place: str) -> str:
    parts = place.split(".")
    return ".".join(parts[: 2 if parts[0] == "components" else 1])


def _kind(value: Any) -> str | None:
    kinds: tuple[tuple[Any, str], ...] = (
        (bool, "true or false"),
        ((int, float), "number"),
        (str, "text"),
        (dict, "block"),
        ((list, tuple), "list"),
    )
    return next((name for kind, name in kinds if isinstance(value, kind)), None)


def _validate(config: Config, place: str) -> None:
    """Check a section, or a component, as spaCy does before it trains. No model is made, and no data read."""
    section, *path = place.split(".")
    if section == "training":
        registry.resolve(config[section], schema=ConfigSchemaTraining)
    elif section != "components" or not path:
        registry.fill({section: config[section]})
    else:
        _validate_component(config, path[0])


def _validate_component(config: Config, name: str) -> None:
    lang = get_lang_class(config["nlp"]["lang"])
    # Finds the factories of other packages.
    nlp = lang()
    block = {**config["components"][name]}
    factory = block.pop("factory", None)
    if factory is None or not lang.has_factory(factory):
        return
    internal = lang.get_factory_name(factory)
    made = {
        **Config(lang.get_factory_meta(factory).default_config or {}).merge(block),
        "nlp": nlp,
        "name": name,
        "@factories": internal if internal in registry.factories else factory,
    }
    registry.fill({"pipe": made})
