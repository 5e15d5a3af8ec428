"""The inner loops of the encoder in NumPy.

`Z` holds the pieces of a maxout layer side by side: all outputs of the first piece, then all of the
second. Layer norm is thinc's: the variance has no degree of freedom taken off, and gets `EPSILON`.
"""

from typing import Any

import numpy
from thinc.api import NumpyOps

EPSILON = 1e-8
#: Whether summing up remembered products of the first window layer is faster than multiplying.
USES_PRODUCTS = False
#: Rows that are multiplied at once. Their windows and pieces should fit into the second-level cache.
CHUNK = 512

_OPS = NumpyOps()


def gather_windows(X: Any, sources: Any, out: Any) -> None:
    """Put the rows that each window reads side by side.

    X (Floats2d): `(n_rows, width)`.
    sources (Ints2d): Rows of X, `(n, n_window)`.
    out (Floats2d): `(n, n_window * width)`.
    """
    numpy.take(X, sources, axis=0, out=out.reshape(*sources.shape, X.shape[1]), mode="clip")


def scatter_windows(dX: Any, sources: Any, d_windows: Any) -> None:
    """Add the gradient of windows to the rows that they were made of.

    dX (Floats2d): `(n_rows, width)`, changed in place.
    sources (Ints2d): Rows of dX, `(n, n_window)`. Only row 0 may come more than once in a column.
    d_windows (Floats2d): `(n, n_window * width)`.
    """
    parts = d_windows.reshape(*sources.shape, dX.shape[1])
    for k in range(sources.shape[1]):
        rows = sources[:, k]
        shared = rows == 0
        d_shared = parts[shared, k].sum(axis=0)
        dX[rows] += parts[:, k]
        # Of the rows that went to row 0 at once, only one has arrived.
        if shared.any():
            dX[0] += d_shared - parts[numpy.flatnonzero(shared)[-1], k]


def add_rows(dX: Any, rows: Any, dY: Any) -> None:
    """Add rows to the rows of another array that they belong to.

    dX (Floats2d): `(n_rows, width)`, changed in place.
    rows (Ints1d): A row of dX for each row of dY.
    dY (Floats2d): `(n, width)`.
    """
    order = numpy.argsort(rows, kind="stable")
    ordered = rows[order]
    firsts = numpy.flatnonzero(numpy.diff(ordered, prepend=-1))
    if len(firsts):
        dX[ordered[firsts]] += numpy.add.reduceat(dY[order], firsts, axis=0)


def sum_rows(E: Any, rows: Any, out: Any) -> None:
    """Sum rows of a table up.

    E (Floats2d): The table, `(n_rows, width)`.
    rows (Ints2d): Which rows make up each result, `(n, n_summed)`, unsigned 32 bits.
    out (Floats2d): `(n, width)`.
    """
    out[:] = _OPS.gather_add(E, rows)


def add_to_rows(dE: Any, rows: Any, dY: Any) -> None:
    """Add the gradient of sums to all rows that they are made of.

    dE (Floats2d): Gradient of the table, changed in place.
    rows (Ints2d): As in `sum_rows`.
    dY (Floats2d): `(n, width)`.
    """
    dY = numpy.ascontiguousarray(dY)
    for column in numpy.ascontiguousarray(rows.T, dtype="i"):
        _OPS.scatter_add(dE, column, dY)


def add_table_rows(E: Any, rows: Any, owners: Any, out: Any) -> None:
    """Add rows of a table to the results that they belong to.

    E (Floats2d): The table, `(n_rows, width)`.
    rows (Ints2d): Rows of the table, `(n, n_summed)`, unsigned 32 bits.
    owners (Ints1d): The row of `out` that each belongs to, `(n,)`.
    out (Floats2d): Changed in place.
    """
    if len(rows):
        _OPS.scatter_add(out, numpy.ascontiguousarray(owners, dtype="i"), _OPS.gather_add(E, rows))


def add_to_rows_of(dE: Any, rows: Any, owners: Any, dY: Any) -> None:
    """Add the gradient of the results of `add_table_rows` to the table's.

    dE (Floats2d): Gradient of the table, changed in place.
    dY (Floats2d): Gradient of the results.
    """
    add_to_rows(dE, rows, dY[owners])


