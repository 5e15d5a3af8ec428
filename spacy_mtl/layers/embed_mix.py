"""Hash embeddings and their mix, once for each distinct word of a batch."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy
from thinc.api import Model
from thinc.types import Floats2d, Ints2d

from .blas import product
from .dropout_noise import DropoutNoise
from .maxout_weights import MaxoutNodes, MaxoutWeights
from .param_versions import gradient_buffer, peek
from .window_stack import add_products


def embed(kernels: Any, tables: Sequence[Model], features: Ints2d) -> tuple[Floats2d, list[Any]]:
    """Look words up in the embedding tables.

    kernels (ModuleType): The inner loops.
    tables (Sequence[Model]): Hash embeddings.
    features (Ints2d): Features of the words, `(n, n_columns)`.
    RETURNS (Tuple[Floats2d, List[Ints2d]]): The vectors of all tables side by side,
        `(n, n_tables * width)`, and the rows of each table that they are the sum of, `(n, 4)`.
    """
    width = tables[0].get_dim("nO")
    out = numpy.empty((len(features), len(tables) * width), dtype="f")
    rows = []
    for i, table in enumerate(tables):
        E = peek(table, "E")
        keys = numpy.ascontiguousarray(features[:, table.attrs["column"]])
        rows.append(table.ops.hash(keys, table.attrs["seed"]) % E.shape[0])
        kernels.sum_rows(E, rows[-1], out[:, i * width : (i + 1) * width])
    return out, rows


def predict_lexemes(
    kernels: Any, tables: Sequence[Model], weights: MaxoutWeights, features: Ints2d
) -> Floats2d:
    """Compute the vectors of words.

    kernels (ModuleType): The inner loops.
    tables (Sequence[Model]): Hash embeddings.
    weights (MaxoutWeights): Weights of the layer that mixes the tables' vectors.
    features (Ints2d): Features of the words, `(n, n_columns)`.
    RETURNS (Floats2d): `(n, width)`.
    """
    out = numpy.empty((len(features), weights.width), dtype="f")
    Z = product(embed(kernels, tables, features)[0], weights.W.T)
    kernels.maxout_norm(Z, weights.b, weights.G, weights.beta, out)
    return out


def train_lexemes(
    kernels: Any, tables: Sequence[Model], mix: MaxoutNodes, features: Ints2d
) -> tuple[Floats2d, Callable[[Floats2d], None]]:
    """Compute the vectors of words in training.

    kernels (ModuleType): The inner loops.
    tables (Sequence[Model]): Hash embeddings.
    mix (MaxoutNodes): The layer that mixes the tables' vectors.
    features (Ints2d): Features of the words, `(n, n_columns)`.
    RETURNS (Tuple[Floats2d, Callable]): The vectors `(n, width)`, and the backward pass, which adds to
        the gradients of all parameters.
    """
    weights = mix.read()
    n, width = len(features), weights.width
    embedded, rows = embed(kernels, tables, features)
    # As in spaCy, a table drops whole columns, the same ones for all words of the batch.
    columns = [
        DropoutNoise.draw(kernels, (1, width), table.attrs["dropout_rate"]) for table in tables
    ]
    _drop_columns(kernels, embedded, columns)
    x_hat = numpy.empty((n, width), dtype="f")
    scale = numpy.empty((n,), dtype="f")
    which = numpy.empty((n, width), dtype="uint8")
    out = numpy.empty((n, width), dtype="f")
    Z = product(embedded, weights.W.T)
    kernels.maxout_norm_train(Z, weights.b, weights.G, weights.beta, out, x_hat, scale, which)

    def backprop(dY: Floats2d) -> None:
        d_weights = weights.zeros()
        dZ = numpy.empty((n, len(weights.b)), dtype="f")
        kernels.backprop_maxout_norm(
            dY, weights.G, x_hat, scale, which, dZ, d_weights.G, d_weights.beta
        )
        add_products(d_weights, dZ, embedded)
        mix.add_gradients(d_weights)
        d_embedded = product(dZ, weights.W)
        _drop_columns(kernels, d_embedded, columns)
        for i, table in enumerate(tables):
            d_part = d_embedded[:, i * width : (i + 1) * width]
            with gradient_buffer(table, "E") as dE:
                kernels.add_to_rows(dE, rows[i], d_part)

    return out, backprop


def _drop_columns(kernels: Any, X: Floats2d, columns: Sequence[DropoutNoise | None]) -> None:
    width = X.shape[1] // len(columns)
    for i, noise in enumerate(columns):
        if noise is not None:
            mask = numpy.ones((1, width), dtype="f")
            noise.apply(kernels, mask)
            X[:, i * width : (i + 1) * width] *= mask
