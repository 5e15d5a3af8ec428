"""Hash embeddings and their mix, once for each distinct word of a batch."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy
from thinc.api import Model
from thinc.types import Floats2d, Ints2d

from ..finite import has_finite_norm
from .blas import product, row_product
from .dropout_noise import DropoutNoise
from .maxout_weights import MaxoutNodes, MaxoutWeights
from .param_versions import add_gradient, gradient_buffer, peek
from .window_stack import add_products


class Static(NamedTuple):
    """The words' static vectors, and the layer that fits them to the width of the tables."""

    #: With the parameter W, `(width, vector_width)`.
    node: Model
    #: `(n, vector_width)`.
    vectors: Floats2d


def embed(
    kernels: Any, tables: Sequence[Model], features: Ints2d, static: Static | None = None
) -> tuple[Floats2d, list[Any]]:
    """Look words up in the embedding tables.

    kernels (ModuleType): The inner loops.
    tables (Sequence[Model]): Hash embeddings.
    features (Ints2d): Features of the words, `(n, n_columns)`.
    static (Optional[Static]): Their static vectors.
    RETURNS (Tuple[Floats2d, List[Ints2d]]): The vectors of all tables side by side, the static ones
        last, `(n, n_parts * width)`, and the rows of each table that they are the sum of, `(n, 4)`.
    """
    width = tables[0].get_dim("nO")
    n_parts = len(tables) + (static is not None)
    out = numpy.empty((len(features), n_parts * width), dtype="f")
    rows = []
    if static is not None:
        out[:, -width:] = product(static.vectors, peek(static.node, "W").T)
    for i, table in enumerate(tables):
        E = peek(table, "E")
        keys = numpy.ascontiguousarray(features[:, table.attrs["column"]])
        rows.append(table.ops.hash(keys, table.attrs["seed"]) % E.shape[0])
        kernels.sum_rows(E, rows[-1], out[:, i * width : (i + 1) * width])
    return out, rows


def predict_lexemes(
    kernels: Any,
    tables: Sequence[Model],
    weights: MaxoutWeights,
    features: Ints2d,
    static: Static | None = None,
) -> Floats2d:
    """Compute the vectors of words. That of a word does not depend on the others, to the last bit, unless
    there are static vectors.

    kernels (ModuleType): The inner loops.
    tables (Sequence[Model]): Hash embeddings.
    weights (MaxoutWeights): Weights of the layer that mixes the tables' vectors.
    features (Ints2d): Features of the words, `(n, n_columns)`.
    static (Optional[Static]): Their static vectors.
    RETURNS (Floats2d): `(n, width)`.
    """
    out = numpy.empty((len(features), weights.width), dtype="f")
    vectors, _ = embed(kernels, tables, features, static)
    # Only words without static vectors are remembered, and met again beside others.
    Z = (row_product if static is None else product)(vectors, weights.W.T)
    kernels.maxout_norm(Z, weights.b, weights.G, weights.beta, out)
    return out


def train_lexemes(
    kernels: Any,
    tables: Sequence[Model],
    mix: MaxoutNodes,
    features: Ints2d,
    static: Static | None = None,
) -> tuple[Floats2d, Callable[[Floats2d], None]]:
    """Compute the vectors of words in training.

    kernels (ModuleType): The inner loops.
    tables (Sequence[Model]): Hash embeddings.
    mix (MaxoutNodes): The layer that mixes the tables' vectors.
    features (Ints2d): Features of the words, `(n, n_columns)`.
    static (Optional[Static]): Their static vectors.
    RETURNS (Tuple[Floats2d, Callable]): The vectors `(n, width)`, and the backward pass, which adds to
        the gradients of all parameters.
    """
    weights = mix.read()
    n, width = len(features), weights.width
    embedded, rows = embed(kernels, tables, features, static)
    # As in spaCy, a table drops whole columns, the same ones for all words of the batch.
    parts = [*tables, *([] if static is None else [static.node])]
    columns = [DropoutNoise.draw(kernels, (1, width), part.attrs["dropout_rate"]) for part in parts]
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
        is_sound = has_finite_norm(d_embedded)
        for i, table in enumerate(tables):
            d_part = d_embedded[:, i * width : (i + 1) * width]
            with gradient_buffer(table, "E", is_sound=is_sound) as dE:
                kernels.add_to_rows(dE, rows[i], d_part)
        if static is not None:
            add_gradient(static.node, "W", product(d_embedded[:, -width:].T, static.vectors))

    return out, backprop


def _drop_columns(kernels: Any, X: Floats2d, columns: Sequence[DropoutNoise | None]) -> None:
    for i, noise in enumerate(columns):
        if noise is not None:
            mask = numpy.ones_like(noise.noise, dtype="f")
            width = mask.shape[1]
            noise.apply(kernels, mask)
            X[:, i * width : (i + 1) * width] *= mask
