"""Adding outputs to a trained layer without touching what it knows."""

from collections.abc import Callable, Mapping

from thinc.api import Model
from thinc.types import FloatsXd

Filler = Callable[[FloatsXd], float]
NOTHING: Mapping[str, Filler] = {}


def resize_columns(
    layer: Model, nO: int, *, axes: Mapping[str, int], fill: Mapping[str, Filler] = NOTHING
) -> Model:
    """Copy a layer with more outputs, its old outputs unchanged.

    layer (Model): A layer with a dimension "nO".
    nO (int): The new number of outputs, not below the old one.
    axes (Mapping[str, int]): The axis of the outputs in each parameter.
    fill (Mapping[str, Callable]): Gives the value of a parameter's new entries from its old ones.
        Parameters that are not named are filled with 0.
    RETURNS (Model): The resized layer, or the same one if it had no size or the right size.
    """
    old_nO = layer.maybe_get_dim("nO")
    if old_nO == nO:
        return layer
    uninitialized = not any(layer.has_param(name) for name in layer.param_names)
    if old_nO is None or uninitialized:
        layer.set_dim("nO", nO, force=True)
        return layer
    dims = {name: layer.maybe_get_dim(name) for name in layer.dim_names}
    resized: Model = Model(
        layer.name,
        layer._func,
        dims={**dims, "nO": nO},
        params={name: None for name in layer.param_names},
        init=layer.init,
        attrs=layer.attrs,
        ops=layer.ops,
    )
    for name in layer.param_names:
        old = layer.get_param(name)
        axis = axes[name]
        shape = list(old.shape)
        shape[axis] = nO
        new = layer.ops.alloc(tuple(shape))
        new += fill[name](old) if name in fill else 0.0
        new[(slice(None),) * axis + (slice(0, old_nO),)] = old
        resized.set_param(name, new)
    return resized
