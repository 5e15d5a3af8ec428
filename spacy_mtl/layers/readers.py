"""One matrix product for all output layers that read the same pooled vectors."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy
from thinc.api import Model
from thinc.types import Floats2d

from .blas import row_product, single_thread
from .linear import forward as forward_linear
from .param_versions import VersionedParams, peek, watch
from .standardize import statistics

Poolings = tuple[str, ...]


class Readers:
    """The output layers that read the token vectors of a batch.

    Those that read the batch before are expected to read this one: the first of them computes the
    logits of all. A head that is disabled is left out from the second batch on, and a new one takes
    part from its second batch on, without anybody being told, and without any effect on the logits.
    They are neither copied nor pickled.
    """

    def __init__(self, before: "Readers | None" = None) -> None:
        """Begin a batch.

        before (Optional[Readers]): The readers of the batch before.
        """
        self._expected: dict[Poolings, dict[Model, Model | None]] = {}
        self._found: dict[Poolings, dict[Model, Model | None]] = {}
        self._joint: dict[Poolings, JointOutput] = {}
        if before is not None:
            # Another thread may be reading the batch before.
            self._expected = {kinds: nodes.copy() for kinds, nodes in list(before._found.items())}

    def __deepcopy__(self, memo: Any) -> "Readers":
        return Readers()

    def __reduce__(self) -> Any:
        return Readers, ()

    def read(
        self, node: Model, scaling: Model | None, poolings: Poolings, X: Floats2d
    ) -> Floats2d | None:
        """Get the logits of an output layer.

        node (Model[Floats2d, Floats2d]): The output layer.
        scaling (Optional[Model[Floats2d, Floats2d]]): The layer that standardizes its input, if any.
        poolings (Tuple[str, ...]): Kinds of pooling.
        X (Floats2d): The pooled vectors, the same array for all layers that read the same.
        RETURNS (Optional[Floats2d]): `(n_docs, nO)`, or None if the layer is of another kind.
        """
        self._found.setdefault(poolings, {})[node] = scaling
        joint = self._joint.get(poolings)
        if joint is None or joint.X is not X:
            nodes = {**self._expected.get(poolings, {}), node: scaling}
            joint = self._joint[poolings] = JointOutput(X, nodes)
        Y = joint.get(node, scaling)
        return read_alone(node, scaling, X) if Y is None else Y


def read_alone(node: Model, scaling: Model | None, X: Floats2d) -> Floats2d | None:
    """Compute the logits of one output layer, the same as those in the product with others.

    node (Model[Floats2d, Floats2d]): The output layer.
    scaling (Optional[Model[Floats2d, Floats2d]]): The layer that standardizes its input, if any.
    X (Floats2d): The pooled vectors.
    RETURNS (Optional[Floats2d]): `(n_docs, nO)`, or None if the layer is of another kind.
    """
    watch([node] if scaling is None else [node, scaling])
    if not _takes_part(node, X.shape[1]):
        return None
    return _multiply(X, [_read_linear(node, scaling)])


class _Columns(NamedTuple):
    """The part of the joint output that belongs to a layer, and the parameters it was made with."""

    scaling: Model | None
    servers: list[VersionedParams]
    versions: list[int]
    start: int
    stop: int


class JointOutput:
    """What several output layers compute from the same input, in one product."""

    def __init__(self, X: Floats2d, readers: Mapping[Model, Model | None]) -> None:
        """Compute the outputs. Layers that cannot take part are left out.

        X (Floats2d): The input, `(n, nI)`.
        readers (Mapping[Model, Optional[Model]]): The layers, and those that standardize their input.
        """
        self.X = X
        self._columns: dict[Model, _Columns] = {}
        found: list[_Linear] = []
        stop = 0
        for node, scaling in readers.items():
            nodes = [node] if scaling is None else [node, scaling]
            servers = watch(nodes)
            # A change while they are read makes it another version.
            versions = [server.version for server in servers]
            if not _takes_part(node, X.shape[1]) or not all(s.is_private() for s in servers):
                continue
            found.append(_read_linear(node, scaling))
            start, stop = stop, stop + len(found[-1].b)
            self._columns[node] = _Columns(scaling, servers, versions, start, stop)
        if found:
            self._Y = _multiply(X, found)

    def get(self, node: Model, scaling: Model | None) -> Floats2d | None:
        """Get the output of a layer.

        node (Model[Floats2d, Floats2d]): The layer.
        scaling (Optional[Model[Floats2d, Floats2d]]): The layer that standardizes its input.
        RETURNS (Optional[Floats2d]): A copy `(n, nO)`. None if the layer is not among them, or if
            parameters may have changed since.
        """
        columns = self._columns.get(node)
        if columns is None or columns.scaling is not scaling:
            return None
        # Nobody held the parameters when they were read, and whoever takes one is counted.
        nodes = [node] if scaling is None else [node, scaling]
        for owner, server, version in zip(nodes, columns.servers, columns.versions, strict=True):
            if owner._params is not server or server.version != version:
                return None
        return self._Y[:, columns.start : columns.stop].copy()


class _Linear(NamedTuple):
    """An output layer of what an input differs from a center."""

    W: Any
    b: Any
    center: Any


def _multiply(X: Floats2d, found: list[_Linear]) -> Floats2d:
    """The outputs of several layers side by side. To the last bit, those of a layer depend on no other."""
    # Columns that vary little about a large mean would lose digits otherwise.
    center = X.mean(axis=0) if len(X) else X.sum(axis=0)
    W = numpy.concatenate([linear.W for linear in found])
    # How many threads share the rows may round them in another way, and other threads change their number.
    with single_thread():
        offsets = [linear.b + linear.W @ (center - linear.center) for linear in found]
        Y = numpy.ascontiguousarray(row_product(W, (X - center).T).T)
    Y += numpy.concatenate(offsets)
    return Y


def _read_linear(node: Model, scaling: Model | None) -> _Linear:
    W, b = peek(node, "W"), peek(node, "b")
    if scaling is None:
        return _Linear(W, b, numpy.zeros(W.shape[1], dtype="f"))
    mean, scale = statistics(scaling)
    return _Linear(W * scale, b, mean)


def _takes_part(node: Model, width: int) -> bool:
    return (
        node._func is forward_linear
        and node.has_param("W")
        and node.has_param("b")
        and peek(node, "W").shape[1] == width
    )
