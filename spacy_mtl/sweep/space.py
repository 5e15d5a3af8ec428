"""The file that says which settings to search, and among which values."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from srsly.ruamel_yaml import YAML
from srsly.ruamel_yaml.error import YAMLError, YAMLFutureWarning

from ..damage import DAMAGE
from ..errors import Errors
from ..finite import is_number
from ..util import listing

KEYS = ("choices", "low", "high", "log", "step", "int", "paths", "times", "when")
_FAILURES: tuple[type[Exception], ...] = (OSError, *DAMAGE)
SCALARS = (str, int, float, bool, type(None))


@dataclass(frozen=True)
class Parameter:
    """What is searched.

    name (str): Its name: a place in the config, unless `paths` names others.
    paths (Tuple[str, ...]): Places in the config that get its value.
    choices (Tuple[Any, ...]): The values to choose from. Empty for a range.
    low (float): Lowest value of a range.
    high (float): Highest value of a range.
    log (bool): Whether the logarithm is drawn evenly.
    step (Optional[float]): Distance of two values.
    is_int (bool): Whether values of the range are whole numbers.
    times (Optional[str]): A parameter whose value this one's is multiplied by.
    when (Dict[str, List[Any]]): Values of other parameters with which this one has an effect.
    line (int): Its line in the file.
    """

    name: str
    paths: tuple[str, ...]
    line: int
    choices: tuple[Any, ...] = ()
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    step: float | None = None
    is_int: bool = False
    times: str | None = None
    when: tuple[tuple[str, tuple[Any, ...]], ...] = ()

    def draw(self, trial: Any) -> Any:
        """Draw a value.

        trial (optuna.Trial): The trial.
        RETURNS (Any): The value.
        """
        if self.choices:
            if not self.is_encoded:
                return trial.suggest_categorical(self.name, self.choices)
            texts = [json.dumps(choice) for choice in self.choices]
            return json.loads(trial.suggest_categorical(self.name, texts))
        if self.is_int:
            step = 1 if self.step is None else self.step
            return trial.suggest_int(self.name, self.low, self.high, log=self.log, step=step)
        return trial.suggest_float(self.name, self.low, self.high, log=self.log, step=self.step)

    @property
    def is_encoded(self) -> bool:
        """RETURNS (bool): Whether a study keeps the choices as JSON, for lack of lists and blocks."""
        return not all(isinstance(choice, SCALARS) for choice in self.choices)

    @property
    def is_open(self) -> bool:
        """RETURNS (bool): Whether there is anything to choose."""
        return len(self.choices) != 1

    def samples(self) -> tuple[Any, ...]:
        """RETURNS (Tuple[Any, ...]): All choices, or both ends of the range."""
        return self.choices or (self.low, self.high)

    def describe(self) -> str:
        """RETURNS (str): Everything that makes the search what it is, as JSON."""
        shown = {key: value for key, value in vars(self).items() if key != "line"}
        return json.dumps(shown, sort_keys=True)


def draw_values(space: list[Parameter], trial: Any) -> dict[str, Any]:
    """Draw a value for each parameter that has an effect.

    space (List[Parameter]): The parameters.
    trial (optuna.Trial): The trial.
    RETURNS (Dict[str, Any]): Values by name of the parameter.
    """
    values: dict[str, Any] = {}
    for parameter in space:
        if all(other in values and values[other] in given for other, given in parameter.when):
            values[parameter.name] = parameter.draw(trial)
    return values


def place_values(space: list[Parameter], values: Mapping[str, Any]) -> dict[str, Any]:
    """Find what goes into the config.

    space (List[Parameter]): The parameters.
    values (Mapping[str, Any]): Values by name of the parameter.
    RETURNS (Dict[str, Any]): Values by their places in the config.
    """
    placed: dict[str, Any] = {}
    for parameter in space:
        if parameter.name in values:
            value = values[parameter.name]
            if parameter.times is not None:
                value = value * values[parameter.times]
            placed.update(dict.fromkeys(parameter.paths, value))
    return placed


def read_space(path: str | Path) -> list[Parameter]:
    """Read a search space.

    path (Union[str, Path]): The file, YAML: for each place in the config `{choices: [...]}`, or `{low: ...,
        high: ...}` with `log`, `step` and `int` if wanted. `paths` names several places that get the same
        value, `times` a parameter to multiply by, `when` values of others with which this one has an effect.
    RETURNS (List[Parameter]): The parameters.
    RAISES (ValueError): If the file cannot be read, or an entry is wrong.
    """
    try:
        text = Path(path).read_text(encoding="utf8")
        loaded: Any = YAML(typ="rt").load(text)
    except (YAMLError, YAMLFutureWarning) as error:
        mark = getattr(error, "problem_mark", None)
        where = "" if mark is None else f"line {mark.line + 1}: "
        reason = where + str(getattr(error, "problem", None) or error).strip()
        raise ValueError(Errors.E840.format(path=path, reason=reason)) from error
    except _FAILURES as error:
        reason = str(getattr(error, "strerror", None) or error)
        raise ValueError(Errors.E840.format(path=path, reason=reason)) from error
    if not isinstance(loaded, dict) or not loaded:
        reason = "expected a mapping of places in the config to their values, e.g. training.dropout: {low: 0.0, high: 0.5}"
        raise ValueError(Errors.E840.format(path=path, reason=reason))
    space: list[Parameter] = []
    lines: Any = loaded
    for name, entry in loaded.items():
        line = lines.lc.key(name)[0] + 1
        try:
            space.append(_parse(name, _to_plain(entry), line, space))
        except ValueError as error:
            message = Errors.E841.format(path=path, line=line, name=name, reason=error)
            raise ValueError(message) from error
    return space


def _to_plain(value: Any) -> Any:
    """Take the YAML library's own types away, which remember comments and spelling."""
    if isinstance(value, dict):
        return {str(key): _to_plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_to_plain(item) for item in value]
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    if value is None:
        return None
    raise ValueError(f"{value!r} is no value of a config")


