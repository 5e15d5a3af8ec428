"""Notice when parameters may have changed, so that nothing computed from old ones is used again."""

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy
from thinc.api import Model
from thinc.backends import ParamServer
from thinc.types import FloatsXd

from .forking import renew_after_fork


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

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        #: Of tables of which a batch changes few rows: whether all that has been added to the gradient since
        #: somebody asked was finite. See `finite.find_broken_gradient`.
        self.sound: dict[str, bool] = {}

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


class Remembered:
    """Something that was computed from parameters, for as long as they stay what they are. It is
    neither saved nor copied.
    """

    def __init__(self) -> None:
        self._value: Any = None
        self._state: tuple[Any, list[tuple[VersionedParams, int]]] | None = None
        self.after_fork()
        renew_after_fork(self)

    def after_fork(self) -> None:
        """Forget the value, which another thread may have been about to change."""
        self._lock = threading.Lock()
        self._value = self._state = None

    def __deepcopy__(self, memo: Any) -> "Remembered":
        return Remembered()

    def __reduce__(self) -> Any:
        return Remembered, ()

    def get(self, nodes: Sequence[Model], source: Any, compute: Callable[[], Any]) -> Any:
        """Get the value. It is computed anew if a parameter may have changed, and always as long as
        somebody else holds one of them, who could change it at any time.

        nodes (Sequence[Model]): The nodes whose parameters it depends on.
        source (Any): What else it depends on.
        compute (Callable): Computes it.
        RETURNS (Any): The value.
        """
        with self._lock:
            servers = watch(nodes)
            state = (source, [(server, server.version) for server in servers])
            is_private = all(server.is_private() for server in servers)
            value = self._value
            if value is None or not is_private or not _is_same(state, self._state):
                value = compute()
            self._value, self._state = (value, state) if is_private else (None, None)
            return value


def _is_same(state: Any, known: Any) -> bool:
    return known is not None and state[0] is known[0] and state[1] == known[1]


def peek(node: Model, name: str) -> Any:
    """Get a watched node's parameter to read, not to write or keep.

    node (Model): The node.
    name (str): The parameter.
    RETURNS (FloatsXd): The parameter.
    """
    server: Any = node._params
    if server.proxy is not None:
        return server.get_param(node.id, name)
    return server.peek(node.id, name)


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


@contextmanager
def gradient_buffer(node: Model, name: str, *, is_sound: bool) -> Iterator[Any]:
    """Open a parameter's gradient to add to some of its rows, without an array for the others.

    node (Model): The watched node.
    name (str): The parameter.
    is_sound (bool): Whether what is going to be added has a finite norm. That is quicker to find out than
        to look at the whole gradient afterwards.
    YIELDS (FloatsXd): What is added to, in the parameter's shape.
    """
    server: Any = node._params
    server.sound[name] = server.sound.get(name, True) and is_sound
    if node.has_grad(name) and server.proxy is None:
        yield node.get_grad(name)
    else:
        gradient = node.ops.alloc(peek(node, name).shape)
        yield gradient
        add_gradient(node, name, gradient)
