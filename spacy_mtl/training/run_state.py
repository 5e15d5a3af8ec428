"""The state of a training between two steps, and how it is written."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from spacy.language import Language
from thinc.api import Optimizer

from .checkpoint import State, save_checkpoint
from .random_state import get_random_state, get_torch_state, set_random_state, set_torch_state
from .train_basis import find_basis
from .train_state import get_train_state, set_train_state

#: The `kind` of these states.
KIND = "training"


@dataclass
class Progress:
    """How far a training has come: what spaCy's loop counts.

    step (int): The last step, -1 before the first.
    epoch (int): Its epoch.
    words (int): Words seen.
    seconds (int): Time taken.
    results (List[Tuple[float, int]]): Score and step of each evaluation.
    losses (Dict[str, float]): Losses since the last evaluation.
    counted (List[str]): The scores that make up the main score: a score that an evaluation did not have is
        left out from then on.
    """

    step: int = -1
    epoch: int = 0
    words: int = 0
    seconds: int = 0
    results: list[tuple[float, int]] = field(default_factory=list)
    losses: dict[str, Any] = field(default_factory=dict)
    counted: list[str] = field(default_factory=list)

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "Progress":
        """Read what was written.

        state (Mapping[str, Any]): What it was written as.
        RETURNS (Progress): The same.
        """
        # The loop compares results, and a list is no tuple.
        results = [(score, step) for score, step in state["results"]]
        return cls(**{**state, "results": results})

    def count(self, scores: Iterable[str]) -> None:
        """Note which scores an evaluation had.

        scores (Iterable[str]): Their names.
        """
        found = set(scores)
        self.counted = [name for name in self.counted if name in found]


class StateWriter:
    """Writes the states of one run."""

    def __init__(self, nlp: Language, folder: Path) -> None:
        """Look at what the run depends on.

        nlp (Language): The pipeline, initialized.
        folder (Path): The output folder.
        """
        config = nlp.config.interpolate()
        self.nlp = nlp
        self.folder = folder
        self.basis = find_basis(config, folder)
        self.frozen: list[str] = config["training"]["frozen_components"]

    def write(
        self,
        optimizer: Optimizer,
        progress: Progress,
        *,
        batches: dict[str, Any] | None = None,
        log: dict[str, Any] | None = None,
        is_finished: bool = False,
    ) -> None:
        """Write the state. Until it is complete on the disk, the one before it stays.

        optimizer (Optimizer): The optimizer.
        progress (Progress): How far the training has come.
        batches (Optional[Dict[str, Any]]): What is needed to draw the same batches again, if it is known.
        log (Optional[Dict[str, Any]]): State of the logger, if it has one.
        is_finished (bool): Whether there is nothing left to do.
        RAISES (OSError): If it cannot be written.
        """
        n_steps = progress.step + 1
        state = {
            "kind": KIND,
            "basis": self.basis,
            "is_finished": is_finished,
            "progress": asdict(progress),
            "learned": get_train_state(self.nlp, optimizer, n_steps=n_steps, exclude=self.frozen),
            "performance": self.nlp.meta.get("performance", {}),
            "strings": list(self.nlp.vocab.strings),
            "random": get_random_state(),
            "torch": get_torch_state(),
            "batches": batches,
            "log": log,
        }
        save_checkpoint(self.folder, state)


def restore_pipeline(nlp: Language, optimizer: Optimizer, state: State) -> None:
    """Bring a pipeline to where a state was written.

    nlp (Language): The pipeline, initialized with the same config.
    optimizer (Optimizer): The optimizer, as the config makes it.
    state (Dict[str, Any]): The state.
    RAISES (ValueError): If the state is that of another pipeline.
    """
    set_train_state(nlp, optimizer, state["learned"])
    nlp.meta["performance"] = state["performance"]
    for string in state["strings"]:
        nlp.vocab.strings.add(string)


def restore_random_state(state: State) -> None:
    """Bring the generators of random numbers to where a state was written.

    state (Dict[str, Any]): The state.
    """
    set_random_state(state["random"])
    set_torch_state(state["torch"])
