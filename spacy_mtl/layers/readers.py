"""One matrix product for all output layers that read the same pooled vectors."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy
from thinc.api import Model
from thinc.types import Floats2d

from .blas import product
from .linear import forward as forward_linear
from .param_versions import VersionedParams, peek, watch

Poolings = tuple[str, ...]


class Readers:
    """The output layers that read the token vectors of a batch.

    Those that read the batch before are expected to read this one: the first of them computes the
    logits of all. A head that is disabled is left out from the second batch on, and a new one takes
    part from its second batch on, without anybody being told. They are neither copied nor pickled.
    """

    def __init__(self, before: "Readers | None" = None) -> None:
        """Begin a batch.

        before (Optional[Readers]): The readers of the batch before.
        """
        self._expected: dict[Poolings, tuple[Model, ...]] = {}
        self._found: dict[Poolings, dict[Model, None]] = {}
        self._joint: dict[Poolings, JointOutput] = {}
        if before is not None:
            # Another thread may be reading the batch before.
            self._expected = {kinds: tuple(nodes) for kinds, nodes in list(before._found.items())}

    def __deepcopy__(self, memo: Any) -> "Readers":
        return Readers()

    def __reduce__(self) -> Any:
        return Readers, ()

    def read(self, node: Model, poolings: Poolings, X: Floats2d) -> Floats2d | None:
        """Get the logits of an output layer.

        node (Model[Floats2d, Floats2d]): The output layer.
        poolings (Tuple[str, ...]): Kinds of pooling.
        X (Floats2d): The pooled vectors, the same array for all layers that read the same.
        RETURNS (Optional[Floats2d]): `(n_docs, nO)`, or None if the layer has to compute them itself.
        """
        self._found.setdefault(poolings, {})[node] = None
        joint = self._joint.get(poolings)
        if joint is None or joint.X is not X:
            nodes = self._expected.get(poolings, ())
            if len(nodes) < 2 or node not in nodes:
                return None
            joint = self._joint[poolings] = JointOutput(X, nodes)
        return joint.get(node)


class _Columns(NamedTuple):
    """The part of the joint output that belongs to a layer, and the parameters it was made with."""

    server: VersionedParams
    version: int
    start: int
    stop: int


class JointOutput:
    """What several output layers compute from the same input, in one product."""

    def __init__(self, X: Floats2d, nodes: Sequence[Model]) -> None:
        """Compute the outputs. Layers that cannot take part are left out.

        X (Floats2d): The input, `(n, nI)`.
        nodes (Sequence[Model[Floats2d, Floats2d]]): The layers.
        """
        self.X = X
        self._columns: dict[Model, _Columns] = {}
        weights, biases = [], []
        stop = 0
        for node, server in zip(nodes, watch(nodes), strict=True):
            # A change while they are read makes it another version.
            version = server.version
            if not _takes_part(node, server, X.shape[1]):
                continue
            weights.append(peek(node, "W"))
            biases.append(peek(node, "b"))
            start, stop = stop, stop + len(biases[-1])
            self._columns[node] = _Columns(server, version, start, stop)
        if weights:
            self._Y = product(X, numpy.concatenate(weights).T)
            self._Y += numpy.concatenate(biases)

    def get(self, node: Model) -> Floats2d | None:
        """Get the output of a layer.

        node (Model[Floats2d, Floats2d]): The layer.
        RETURNS (Optional[Floats2d]): A copy `(n, nO)`. None if the layer is not among them, or if its
            parameters may have changed since.
        """
        columns = self._columns.get(node)
        if columns is None:
            return None
        server, version, start, stop = columns
        # Nobody held the parameters when they were read, and whoever takes one is counted.
        if node._params is not server or server.version != version:
            return None
        return self._Y[:, start:stop].copy()


def _takes_part(node: Model, server: VersionedParams, width: int) -> bool:
    # Whoever holds a parameter could change it before the layer's turn comes.
    return (
        node._func is forward_linear
        and node.has_param("W")
        and node.has_param("b")
        and server.is_private()
        and peek(node, "W").shape[1] == width
    )
