"""What components of tasks share: a name, labels, steps without a gradient, and state on disk."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

import srsly
from spacy.pipeline.trainable_pipe import TrainablePipe
from thinc.api import Model, Optimizer

from ..errors import Errors
from ..layers.grouped_step import take_step
from ..total_steps import plan_steps
from ..util import join_key, printable
from . import checks
from .numbers import check_weights
from .rates import ALL, NONE
from .saved_settings import CONFIGURED, restore_settings
from .saving import check_files, readable, save_atomically

Self = TypeVar("Self", bound="TaskPipe")


class TaskPipe(TrainablePipe):
    """Base of components that have a task: its name and labels, how both are saved, and how a step is
    taken or left out.
    """

    def __init__(
        self, vocab: Any, model: Model, name: str, *, task: str | None, **settings: Any
    ) -> None:
        """Initialize the component.

        vocab (Vocab): The shared vocabulary.
        model (Model): The model.
        name (str): Name of the component.
        task (Optional[str]): Name of the task. Defaults to the component's name.
        **settings (Any): All other settings.
        """
        self.vocab = vocab
        self.model = model
        self.name = name
        self.cfg: dict[str, Any] = {
            "task": task or name,
            "labels": [],
            **settings,
            CONFIGURED: {"task": task, **settings},
        }
        #: Documents of the task learned from, and updates that they came in, in this process.
        self.n_seen = 0
        self.n_updates = 0
        self._has_gradient = False

    @property
    def task(self) -> str:
        """RETURNS (str): Name of the task."""
        return self.cfg["task"]

    @property
    def is_frozen(self) -> bool:
        """RETURNS (bool): Whether training leaves the component as it is."""
        return self.cfg.get("frozen", NONE) == ALL

    @property
    def labels(self) -> tuple[str, ...]:
        """RETURNS (Tuple[str, ...]): The labels, without the name of the task."""
        return tuple(self.cfg["labels"])

    @property
    def label_data(self) -> list[str]:
        """RETURNS (List[str]): The labels, as `spacy init labels` saves them."""
        return list(self.cfg["labels"])

    def add_label(self, label: str) -> int:
        """Add a label. A trained component keeps what it knows about the others.

        label (str): The label.
        RETURNS (int): 1 if the label is new, else 0.
        RAISES (ValueError): If the label is no string, empty, or not valid Unicode.
        """
        if not isinstance(label, str) or not label or printable(label) != label:
            raise ValueError(Errors.E230.format(name=self.name, label=label))
        if label in self.cfg["labels"]:
            return 0
        self._allow_extra_label()
        self.cfg["labels"].append(label)
        if "resize_output" in self.model.attrs:
            self.model = self.model.attrs["resize_output"](self.model, len(self.labels))
        self.vocab.strings.add(join_key(self.task, label))
        return 1

    def finish_update(self, sgd: Optimizer) -> None:
        """Change the weights by the gradients of the updates since the last call.

        Without any, nothing changes: an optimizer step would still apply momentum and weight decay. Nor
        does anything if the component is frozen.

        sgd (Optimizer): The optimizer.
        """
        plan_steps(sgd, self.vocab)
        if self._has_gradient:
            scale = 0.0 if self.is_frozen else self.cfg.get("lr_scale", 1.0)
            take_step(self.model, sgd, {}, default=scale)
            self._has_gradient = False

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Save the component. If that fails, what was saved there before is unchanged.

        path (Union[str, Path]): The folder.
        exclude (Iterable[str]): Names of fields that are not saved.
        RAISES (OSError): If the folder cannot be written.
        """
        save_atomically(self.name, path, super().to_disk, exclude=exclude)

    def from_disk(self: Self, path: str | Path, *, exclude: Iterable[str] = ()) -> Self:
        """Load the component.

        path (Union[str, Path]): The folder.
        exclude (Iterable[str]): Names of fields that are not loaded.
        RETURNS (TaskPipe): The component.
        RAISES (ValueError): If a file is damaged or missing, or a weight is infinite or NaN.
        """
        with readable(self.name, path):
            check_files(self.name, path, exclude)
            self._restore(srsly.read_json(Path(path) / "cfg"))
            super().from_disk(path, exclude=[*exclude, "cfg"])
        check_weights(self.name, self.model)
        return self

    def from_bytes(self: Self, bytes_data: bytes, *, exclude: Iterable[str] = ()) -> Self:
        """Load the component from a bytestring.

        bytes_data (bytes): What `to_bytes` returned.
        exclude (Iterable[str]): Names of fields that are not loaded.
        RETURNS (TaskPipe): The component.
        RAISES (ValueError): If a weight is infinite or NaN.
        """
        with readable(self.name, "a bytestring"):
            self._restore(srsly.json_loads(srsly.msgpack_loads(bytes_data)["cfg"]))
            super().from_bytes(bytes_data, exclude=[*exclude, "cfg"])
        check_weights(self.name, self.model)
        return self

    def _restore(self, saved: dict[str, Any]) -> None:
        labels = saved["labels"]
        is_whole = isinstance(labels, list) and all(
            label and isinstance(label, str) for label in labels
        )
        if not is_whole or len(set(labels)) < len(labels):
            raise ValueError("its labels are no list of different texts")
        restore_settings(self.cfg, saved)
        if saved["labels"] and "resize_output" in self.model.attrs:
            self.model = self.model.attrs["resize_output"](self.model, len(saved["labels"]))

    def _send_no_gradient(self) -> None:
        for listener in checks.listeners_of(self.model):
            if listener._backprop is not None:
                listener._backprop([])

    def _require_labels(self) -> None:
        if not self.labels:
            raise ValueError(Errors.E232.format(name=self.name))
