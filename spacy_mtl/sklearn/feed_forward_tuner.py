"""Embeddings bent towards labels: the hidden layer of a small classifier."""

import math
from typing import Any

import numpy
from sklearn.base import ClassifierMixin
from sklearn.utils.validation import check_is_fitted
from thinc.types import Floats2d, Ints1d

from ..errors import Errors
from ..training.label_pairs import cats_table, is_cats
from .array_checks import check_X, check_y
from .array_training import ArrayTuner, make_linear, start_map

#: Typical size of a hidden unit before its activation when training starts: where it is nearly linear.
START = 0.5
#: Length of the longest tuned embedding, as logistic regression with scikit-learn's defaults wants it.
LONGEST = math.sqrt(10.0)


class FeedForwardTuner(ClassifierMixin, ArrayTuner):
    """Train one hidden layer to tell labels from embeddings, and give the hidden layer. Its units start
    as the principal directions of the embeddings.

    Labels are classes, one for each row (softmax), or a dict of known labels for each row, any of which
    may apply (one sigmoid a label; what is unknown has no loss).
    """

    def __init__(
        self,
        *,
        hidden_dim: int = 50,
        n_epochs: int = 20,
        learning_rate: float = 0.001,
        batch_size: int = 32,
        dropout: float = 0.5,
        input_dropout: float = 0.3,
        validation_fraction: float = 0.0,
        patience: int = 5,
        random_state: Any = None,
    ) -> None:
        """Store the settings.

        hidden_dim (int): Width of the hidden layer, which is the width of the tuned embeddings.
        n_epochs (int): Most passes over the rows.
        learning_rate (float): Learning rate of Adam.
        batch_size (int): Rows of a step.
        dropout (float): Share of the hidden layer that a step leaves out.
        input_dropout (float): Share of the embeddings' numbers that a step leaves out.
        validation_fraction (float): Share of the rows that are held out, to see when to stop. The weights
            that do best on them are kept. With 0 all rows are learned from in all epochs.
        patience (int): Epochs without a lower loss on them before training stops.
        random_state (Union[int, RandomState, None]): Seed of everything that is drawn.
        """
        self.hidden_dim = hidden_dim
        self.n_epochs = n_epochs
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.dropout = dropout
        self.input_dropout = input_dropout
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> "FeedForwardTuner":
        """Learn from rows, forgetting what was learned before.

        X (Floats2d): `(n, width)`, embeddings.
        y (Union[Sequence[Any], Sequence[Dict[str, float]]]): A class for each row, None where it is
            unknown, or the known labels of each row.
        RETURNS (FeedForwardTuner): The tuner.
        RAISES (ValueError): If a setting, X or y is not valid.
        """
        self._check()
        X = check_X(self, X, reset=True)
        y = check_y(self, X, y)
        self._build(X, y, None)
        X, targets, known = self._read(X, y)
        strata = numpy.unique(targets + 2 * known, axis=0, return_inverse=True)[1].reshape(-1)
        rows, held_out = self._split(len(X), strata)
        self._train(
            [self.model_, self.output_],
            rows,
            held_out,
            lambda chosen: self._learn(X, targets, known, chosen),
            lambda chosen: self._evaluate(X[chosen], targets[chosen], known[chosen]),
        )
        return self

    def partial_fit(self, X: Any, y: Any, classes: Any = None) -> "FeedForwardTuner":
        """Learn from some more rows, each once; the optimizer goes on where it was.

        X (Floats2d): `(n, width)`, embeddings. Those of the first call say where embeddings lie.
        y (Union[Sequence[Any], Sequence[Dict[str, float]]]): As for `fit`.
        classes (Optional[Sequence[Any]]): All classes or labels that may come. Needed in the first call.
        RETURNS (FeedForwardTuner): The tuner.
        RAISES (ValueError): If a setting, X or y is not valid, or a label is new.
        """
        self._check()
        is_first = not hasattr(self, "model_")
        if is_first and classes is None:
            raise ValueError(Errors.E559.format(name=type(self).__name__))
        X = check_X(self, X, reset=is_first)
        y = check_y(self, X, y)
        if is_first:
            self._build(X, y, classes)
        X, targets, known = self._read(X, y)
        self.losses_.append(self._learn(X, targets, known, numpy.arange(len(X))))
        return self

    def predict_proba(self, X: Any) -> Floats2d:
        """Give the classifier's own probabilities.

        X (Floats2d): `(n, width)`.
        RETURNS (Floats2d): `(n, n_classes)`: of all classes, or of each label alone.
        """
        check_is_fitted(self)
        return self._activate(self.output_.predict(self.transform(X) / self._length))

    def predict(self, X: Any) -> Any:
        """Give the classifier's own decisions.

        X (Floats2d): `(n, width)`.
        RETURNS (Union[Array1d, Ints2d]): A class for each row, or 1 and 0 for each label, `(n, n_classes)`.
        """
        values = self.predict_proba(X)
        if self.multilabel_:
            return (values >= 0.5).astype(int)
        return self.classes_[values.argmax(axis=1)]

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Give the share of right decisions, among those known.

        X (Floats2d): `(n, width)`.
        y (Union[Sequence[Any], Sequence[Dict[str, float]]]): As for `fit`.
        sample_weight (Optional[Floats1d]): Weights of the rows, if each has one class.
        RETURNS (float): The accuracy.
        """
        if not is_cats(y):
            return super().score(X, y, sample_weight)
        _, values = cats_table(y, list(self.classes_))
        right = self.predict(X) == (values >= 0.5)
        return float(right[~numpy.isnan(values)].mean())

    def _check(self) -> None:
        self._check_settings(hidden_dim=(int, 1, math.inf), dropout=(float, 0.0, 0.99))

    def _build(self, X: Floats2d, y: Any, classes: Any) -> None:
        self.multilabel_ = is_cats(y)
        if self.multilabel_:
            self.classes_ = numpy.array(cats_table(y)[0] if classes is None else list(classes))
        else:
            self.classes_ = numpy.unique(_without_none(y) if classes is None else classes)
        if len(self.classes_) < (1 if self.multilabel_ else 2):
            name, found = type(self).__name__, list(self.classes_)
            raise ValueError(Errors.E554.format(name=name, n_classes=len(found), classes=found))
        self._start(X)
        centred = self._center(X)
        start = start_map(centred, self.hidden_dim, self.random_).T
        sums = centred @ start.T
        spread = math.sqrt(float(numpy.square(sums).mean()))
        self.model_ = make_linear(self.hidden_dim, X.shape[1], start * (START / (spread or 1.0)))
        self.output_ = make_linear(len(self.classes_), self.hidden_dim)

    def _read(self, X: Floats2d, y: Any) -> tuple[Floats2d, Floats2d, Any]:
        """Get centred rows that have a label, their targets, and which of these are known."""
        if is_cats(y) != self.multilabel_:
            raise ValueError(Errors.E560.format(name=type(self).__name__))
        labels = (
            {key for cats in y for key in cats}
            if self.multilabel_
            else set(_without_none(y).tolist())
        )
        unknown = labels - set(self.classes_.tolist())
        if unknown:
            raise ValueError(
                Errors.E555.format(
                    name=type(self).__name__,
                    found=sorted(unknown, key=str),
                    classes=list(self.classes_),
                )
            )
        if self.multilabel_:
            _, targets = cats_table(y, list(self.classes_))
            known = ~numpy.isnan(targets)
            targets = numpy.where(known, targets, 0)
        else:
            targets = numpy.asarray(y)[:, None] == self.classes_
            known = numpy.repeat(targets.any(axis=1, keepdims=True), len(self.classes_), axis=1)
        rows = known.any(axis=1)
        return self._center(X[rows]), targets[rows].astype("float32"), known[rows]

    def _learn(self, X: Floats2d, targets: Floats2d, known: Any, rows: Ints1d) -> float:
        total = 0.0
        for batch in self._batches(rows):
            inputs, _ = self._drop(X[batch], self.input_dropout)
            sums, backprop_hidden = self.model_.begin_update(inputs)
            hidden = numpy.tanh(sums)
            dropped, kept = self._drop(hidden, self.dropout)
            logits, backprop_output = self.output_.begin_update(dropped)
            loss, d_logits = self._loss(logits, targets[batch], known[batch])
            backprop_hidden(backprop_output(d_logits) * kept * (1 - hidden * hidden))
            self._update([self.output_, self.model_], loss)
            total += loss * len(batch)
        return total / max(1, len(rows))

    def _evaluate(self, X: Floats2d, targets: Floats2d, known: Any) -> float:
        return self._loss(self.output_.predict(self._embed(X) / self._length), targets, known)[0]

    @property
    def _length(self) -> Any:
        return numpy.float32(LONGEST / math.sqrt(self.hidden_dim))

    def _embed(self, X: Floats2d) -> Floats2d:
        return numpy.tanh(self.model_.predict(X)) * self._length

    def _activate(self, logits: Any) -> Floats2d:
        if self.multilabel_:
            return 0.5 * (1 + numpy.tanh(0.5 * logits))
        exps = numpy.exp(logits - logits.max(axis=1, keepdims=True))
        return exps / exps.sum(axis=1, keepdims=True)

    def _loss(self, logits: Any, targets: Floats2d, known: Any) -> tuple[float, Floats2d]:
        """Get the cross-entropy of logits, the mean over the rows, and its gradient."""
        n = max(1, len(logits))
        d_logits = (self._activate(logits) - targets) * known / numpy.float32(n)
        if self.multilabel_:
            losses = (numpy.logaddexp(0, logits) - targets * logits) * known
        else:
            largest = logits.max(axis=1, keepdims=True)
            log_sums = largest + numpy.log(numpy.exp(logits - largest).sum(axis=1, keepdims=True))
            losses = targets * (log_sums - logits)
        return float(losses.sum(dtype="float64")) / n, d_logits.astype("float32")


def _without_none(y: Any) -> Any:
    if y.dtype.kind != "O":
        return y
    return numpy.array([label for label in y if label is not None])