def _parse(name: Any, entry: Any, line: int, before: list[Parameter]) -> Parameter:
    _expect(isinstance(name, str), "the name is no text")
    _expect(isinstance(entry, dict), "expected {choices: [...]} or {low: ..., high: ...}")
    unknown = [key for key in entry if key not in KEYS]
    _expect(not unknown, f"unknown: {listing(unknown)}. Known: {', '.join(KEYS)}")
    paths = entry.get("paths", [name])
    _expect(_is_list(paths, str), "paths is no list of places in the config")
    taken = {path for parameter in before for path in parameter.paths}
    twice = [path for i, path in enumerate(paths) if path in taken or path in paths[:i]]
    _expect(not twice, f"{listing(twice)} is set twice")
    earlier = {parameter.name: parameter for parameter in before}
    parsed: dict[str, Any] = {"name": name, "paths": tuple(paths), "line": line}
    if "choices" in entry:
        others = [key for key in ("low", "high", "log", "step", "int") if key in entry]
        _expect(not others, f"choices cannot stand beside {listing(others)}")
        parsed["choices"] = _parse_choices(entry["choices"])
    else:
        parsed.update(_parse_range(entry))
    if "times" in entry:
        other = earlier.get(entry["times"]) if isinstance(entry["times"], str) else None
        if other is None:
            raise ValueError(f"times names no parameter above it: {entry['times']!r}")
        for parameter in (other, Parameter(**parsed)):
            numbers = all(_is_number(value) for value in parameter.samples())
            _expect(numbers and not parameter.when, "times needs numbers, and no when")
        parsed["times"] = entry["times"]
    if "when" in entry:
        parsed["when"] = _parse_when(entry["when"], earlier)
    return Parameter(**parsed)


def _parse_choices(choices: Any) -> tuple[Any, ...]:
    _expect(isinstance(choices, list) and bool(choices), "choices is no list of values")
    _expect(all(map(_is_finite, choices)), "a choice is no finite number")
    twice = [value for i, value in enumerate(choices) if value in choices[:i]]
    _expect(not twice, f"the choice {listing(twice)} is given twice")
    return tuple(choices)


def _parse_range(entry: dict[str, Any]) -> dict[str, Any]:
    for key in ("low", "high"):
        _expect(key in entry, f"{key} is missing: give choices, or low and high")
        _expect(_is_number(entry[key]), f"{key} is no number: {entry[key]!r}")
    for key in ("log", "int"):
        _expect(isinstance(entry.get(key, False), bool), f"{key} is neither true nor false")
    low, high, log = entry["low"], entry["high"], entry.get("log", False)
    step = entry.get("step")
    is_int = entry.get("int", all(isinstance(value, int) for value in (low, high, step or 1)))
    _expect(low < high, f"low = {low} is not below high = {high}")
    _expect(not log or low > 0, f"a logarithmic range begins above 0, not at {low}")
    _expect(step is None or (_is_number(step) and step > 0), "step is no number above 0")
    _expect(step is None or not log, "step and log exclude each other")
    whole = all(float(value).is_integer() for value in (low, high, step or 1))
    _expect(not is_int or whole, "low, high and step of a range with int: true are whole numbers")
    kind = int if is_int else float
    step = None if step is None else kind(step)
    return {"low": kind(low), "high": kind(high), "log": log, "step": step, "is_int": is_int}


def _parse_when(
    when: Any, earlier: dict[str, Parameter]
) -> tuple[tuple[str, tuple[Any, ...]], ...]:
    _expect(isinstance(when, dict) and bool(when), "when is no mapping of parameters to values")
    for other, given in when.items():
        _expect(other in earlier, f"when names no parameter above it: {other!r}")
        _expect(_is_list(given, object), f"when gives no list of values for {other!r}")
        choices = earlier[other].choices
        never = [value for value in given if choices and value not in choices]
        _expect(not never, f"{other!r} is never {listing(never)}")
    return tuple((other, tuple(given)) for other, given in when.items())


def _is_number(value: Any) -> bool:
    return is_number(value) and not isinstance(value, bool)


def _is_finite(value: Any) -> bool:
    return not isinstance(value, float) or math.isfinite(value)


def _is_list(value: Any, kind: type) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, kind) for v in value)


def _expect(condition: bool, reason: str) -> None:
    if not condition:
        raise ValueError(reason)
