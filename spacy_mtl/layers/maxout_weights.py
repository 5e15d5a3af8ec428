"""The weights of a maxout layer with layer norm, in the order in which the fast loops read them."""

from typing import Any, NamedTuple

import numpy
from thinc.api import Model

from .param_versions import add_gradient, peek


class MaxoutNodes(NamedTuple):
    """The nodes of `Maxout(..., normalize=True)`."""

    maxout: Model
    norm: Model
    dropout: Model | None

    @classmethod
    def find(cls, chain: Model) -> "MaxoutNodes":
        """Find the nodes in thinc's chain of chains.

        chain (Model): What `thinc.Maxout` returns for `normalize=True` and a dropout.
        RETURNS (MaxoutNodes): The nodes.
        """
        inner, dropout = chain.layers
        maxout, norm = inner.layers
        return cls(maxout, norm, dropout)

    @property
    def dropout_rate(self) -> float:
        """RETURNS (float): Probability that a value is dropped in training."""
        if self.dropout is None or not self.dropout.attrs["is_enabled"]:
            return 0.0
        return self.dropout.attrs["dropout_rate"]

    def read(self) -> "MaxoutWeights":
        """RETURNS (MaxoutWeights): Copies of the current weights."""
        W = peek(self.maxout, "W")
        n_inputs = W.shape[2]
        return MaxoutWeights(
            W=numpy.array(W.transpose(1, 0, 2), order="C").reshape(-1, n_inputs),
            b=numpy.array(peek(self.maxout, "b").T, order="C").reshape(-1),
            G=peek(self.norm, "G").copy(),
            beta=peek(self.norm, "b").copy(),
        )

    def add_gradients(self, d_weights: "MaxoutWeights") -> None:
        """Add to the gradients of the parameters.

        d_weights (MaxoutWeights): Gradients in the order of `read`.
        """
        n_outputs = len(d_weights.G)
        n_pieces = len(d_weights.b) // n_outputs
        dW = d_weights.W.reshape(n_pieces, n_outputs, -1).transpose(1, 0, 2)
        db = d_weights.b.reshape(n_pieces, n_outputs).T
        add_gradient(self.maxout, "W", numpy.ascontiguousarray(dW))
        add_gradient(self.maxout, "b", numpy.ascontiguousarray(db))
        add_gradient(self.norm, "G", d_weights.G)
        add_gradient(self.norm, "b", d_weights.beta)


class MaxoutWeights(NamedTuple):
    """Weights with the pieces side by side: all outputs of the first piece, then all of the second."""

    #: `(n_pieces * n_outputs, n_inputs)`.
    W: Any
    #: `(n_pieces * n_outputs,)`.
    b: Any
    #: `(n_outputs,)`.
    G: Any
    #: `(n_outputs,)`.
    beta: Any

    @property
    def width(self) -> int:
        """RETURNS (int): Number of outputs."""
        return len(self.G)

    def zeros(self) -> "MaxoutWeights":
        """RETURNS (MaxoutWeights): Zeros of the same shapes, to sum gradients up in."""
        return MaxoutWeights(*(numpy.zeros_like(weights) for weights in self))
