"""The inner loops of the encoder, compiled by numba. See `kernels_numpy` for what they do.

Loops run over slices of one row: an index that is a sum, such as `Z[i, start + j]`, might be negative for
all the compiler knows, and then it does not use vector units (measured: a quarter of the speed).
"""

from typing import Any

import numpy

from .kernels_numba_update import adam, compiled, drop, noise
from .kernels_numpy import EPSILON

__all__ = ["adam", "drop", "noise"]

USES_PRODUCTS = True
CHUNK = 512
ZERO = numpy.float32(0.0)
ONE = numpy.float32(1.0)
VARIANCE = numpy.float32(EPSILON)


@compiled
def gather_windows(X: Any, sources: Any, out: Any) -> None:
    width = X.shape[1]
    for i in range(sources.shape[0]):
        for k in range(sources.shape[1]):
            x = X[sources[i, k]]
            window = out[i, k * width : (k + 1) * width]
            for j in range(width):
                window[j] = x[j]


@compiled
def scatter_windows(dX: Any, sources: Any, d_windows: Any) -> None:
    width = dX.shape[1]
    for i in range(sources.shape[0]):
        for k in range(sources.shape[1]):
            _add(dX[sources[i, k]], d_windows[i, k * width : (k + 1) * width])


@compiled
def add_rows(dX: Any, rows: Any, dY: Any) -> None:
    for i in range(rows.shape[0]):
        _add(dX[rows[i]], dY[i])


@compiled
def sum_rows(E: Any, rows: Any, out: Any) -> None:
    for i in range(rows.shape[0]):
        y = out[i]
        y[:] = 0
        for k in range(rows.shape[1]):
            _add(y, E[rows[i, k]])


@compiled
def add_to_rows(dE: Any, rows: Any, dY: Any) -> None:
    for i in range(rows.shape[0]):
        for k in range(rows.shape[1]):
            _add(dE[rows[i, k]], dY[i])


@compiled
def add_table_rows(E: Any, rows: Any, owners: Any, out: Any) -> None:
    for i in range(rows.shape[0]):
        y = out[owners[i]]
        for k in range(rows.shape[1]):
            _add(y, E[rows[i, k]])


@compiled
def add_to_rows_of(dE: Any, rows: Any, owners: Any, dY: Any) -> None:
    for i in range(rows.shape[0]):
        dy = dY[owners[i]]
        for k in range(rows.shape[1]):
            _add(dE[rows[i, k]], dy)


@compiled
def maxout_norm(Z: Any, b: Any, G: Any, beta: Any, out: Any) -> None:
    width = out.shape[1]
    best = numpy.empty(width, dtype=numpy.float32)
    for i in range(Z.shape[0]):
        _maxout(Z[i], b, best)
        scale = _centre(best)
        y = out[i]
        for j in range(width):
            y[j] = best[j] * scale * G[j] + beta[j]


@compiled
def maxout_norm_residual(windows: Any, Z: Any, b: Any, G: Any, beta: Any, out: Any) -> None:
    width = out.shape[1]
    start = (windows.shape[1] - width) // 2
    best = numpy.empty(width, dtype=numpy.float32)
    for i in range(Z.shape[0]):
        _maxout(Z[i], b, best)
        scale = _centre(best)
        _rescale(best, scale, G, beta, windows[i, start : start + width], out[i])


