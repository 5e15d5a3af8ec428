"""Leave out of the saved pipeline what only training needs."""

import copy
from collections.abc import Callable
from typing import Any

from spacy.language import Language

from .checks import READER

FACTORY = "lmao"
CALLBACK = "spacy_mtl.remove_lmao.v1"


def create_remove_lmao_v1() -> Callable[[Language], Language]:
    """Create the callback for `[training] before_to_disk` that leaves the components `lmao` out of the
    pipelines that training saves.

    RETURNS (Callable[[Language], Language]): The callback, see `remove_lmao`.
    """
    return remove_lmao


def remove_lmao(nlp: Language) -> Language:
    """Get a pipeline without the components that learn from raw text, and without their traces in the
    config. It shares all others with the given one, which can be trained on.

    nlp (Language): The pipeline.
    RETURNS (Language): A pipeline without them. The same one if it has none.
    """
    names = [name for name in nlp.component_names if nlp.get_pipe_meta(name).factory == FACTORY]
    if not names:
        return nlp
    tasks = {getattr(nlp.get_pipe(name), "task", name) for name in names}
    other = copy.copy(nlp)
    # What changes when a component is removed must not be shared.
    other._components = list(nlp._components)
    other._pipe_meta = dict(nlp._pipe_meta)
    other._pipe_configs = dict(nlp._pipe_configs)
    other._disabled = set(nlp._disabled)
    other._meta = copy.deepcopy(nlp._meta)
    other._config = copy.deepcopy(nlp._config)
    for name in names:
        other.remove_pipe(name)
        other._meta.get("performance", {}).pop(f"{name}_loss", None)
    # Removing has told the shared encoder that these components do not listen any more.
    nlp._link_components()
    _clean(other._config, set(names), tasks)
    return other


def _clean(config: dict[str, Any], names: set[str], tasks: set[str]) -> None:
    training = config.get("training") or {}
    for key in ("frozen_components", "annotating_components"):
        if key in training:
            training[key] = [name for name in training[key] if name not in names]
    callback = training.get("before_to_disk")
    if isinstance(callback, dict) and callback.get("@callbacks") == CALLBACK:
        training["before_to_disk"] = None
    blocks = list((config.get("corpora") or {}).values())
    for block in blocks:
        if isinstance(block, dict) and block.get("@readers") == READER:
            block["raw"] = None
    for block in (training.get("batcher"), *blocks):
        sampler = block.get("sampler") if isinstance(block, dict) else None
        if isinstance(sampler, dict) and sampler.get("weights"):
            sampler["weights"] = {t: w for t, w in sampler["weights"].items() if t not in tasks}
