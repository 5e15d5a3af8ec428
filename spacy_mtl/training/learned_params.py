"""The parameters of a model under names that are the same in every process."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy
from thinc.api import Model, torch2xp, xp2torch


class Param(Protocol):
    """A parameter of a model."""

    @property
    def key(self) -> tuple[int, str]:
        """RETURNS (Tuple[int, str]): What optimizers of this process know it by."""
        ...

    @property
    def has_gradient(self) -> bool:
        """RETURNS (bool): Whether it has an array for a gradient."""
        ...

    def get(self) -> Any:
        """RETURNS (Optional[FloatsXd]): Its values, None as long as it has none."""
        ...

    def set(self, value: Any) -> None:
        """Set its values.

        value (FloatsXd): The values.
        """
        ...

    def write(self, values: Any) -> None:
        """Write its values into the array that holds them.

        values (FloatsXd): The values, in any shape.
        """
        ...

    def add_gradient(self) -> None:
        """Give it a gradient of zeros."""
        ...

    def to_numpy(self, value: Any) -> Any:
        """Bring an array that belongs to it to the CPU.

        value (FloatsXd): The array.
        RETURNS (numpy.ndarray): The array.
        """
        ...

    def to_device(self, value: Any) -> Any:
        """Bring a copy of an array to where the parameter is.

        value (numpy.ndarray): The array.
        RETURNS (FloatsXd): The copy.
        """
        ...


@dataclass
class NodeParam:
    """A parameter of a layer of thinc."""

    node: Model
    name: str

    @property
    def key(self) -> tuple[int, str]:
        """RETURNS (Tuple[int, str]): What optimizers know it by."""
        return self.node.id, self.name

    @property
    def has_gradient(self) -> bool:
        """RETURNS (bool): Whether it has an array for a gradient."""
        return bool(self.node.has_grad(self.name))

    def get(self) -> Any:
        """RETURNS (Optional[FloatsXd]): Its values, to be read only. None as long as it has none."""
        node = self.node
        if not node.has_param(self.name):
            return None
        # Who takes a parameter of our encoders may write to it, and what they remember would be forgotten.
        peek = getattr(node._params, "peek", None)
        if peek is None or node._params.proxy is not None:
            return node.get_param(self.name)
        return peek(node.id, self.name)

    def set(self, value: Any) -> None:
        """Set its values.

        value (FloatsXd): The values.
        """
        self.node.set_param(self.name, self.to_device(value))

    def write(self, values: Any) -> None:
        """Write its values into the array that holds them.

        values (FloatsXd): The values, in any shape.
        """
        # Unlike `get`, which would leave encoders what they remember.
        array: Any = self.node.get_param(self.name)
        array[...] = values.reshape(array.shape)

    def add_gradient(self) -> None:
        """Give it a gradient of zeros."""
        self.node.set_grad(self.name, self.node.ops.alloc(self.get().shape))

    def to_numpy(self, value: Any) -> Any:
        """Bring an array to the CPU.

        value (FloatsXd): The array.
        RETURNS (numpy.ndarray): The array.
        """
        return self.node.ops.to_numpy(value)

    def to_device(self, value: Any) -> Any:
        """Bring a copy of an array to where the parameter is.

        value (numpy.ndarray): The array.
        RETURNS (FloatsXd): The copy.
        """
        # Arrays that were read from a file cannot be written to.
        copied: Any = numpy.array(value)
        return self.node.ops.asarray(copied)


@dataclass
class TorchParam:
    """A parameter of a module of PyTorch, or a buffer, which no optimizer knows."""

    shim_id: int
    name: str
    tensor: Any

    @property
    def key(self) -> tuple[int, str]:
        """RETURNS (Tuple[int, str]): What optimizers know it by."""
        return self.shim_id, self.name

    @property
    def has_gradient(self) -> bool:
        """RETURNS (bool): Whether it has an array for a gradient."""
        return self.tensor.grad is not None

    def get(self) -> Any:
        """RETURNS (FloatsXd): Its values."""
        return torch2xp(self.tensor.data)

    def set(self, value: Any) -> None:
        """Set its values.

        value (FloatsXd): The values.
        """
        self.tensor.data.copy_(self._to_tensor(value))

    def write(self, values: Any) -> None:
        """Write its values into the array that holds them.

        values (FloatsXd): The values, in any shape.
        """
        self.set(values.reshape(tuple(self.tensor.shape)))

    def add_gradient(self) -> None:
        """Give it a gradient of zeros."""
        self.tensor.grad = self.tensor.data.new_zeros(self.tensor.shape)

    def to_numpy(self, value: Any) -> Any:
        """Bring an array to the CPU.

        value (FloatsXd): The array.
        RETURNS (numpy.ndarray): The array.
        """
        return value if isinstance(value, numpy.ndarray) else value.get()

    def to_device(self, value: Any) -> Any:
        """Bring a copy of an array to where the parameter is.

        value (numpy.ndarray): The array.
        RETURNS (FloatsXd): The copy.
        """
        return torch2xp(self._to_tensor(value))

    def _to_tensor(self, value: Any) -> Any:
        copied: Any = numpy.array(value)
        return xp2torch(copied, device=self.tensor.device)


def find_params(model: Model) -> dict[str, Param]:
    """Find the parameters of a model. Nodes are numbered in the order of `Model.walk`, since their ids are
    others in each process.

    model (Model): The model.
    RETURNS (Dict[str, Param]): The parameters by name.
    """
    found: dict[str, Param] = {}
    for i, node in enumerate(model.walk()):
        for name in node.param_names:
            found[f"{i}.{name}"] = NodeParam(node, name)
        for j, shim in enumerate(node.shims):
            module = getattr(shim, "_model", None)
            for kind in ("named_parameters", "named_buffers"):
                for name, tensor in getattr(module, kind, tuple)():
                    found[f"{i}.shim{j}.{name}"] = TorchParam(shim.id, name, tensor)
    return found
