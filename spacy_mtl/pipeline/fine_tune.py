"""Settings for components that come from a trained pipeline."""

import copy
from typing import Any

from spacy.language import Language

from ..errors import Errors
from ..util import listing
from .rates import validate_rates
from .saved_settings import CONFIGURED
from .settings import validate_settings
from .textcat_multitask import MultitaskTextCategorizer
from .tunable_tok2vec import TunableTok2Vec

#: What can be changed in a component that has been trained.
SETTINGS = ("frozen", "lr_decay", "lr_scales", "lr_scale", "drop_mult")


def create_fine_tune_v1(*, settings: dict[str, dict[str, Any]]) -> "FineTune":
    """Create the callback for `[initialize.before_init]` that sets how components learn. spaCy takes a
    component with `source = ...` as it was saved, and does not look at other settings beside it.

    settings (Dict[str, Dict[str, Any]]): By name of a component, values for any of `frozen`, `lr_decay`,
        `lr_scales`, `lr_scale`, `drop_mult` that it has.
    RETURNS (FineTune): The callback.
    """
    return FineTune(settings)


class FineTune:
    """Changes settings of components, in the components and in the pipeline's config."""

    def __init__(self, settings: dict[str, dict[str, Any]]) -> None:
        """Create the callback. See `create_fine_tune_v1` for the arguments."""
        self.settings = settings

    def __call__(self, nlp: Language) -> None:
        """Change the settings.

        nlp (Language): The pipeline that is about to be initialized.
        RAISES (ValueError): If a component or a setting does not exist, or a value is out of range.
        """
        for name, changed in self.settings.items():
            pipe: Any = nlp.get_pipe(name) if name in nlp.component_names else None
            known = [key for key in SETTINGS if key in getattr(pipe, "cfg", {}).get(CONFIGURED, {})]
            if pipe is None or not set(changed) <= set(known):
                raise ValueError(
                    Errors.E403.format(
                        name=name,
                        settings=listing(key for key in changed if key not in known),
                        known=listing(known),
                        pipeline=listing(nlp.component_names),
                    )
                )
            cfg = {**pipe.cfg, **changed}
            if isinstance(pipe, TunableTok2Vec):
                validate_rates(name, cfg)
            elif isinstance(pipe, MultitaskTextCategorizer):
                validate_settings(name, cfg, pipe.model)
            for kept in (pipe.cfg, pipe.cfg[CONFIGURED], nlp.get_pipe_config(name)):
                kept.update(copy.deepcopy(changed))
