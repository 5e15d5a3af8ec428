"""A shared encoder with settings: layers that are frozen, and rates at which the others learn."""

import copy
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import srsly
from spacy.pipeline.tok2vec import Tok2Vec
from thinc.api import Model

from ..layers.torch_params import use_torch_params
from .numbers import check_weights
from .rates import Rates, resolve_rates, validate_rates
from .saved_settings import CONFIGURED, restore_settings
from .saving import check_files, readable, save_atomically

Self = TypeVar("Self", bound="TunableTok2Vec")


class TunableTok2Vec(Tok2Vec):
    """Base of the shared encoder: its settings, how they are saved, and what they say of its layers."""

    def __init__(self, vocab: Any, model: Model, name: str, **settings: Any) -> None:
        """Initialize the component.

        vocab (Vocab): The shared vocabulary.
        model (Model[List[Doc], List[Floats2d]]): The encoder.
        name (str): Name of the component.
        **settings (Any): Its settings.
        RAISES (ValueError): If a setting is out of range.
        """
        super().__init__(vocab, model, name)
        self.cfg: dict[str, Any] = {**settings, CONFIGURED: copy.deepcopy(settings)}
        self._held: str | None = None
        validate_rates(name, self.cfg)

    def freeze(self, up_to: str) -> None:
        """Freeze a group of layers and all below it from the next batch on, and no other.

        This is a state of the training: it is not saved, and the setting `frozen` goes on as it is. What
        that freezes, stays frozen.

        up_to (str): Name of a group, e.g. "embed" or "window1", "all", or "none".
        RAISES (ValueError): If the encoder has no such group.
        """
        if up_to == self._held:
            return
        resolve_rates(self.name, self.model, self.cfg, up_to)
        self._take_delayed_step()
        self._held = up_to

    def _rates(self) -> Rates:
        return resolve_rates(self.name, self.model, self.cfg, self._held)

    def _take_delayed_step(self) -> None:
        """Take a step that still waits for listeners, if the component has one."""

    def use_params(self, params: dict) -> Iterator[None]:
        """Use other weights for a while, such as their averages. Called by `nlp.use_params`.

        params (Dict[Key, FloatsXd]): The weights by node and name.
        YIELDS (None): While they are in place.
        """
        with self.model.use_params(params), use_torch_params(self.model, params):
            yield

    def from_disk(self: Self, path: str | Path, *, exclude: Iterable[str] = ()) -> Self:
        """Load the component.

        path (Union[str, Path]): The folder.
        exclude (Iterable[str]): Names of fields that are not loaded.
        RETURNS (TunableTok2Vec): The component.
        RAISES (ValueError): If a file is damaged or missing, or a weight is infinite or NaN.
        """
        saved = Path(path) / "cfg"
        with readable(self.name, path):
            check_files(self.name, path, exclude)
            if "cfg" not in exclude and saved.exists():
                restore_settings(self.cfg, srsly.read_json(saved))
                validate_rates(self.name, self.cfg)
            super().from_disk(path, exclude=[*exclude, "cfg"])
        check_weights(self.name, self.model)
        return self

    def from_bytes(self: Self, bytes_data: bytes, *, exclude: Iterable[str] = ()) -> Self:
        """Load the component from a bytestring.

        bytes_data (bytes): What `to_bytes` returned.
        exclude (Iterable[str]): Names of fields that are not loaded.
        RETURNS (TunableTok2Vec): The component.
        RAISES (ValueError): If a weight is infinite or NaN.
        """
        with readable(self.name, "a bytestring"):
            saved = srsly.msgpack_loads(bytes_data).get("cfg")
            if "cfg" not in exclude and saved is not None:
                restore_settings(self.cfg, srsly.json_loads(saved))
                validate_rates(self.name, self.cfg)
            super().from_bytes(bytes_data, exclude=[*exclude, "cfg"])
        check_weights(self.name, self.model)
        return self

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Save the component. If that fails, what was saved there before is unchanged.

        path (Union[str, Path]): The folder.
        exclude (Iterable[str]): Names of fields that are not saved.
        RAISES (OSError): If the folder cannot be written.
        """
        self._take_delayed_step()
        save_atomically(self.name, path, super().to_disk, exclude=exclude)

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """Write the component to a bytestring.

        exclude (Iterable[str]): Names of fields that are not written.
        RETURNS (bytes): The component.
        """
        self._take_delayed_step()
        return super().to_bytes(exclude=exclude)
