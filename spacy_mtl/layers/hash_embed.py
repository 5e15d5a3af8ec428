"""Hash embedding that also learns from a batch without tokens."""

from collections.abc import Callable
from functools import partial
from typing import Any

from thinc.api import Model, NumpyOps, chain, uniform_init
from thinc.layers.array_getitem import ints_getitem
from thinc.types import Floats2d, Ints1d, Ints2d

InT = Ints2d
OutT = Floats2d


def HashEmbed(
    nO: int, nV: int, *, seed: int, column: int, dropout: float | None = None
) -> Model[InT, OutT]:
    """Embed the keys of one column of a feature array in a table smaller than the vocabulary.

    Each key is hashed with four seeds, and its vector is the sum of the four rows, so that two keys
    share a vector only if all four rows collide (Svenstrup et al. 2017, "Hash Embeddings for
    Efficient Word Representations"). Parameters, seeds and node names equal `thinc.HashEmbed`, so
    weights load from one into the other. Unlike it, this layer accepts an empty batch, and the
    backward pass visits each distinct key once.

    nO (int): Width of the vectors.
    nV (int): Rows of the table.
    seed (int): Seed of the hash function.
    column (int): The column of the feature array to embed.
    dropout (Optional[float]): Probability to drop a whole output column in training.
    RETURNS (Model[Ints2d, Floats2d]): Keys `(n_tokens, n_columns)` to vectors `(n_tokens, nO)`.
    """
    embed: Model[Any, Floats2d] = Model(
        "hashembed",
        forward,
        init=partial(init, uniform_init),
        params={"E": None},
        dims={"nO": nO, "nV": nV, "nI": None},
        attrs={"seed": seed, "column": column, "dropout_rate": dropout or 0.0},
    )
    model: Model[InT, OutT] = chain(ints_getitem((slice(0, None), column)), embed)
    model.attrs["column"] = column
    return model


def forward(
    model: Model[Ints1d, Floats2d], keys: Ints1d, is_train: bool
) -> tuple[Floats2d, Callable]:
    table: Floats2d = model.get_param("E")
    n_tokens = keys.shape[0]
    if n_tokens == 0:
        return model.ops.alloc2f(0, table.shape[1]), _no_backprop
    xp = model.ops.xp
    distinct, where = xp.unique(model.ops.as_contig(keys, dtype="uint64"), return_inverse=True)
    rows = model.ops.hash(distinct, model.attrs["seed"]) % table.shape[0]
    Y = model.ops.gather_add(table, rows)[where]
    mask = None
    if is_train:
        mask = model.ops.get_dropout_mask((Y.shape[1],), model.attrs["dropout_rate"])
        Y *= mask

    def backprop(dY: Floats2d) -> Ints1d:
        d_distinct = model.ops.alloc2f(distinct.shape[0], dY.shape[1])
        model.ops.scatter_add(d_distinct, model.ops.as_contig(where, dtype="i"), dY)
        if mask is not None:
            d_distinct *= mask
        d_table = model.ops.alloc2f(*table.shape)
        for column in model.ops.as_contig(rows.T, dtype="i"):
            model.ops.scatter_add(d_table, column, d_distinct)
        model.inc_grad("E", d_table)
        return model.ops.alloc1i(n_tokens)

    return Y, backprop


def init(
    initializer: Callable,
    model: Model[Ints1d, Floats2d],
    X: Ints1d | None = None,
    Y: Floats2d | None = None,
) -> None:
    # The table is drawn with NumPy on every device, so that a seed means the same weights.
    table = initializer(NumpyOps(), (model.get_dim("nV"), model.get_dim("nO")))
    model.set_param("E", model.ops.asarray2f(table))


def _no_backprop(dY: Floats2d) -> list:
    return []
