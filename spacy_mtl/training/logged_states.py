"""States of a training that `spacy train` runs, as far as its logger sees it."""

from pathlib import Path
from typing import Any

from spacy.language import Language

from ..errors import Errors
from ..total_steps import find_optimizer, watch_optimizer
from .run_state import Progress, StateWriter


class LoggedStates:
    """Writes a state at each evaluation."""

    def __init__(self, nlp: Language) -> None:
        """Begin a run.

        nlp (Language): The pipeline, initialized.
        """
        self._nlp = nlp
        self._writer: StateWriter | None = None
        weights = nlp.config.interpolate()["training"]["score_weights"]
        self._counts = Progress(
            counted=[name for name, weight in weights.items() if weight is not None]
        )
        watch_optimizer(nlp)

    def write(self, info: dict[str, Any], folder: Path, log: dict[str, Any]) -> None:
        """Write the state after an evaluation.

        info (Dict[str, Any]): What `spacy.training.loop` reports.
        folder (Path): The output folder.
        log (Dict[str, Any]): State of the logger.
        RAISES (ValueError): If the optimizer is not known.
        RAISES (OSError): If the state cannot be written.
        """
        optimizer = find_optimizer(self._nlp)
        if optimizer is None:
            raise ValueError(Errors.E806)
        if self._writer is None:
            self._writer = StateWriter(self._nlp, folder)
        self._counts.count(info["other_scores"])
        progress = Progress(
            step=info["step"],
            epoch=info["epoch"],
            words=info["words"],
            seconds=info["seconds"],
            results=info["checkpoints"],
            # The loop begins to add them up anew.
            losses={},
            counted=self._counts.counted,
        )
        self._writer.write(optimizer, progress, log=log)
