"""One step of an optimizer in which some parameters stay, and others learn at rates of their own."""

from collections.abc import Mapping
from typing import Any

from thinc.api import Model

from .layer_groups import Key


def take_step(
    model: Model,
    sgd: Any,
    scales: Mapping[Key, float],
    *,
    default: float = 1.0,
    starts_late: bool = False,
) -> None:
    """Change a model's parameters by their gradients, as thinc's `Model.finish_update` does.

    Gradients are clipped, and weights averaged, as always: a scale is a factor to the learning rate alone,
    and so to the weight decay, which thinc multiplies by it. A parameter whose scale is 0 is not touched,
    nor are its moments and averages; its gradient is emptied.

    model (Model): The model.
    sgd (Optimizer): The optimizer.
    scales (Mapping[Key, float]): What the learning rate is multiplied by, by parameter.
    default (float): The same for all other parameters.
    starts_late (bool): Whether parameters may take their first step while others have taken many. Their
        averages then start from the weights: thinc starts from 0, so that weights which have been learned
        before would be far too small in the evaluations after their first steps.
    """
    if default == 1.0 and not scales and not starts_late:
        model.finish_update(sgd)
        return
    optimizer = _ScaledOptimizer(sgd, scales, default, starts_late)
    for node in model.walk():
        for shim in node.shims:
            shim.finish_update(optimizer)  # type: ignore[arg-type]
    for node in model.walk():
        for name in node.param_names:
            if not node.has_grad(name):
                continue
            key = (node.id, name)
            gradient: Any = node.get_grad(name)
            # Setting a parameter, or only getting it, would make known that it may have changed.
            if optimizer.scale(key):
                weights, _ = optimizer(key, node.get_param(name), gradient)
                node.set_param(name, weights)
            else:
                gradient.fill(0.0)


class _ScaledOptimizer:
    """Stands in for an optimizer, also where PyTorch's parameters are updated."""

    def __init__(
        self, sgd: Any, scales: Mapping[Key, float], default: float, starts_late: bool
    ) -> None:
        self.sgd = sgd
        self.scales = scales
        self.default = default
        self.starts_late = starts_late

    def scale(self, key: Key) -> float:
        return self.scales.get(key, self.default)

    def __call__(self, key: Key, weights: Any, gradient: Any) -> tuple[Any, Any]:
        scale = self.scale(key)
        if not scale:
            return weights, gradient
        averages = self.sgd.averages if self.starts_late else None
        if averages is not None and key not in averages:
            averages[key] = weights.copy()
        if scale == 1.0:
            return self.sgd(key, weights, gradient)
        return self.sgd(key, weights, gradient, lr_scale=scale)
