"""Checks of a task component's settings against its model, its labels and its data."""

import warnings
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from spacy.language import Language
from spacy.training import Example
from thinc.api import Model

from ..errors import Errors, Warnings
from ..finite import is_number
from ..score_metric import validate_score_metric
from ..util import listing, task_cats, validate_task_name
from . import checks
from .loss import balanced_weights
from .rates import ALL, NONE, is_scale
from .statistics import TOLERANCE, TaskStatistics

MISSING = ("zero", "unknown")
#: Exponents of the class weights by the setting that asks for them.
POWERS = {"balanced": 1.0, "sqrt_balanced": 0.5}
CLASS_WEIGHTS = ("none", *POWERS)


def validate_settings(name: str, cfg: dict[str, Any], model: Model) -> None:
    """Check the settings that can be checked without data.

    name (str): Name of the component.
    cfg (Dict[str, Any]): Its settings.
    model (Model): Its model.
    RAISES (ValueError): If a setting is out of range or contradicts the model.
    """
    validate_task_name(cfg["task"])
    validate_score_metric(cfg["score_metric"])
    validate_loss_weight(name, cfg)
    checks.check_drop_mult(name, cfg["drop_mult"])
    weights = cfg["class_weights"]
    threshold, smoothing = cfg["threshold"], cfg["label_smoothing"]
    rules = (
        ("threshold", is_number(threshold) and 0.0 <= threshold <= 1.0, "between 0 and 1"),
        ("missing", cfg["missing"] in MISSING, f"one of {', '.join(MISSING)}"),
        (
            "label_smoothing",
            is_number(smoothing) and 0.0 <= smoothing < 1.0,
            "at least 0 and below 1",
        ),
        (
            "class_weights",
            weights in CLASS_WEIGHTS
            if isinstance(weights, str)
            else all(_is_weight(weight) for weight in weights.values()),
            f"one of {', '.join(CLASS_WEIGHTS)}, or a weight of at least 0 for each label",
        ),
        ("frozen", cfg["frozen"] in (NONE, ALL), f'"{NONE}" or "{ALL}"'),
        ("lr_scale", is_scale(cfg["lr_scale"]), f'a number above 0, or frozen = "{ALL}"'),
    )
    for setting, is_valid, expected in rules:
        if not is_valid:
            raise ValueError(
                Errors.E225.format(
                    name=name, setting=setting, value=cfg[setting], expected=expected
                )
            )
    exclusive = not model.attrs.get("multi_label", cfg["multi_label"])
    if exclusive == cfg["multi_label"]:
        raise ValueError(
            Errors.E227.format(name=name, multi_label=cfg["multi_label"], exclusive=exclusive)
        )


def validate_loss_weight(name: str, cfg: dict[str, Any]) -> None:
    """Check the weight of a loss.

    name (str): Name of the component.
    cfg (Dict[str, Any]): Its settings.
    RAISES (ValueError): If the weight is no number of at least 0.
    """
    value = cfg["loss_weight"]
    if not _is_weight(value):
        expected = "a number of at least 0"
        text = Errors.E225.format(name=name, setting="loss_weight", value=value, expected=expected)
        raise ValueError(text)


def _is_weight(value: Any) -> bool:
    return is_number(value) and value >= 0.0


def check_unique_task(name: str, task: str, nlp: Language) -> None:
    """Check that no other component of the pipeline has the same task.

    name (str): Name of the component.
    task (str): Its task.
    nlp (Language): The pipeline.
    RAISES (ValueError): If there is one.
    """
    for other in nlp.component_names:
        if other != name and getattr(nlp.get_pipe(other), "task", None) == task:
            raise ValueError(Errors.E228.format(name=name, other=other, task=task))


def check_labels(name: str, cfg: dict[str, Any]) -> None:
    """Check that there are labels enough to learn something, and that explicit weights fit them.

    name (str): Name of the component.
    cfg (Dict[str, Any]): Its settings.
    RAISES (ValueError): If there are too few labels, or weights for unknown ones.
    """
    labels = cfg["labels"]
    lowest, kind = (1, "a multi-label task") if cfg["multi_label"] else (2, "a single-label task")
    if len(labels) < lowest:
        raise ValueError(
            Errors.E221.format(
                name=name, task=cfg["task"], kind=kind, lowest=lowest, labels=listing(labels)
            )
        )
    validate_score_metric(cfg["score_metric"], labels)
    if isinstance(cfg["class_weights"], dict):
        unknown = sorted(set(cfg["class_weights"]) - set(labels))
        if unknown:
            raise ValueError(
                Errors.E226.format(
                    name=name,
                    task=cfg["task"],
                    unknown=listing(unknown),
                    labels=listing(labels),
                )
            )