def maxout_norm(Z: Any, b: Any, G: Any, beta: Any, out: Any) -> None:
    """Maxout and layer norm.

    Z (Floats2d): Pieces without bias, `(n, n_pieces * width)`. Overwritten.
    b (Floats1d): Bias of the pieces.
    G (Floats1d): Gain of the layer norm.
    beta (Floats1d): Bias of the layer norm.
    out (Floats2d): `(n, width)`.
    """
    width = out.shape[1]
    Z += b
    # From here on all values stand side by side, which is much faster than skipping the other pieces.
    M = numpy.maximum(Z[:, :width], Z[:, -width:])
    for start in range(width, Z.shape[1] - width, width):
        numpy.maximum(M, Z[:, start : start + width], out=M)
    _normalise(M)
    numpy.multiply(M, G, out=out)
    out += beta


def maxout_norm_residual(windows: Any, Z: Any, b: Any, G: Any, beta: Any, out: Any) -> None:
    """Maxout, layer norm, and the middle of each window added.

    windows (Floats2d): `(n, n_window * width)`, n_window odd.
    out (Floats2d): `(n, width)`.
    """
    width = out.shape[1]
    start = (windows.shape[1] - width) // 2
    maxout_norm(Z, b, G, beta, out)
    out += windows[:, start : start + width]


def maxout_norm_train(
    Z: Any, b: Any, G: Any, beta: Any, out: Any, x_hat: Any, scale: Any, which: Any
) -> None:
    """Maxout and layer norm, with what the backward pass needs.

    x_hat (Floats2d): Gets the normalised values, `(n, width)`.
    scale (Floats1d): Gets one over the standard deviations, `(n,)`.
    which (Ints2d): Gets the numbers of the best pieces, `(n, width)`, 8 bits.
    """
    width = out.shape[1]
    Z += b
    x_hat[:] = Z[:, :width]
    which[:] = 0
    for piece in range(1, Z.shape[1] // width):
        other = Z[:, piece * width : (piece + 1) * width]
        # Later pieces have larger numbers. This is faster than assigning through a mask.
        numpy.maximum(which, (other > x_hat).view("uint8") * numpy.uint8(piece), out=which)
        numpy.maximum(x_hat, other, out=x_hat)
    scale[:] = _normalise(x_hat)
    numpy.multiply(x_hat, G, out=out)
    out += beta


def backprop_maxout_norm(
    dY: Any, G: Any, x_hat: Any, scale: Any, which: Any, dZ: Any, dG: Any, d_beta: Any
) -> None:
    """Backward pass of maxout and layer norm.

    dY (Floats2d): `(n, width)`.
    dZ (Floats2d): Gets the gradient of the pieces, `(n, n_pieces * width)`.
    dG (Floats1d): The gradient of the gain, added to.
    d_beta (Floats1d): The gradient of the bias, added to.
    """
    width = dY.shape[1]
    d_beta += dY.sum(axis=0)
    dG += numpy.einsum("ij,ij->j", dY, x_hat)
    d_hat = dY * G
    mean = d_hat.mean(axis=1, keepdims=True)
    spread = numpy.einsum("ij,ij->i", d_hat, x_hat)[:, None] / width
    d_hat -= mean
    d_hat -= x_hat * spread
    d_hat *= scale[:, None]
    for piece in range(dZ.shape[1] // width):
        numpy.multiply(d_hat, which == piece, out=dZ[:, piece * width : (piece + 1) * width])


def drop(X: Any, noise: Any, threshold: Any, scale: Any) -> None:
    """Dropout.

    X (Floats2d): Values, changed in place.
    noise (Ints2d): Random numbers in the shape of X. Where they are below the threshold, X becomes 0.
    scale (float): What the other values are multiplied by.
    """
    numpy.multiply(X, scale, out=X)
    numpy.multiply(X, noise >= threshold, out=X)


def noise(size: int) -> Any:
    """Draw random numbers from NumPy's global random state.

    size (int): How many.
    RETURNS (Ints1d): Numbers of 16 bits, `(size,)`.
    """
    return numpy.frombuffer(numpy.random.bytes(2 * size), dtype="uint16")


def _normalise(M: Any) -> Any:
    # A product with ones is a little faster, and its last bits depend on the other rows.
    M -= numpy.einsum("ij->i", M)[:, None] / M.shape[1]
    variance = numpy.einsum("ij,ij->i", M, M) / M.shape[1]
    scale = 1.0 / numpy.sqrt(variance + EPSILON)
    M *= scale[:, None]
    return scale
