"""The word vectors that raw text teaches to predict: needed in training, and never part of a pipeline."""

import warnings
from typing import Any

from spacy.language import Language
from spacy.vocab import Vocab
from thinc.api import Model

from ..errors import Errors, Warnings
from ..layers.masking import find_readers
from ..layers.target_vectors import TargetVectors
from ..models.vectors import load_vectors
from . import checks
from .multitask_tok2vec import MultitaskTok2Vec

#: The settings that targets depend on.
SETTINGS = ("vectors", "normalize", "weighting", "skip_punctuation")


class LoadedTargets:
    """The targets of a component once they have been loaded. They are neither saved nor copied."""

    def __init__(self) -> None:
        self._settings: tuple[Any, ...] | None = None
        self._targets: TargetVectors | None = None

    def __deepcopy__(self, memo: Any) -> "LoadedTargets":
        return LoadedTargets()

    def __reduce__(self) -> Any:
        return LoadedTargets, ()

    def get(self, name: str, cfg: dict[str, Any], vocab: Vocab, width: int | None) -> TargetVectors:
        """Get the targets. They are loaded when they are first asked for: by `initialize` or, in a
        trained pipeline that is trained further, by `update`.

        name (str): Name of the component.
        cfg (Dict[str, Any]): Its settings.
        vocab (Vocab): Its vocabulary.
        width (Optional[int]): Width of the vectors that its model predicts.
        RETURNS (TargetVectors): The targets.
        RAISES (ValueError): If there are no vectors, they cannot be loaded, or have another width.
        """
        found = tuple(cfg[key] for key in SETTINGS)
        if cfg["vectors"] is None:
            found = (*found, id(vocab.vectors))
        if self._targets is None or found != self._settings:
            self._targets = _load(name, cfg, vocab)
            self._settings = found
        if width is not None and width != self._targets.width:
            raise ValueError(
                Errors.E283.format(name=name, found=self._targets.width, expected=width)
            )
        return self._targets


def _load(name: str, cfg: dict[str, Any], vocab: Vocab) -> TargetVectors:
    if cfg["vectors"] is None:
        vectors = vocab.vectors
        if not vectors.shape[1]:
            raise ValueError(Errors.E280.format(name=name))
    else:
        try:
            vectors = load_vectors(cfg["vectors"]).vocab.vectors
        except ValueError as error:
            raise ValueError(Errors.E281.format(name=name, reason=error)) from error
    return TargetVectors(
        vectors,
        normalize=cfg["normalize"],
        weighting=cfg["weighting"],
        skip_punctuation=cfg["skip_punctuation"],
        lang=vocab.lang,
    )


def check_masking(name: str, model: Model, mask_prob: float, nlp: Language) -> None:
    """Check that the encoder of a component can be shown masked tokens.

    name (str): Name of the component.
    model (Model): Its model.
    mask_prob (float): Probability that a token is masked.
    nlp (Language): The pipeline.
    RAISES (ValueError): If tokens are to be masked and it cannot.
    """
    if not mask_prob:
        return
    encoders = [checks.find_encoder(listener, name, nlp) for listener in checks.listeners_of(model)]
    for encoder in encoders:
        if not isinstance(encoder, MultitaskTok2Vec) or not find_readers(encoder.model):
            raise ValueError(Errors.E282.format(name=name, upstream=encoder.name))


def warn_shipped(name: str, source: str | None, nlp: Language) -> None:
    """Warn if the vectors to predict would be saved with the pipeline, though no encoder reads them.

    name (str): Name of the component.
    source (Optional[str]): Where its vectors come from. None for the vocabulary.
    nlp (Language): The pipeline that is being initialized.
    """
    vectors = nlp.vocab.vectors
    if not vectors.shape[1]:
        return
    if source is not None and str(checks.section(nlp, "initialize").get("vectors")) != source:
        return
    models = [getattr(pipe, "model", None) for _, pipe in nlp.components]
    if not any(
        node.name == "static_vectors"
        for model in models
        if isinstance(model, Model)
        for node in model.walk()
    ):
        warnings.warn(Warnings.W280.format(name=name, n=len(vectors.data)), stacklevel=3)
