"""Residual window layers, each in one go: window, product, bias, maxout, layer norm, residual."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy
from thinc.types import Floats2d, Ints2d

from .blas import product
from .dropout_noise import DropoutNoise
from .maxout_weights import MaxoutWeights


def predict_layer(
    kernels: Any, weights: MaxoutWeights, X: Floats2d, sources: Ints2d, out: Floats2d
) -> None:
    """Run a window layer.

    The rows are worked through in chunks, so that windows and pieces stay in the processor's cache.

    kernels (ModuleType): The inner loops.
    weights (MaxoutWeights): The weights.
    X (Floats2d): The rows of the input, `(n_rows, width)`.
    sources (Ints2d): Which of them each row of the output reads, `(n, n_window)`.
    out (Floats2d): The output, `(n, width)`.
    """
    n_rows, n_window = sources.shape
    size = min(kernels.CHUNK, n_rows)
    windows = numpy.empty((size, n_window * X.shape[1]), dtype="f")
    Z = numpy.empty((size, len(weights.b)), dtype="f")
    for start in range(0, n_rows, size):
        chunk = slice(start, min(start + size, n_rows))
        n = chunk.stop - start
        kernels.gather_windows(X, sources[chunk], windows[:n])
        product(windows[:n], weights.W.T, out=Z[:n])
        kernels.maxout_norm_residual(
            windows[:n], Z[:n], weights.b, weights.G, weights.beta, out[chunk]
        )


class _Kept(NamedTuple):
    """What the backward pass of a maxout layer needs."""

    x_hat: Any
    scale: Any
    which: Any

    @classmethod
    def alloc(cls, n_rows: int, width: int) -> "_Kept":
        return cls(
            numpy.empty((n_rows, width), dtype="f"),
            numpy.empty((n_rows,), dtype="f"),
            numpy.empty((n_rows, width), dtype="uint8"),
        )

    def chunk(self, rows: slice) -> "_Kept":
        return _Kept(*(array[rows] for array in self))


def train_layer(
    kernels: Any, weights: MaxoutWeights, X: Floats2d, sources: Ints2d, dropout_rate: float
) -> tuple[Floats2d, Callable[[Floats2d], tuple[Floats2d, MaxoutWeights]]]:
    """Run a window layer in training.

    kernels (ModuleType): The inner loops.
    weights (MaxoutWeights): The weights.
    X (Floats2d): The rows of the input, `(n_rows, width)`.
    sources (Ints2d): Which of them each row of the output reads, `(n, n_window)`.
    dropout_rate (float): Probability that a value is dropped before the residual is added.
    RETURNS (Tuple[Floats2d, Callable]): The output `(n, width)`, and the backward pass from its
        gradient to the gradients of X and of the weights.
    """
    n_rows, n_window = sources.shape
    width = X.shape[1]
    middle = slice(n_window // 2 * width, (n_window // 2 + 1) * width)
    size = min(kernels.CHUNK, n_rows)
    chunks = [slice(i, min(i + size, n_rows)) for i in range(0, n_rows, size)]
    kept = _Kept.alloc(n_rows, width)
    noise = DropoutNoise.draw(kernels, (n_rows, width), dropout_rate)
    out = numpy.empty((n_rows, width), dtype="f")
    windows = numpy.empty((size, n_window * width), dtype="f")
    Z = numpy.empty((size, len(weights.b)), dtype="f")
    for chunk in chunks:
        n = chunk.stop - chunk.start
        kernels.gather_windows(X, sources[chunk], windows[:n])
        product(windows[:n], weights.W.T, out=Z[:n])
        kernels.maxout_norm_train(
            Z[:n], weights.b, weights.G, weights.beta, out[chunk], *kept.chunk(chunk)
        )
        if noise is not None:
            noise.chunk(chunk).apply(kernels, out[chunk])
        out[chunk] += windows[:n, middle]

    def backprop(dY: Floats2d) -> tuple[Floats2d, MaxoutWeights]:
        dX = numpy.zeros_like(X)
        d_weights = weights.zeros()
        windows = numpy.empty((size, n_window * width), dtype="f")
        d_windows = numpy.empty_like(windows)
        dZ = numpy.empty((size, len(weights.b)), dtype="f")
        for chunk in chunks:
            n = chunk.stop - chunk.start
            d_normed = dY[chunk]
            if noise is not None:
                d_normed = d_normed.copy()
                noise.chunk(chunk).apply(kernels, d_normed)
            kernels.backprop_maxout_norm(
                d_normed, weights.G, *kept.chunk(chunk), dZ[:n], d_weights.G, d_weights.beta
            )
            kernels.gather_windows(X, sources[chunk], windows[:n])
            add_products(d_weights, dZ[:n], windows[:n])
            product(dZ[:n], weights.W, out=d_windows[:n])
            d_windows[:n, middle] += dY[chunk]
            kernels.scatter_windows(dX, sources[chunk], d_windows[:n])
        return dX, d_weights

    return out, backprop


def add_products(d_weights: MaxoutWeights, dZ: Floats2d, X: Floats2d) -> None:
    """Add to the gradients of a layer's weights and bias.

    d_weights (MaxoutWeights): The gradients, changed in place.
    dZ (Floats2d): Gradient of the pieces, `(n, n_pieces * n_outputs)`.
    X (Floats2d): Input of the layer, `(n, n_inputs)`.
    """
    numpy.add(d_weights.W, product(dZ.T, X), out=d_weights.W)
    numpy.add(d_weights.b, dZ.sum(axis=0), out=d_weights.b)
