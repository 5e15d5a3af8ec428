"""An encoder alone: out of one pipeline, into others with other tasks."""

import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager
from copy import deepcopy
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.util import registry, walk_dict
from thinc.api import Model

from ..damage import worded_damage
from ..errors import Errors, Warnings
from ..util import listing
from .encoder_file import SavedEncoder, read_encoder, write_encoder

FACTORY = "multitask_tok2vec"
#: Name of the pipe that an encoder gets in a pipeline without one.
NAME = "tok2vec"
#: Settings with this in their name may differ: they do not change what the weights mean.
FREE = "dropout"


def save_encoder(
    source: Language | Model,
    path: str | Path,
    *,
    component: str | None = None,
    config: dict[str, Any] | None = None,
) -> None:
    """Save the encoder alone, with its config. Static vectors are the vocabulary's and not saved.

    The file can be named in `[initialize] init_tok2vec` too.

    source (Union[Language, Model]): A pipeline, or the model of an encoder.
    path (Union[str, Path]): The file to write.
    component (Optional[str]): Name of the encoder's component, if the pipeline has several.
    config (Optional[Dict[str, Any]]): Config of the model, if it is not in a pipeline. Without it, the file
        can only be loaded into a pipeline that has such an encoder.
    RAISES (ValueError): If there is no encoder, or it has no weights yet.
    RAISES (OSError): If the file cannot be written.
    """
    lang, factory, model = None, FACTORY, source
    if isinstance(source, Language):
        name = find_encoder(source, component)
        lang, factory = source.lang, source.get_pipe_meta(name).factory
        config = source.get_pipe_config(name)["model"]
        model = source.get_pipe(name).model  # type: ignore[attr-defined]
    if any(node.has_param(key) is None for node in model.walk() for key in node.param_names):  # type: ignore[union-attr]
        raise ValueError(Errors.E445)
    write_encoder(Path(path), model, config=config, factory=factory, lang=lang)  # type: ignore[arg-type]


def load_encoder(
    path: str | Path, nlp: Language | None = None, *, component: str | None = None
) -> Model:
    """Load a saved encoder, into a pipeline or alone.

    The encoder of the pipeline gets the weights and keeps its own rates of dropout. If the pipeline has no
    encoder, it gets one, before all other components. The next `nlp.initialize` leaves the weights as they
    are.

    path (Union[str, Path]): The file that `save_encoder` wrote.
    nlp (Optional[Language]): The pipeline. Without one, only the model is built.
    component (Optional[str]): Name of the encoder's component, if the pipeline has several.
    RETURNS (Model[List[Doc], List[Floats2d]]): The encoder.
    RAISES (ValueError): If the file is not that of an encoder, its settings or shapes are not those of the
        pipeline's encoder, or the vocabulary does not have the static vectors that it reads.
    """
    path = Path(path)
    saved = read_encoder(path)
    if nlp is None:
        model = _build(saved, path)
        with _fitting(path, "the model of its config"):
            model.from_dict(saved.weights)
        return model
    found = nlp.vocab.vectors.shape[1]
    if saved.vector_width not in (None, found):
        raise ValueError(Errors.E446.format(path=path, expected=saved.vector_width, found=found))
    return _insert(saved, path, nlp, component)


def create_load_encoder_v1(
    *, path: str | Path, component: str | None = None
) -> Callable[[Language], Language]:
    """Create the callback for `[initialize.before_init]` that gives the pipeline's encoder the weights of a
    saved one. They are there before any component is initialized, so that the encoder can be frozen, and
    stay if it is not.

    path (Union[str, Path]): The file that `save_encoder` wrote.
    component (Optional[str]): Name of the encoder's component, if the pipeline has several.
    RETURNS (Callable[[Language], Language]): The callback.
    """

    def load(nlp: Language) -> Language:
        # The vectors of the vocabulary are not there yet.
        _insert(read_encoder(Path(path)), Path(path), nlp, component)
        return nlp

    return load


class _Keep:
    """Stands for the initialization of a model, once, and leaves its weights as they are."""

    def __init__(self, init: Callable | None) -> None:
        self._init = init

    def __call__(self, model: Model, X: Any = None, Y: Any = None) -> None:
        model.init = self._init  # type: ignore[assignment]


def _insert(saved: SavedEncoder, path: Path, nlp: Language, component: str | None) -> Model:
    if component is None and not _find_encoders(nlp):
        config = {"model": _config(saved, path)}
        nlp.add_pipe(saved.factory, name=NAME, config=config, first=True)
    name = find_encoder(nlp, component)
    model: Model = nlp.get_pipe(name).model  # type: ignore[attr-defined]
    _check_settings(saved, path, name, nlp.get_pipe_config(name)["model"])
    if saved.lang not in (None, nlp.lang):
        warnings.warn(
            Warnings.W311.format(path=path, found=saved.lang, lang=nlp.lang), stacklevel=3
        )
    with _fitting(path, name):
        # Weights that do not fit must not be in the pipeline by half.
        deepcopy(model).from_dict(saved.weights)
    model.from_dict(saved.weights)
    if not isinstance(model.init, _Keep):
        model.init = _Keep(model.init)
    return model


def _fitting(path: Path, name: str) -> AbstractContextManager[None]:
    def word(reason: str) -> str:
        return Errors.E447.format(path=path, name=name, reason=reason)

    return worded_damage(word)


def _find_encoders(nlp: Language) -> list[str]:
    return [
        name for name in nlp.component_names if hasattr(nlp.get_pipe(name), "listening_components")
    ]


def find_encoder(nlp: Language, component: str | None = None) -> str:
    """Find the encoder of a pipeline.

    nlp (Language): The pipeline.
    component (Optional[str]): Name of the encoder's component, if the pipeline has several.
    RETURNS (str): The name.
    RAISES (ValueError): If there is none, or several and none of them named.
    """
    encoders = _find_encoders(nlp)
    if component is not None and component in encoders:
        return component
    if component is not None or len(encoders) != 1:
        wanted = "an encoder" if component is None else f"an encoder '{component}'"
        raise ValueError(Errors.E448.format(wanted=wanted, found=listing(encoders)))
    return encoders[0]


def _config(saved: SavedEncoder, path: Path) -> dict[str, Any]:
    if saved.config is None:
        raise ValueError(Errors.E449.format(path=path))
    return saved.config


def _build(saved: SavedEncoder, path: Path) -> Model:
    return registry.resolve({"model": _config(saved, path)})["model"]


def _check_settings(saved: SavedEncoder, path: Path, name: str, config: dict[str, Any]) -> None:
    if saved.config is None:
        return
    # An earlier version may not have known all settings.
    filled = registry.fill({"model": saved.config})["model"]
    there = {".".join(keys): value for keys, value in walk_dict(filled)}
    here = {".".join(keys): value for keys, value in walk_dict(config)}
    differences = [
        f"{key} is {there.get(key, 'not set')!r} there and {here.get(key, 'not set')!r} here"
        for key in dict.fromkeys([*here, *there])
        if FREE not in key and there.get(key) != here.get(key)
    ]
    if differences:
        raise ValueError(Errors.E447.format(path=path, name=name, reason="; ".join(differences)))
