"""Embeddings bent by pairs of which somebody has said how alike they are."""

from typing import Any

import numpy
from sklearn.utils.validation import check_array, check_is_fitted, column_or_1d
from thinc.types import Floats1d, Floats2d

from ..errors import Errors
from ..layers.pair_losses import in_batch_negatives
from .array_checks import check_X
from .contrastive_map import ContrastiveMap, PairLoss

LOSSES = ("cosine", "cosent", "in_batch")
#: From above this score on a pair counts as alike where a loss needs to know.
ALIKE = 0.5


class ContrastiveLearner(ContrastiveMap):
    """Train a map of embeddings on pairs and their scores, so that cosines follow the scores."""

    def __init__(
        self,
        *,
        output_dim: int | None = None,
        hidden_dim: int | None = None,
        loss: str = "cosent",
        scale: float = 10.0,
        n_epochs: int = 50,
        learning_rate: float = 0.001,
        batch_size: int = 128,
        input_dropout: float = 0.3,
        validation_fraction: float = 0.1,
        patience: int = 5,
        random_state: Any = None,
    ) -> None:
        """Store the settings.

        output_dim (Optional[int]): Width of the tuned embeddings. Defaults to that of the input.
        hidden_dim (Optional[int]): Width of a hidden layer beside the linear map. None for no such layer.
        loss (str): "cosine": the squared difference of cosine and score. "cosent": the order of
            the cosines is to be that of the scores. "in_batch": the partner of an alike pair is to be nearer
            than all partners of others in the batch; pairs that are not alike are not used.
        scale (float): How much a difference of cosines counts for "cosent" and "in_batch". The square of
            the length of the tuned embeddings.
        n_epochs (int): Most passes over the pairs.
        learning_rate (float): Learning rate of Adam.
        batch_size (int): Pairs of a step.
        input_dropout (float): Share of the embeddings' numbers that a step leaves out.
        validation_fraction (float): Share of the pairs that are held out, to see when to stop. The weights
            that do best on them are kept. With 0 all pairs are learned from in all epochs.
        patience (int): Epochs without a lower loss on them before training stops.
        random_state (Union[int, RandomState, None]): Seed of everything that is drawn.
        """
        self.output_dim = output_dim
        self.hidden_dim = hidden_dim
        self.loss = loss
        self.scale = scale
        self.n_epochs = n_epochs
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.input_dropout = input_dropout
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.random_state = random_state

    def fit(self, X1: Any, X2: Any, y: Any) -> "ContrastiveLearner":
        """Learn from pairs, forgetting what was learned before.

        X1 (Floats2d): `(n, width)`, one side of the pairs.
        X2 (Floats2d): `(n, width)`, the other side.
        y (Floats1d): `(n,)`, 1 for alike and 0 for not, or scores, higher for more alike.
        RETURNS (ContrastiveLearner): The learner.
        RAISES (ValueError): If a setting or an array is not valid.
        """
        X1, X2, y = self._read(X1, X2, y, is_first=True)
        rows, held_out = self._split(len(y), y if len(numpy.unique(y)) <= 10 else None)
        if self.loss != "in_batch" and len(numpy.unique(y[held_out])) < 2:
            rows, held_out = numpy.arange(len(y)), held_out[:0]
        self._train(
            self._models,
            rows,
            held_out,
            lambda chosen: self._learn_pairs(
                X1[chosen], X2[chosen], self._loss(X1[chosen], y[chosen])
            ),
            lambda chosen: self._evaluate_pairs(
                X1[chosen], X2[chosen], self._loss(X1[chosen], y[chosen])
            ),
        )
        return self

    def partial_fit(self, X1: Any, X2: Any, y: Any) -> "ContrastiveLearner":
        """Learn from some more pairs, each once; the optimizer goes on where it was.

        X1 (Floats2d): `(n, width)`. Those of the first call say where embeddings lie.
        X2 (Floats2d): `(n, width)`.
        y (Floats1d): `(n,)`, as for `fit`.
        RETURNS (ContrastiveLearner): The learner.
        RAISES (ValueError): If a setting or an array is not valid.
        """
        X1, X2, y = self._read(X1, X2, y, is_first=not hasattr(self, "model_"))
        self.losses_.append(self._learn_pairs(X1, X2, self._loss(X1, y)))
        return self

    def similarity(self, X1: Any, X2: Any) -> Floats1d:
        """Give the cosines of pairs after tuning.

        X1 (Floats2d): `(n, width)`, one side of the pairs.
        X2 (Floats2d): `(n, width)`, the other side.
        RETURNS (Floats1d): `(n,)`, float32, from -1 to 1.
        RAISES (ValueError): If the arrays are not valid.
        """
        check_is_fitted(self)
        first, second = self.transform(X1), self.transform(X2)
        if len(first) != len(second):
            self._fail(first, second, "none")
        return numpy.clip((first * second).sum(axis=1) / numpy.float32(self.scale), -1, 1)

    def _read(self, X1: Any, X2: Any, y: Any, *, is_first: bool) -> tuple[Floats2d, Floats2d, Any]:
        """Check and centre pairs, and keep those that the loss reads."""
        self._check(LOSSES)
        X1 = check_X(self, X1, reset=is_first)
        X2 = check_X(self, X2, reset=False)
        if y is None:
            raise ValueError(Errors.E561.format(name=type(self).__name__))
        y = column_or_1d(
            check_array(y, ensure_2d=False, dtype="float32", input_name="y"), warn=True
        )
        if not len(X1) == len(X2) == len(y):
            self._fail(X1, X2, y.shape)
        if self.loss == "cosine" and not -1 <= y.min() <= y.max() <= 1:
            raise ValueError(Errors.E557.format(loss=self.loss, lowest=y.min(), highest=y.max()))
        if is_first:
            self._build(numpy.concatenate([X1, X2]))
        if self.loss == "in_batch":
            alike = y > ALIKE
            if not alike.any():
                raise ValueError(Errors.E558)
            X1, X2, y = X1[alike], X2[alike], y[alike]
        return self._center(X1), self._center(X2), y

    def _loss(self, X1: Floats2d, y: Any) -> PairLoss:
        if self.loss != "in_batch":
            return lambda A, B, pairs: self._score_loss(A, B, y[pairs])
        # A text that stands in several pairs has all of their partners.
        groups = numpy.unique(X1, axis=0, return_inverse=True)[1].reshape(-1)
        return lambda A, B, pairs: in_batch_negatives(A, B, scale=self.scale, groups=groups[pairs])

    def _fail(self, X1: Floats2d, X2: Floats2d, scores: Any) -> None:
        name = type(self).__name__
        raise ValueError(
            Errors.E556.format(name=name, first=X1.shape, second=X2.shape, scores=scores)
        )
