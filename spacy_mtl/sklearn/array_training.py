"""What tuners of embeddings share: epochs of training, rows held out, the best weights kept."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any

import numpy
from numpy.random import Generator
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted
from thinc.api import Adam, Linear, Model, NumpyOps
from thinc.types import Floats2d, Ints1d

from ..errors import Errors
from ..finite import drop_gradients, find_broken_gradient
from .array_checks import check_settings, check_X

#: Rows that are transformed at once.
_BLOCK = 4096
_LIMITS: dict[str, tuple[type, float, float]] = {
    "n_epochs": (int, 1, math.inf),
    "learning_rate": (float, 0.0, math.inf),
    "batch_size": (int, 1, math.inf),
    "input_dropout": (float, 0.0, 0.99),
    "validation_fraction": (float, 0.0, 0.9),
    "patience": (int, 1, math.inf),
}


class ArrayTuner(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator, ABC):
    """Base of the tuners: arrays in, arrays out. Training centres the columns and divides all of them by
    one number, so that neither where the embeddings lie nor how long they are matters.
    """

    n_epochs: int
    learning_rate: float
    batch_size: int
    input_dropout: float
    validation_fraction: float
    patience: int
    random_state: Any

    def transform(self, X: Any) -> Floats2d:
        """Give the tuned embeddings.

        X (Floats2d): `(n, width)`.
        RETURNS (Floats2d): `(n, width of the tuned embeddings)`, float32.
        RAISES (ValueError): If X does not have the columns of the training data.
        """
        check_is_fitted(self)
        X = check_X(self, X, reset=False)
        return numpy.concatenate(
            [self._embed(self._center(X[i : i + _BLOCK])) for i in range(0, len(X), _BLOCK)]
        )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        # The output is float32 whatever the input is.
        tags.transformer_tags.preserves_dtype = []
        tags.target_tags.required = True
        return tags

    def _more_tags(self) -> dict[str, Any]:
        """Get the same tags for scikit-learn before 1.6."""
        return {"preserves_dtype": [], "requires_y": True}

    @property
    def _n_features_out(self) -> int:
        return self.model_.get_dim("nO")

    @abstractmethod
    def _embed(self, X: Floats2d) -> Floats2d:
        """Give the tuned embeddings of centred rows."""

    def _check_settings(self, **limits: tuple[type, float, float]) -> None:
        check_settings(self, {**_LIMITS, **limits})

    def _start(self, X: Floats2d) -> None:
        """Forget what was learned, and see where the embeddings lie."""
        seed = check_random_state(self.random_state).randint(2**31 - 1)
        self.random_: Generator = numpy.random.default_rng(seed)
        self.optimizer_ = Adam(self.learning_rate, grad_clip=0.0, L2=0.0)
        self.mean_ = X.mean(axis=0, dtype="float64").astype("float32")
        spread = math.sqrt(float(numpy.square(X - self.mean_, dtype="float64").mean()))
        self.scale_ = 1.0 / spread if spread > 1e-12 else 1.0
        self.n_updates_ = 0
        self.losses_: list[float] = []
        self.held_out_losses_: list[float] = []

    def _center(self, X: Floats2d) -> Floats2d:
        return (X - self.mean_) * numpy.float32(self.scale_)

    def _drop(self, X: Floats2d, rate: float) -> tuple[Floats2d, Any]:
        if not rate:
            return X, numpy.float32(1)
        kept = (self.random_.random(X.shape, dtype="float32") >= rate) / numpy.float32(1 - rate)
        return X * kept, kept

    def _batches(self, rows: Ints1d) -> list[Ints1d]:
        """Get rows in random order, in batches of equal size but for one row."""
        n_batches = max(1, math.ceil(len(rows) / self.batch_size))
        return numpy.array_split(self.random_.permutation(rows), n_batches)

    def _update(self, models: list[Model], loss: float) -> None:
        """Change weights by their gradients, unless these are infinite or no numbers."""
        self.n_updates_ += 1
        broken = None if math.isfinite(loss) else f"the loss is {loss}"
        for model in models if broken is None else ():
            if where := find_broken_gradient(model):
                broken = f"the gradient of {where} has no finite norm"
        if broken is not None:
            for model in models:
                drop_gradients(model)
            place = {"estimator": type(self).__name__, "number": self.n_updates_}
            rate = self.learning_rate
            raise ValueError(Errors.E874.format(**place, broken=broken, rate=rate))
        for model in models:
            model.finish_update(self.optimizer_)

    def _split(self, n: int, strata: Any = None) -> tuple[Ints1d, Ints1d]:
        """Choose the rows to learn from and those held out, of each stratum the same share."""
        order = self.random_.permutation(n)
        if strata is not None:
            order = order[numpy.argsort(numpy.asarray(strata)[order], kind="stable")]
        held_out = numpy.diff(numpy.floor(numpy.arange(n + 1) * self.validation_fraction)) > 0
        return order[~held_out], self.random_.permutation(order[held_out])

    def _train(
        self,
        models: list[Model],
        rows: Ints1d,
        held_out: Ints1d,
        learn: Callable[[Ints1d], float],
        evaluate: Callable[[Ints1d], float],
    ) -> None:
        """Train for `n_epochs`, or until the loss on held-out rows was not the lowest for `patience`
        epochs, and go back to the weights of the lowest.
        """
        lowest, best, waited = math.inf, get_weights(models), 0
        if len(held_out):
            lowest = evaluate(held_out)
        for _ in range(self.n_epochs):
            self.losses_.append(learn(rows))
            if not len(held_out):
                continue
            self.held_out_losses_.append(evaluate(held_out))
            waited += 1
            if self.held_out_losses_[-1] < lowest:
                lowest, best, waited = self.held_out_losses_[-1], get_weights(models), 0
            if waited >= self.patience:
                break
        if len(held_out):
            set_weights(models, best)


def make_linear(nO: int, nI: int, W: Floats2d | None = None) -> Model[Floats2d, Floats2d]:
    """RETURNS (Model[Floats2d, Floats2d]): A linear layer on the CPU with these weights, else with zeros."""
    model: Model[Floats2d, Floats2d] = Linear(nO, nI)
    model.ops = NumpyOps()
    model.set_param("W", numpy.zeros((nO, nI), "f") if W is None else W.astype("float32"))
    model.set_param("b", numpy.zeros(nO, "f"))
    return model


def start_map(X: Floats2d, n_out: int, rng: Generator) -> Floats2d:
    """Get a linear map that keeps cosines, or as much of them as fits: the identity, a rotation into more
    columns, or the principal directions.

    X (Floats2d): `(n, width)`, centred rows.
    n_out (int): Columns of the output.
    rng (Generator): What draws a rotation.
    RETURNS (Floats2d): `(width, n_out)`, float32.
    """
    width = X.shape[1]
    if n_out == width:
        start = numpy.eye(width)
    elif n_out > width:
        start = numpy.linalg.qr(rng.normal(size=(n_out, width)))[0].T
    else:
        start = numpy.linalg.eigh(X.T @ X)[1][:, : -n_out - 1 : -1]
    return numpy.ascontiguousarray(start, dtype="float32")


def get_weights(models: Iterable[Model]) -> list[Any]:
    """RETURNS (List[Array]): Copies of all parameters."""
    return [node.get_param(name).copy() for node, name in _parameters(models)]


def set_weights(models: Iterable[Model], weights: list[Any]) -> None:
    """Put back parameters that `get_weights` has copied."""
    for (node, name), value in zip(_parameters(models), weights, strict=True):
        node.set_param(name, value)


def _parameters(models: Iterable[Model]) -> list[tuple[Model, str]]:
    return [(node, name) for model in models for node in model.walk() for name in node.param_names]
