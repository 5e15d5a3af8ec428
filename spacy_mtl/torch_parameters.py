"""PyTorch's parameters in thinc's models, which keeps them apart from its own."""

from collections.abc import Iterator
from typing import Any

from thinc.api import Model


def torch_parameters(model: Model) -> Iterator[tuple[int, str, Any]]:
    """Find a model's parameters of PyTorch.

    model (Model): The model.
    YIELDS (Tuple[int, str, torch.nn.Parameter]): ID of the shim, name and parameter.
    """
    for node in model.walk():
        for shim in node.shims:
            named = getattr(getattr(shim, "_model", None), "named_parameters", tuple)
            for name, parameter in named():
                yield shim.id, name, parameter
