"""Unfreeze the shared encoder layer by layer while it is trained."""

from typing import Any

from spacy.language import Language

from ..argument_types import checked_types
from ..errors import Errors
from ..layers.layer_groups import layer_groups
from .rates import ALL, NONE
from .tunable_tok2vec import TunableTok2Vec

#: What spaCy's training loop calls the number that a unit counts.
UNITS = {"steps": "step", "epochs": "epoch"}


@checked_types("spacy_mtl.gradual_unfreezing.v1")
def create_gradual_unfreezing_v1(*, every: int, unit: str = "epochs") -> "GradualUnfreezing":
    """Create the callback for `[training.before_update]` that trains the heads alone first, and then one
    more group of the encoder's layers at a time, from the top (Howard & Ruder 2018, "Universal Language
    Model Fine-tuning for Text Classification").

    every (int): After how many steps or epochs the next group follows.
    unit (str): "steps" or "epochs". A stream that does not end has no epochs.
    RETURNS (GradualUnfreezing): The callback.
    RAISES (ValueError): If an argument is out of range.
    """
    rules = (
        ("every", every, every >= 1, "an integer of at least 1"),
        ("unit", unit, unit in UNITS, f"one of {', '.join(UNITS)}"),
    )
    for setting, value, is_valid, expected in rules:
        if not is_valid:
            raise ValueError(Errors.E401.format(setting=setting, value=value, expected=expected))
    return GradualUnfreezing(every, unit)


class GradualUnfreezing:
    """Freezes the highest groups of layers for the time that is set, and all below for longer."""

    def __init__(self, every: int, unit: str) -> None:
        """Create the callback. See `create_gradual_unfreezing_v1` for the arguments."""
        self.every = every
        self.unit = unit

    def __call__(self, nlp: Language, info: dict[str, Any]) -> None:
        """Freeze what is not to be trained yet. What the settings of an encoder freeze, stays frozen.

        nlp (Language): The pipeline in training.
        info (Dict[str, Any]): The number of the `step` and of the `epoch`, from 0.
        RAISES (ValueError): If the pipeline has no encoder of ours.
        """
        encoders = [pipe for _, pipe in nlp.pipeline if isinstance(pipe, TunableTok2Vec)]
        if not encoders:
            raise ValueError(Errors.E402.format(pipeline=", ".join(nlp.pipe_names)))
        n_trained = info[UNITS[self.unit]] // self.every
        for encoder in encoders:
            encoder.freeze(_highest_frozen(encoder, n_trained))


def _highest_frozen(encoder: TunableTok2Vec, n_trained: int) -> str:
    if not n_trained:
        return ALL
    groups = layer_groups(encoder.model)
    below = [group.name for group in groups if group.level <= groups[-1].level - n_trained]
    return below[-1] if below else NONE
