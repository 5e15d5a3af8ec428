"""Notice when parameters may have changed, so that nothing computed from old ones is used again."""

import sys
from collections.abc import Sequence
from typing import Any

import numpy
from thinc.api import Model
from thinc.backends import ParamServer
from thinc.types import FloatsXd


def most_references(params: dict[Any, Any]) -> int:
    """Count the references to each array, and to the arrays that it is a view of.

    params (Dict[Any, FloatsXd]): The arrays.
    RETURNS (int): The largest count.
    """
    most = 0
    for array in params.values():
        most = max(most, sys.getrefcount(array))
        owner = array.base
        while owner is not None:
            most = max(most, sys.getrefcount(owner))
            owner = getattr(owner, "base", None)
    return most


#: References to an array that nothing but one dictionary holds. How many the interpreter counts for
#: the loop itself depends on its version.
OWN_REFERENCES = most_references({"W": numpy.zeros((2, 2)), "view": numpy.zeros(4).reshape(2, 2)})


class VersionedParams(ParamServer):
    """A parameter server that counts the occasions at which a parameter may have changed.

    Every change that goes through thinc passes `set_param`. Whoever calls `get_param` gets the array
    itself and may write to it.
    """

    version = 0

    def get_param(self, model_id: int, name: str) -> FloatsXd:
        """Get a parameter, to which the caller may write."""
        self.version += 1
        return super().get_param(model_id, name)

    def set_param(self, model_id: int, name: str, value: FloatsXd) -> None:
        """Set a parameter."""
        self.version += 1
        super().set_param(model_id, name, value)

    def peek(self, model_id: int, name: str) -> Any:
        """Get a parameter that the caller only reads, and does not keep."""
        return self._params[(model_id, name)]

    def is_private(self) -> bool:
        """RETURNS (bool): Whether nobody else holds one of the arrays, and could write to it."""
        return self.proxy is None and most_references(self._params) <= OWN_REFERENCES


def watch(nodes: Sequence[Model]) -> list[VersionedParams]:
    """Make nodes count their changes from now on. Nodes that do so already are left alone.

    nodes (Sequence[Model]): Nodes with parameters.
    RETURNS (List[VersionedParams]): Their parameter servers.
    """
    servers = []
    for node in nodes:
        server = node._params
        if type(server) is not VersionedParams:
            server = VersionedParams(server._params, server._grads, proxy=server.proxy)
            node._params = server
        servers.append(server)
    return servers


def peek(node: Model, name: str) -> Any:
    """Get a watched node's parameter to read, not to write or keep.

    node (Model): The node.
    name (str): The parameter.
    RETURNS (FloatsXd): The parameter.
    """
    return node._params.peek(node.id, name)  # type: ignore[attr-defined]


def add_gradient(node: Model, name: str, gradient: FloatsXd) -> None:
    """Add to a parameter's gradient an array that the caller does not use any more.

    node (Model): The node.
    name (str): The parameter.
    gradient (FloatsXd): The gradient, in the parameter's shape.
    """
    if node.has_grad(name) or node._params.proxy is not None:
        node.inc_grad(name, gradient)
    else:
        node.set_grad(name, gradient)
