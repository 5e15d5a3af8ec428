"""Pooling of token vectors to one vector a document."""

from collections.abc import Callable

from thinc.api import Model, NumpyOps
from thinc.types import Floats2d, Ints1d

from ..errors import Errors
from .kernels import get_kernels
from .token_arrays import TokenArrays, flatten, is_whole

InT = list[Floats2d]
OutT = Floats2d

POOLINGS = ("mean", "max")


def pool(poolings: list[str], *, width: int | None = None) -> Model[InT, OutT]:
    """Pool the token vectors of each document, and put the results side by side.

    A document without tokens gets zeros, for every kind of pooling.

    poolings (List[str]): "mean", "max" or both, in the order of the output's parts.
    width (Optional[int]): Width of the token vectors, if known.
    RETURNS (Model[List[Floats2d], Floats2d]): Per document `(n_tokens, width)` to
        `(n_docs, width * len(poolings))`.
    RAISES (ValueError): If a pooling is unknown, doubled, or none is given.
    """
    if not poolings or len(set(poolings)) != len(poolings) or set(poolings) - set(POOLINGS):
        raise ValueError(Errors.E205.format(found=poolings, known=", ".join(POOLINGS)))
    return Model(
        "pool",
        forward,
        init=init,
        dims={"nI": width, "nO": width * len(poolings) if width else None},
        attrs={"poolings": list(poolings)},
    )


def forward(model: Model[InT, OutT], Xs: InT, is_train: bool) -> tuple[OutT, Callable]:
    poolings: list[str] = model.attrs["poolings"]
    if is_train or not is_whole(Xs) or not Xs.is_watched:
        return _forward(model, Xs, poolings)
    # All heads of a pipeline read the same vectors.
    pooled = Xs.pooled.get(tuple(poolings))
    if pooled is None:
        pooled = Xs.pooled[tuple(poolings)] = _forward(model, Xs, poolings)[0]
    return pooled, _no_gradient


def _forward(model: Model[InT, OutT], Xs: InT, poolings: list[str]) -> tuple[OutT, Callable]:
    ops = model.ops
    X = flatten(ops, Xs)
    if is_whole(Xs):
        lengths = ops.asarray1i(Xs.lengths)
    else:
        lengths = ops.asarray1i([X.shape[0] for X in Xs])
    width = X.shape[1] if Xs else model.get_dim("nI")
    parts = []
    callbacks = []
    for pooling in poolings:
        Y, backprop_part = _POOL[pooling](model, X, lengths, width)
        parts.append(Y)
        callbacks.append(backprop_part)

    def backprop(dY: OutT) -> InT:
        dX = ops.alloc2f(int(lengths.sum()), width)
        for i, backprop_part in enumerate(callbacks):
            dX += backprop_part(ops.as_contig(dY[:, i * width : (i + 1) * width]))
        return TokenArrays.split(dX, lengths)

    return ops.xp.hstack(parts), backprop


def _mean(
    model: Model[InT, OutT], X: Floats2d, lengths: Ints1d, width: int
) -> tuple[Floats2d, Callable]:
    ops = model.ops
    if X.shape[0] == 0:
        return ops.alloc2f(lengths.shape[0], width), _no_gradient
    Y = ops.reduce_mean(X, lengths)

    def backprop(dY: Floats2d) -> Floats2d:
        return ops.backprop_reduce_mean(dY, lengths)

    return Y, backprop


def _max(
    model: Model[InT, OutT], X: Floats2d, lengths: Ints1d, width: int
) -> tuple[Floats2d, Callable]:
    ops = model.ops
    Y = ops.alloc2f(lengths.shape[0], width)
    filled = lengths > 0
    if not filled.any():
        return Y, _no_gradient
    kernels = get_kernels()
    if isinstance(ops, NumpyOps) and hasattr(kernels, "reduce_max"):
        winners = ops.alloc2i(*Y.shape)
        kernels.reduce_max(X, lengths, Y, winners)

        def backprop_winners(dY: Floats2d) -> Floats2d:
            dX = ops.alloc2f(*X.shape)
            kernels.backprop_reduce_max(dY, lengths, winners, dX)
            return dX

        return Y, backprop_winners
    # thinc's reduce_max refuses empty sequences, which hold no rows of X anyway.
    filled_lengths = ops.as_contig(lengths[filled])
    Y[filled], which = ops.reduce_max(X, filled_lengths)

    def backprop(dY: Floats2d) -> Floats2d:
        return ops.backprop_reduce_max(ops.as_contig(dY[filled]), which, filled_lengths)

    return Y, backprop


def _no_gradient(dY: Floats2d) -> float:
    return 0.0


_POOL = {"mean": _mean, "max": _max}


def init(model: Model[InT, OutT], X: InT | None = None, Y: OutT | None = None) -> None:
    if X is not None and model.has_dim("nI") is None:
        width = X[0].shape[1]
        model.set_dim("nI", width)
        model.set_dim("nO", width * len(model.attrs["poolings"]))
