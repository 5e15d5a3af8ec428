"""A linear layer over hashed features, with one row of weights a bucket."""

from collections.abc import Callable

from thinc.api import Model
from thinc.types import Floats2d, Ragged

InT = Ragged
OutT = Floats2d

SEED = 11


def hash_linear(*, rows: int, nO: int | None = None) -> Model[InT, OutT]:
    """Add up a row of weights for each feature of a document, divided by the root of their number.

    The division keeps the logits of a long document in the range of a short one's. Weights start
    at 0, so that the layer says nothing about features that it never learned from.

    rows (int): Rows of the table that the keys are hashed into.
    nO (Optional[int]): Number of outputs.
    RETURNS (Model[Ragged, Floats2d]): Keys `(n_features,)` with one length a document to logits
        `(n_docs, nO)`.
    """
    return Model(
        "hash_linear",
        forward,
        init=init,
        params={"W": None},
        dims={"nO": nO, "nV": rows},
        attrs={"seed": SEED},
    )


def forward(model: Model[InT, OutT], X: InT, is_train: bool) -> tuple[OutT, Callable]:
    ops = model.ops
    W: Floats2d = model.get_param("W")
    lengths = X.lengths
    n_docs = lengths.shape[0]
    buckets = ops.hash(ops.as_contig(X.dataXd.reshape(-1), dtype="uint64"), model.attrs["seed"])[
        :, 0
    ]
    rows = ops.as_contig(buckets % W.shape[0], dtype="i")
    scale = 1.0 / ops.xp.sqrt(ops.xp.maximum(lengths, 1)).astype("f")
    owner = ops.xp.repeat(ops.xp.arange(n_docs, dtype="i"), lengths)
    Y = ops.alloc2f(n_docs, W.shape[1])
    ops.scatter_add(Y, owner, W[rows])
    Y *= scale[:, None]

    def backprop(dY: OutT) -> InT:
        dW = ops.alloc2f(*W.shape)
        ops.scatter_add(dW, rows, ops.as_contig((dY * scale[:, None])[owner]))
        model.inc_grad("W", dW)
        return X

    return Y, backprop


def init(model: Model[InT, OutT], X: InT | None = None, Y: OutT | None = None) -> None:
    if Y is not None and model.has_dim("nO") is None:
        model.set_dim("nO", Y.shape[1])
    model.set_param("W", model.ops.alloc2f(model.get_dim("nV"), model.get_dim("nO")))
