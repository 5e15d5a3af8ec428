"""What is frozen of a component, and at which rates the rest of it learns."""

import warnings
from typing import Any, NamedTuple

from spacy.language import Language
from thinc.api import Model

from ..errors import Errors, Warnings
from ..finite import is_number
from ..layers.layer_groups import NGRAMS, Key, layer_groups
from . import checks

NONE = "none"
ALL = "all"


class Rates(NamedTuple):
    """What a step changes."""

    #: Levels of layers from the bottom that stay as they are.
    n_frozen: int
    #: Whether these are all.
    is_frozen: bool
    #: Factors to the learning rate by parameter, 0 for a frozen one.
    scales: dict[Key, float]


def resolve_rates(name: str, model: Model, cfg: dict[str, Any], held: str | None) -> Rates:
    """Turn an encoder's settings into a rate for each of its parameters.

    name (str): Name of the component.
    model (Model): The encoder.
    cfg (Dict[str, Any]): Its settings.
    held (Optional[str]): What is frozen at the moment beside what the settings freeze.
    RETURNS (Rates): The rates.
    RAISES (ValueError): If a setting names a group that the encoder does not have.
    """
    if (cfg["frozen"], held or NONE, cfg["lr_decay"], cfg["lr_scales"]) == (NONE, NONE, 1.0, {}):
        return Rates(0, False, {})
    groups = layer_groups(model)
    levels = {group.name: group.level for group in groups}
    n_levels = groups[-1].level + 1
    n_frozen = 0
    for found in (cfg["frozen"], held or NONE):
        if found not in (NONE, ALL):
            _check_group(name, f"frozen = {found!r}", found, levels)
        n_frozen = max(n_frozen, {NONE: 0, ALL: n_levels}.get(found, levels.get(found, -1) + 1))
    for found in cfg["lr_scales"]:
        _check_group(name, "lr_scales", found, levels)
    scales = {}
    for group in groups:
        # The embeddings of n-grams go past the layers to the heads, and learn like these.
        distance = 0 if group.name == NGRAMS else n_levels - group.level
        decayed = cfg["lr_decay"] ** -distance
        scale = cfg["lr_scales"].get(group.name, decayed) if group.level >= n_frozen else 0.0
        scales.update(dict.fromkeys(group.keys, scale))
    return Rates(n_frozen, n_frozen == n_levels, scales)


def _check_group(name: str, setting: str, found: str, levels: dict[str, int]) -> None:
    if found not in levels:
        groups = ", ".join(levels)
        raise ValueError(Errors.E400.format(name=name, setting=setting, found=found, groups=groups))


def validate_rates(name: str, cfg: dict[str, Any]) -> None:
    """Check the settings of an encoder that can be checked without its layers.

    name (str): Name of the component.
    cfg (Dict[str, Any]): Its settings.
    RAISES (ValueError): If a setting is out of range.
    """
    scales = cfg["lr_scales"]
    rules = (
        ("frozen", isinstance(cfg["frozen"], str), f'"{NONE}", "{ALL}", or a group of layers'),
        (
            "lr_decay",
            is_number(cfg["lr_decay"]) and cfg["lr_decay"] >= 1.0,
            "a number of at least 1",
        ),
        (
            "lr_scales",
            isinstance(scales, dict) and all(is_scale(scale) for scale in scales.values()),
            'a number above 0 for each group of layers (what is not to learn at all belongs in "frozen")',
        ),
    )
    for setting, is_valid, expected in rules:
        if not is_valid:
            value = cfg[setting]
            text = Errors.E225.format(name=name, setting=setting, value=value, expected=expected)
            raise ValueError(text)
    checks.check_drop_mult(name, cfg["drop_mult"])


def is_scale(value: Any) -> bool:
    """RETURNS (bool): Whether a value can be the factor to a learning rate."""
    return is_number(value) and value > 0.0


def warn_untrained(name: str, frozen: str, nlp: Language) -> None:
    """Warn if a component that has just got random weights is frozen.

    name (str): Name of the component.
    frozen (str): What is frozen of it.
    nlp (Language): The pipeline that is being initialized.
    """
    # Callbacks may load weights, too.
    loads = ("init_tok2vec", "before_init", "after_init")
    initialize = checks.section(nlp, "initialize")
    if frozen != NONE and not any(initialize.get(key) for key in loads):
        warnings.warn(Warnings.W300.format(name=name, frozen=frozen), stacklevel=2)