def check_statistics(
    name: str, cfg: dict[str, Any], found: TaskStatistics, *, streamed: bool = False
) -> None:
    """Check the training data of a task against its settings.

    name (str): Name of the component.
    cfg (Dict[str, Any]): Its settings.
    found (TaskStatistics): What the data says.
    streamed (bool): Whether the data is only the beginning of a stream.
    RAISES (ValueError): If the data has only one label, unknown labels, values out of range, or not exactly one true
        label where labels exclude each other.
    """
    _check_known(name, cfg, found.positives)
    seen = [label for label, count in found.positives.items() if count]
    if not cfg["multi_label"] and not streamed and len(seen) < 2:
        raise ValueError(
            Errors.E221.format(
                name=name,
                task=cfg["task"],
                kind="the training data of a single-label task",
                lowest=2,
                labels=listing(seen),
            )
        )
    if found.out_of_range is not None:
        reference = found.out_of_range.reference
        values = task_cats(reference.cats, cfg["task"])
        label = next(label for label, value in values.items() if not 0.0 <= value <= 1.0)
        raise ValueError(
            Errors.E224.format(
                name=name,
                task=cfg["task"],
                value=values[label],
                label=label,
                text=reference.text[:80],
            )
        )
    if found.not_exclusive is not None and not cfg["multi_label"]:
        _raise_not_exclusive(name, cfg, found.not_exclusive, found.n_not_exclusive)


def check_targets(
    name: str, cfg: dict[str, Any], examples: Sequence[Example], targets: Any, mask: Any
) -> None:
    """Check the targets of a training batch: a stream is not read beforehand.

    name (str): Name of the component.
    cfg (Dict[str, Any]): Its settings.
    examples (Sequence[Example]): The batch.
    targets (numpy.ndarray): Its targets `(n_docs, n_labels)`.
    mask (numpy.ndarray): 1 where a target is known.
    RAISES (ValueError): If a document has an unknown label or, for a single-label task, several true
        ones or none.
    """
    if cfg["multi_label"]:
        for example in examples:
            _check_known(name, cfg, task_cats(example.reference.cats, cfg["task"]))
        return
    wrong = (abs(targets.sum(axis=1) - 1.0) > TOLERANCE) & (mask.max(axis=1) > 0)
    if not wrong.any():
        return
    first = examples[int(wrong.argmax())]
    _check_known(name, cfg, task_cats(first.reference.cats, cfg["task"]))
    _raise_not_exclusive(name, cfg, first, int(wrong.sum()))


def _check_known(name: str, cfg: dict[str, Any], labels: Iterable[str]) -> None:
    unknown = sorted(set(labels) - set(cfg["labels"]))
    if unknown:
        raise ValueError(
            Errors.E223.format(
                name=name,
                task=cfg["task"],
                unknown=listing(unknown),
                labels=listing(cfg["labels"]),
            )
        )


def _raise_not_exclusive(name: str, cfg: dict[str, Any], example: Example, count: int) -> NoReturn:
    reference = example.reference
    raise ValueError(
        Errors.E222.format(
            name=name,
            task=cfg["task"],
            cats=task_cats(reference.cats, cfg["task"]),
            text=reference.text[:80],
            count=count,
        )
    )


def resolve_class_weights(
    name: str, cfg: dict[str, Any], found: TaskStatistics | None, *, streamed: bool
) -> dict[str, float]:
    """Turn the setting `class_weights` into one weight a label.

    name (str): Name of the component.
    cfg (Dict[str, Any]): Its settings.
    found (Optional[TaskStatistics]): What the data says, if it was seen.
    streamed (bool): Whether the data is only the beginning of a stream.
    RETURNS (Dict[str, float]): Weights by label. Labels that are not in it weigh 1.
    """
    setting = cfg["class_weights"]
    if isinstance(setting, dict):
        return {label: float(weight) for label, weight in setting.items()}
    if setting == "none" or found is None:
        return {}
    if streamed:
        warnings.warn(Warnings.W203.format(name=name, count=found.n_docs), stacklevel=2)
    return balanced_weights(
        cfg["labels"],
        found.positives,
        found.known,
        found.n_docs,
        multi_label=cfg["multi_label"],
        power=POWERS[setting],
    )
