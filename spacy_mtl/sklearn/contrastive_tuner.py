"""Embeddings bent towards labels: rows of a label are drawn together, others apart."""

import math
import warnings
from functools import partial
from typing import Any

import numpy
from thinc.types import Floats2d, Ints1d

from ..errors import Warnings
from ..layers.pair_losses import contrastive, in_batch_negatives
from ..training.label_pairs import LabelPairs
from .array_checks import check_X, check_y
from .contrastive_map import ContrastiveMap, chunks

LOSSES = ("supervised", "in_batch", "cosine", "cosent")


class ContrastiveTuner(ContrastiveMap):
    """Train a map of embeddings on labels, so that rows of a label are near each other by cosine.

    Labels are classes, one for each row, or a dict of known labels for each row: two rows are alike
    by a label that both have, unlike by one that is known to be only one's, and what is unknown, or is
    neither's, says nothing.
    """

    def __init__(
        self,
        *,
        output_dim: int | None = 50,
        hidden_dim: int | None = None,
        loss: str = "supervised",
        n_neg: int = 3,
        scale: float = 10.0,
        n_epochs: int = 20,
        learning_rate: float = 0.001,
        batch_size: int = 128,
        input_dropout: float = 0.3,
        validation_fraction: float = 0.0,
        patience: int = 5,
        random_state: Any = None,
    ) -> None:
        """Store the settings.

        output_dim (Optional[int]): Width of the tuned embeddings. None for that of the input.
        hidden_dim (Optional[int]): Width of a hidden layer beside the linear map. None for no such layer.
        loss (str): "supervised": each row is to find all alike rows of the batch (supervised contrastive).
            "in_batch": each row is to find one alike row among those of others in the batch. "cosine": pairs
            are to have the cosine 1 if alike, 0 if not. "cosent": alike pairs are to have higher cosines
            than others.
        n_neg (int): Unlike pairs for each alike one, drawn anew in each epoch. For "cosine" and "cosent";
            with the other losses all unlike rows of the batch are negatives.
        scale (float): How much a difference of cosines counts, but for "cosine". The square of the length
            of the tuned embeddings.
        n_epochs (int): Most passes over the rows.
        learning_rate (float): Learning rate of Adam.
        batch_size (int): Rows, or pairs, of a step.
        input_dropout (float): Share of the embeddings' numbers that a step leaves out.
        validation_fraction (float): Share of the rows that are held out, to see when to stop. The weights
            that do best on them are kept. With 0 all rows are learned from in all epochs.
        patience (int): Epochs without a lower loss on them before training stops.
        random_state (Union[int, RandomState, None]): Seed of everything that is drawn.
        """
        self.output_dim = output_dim
        self.hidden_dim = hidden_dim
        self.loss = loss
        self.n_neg = n_neg
        self.scale = scale
        self.n_epochs = n_epochs
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.input_dropout = input_dropout
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> "ContrastiveTuner":
        """Learn from rows, forgetting what was learned before.

        X (Floats2d): `(n, width)`, embeddings.
        y (Union[Sequence[Any], Sequence[Dict[str, float]]]): A class for each row, None where it is
            unknown, or the known labels of each row.
        RETURNS (ContrastiveTuner): The tuner.
        RAISES (ValueError): If a setting, X or y is not valid.
        """
        X, labels = self._read(X, y, is_first=True)
        if not labels.can_teach():
            return self
        rows, held_out = self._split(len(X), labels.patterns())
        if not (labels.subset(rows).can_teach() and labels.subset(held_out).can_teach()):
            rows, held_out = numpy.arange(len(X)), held_out[:0]
        # The same pairs in each epoch, so that losses can be compared.
        seed = int(self.random_.integers(2**31))
        self._train(
            self._models,
            rows,
            held_out,
            lambda chosen: self._learn(X[chosen], labels.subset(chosen)),
            lambda chosen: self._evaluate(X[chosen], labels.subset(chosen), seed),
        )
        return self

    def partial_fit(self, X: Any, y: Any) -> "ContrastiveTuner":
        """Learn from some more rows, each once; the optimizer goes on where it was.

        X (Floats2d): `(n, width)`, embeddings. Those of the first call say where embeddings lie.
        y (Union[Sequence[Any], Sequence[Dict[str, float]]]): As for `fit`. Rows of one call are compared with
            each other.
        RETURNS (ContrastiveTuner): The tuner.
        RAISES (ValueError): If a setting, X or y is not valid.
        """
        X, labels = self._read(X, y, is_first=not hasattr(self, "model_"))
        if labels.can_teach():
            self.losses_.append(self._learn(X, labels))
        return self

    def _read(self, X: Any, y: Any, *, is_first: bool) -> tuple[Floats2d, LabelPairs]:
        """Check and centre rows, and keep those that have a label."""
        self._check(LOSSES, n_neg=(int, 1, math.inf))
        X = check_X(self, X, reset=is_first)
        labels = LabelPairs(check_y(self, X, y))
        if is_first:
            self._build(X)
        if not labels.can_teach():
            warnings.warn(Warnings.W335.format(name=type(self).__name__), stacklevel=3)
        known = labels.known()
        return self._center(X[known]), labels.subset(known)

    def _learn(self, X: Floats2d, labels: LabelPairs) -> float:
        """Learn from all rows once."""
        if self.loss != "supervised":
            left, right, loss = self._pairs(labels, self.random_)
            return self._learn_pairs(X[left], X[right], loss)
        total = 0.0
        for batch in self._batches(numpy.arange(len(X))):
            total += len(batch) * self._step(X[batch], partial(self._find_alike, labels, batch))
        return total / len(X)

    def _evaluate(self, X: Floats2d, labels: LabelPairs, seed: int) -> float:
        if self.loss != "supervised":
            left, right, loss = self._pairs(labels, numpy.random.default_rng(seed))
            return self._evaluate_pairs(X[left], X[right], loss)
        total = 0.0
        for rows in chunks(len(X)):
            total += len(rows) * self._find_alike(labels, rows, self._embed(X[rows]))[0]
        return total / len(X)

    def _find_alike(self, labels: LabelPairs, rows: Ints1d, Y: Floats2d) -> tuple[float, Floats2d]:
        alike, unlike = labels.compare(rows, rows)
        return contrastive(Y, alike, unlike, scale=self.scale)

    def _pairs(self, labels: LabelPairs, rng: numpy.random.Generator) -> tuple[Ints1d, Ints1d, Any]:
        """Draw pairs, and get the loss that reads their scores."""
        if self.loss != "in_batch":
            left, right, scores = labels.draw(n_neg=self.n_neg, rng=rng)
            return left, right, lambda A, B, pairs: self._score_loss(A, B, scores[pairs])
        left, right, _ = labels.draw(n_neg=0, rng=rng)

        def loss(A: Floats2d, B: Floats2d, pairs: Ints1d) -> Any:
            negatives = labels.compare(left[pairs], right[pairs])[1]
            return in_batch_negatives(A, B, scale=self.scale, negatives=negatives)

        return left, right, loss