@compiled
def first_window_layer(
    products: Any, vectors: Any, slots: Any, sources: Any, G: Any, beta: Any, out: Any
) -> None:
    """The whole first window layer, from products of the words' vectors with each part of its weights.

    products (Floats3d): `(n_slots, n_window, n_pieces * width)`. The middle ones contain the bias.
    vectors (Floats2d): The words' vectors, `(n_slots, width)`.
    slots (Ints1d): The slot of each row that is read. The padding, row 0, has slot 0.
    sources (Ints2d): The rows that each row of the output reads, `(n, n_window)`.
    out (Floats2d): `(n, width)`.
    """
    width = out.shape[1]
    n_window = sources.shape[1]
    n_values = products.shape[2]
    no_bias = numpy.zeros(n_values, dtype=numpy.float32)
    z = numpy.empty(n_values, dtype=numpy.float32)
    best = numpy.empty(width, dtype=numpy.float32)
    for i in range(sources.shape[0]):
        middle = slots[sources[i, n_window // 2]]
        if n_window == 3 and n_values == 3 * width:
            left, right = products[slots[sources[i, 0]], 0], products[slots[sources[i, 2]], 2]
            _maxout_of_sums(left, products[middle, 1], right, best)
        else:
            z[:] = 0
            for k in range(n_window):
                _add(z, products[slots[sources[i, k]], k])
            _maxout(z, no_bias, best)
        scale = _centre(best)
        _rescale(best, scale, G, beta, vectors[middle], out[i])


@compiled
def maxout_norm_train(
    Z: Any, b: Any, G: Any, beta: Any, out: Any, x_hat: Any, scale: Any, which: Any
) -> None:
    width = out.shape[1]
    best = numpy.empty(width, dtype=numpy.float32)
    for i in range(Z.shape[0]):
        _argmaxout(Z[i], b, best, which[i])
        scale[i] = _centre(best)
        normed = x_hat[i]
        y = out[i]
        for j in range(width):
            normed[j] = best[j] * scale[i]
            y[j] = normed[j] * G[j] + beta[j]


@compiled
def backprop_maxout_norm(
    dY: Any, G: Any, x_hat: Any, scale: Any, which: Any, dZ: Any, dG: Any, d_beta: Any
) -> None:
    width = dY.shape[1]
    n_pieces = dZ.shape[1] // width
    d_best = numpy.empty(width, dtype=numpy.float32)
    for i in range(dY.shape[0]):
        dy, normed, pieces = dY[i], x_hat[i], which[i]
        mean = ZERO
        spread = ZERO
        for j in range(width):
            d_hat = dy[j] * G[j]
            d_best[j] = d_hat
            mean += d_hat
            spread += d_hat * normed[j]
            dG[j] += dy[j] * normed[j]
            d_beta[j] += dy[j]
        mean /= numpy.float32(width)
        spread /= numpy.float32(width)
        for j in range(width):
            d_best[j] = (d_best[j] - mean - normed[j] * spread) * scale[i]
        for piece in range(n_pieces):
            dz = dZ[i, piece * width : (piece + 1) * width]
            for j in range(width):
                dz[j] = d_best[j] if pieces[j] == piece else ZERO


@compiled
def softmax(X: Any, out: Any) -> None:
    """Softmax of each row, which thinc computes in five passes over mostly tiny rows."""
    for i in range(X.shape[0]):
        x, y = X[i], out[i]
        best = x[0]
        for j in range(1, x.shape[0]):
            best = max(best, x[j])
        total = ZERO
        for j in range(x.shape[0]):
            y[j] = numpy.exp(x[j] - best)
            total += y[j]
        for j in range(x.shape[0]):
            y[j] /= total


@compiled
def reduce_max(X: Any, lengths: Any, out: Any, winners: Any) -> None:
    """Take the maximum over the rows of each sequence.

    X (Floats2d): `(n_rows, width)`.
    lengths (Ints1d): Rows by sequence.
    out (Floats2d): Gets the maxima, `(n_sequences, width)`. Unchanged for empty sequences.
    winners (Ints2d): Gets the rows of X that they come from.
    """
    start = 0
    for i in range(lengths.shape[0]):
        if lengths[i] > 0:
            best, rows = out[i], winners[i]
            best[:] = X[start]
            rows[:] = start
            for row in range(start + 1, start + lengths[i]):
                x = X[row]
                for j in range(best.shape[0]):
                    rows[j] = row if x[j] > best[j] else rows[j]
                    best[j] = x[j] if x[j] > best[j] else best[j]
        start += lengths[i]


@compiled
def backprop_reduce_max(dY: Any, lengths: Any, winners: Any, dX: Any) -> None:
    """Add the gradient of maxima to the rows that they come from."""
    for i in range(lengths.shape[0]):
        if lengths[i] > 0:
            dy, rows = dY[i], winners[i]
            for j in range(dy.shape[0]):
                dX[rows[j], j] += dy[j]


@compiled
def _add(total: Any, x: Any) -> None:
    for j in range(total.shape[0]):
        total[j] += x[j]


@compiled
def _maxout(z: Any, b: Any, best: Any) -> None:
    width = best.shape[0]
    if z.shape[0] == 3 * width:
        z1, z2 = z[width : 2 * width], z[2 * width :]
        b1, b2 = b[width : 2 * width], b[2 * width :]
        for j in range(width):
            x = max(z[j] + b[j], z1[j] + b1[j])
            best[j] = max(x, z2[j] + b2[j])
        return
    for j in range(width):
        best[j] = z[j] + b[j]
    for start in range(width, z.shape[0], width):
        piece, bias = z[start : start + width], b[start : start + width]
        for j in range(width):
            other = piece[j] + bias[j]
            best[j] = other if other > best[j] else best[j]


@compiled
def _maxout_of_sums(left: Any, middle: Any, right: Any, best: Any) -> None:
    width = best.shape[0]
    l1, m1, r1 = left[width : 2 * width], middle[width : 2 * width], right[width : 2 * width]
    l2, m2, r2 = left[2 * width :], middle[2 * width :], right[2 * width :]
    for j in range(width):
        x = max(left[j] + middle[j] + right[j], l1[j] + m1[j] + r1[j])
        best[j] = max(x, l2[j] + m2[j] + r2[j])


@compiled
def _argmaxout(z: Any, b: Any, best: Any, which: Any) -> None:
    width = best.shape[0]
    for j in range(width):
        best[j] = z[j] + b[j]
        which[j] = 0
    for k in range(1, z.shape[0] // width):
        piece, bias = z[k * width : (k + 1) * width], b[k * width : (k + 1) * width]
        for j in range(width):
            other = piece[j] + bias[j]
            which[j] = k if other > best[j] else which[j]
            best[j] = other if other > best[j] else best[j]


@compiled
def _centre(best: Any) -> Any:
    width = best.shape[0]
    mean = ZERO
    for j in range(width):
        mean += best[j]
    mean /= numpy.float32(width)
    variance = ZERO
    for j in range(width):
        centred = best[j] - mean
        best[j] = centred
        variance += centred * centred
    return ONE / numpy.sqrt(variance / numpy.float32(width) + VARIANCE)


@compiled
def _rescale(best: Any, scale: Any, G: Any, beta: Any, residual: Any, y: Any) -> None:
    for j in range(best.shape[0]):
        y[j] = best[j] * scale * G[j] + beta[j] + residual[j]
