"""Weights of an earlier pretraining, and whether they fit an encoder."""

from pathlib import Path
from typing import Any

import srsly
from thinc.api import Model

from ..damage import worded_damage
from ..errors import Errors

Weights = list[dict[str, Any]]


def read_weights(path: Path) -> Weights:
    """Read the weights of an encoder.

    path (Path): A file as `spacy pretrain` writes it.
    RETURNS (List[Dict[str, FloatsXd]]): The parameters of each layer that has any.
    RAISES (ValueError): If the file holds no weights.
    """

    def word(reason: str) -> str:
        return Errors.E261.format(path=str(path), reason=reason)

    with worded_damage(word):
        saved = srsly.msgpack_loads(path.read_bytes())
        layers = [
            {key: value for key, value in params.items() if value is not None}
            for params in saved["params"]
        ]
        if not all(hasattr(value, "shape") for params in layers for value in params.values()):
            raise ValueError("a parameter is no array")
    return [params for params in layers if params]


def find_mismatch(encoder: Model, weights: Weights) -> str | None:
    """Tell why weights do not fit an encoder.

    encoder (Model): The encoder, initialized.
    weights (List[Dict[str, FloatsXd]]): The weights.
    RETURNS (Optional[str]): What differs, with both shapes. None if they fit.
    """
    nodes = _find_nodes(encoder)
    if len(weights) != len(nodes):
        return f"they hold {len(weights)} layers with weights, the encoder has {len(nodes)}"
    for node, saved in zip(nodes, weights, strict=True):
        for key in node.param_names:
            shape = tuple(node.get_param(key).shape)
            found = tuple(saved[key].shape) if key in saved else None
            if found != shape:
                return f"'{key}' of the layer '{node.name}' has the shape {found} there and {shape} here"
    return None


def load_weights(encoder: Model, path: Path) -> None:
    """Give an encoder the weights of an earlier pretraining, and leave its settings as they are.

    encoder (Model): The encoder, initialized.
    path (Path): A file as `spacy pretrain` writes it.
    RAISES (ValueError): If the file does not exist, holds no weights, or they do not fit.
    """
    if not path.is_file():
        raise ValueError(Errors.E260.format(path=str(path)))
    weights = read_weights(path)
    mismatch = find_mismatch(encoder, weights)
    if mismatch is not None:
        raise ValueError(Errors.E262.format(path=str(path), what=mismatch))
    for node, saved in zip(_find_nodes(encoder), weights, strict=True):
        for key in node.param_names:
            node.set_param(key, node.ops.asarray(saved[key].copy()))


def _find_nodes(encoder: Model) -> list[Model]:
    return [
        node
        for node in encoder.walk()
        if node.param_names and all(node.has_param(key) for key in node.param_names)
    ]
