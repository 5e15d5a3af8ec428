"""A map of embeddings that is trained by cosines, and starts as one that changes none."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy
from thinc.api import Model
from thinc.types import Floats2d, Ints1d

from ..layers.pair_losses import cosent, cosine_regression
from .array_checks import check_choice, check_settings
from .array_training import ArrayTuner, make_linear, start_map

#: Takes both sides of pairs and the pairs' numbers, gives the loss and its gradients.
PairLoss = Callable[[Floats2d, Floats2d, Ints1d], tuple[float, Floats2d, Floats2d]]

#: Pairs or rows whose loss is computed at once.
_CHUNK = 1024


class ContrastiveMap(ArrayTuner):
    """Base of the tuners that learn which rows are alike.

    The map is linear, with a hidden layer beside it on request. It starts as the identity, as the
    principal directions if the output is narrower, or as a rotation if it is wider: before the first
    step cosines are those of the centred embeddings. All outputs have the same length, the square root
    of `scale`. Their products are then the logits of the loss, and large enough for a logistic
    regression with scikit-learn's defaults.
    """

    output_dim: int | None
    hidden_dim: int | None
    loss: str
    scale: float

    def _check(self, losses: tuple[str, ...], **limits: tuple[type, float, float]) -> None:
        self._check_settings(scale=(float, 1e-3, 1e4), **limits)
        check_choice(self, "loss", losses)
        for setting in ("output_dim", "hidden_dim"):
            if getattr(self, setting) is not None:
                check_settings(self, {setting: (int, 1, math.inf)})

    def _build(self, X: Floats2d) -> None:
        """Make a map that has learned nothing."""
        self._start(X)
        width = X.shape[1]
        n_out = self.output_dim or width
        self.start_ = start_map(self._center(X), n_out, self.random_)
        self.model_ = make_linear(n_out, width)
        self.hidden_: list[Model] = []
        if self.hidden_dim:
            W = self.random_.normal(0.0, 1.0 / math.sqrt(width), (self.hidden_dim, width))
            self.hidden_ = [
                make_linear(self.hidden_dim, width, W),
                make_linear(n_out, self.hidden_dim),
            ]

    @property
    def _models(self) -> list[Model]:
        return [self.model_, *self.hidden_]

    def _embed(self, X: Floats2d) -> Floats2d:
        Y = self._begin_update(X)[0]
        lengths = numpy.linalg.norm(Y, axis=1, keepdims=True)
        return Y * (numpy.float32(math.sqrt(self.scale)) / numpy.maximum(lengths, 1e-12))

    def _begin_update(self, X: Floats2d) -> tuple[Floats2d, Callable[[Floats2d], None]]:
        """Map centred rows, and get what takes the gradient of the output."""
        learned, backprop = self.model_.begin_update(X)
        Y = X @ self.start_ + learned
        if not self.hidden_:
            return Y, backprop
        below, above = self.hidden_
        sums, backprop_below = below.begin_update(X)
        added, backprop_above = above.begin_update(numpy.maximum(sums, 0))

        def backprop_all(dY: Floats2d) -> None:
            backprop(dY)
            backprop_below(backprop_above(dY) * (sums > 0))

        return Y + added, backprop_all

    def _step(self, X: Floats2d, loss: Callable[[Floats2d], tuple[float, Floats2d]]) -> float:
        """Learn from one batch of centred rows."""
        Y, backprop = self._begin_update(self._drop(X, self.input_dropout)[0])
        value, dY = loss(Y)
        backprop(dY.astype("float32"))
        self._update(self._models, value)
        return value

    def _learn_pairs(self, X1: Floats2d, X2: Floats2d, loss: PairLoss) -> float:
        """Learn from the pairs of two arrays, each once."""
        total = 0.0
        for batch in self._batches(numpy.arange(len(X1))):
            n = len(batch)
            both = partial(_join_sides, loss, n, batch)
            total += n * self._step(numpy.concatenate([X1[batch], X2[batch]]), both)
        return total / max(1, len(X1))

    def _evaluate_pairs(self, X1: Floats2d, X2: Floats2d, loss: PairLoss) -> float:
        """Get the loss of pairs."""
        parts = chunks(len(X1))
        values = [
            len(part) * loss(self._embed(X1[part]), self._embed(X2[part]), part)[0]
            for part in parts
        ]
        return sum(values) / max(1, len(X1))

    def _score_loss(
        self, A: Floats2d, B: Floats2d, scores: Any
    ) -> tuple[float, Floats2d, Floats2d]:
        if self.loss == "cosine":
            return cosine_regression(A, B, scores)
        return cosent(A, B, scores, scale=self.scale)


def chunks(n: int) -> list[Any]:
    """RETURNS (List[Ints1d]): So many numbers in order, in parts whose pairs fit into memory."""
    return [numpy.arange(i, min(n, i + _CHUNK)) for i in range(0, n, _CHUNK)]


def _join_sides(loss: PairLoss, n: int, pairs: Ints1d, Y: Floats2d) -> tuple[float, Floats2d]:
    value, dA, dB = loss(Y[:n], Y[n:], pairs)
    return value, numpy.concatenate([dA, dB])
