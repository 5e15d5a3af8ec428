"""The file of a saved encoder: its weights, its config, and what it is.

It is a file of weights as `spacy pretrain` writes it, so that `[initialize] init_tok2vec` can name it, with
one entry more.
"""

import hashlib
import json
from pathlib import Path
from typing import Any, NamedTuple

import srsly
from thinc.api import Model

from ..damage import worded_damage
from ..errors import Errors
from ..staging import write_atomically

#: The entry that says what the file holds.
ENTRY = "spacy_mtl"
VERSION = 1


class SavedEncoder(NamedTuple):
    """What a file holds."""

    #: The weights, as `Model.from_dict` takes them.
    weights: dict[str, Any]
    #: The config of the model. None if it was not known.
    config: dict[str, Any] | None
    #: The factory of the component.
    factory: str
    #: The language of the pipeline, whose tokens the encoder has learned from. None if it was not known.
    lang: str | None

    @property
    def vector_width(self) -> int | None:
        """RETURNS (Optional[int]): Width of the static vectors that the encoder reads. None if it reads
        none."""
        for node in self.weights["nodes"]:
            if node["name"] == "static_vectors":
                return node["dims"]["nM"]
        return None


def write_encoder(
    path: Path, model: Model, *, config: dict[str, Any] | None, factory: str, lang: str | None
) -> None:
    """Write the file of an encoder. Until it is complete, a file that was there before stays.

    path (Path): The file.
    model (Model): The encoder.
    config (Optional[Dict[str, Any]]): Its config.
    factory (str): The factory of its component.
    lang (Optional[str]): The language of its pipeline.
    RAISES (OSError): If it cannot be written.
    """
    weights = model.to_dict()
    # Settings are the config's, and those of the encoder that gets the weights stay as they are.
    weights["attrs"] = [{} for _ in weights["nodes"]]
    about = {"version": VERSION, "config": config, "factory": factory, "lang": lang}
    entry = {**about, "checksum": _checksum(weights, about)}
    write_atomically(path, srsly.msgpack_dumps({**weights, ENTRY: entry}))


def read_encoder(path: Path) -> SavedEncoder:
    """Read the file of an encoder.

    path (Path): The file.
    RETURNS (SavedEncoder): What it holds.
    RAISES (ValueError): If there is no such file, or it is damaged, of another kind, or newer.
    """
    if not path.is_file():
        raise ValueError(Errors.E440.format(path=path))

    def word(reason: str) -> str:
        return Errors.E441.format(path=path, reason=f"it cannot be read ({reason})")

    with worded_damage(word):
        weights = srsly.msgpack_loads(path.read_bytes())
    entry = weights.pop(ENTRY, None) if isinstance(weights, dict) else None
    if not isinstance(entry, dict):
        known = isinstance(weights, dict) and {"nodes", "params"} <= set(weights)
        raise ValueError((Errors.E442 if known else Errors.E443).format(path=path))
    if entry.get("version") != VERSION:
        text = Errors.E444.format(path=path, found=entry.get("version"), expected=VERSION)
        raise ValueError(text)
    with worded_damage(word):
        checksum = entry.pop("checksum", None)
        if checksum != _checksum(weights, entry):
            reason = "its contents do not fit its checksum"
            raise ValueError(Errors.E441.format(path=path, reason=reason))
        return SavedEncoder(weights, entry["config"], entry["factory"], entry["lang"])


def _checksum(weights: dict[str, Any], about: dict[str, Any]) -> str:
    # Of the contents and not of the bytes, which another version of msgpack may write in another way.
    digest = hashlib.sha256(json.dumps([about, weights["nodes"]], sort_keys=True).encode("utf8"))
    for params in weights["params"]:
        for name, value in sorted(params.items()):
            digest.update(f"{name}{getattr(value, 'dtype', None)}".encode())
            digest.update(b"" if value is None else value.tobytes())
    for shims in weights["shims"]:
        for data in shims:
            digest.update(data)
    return digest.hexdigest()
