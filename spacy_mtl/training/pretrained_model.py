"""The whole model of a pretraining, as its last checkpoint has it."""

from copy import deepcopy
from pathlib import Path
from typing import NamedTuple

from spacy.language import Language
from spacy.schemas import ConfigSchemaPretrain
from spacy.training.pretrain import create_pretraining_model
from spacy.util import load_config, load_model_from_config, registry
from thinc.api import Config, Model

from ..damage import worded_damage
from ..errors import Errors
from .checkpoint import PLACE, load_checkpoint
from .learned_state import set_model_state
from .pretrain_checks import check_config
from .random_state import separate_random_state

CONFIG = "config.cfg"
#: Settings of objectives that matter only to a run.
_OF_A_RUN = ("init_tok2vec", "monitor")


class PretrainedModel(NamedTuple):
    """What a pretraining has learned."""

    #: The encoder and the heads of the objective.
    model: Model
    #: The pipeline with the tokenizer and the vocabulary.
    nlp: Language
    #: The config of the run, with all variables filled in.
    config: Config


def load_pretrained(folder: str | Path) -> PretrainedModel:
    """Load the model of a pretraining, encoder and heads. The weights are those that the run saves for its
    encoder: the averages of the optimizer, if it has any. The global random state stays as it is.

    folder (Union[str, Path]): The output folder of `mtl pretrain`.
    RETURNS (PretrainedModel): The model.
    RAISES (ValueError): If the folder holds no checkpoint, or it does not fit the config.
    """
    folder = Path(folder)
    if not (folder / CONFIG).is_file():
        raise ValueError(Errors.E360.format(path=folder, name=CONFIG))
    state = load_checkpoint(folder)
    if state is None:
        raise ValueError(Errors.E361.format(path=folder, name=PLACE))
    config = load_config(folder / CONFIG, interpolate=True)
    check_config(config)
    with separate_random_state(0):
        nlp, model = _build(deepcopy(config))

    def word(reason: str) -> str:
        return Errors.E362.format(path=folder / PLACE, name=CONFIG, reason=reason)

    with worded_damage(word):
        averages = state["optimizer"].get("averages", {})
        params = {key: averages.get(key, array) for key, array in state["model"]["params"].items()}
        set_model_state(model, {**state["model"], "params": params})
    return PretrainedModel(model, nlp, config)


def _build(config: Config) -> tuple[Language, Model]:
    config["initialize"]["init_tok2vec"] = None
    objective = config["pretraining"]["objective"]
    objective.update({name: None for name in _OF_A_RUN if name in objective})
    nlp = load_model_from_config(config)
    filled = nlp.config.interpolate()
    P = registry.resolve(filled["pretraining"], schema=ConfigSchemaPretrain)
    try:
        return nlp, create_pretraining_model(nlp, P)
    except OSError as error:
        source = filled["initialize"]["vectors"]
        if source is None:
            raise
        raise ValueError(Errors.E366.format(source=source, name=CONFIG)) from error
