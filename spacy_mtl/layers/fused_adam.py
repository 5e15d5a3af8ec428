"""Adam that changes a parameter in one pass over its memory."""

import math
from typing import Any

import numpy
from thinc.api import Optimizer
from thinc.types import FloatsXd, Generator

from ..argument_types import checked_types
from .kernels import get_kernels

#: thinc's limit for the decay of averaged weights.
MAX_DECAY = 0.9999


@checked_types("spacy_mtl.Adam.v1")
def create_adam_v1(
    *,
    learn_rate: float | list[float] | Generator = 0.001,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    L2: float = 0.0,
    L2_is_weight_decay: bool = True,
    grad_clip: float = 1.0,
    use_averages: bool = True,
) -> Optimizer:
    """Create thinc's Adam (Kingma & Ba 2015), with the same steps and the same state. If numba is
    installed, each parameter is clipped, moved, decayed, averaged, and its gradient emptied in one pass
    over the memory, where thinc needs about ten. That pays for large tables.

    learn_rate (Union[float, List[float], Generator]): The learning rate, or one a step.
    beta1 (float): Decay of the first moment.
    beta2 (float): Decay of the second moment.
    eps (float): What keeps the division from exploding.
    L2 (float): Weight decay, or regularisation.
    L2_is_weight_decay (bool): Whether L2 is taken off the weights (decoupled) or added to the gradient.
    grad_clip (float): Largest norm of the gradient of a parameter. 0 for no limit.
    use_averages (bool): Keep running averages of the weights, for evaluating and saving.
    RETURNS (Optimizer): The optimizer.
    """
    return FusedAdam(
        learn_rate,
        beta1=beta1,
        beta2=beta2,
        eps=eps,
        L2=L2,
        L2_is_weight_decay=L2_is_weight_decay,
        grad_clip=grad_clip,
        use_averages=use_averages,
    )


class FusedAdam(Optimizer):
    """thinc's optimizer with the steps of Adam fused."""

    def __call__(
        self,
        key: tuple[int, str],
        weights: FloatsXd,
        gradient: FloatsXd,
        *,
        lr_scale: float = 1.0,
    ) -> tuple[FloatsXd, FloatsXd]:
        """Change weights by a gradient.

        key (Tuple[int, str]): ID of the node, and name of the parameter.
        weights (FloatsXd): The parameter, changed in place.
        gradient (FloatsXd): Its gradient, which is 0 afterwards.
        lr_scale (float): What the learning rate is multiplied by.
        RETURNS (Tuple[FloatsXd, FloatsXd]): Both arrays.
        """
        kernels = get_kernels()
        if not hasattr(kernels, "adam") or not self._is_fusable(weights, gradient):
            return super().__call__(key, weights, gradient, lr_scale=lr_scale)
        self.nr_update[key] += 1
        n_updates = self.nr_update[key]
        for moments in (self.mom1, self.mom2):
            if key not in moments:
                moments[key] = numpy.zeros(weights.size, dtype="f")
        averages = self.averages
        if averages is not None and key not in averages:
            averages[key] = numpy.zeros(weights.shape, dtype="f")
        flat = gradient.reshape(-1)
        norm = math.sqrt(float(flat.dot(flat))) if self.grad_clip else 0.0
        rate = self.learn_rate * lr_scale
        correction = math.sqrt(1.0 - self.b2**n_updates) / (1.0 - self.b1**n_updates)
        kernels.adam(
            weights.reshape(-1),
            flat,
            self.mom1[key],
            self.mom2[key],
            weights.reshape(-1) if averages is None else averages[key].reshape(-1),
            self.b1,
            numpy.float32(1.0) - numpy.float32(self.b1),
            self.b2,
            numpy.float32(1.0) - numpy.float32(self.b2),
            self.eps,
            rate * correction,
            self.grad_clip / norm if self.grad_clip and norm >= self.grad_clip else 1.0,
            rate * self.L2,
            0.0
            if averages is None
            else 1.0 - min((1.0 + n_updates) / (10.0 + n_updates), MAX_DECAY),
        )
        return weights, gradient

    def _is_fusable(self, weights: Any, gradient: Any) -> bool:
        return (
            len(gradient) > 0
            and self.b1 > 0.0
            and self.b2 > 0.0
            and (self.L2 == 0 or self.L2_is_weight_decay)
            and all(type(array).__module__ == "numpy" for array in (weights, gradient))
            and all(array.dtype == "float32" for array in (weights, gradient))
            and all(array.flags.c_contiguous for array in (weights, gradient))
        )
