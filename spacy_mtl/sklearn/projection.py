"""Projections of embeddings to another size: by variance, or by what tells labels apart."""

from collections.abc import Mapping

import numpy
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from thinc.api import Adam, Linear, Model, NumpyOps, chain

from ..errors import Errors
from .labels import TaskLabels

N_EPOCHS = 30
BATCH_SIZE = 64
LEARN_RATE = 0.01
#: What is added to the columns' spread, so that those without any are left alone.
TINY = 1e-6


class Projection:
    """An affine map of embeddings, `X @ weights + bias`.

    weights (ndarray): float32 `(width, output_dim)`.
    bias (ndarray): float32 `(output_dim,)`.
    """

    def __init__(self, weights: NDArray, bias: NDArray) -> None:
        self.weights = weights.astype("float32")
        self.bias = bias.astype("float32")

    def __call__(self, X: NDArray[numpy.float32]) -> NDArray[numpy.float32]:
        """RETURNS (ndarray): The projected embeddings, float32 `(n_texts, output_dim)`."""
        return X @ self.weights + self.bias


def fit_pca(X: NDArray[numpy.float32], output_dim: int, seed: int) -> Projection:
    """Project to the directions of the largest variance.

    X (ndarray): Embeddings `(n_texts, width)`.
    output_dim (int): The number of directions.
    seed (int): Seed of the solver.
    RETURNS (Projection): The projection.
    RAISES (ValueError): If there are not so many.
    """
    largest = min(X.shape)
    if output_dim > largest:
        raise ValueError(
            Errors.E538.format(
                output_dim=output_dim, n_texts=X.shape[0], width=X.shape[1], largest=largest
            )
        )
    pca = PCA(output_dim, random_state=seed).fit(X)
    return Projection(pca.components_.T, -pca.mean_ @ pca.components_.T)


def fit_learned(
    X: NDArray[numpy.float32], tasks: Mapping[str, TaskLabels], output_dim: int, seed: int
) -> Projection:
    """Project to what all tasks need: a linear layer between the embedding and a linear classifier of
    each task, trained together on the cross-entropies of all labels that are known.

    It starts from the principal components, as far as there are any, so that what no task needs is
    left as it was.

    X (ndarray): Embeddings `(n_texts, width)`.
    tasks (Mapping[str, TaskLabels]): Labels by task.
    output_dim (int): The size, smaller or larger than the width.
    seed (int): Seed of weights and order.
    RETURNS (Projection): The projection.
    """
    rng = numpy.random.default_rng(seed)
    targets = numpy.hstack([labels.table(labels.keys) for labels in tasks.values()])
    parts = _find_parts(tasks)
    mean, spread = X.mean(axis=0), X.std() + TINY
    X = (X - mean) / spread
    n_components = min(output_dim, *X.shape)
    start = rng.normal(0, X.shape[1] ** -0.5, (output_dim, X.shape[1])).astype("f")
    start[:n_components] = PCA(n_components, random_state=seed).fit(X).components_
    ops = NumpyOps()
    layer: Model = Linear(output_dim, X.shape[1])
    model: Model = chain(layer, Linear(targets.shape[1], output_dim))
    model.ops = layer.ops = ops
    model.initialize()
    layer.set_param("W", start)  # type: ignore[arg-type]
    model.layers[1].set_param("W", ops.alloc2f(targets.shape[1], output_dim))
    sgd = Adam(LEARN_RATE)
    for _ in range(N_EPOCHS):
        order = rng.permutation(len(X))
        for begin in range(0, len(X), BATCH_SIZE):
            batch = order[begin : begin + BATCH_SIZE]
            logits, backprop = model.begin_update(X[batch])
            backprop(_gradient(logits, targets[batch], parts))
            model.finish_update(sgd)
    weights = layer.get_param("W").T / spread
    return Projection(weights, layer.get_param("b") - mean @ weights)


def _find_parts(tasks: Mapping[str, TaskLabels]) -> list[tuple[slice, bool]]:
    parts, start = [], 0
    for labels in tasks.values():
        stop = start + len(labels.classes)
        parts.append((slice(start, stop), labels.multi_label))
        start = stop
    return parts


def _gradient(
    logits: NDArray, targets: NDArray, parts: list[tuple[slice, bool]]
) -> NDArray[numpy.float32]:
    gradient = numpy.zeros_like(logits)
    for columns, multi_label in parts:
        Y, T = logits[:, columns], targets[:, columns]
        if multi_label:
            guesses = 0.5 + 0.5 * numpy.tanh(0.5 * Y)
        else:
            powers = numpy.exp(Y - Y.max(axis=1, keepdims=True))
            guesses = powers / powers.sum(axis=1, keepdims=True)
        known = numpy.isfinite(T)
        gradient[:, columns] = numpy.where(known, guesses - T, 0.0) / max(
            1, known.any(axis=1).sum()
        )
    return gradient
