"""The layers that turn an encoder's output into a point in a space of word vectors."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy
from thinc.api import Linear, Maxout, Model, NumpyOps, chain, uniform_init
from thinc.layers.chain import forward as forward_chain
from thinc.types import Floats2d

from .blas import product, single_thread
from .kernels import get_kernels
from .maxout_weights import MaxoutNodes
from .param_versions import add_gradient, peek, watch
from .window_stack import add_products

InT = Floats2d
OutT = Floats2d

INIT_RANGE = 0.02


def vector_head(
    nO: int | None, hidden_width: int, maxout_pieces: int, nI: int | None
) -> Model[InT, OutT]:
    """Predict vectors through a hidden maxout layer, as `spacy.PretrainVectors.v1` does. The hidden layer
    keeps the shape of the vector space out of the encoder.

    nO (Optional[int]): Width of the vectors.
    hidden_width (int): Width of the hidden layer. 0 for none.
    maxout_pieces (int): Pieces of the hidden layer.
    nI (Optional[int]): Width of the input.
    RETURNS (Model[Floats2d, Floats2d]): `(n, nI)` to `(n, nO)`.
    """
    # Predictions start at about length 1, the length of their targets.
    init_W: Any = partial(uniform_init, lo=-INIT_RANGE, hi=INIT_RANGE)
    if not hidden_width:
        return Linear(nO, nI, init_W=init_W)
    hidden = Maxout(hidden_width, nI, nP=maxout_pieces, normalize=True)
    model: Model[InT, OutT] = chain(hidden, Linear(nO, hidden_width, init_W=init_W))
    model._func = forward
    return model


def forward(model: Model[InT, OutT], X: InT, is_train: bool) -> tuple[OutT, Callable]:
    if not isinstance(model.ops, NumpyOps):
        return forward_chain(model, X, is_train)
    kernels = get_kernels()
    hidden, linear = model.layers
    nodes = MaxoutNodes(hidden.layers[0], hidden.layers[1], None)
    watch([*hidden.layers, linear])
    weights = nodes.read()
    W = peek(linear, "W")
    n, width = len(X), weights.width
    x_hat = numpy.empty((n, width), dtype="f")
    scale = numpy.empty((n,), dtype="f")
    which = numpy.empty((n, width), dtype="uint8")
    inner = numpy.empty((n, width), dtype="f")
    chunks = [slice(i, i + kernels.CHUNK) for i in range(0, n, kernels.CHUNK)]
    with single_thread():
        for rows in chunks:
            kernels.maxout_norm_train(
                product(X[rows], weights.W.T),
                weights.b,
                weights.G,
                weights.beta,
                inner[rows],
                x_hat[rows],
                scale[rows],
                which[rows],
            )
        Y = product(inner, W.T)
    Y += peek(linear, "b")

    def backprop(dY: OutT) -> InT:
        dX = numpy.empty_like(X)
        d_weights = weights.zeros()
        with single_thread():
            add_gradient(linear, "W", product(dY.T, inner))
            add_gradient(linear, "b", dY.sum(axis=0))
            d_inner = product(dY, W)
            dZ = numpy.empty((min(n, kernels.CHUNK), len(weights.b)), dtype="f")
            for rows in chunks:
                part = dZ[: len(X[rows])]
                kernels.backprop_maxout_norm(
                    d_inner[rows],
                    weights.G,
                    x_hat[rows],
                    scale[rows],
                    which[rows],
                    part,
                    d_weights.G,
                    d_weights.beta,
                )
                add_products(d_weights, part, X[rows])
                product(part, weights.W, out=dX[rows])
        nodes.add_gradients(d_weights)
        return dX

    return Y, backprop
