"""Pipelines that travel: in pickles, into other processes, and as copies."""

from collections.abc import Callable
from typing import Any

from spacy.language import Language
from spacy.util import load_model_from_config
from thinc.api import Config


class Carried:
    """A pipeline in a pickle, which comes out as the pipeline itself.

    It travels as config and bytes, as it is saved to disk. A pipeline as it is cannot be pickled once
    it has been trained, because of its optimizer.
    """

    def __init__(self, nlp: Language) -> None:
        """Wrap a pipeline.

        nlp (Language): The pipeline.
        """
        self.nlp = nlp

    def __reduce__(self) -> tuple[Callable, tuple[Any, ...]]:
        config = self.nlp.config.to_str(interpolate=False)
        return unpack, (config, self.nlp.to_bytes())


def unpack(config: str, data: bytes) -> Language:
    """Make a pipeline out of what a pickle holds.

    config (str): Its config.
    data (bytes): Its weights, vocabulary and settings.
    RETURNS (Language): The pipeline.
    """
    filled = Config().from_str(config, interpolate=False)
    nlp = load_model_from_config(filled, auto_fill=True)
    return nlp.from_bytes(data)


def copy_pipeline(nlp: Language) -> Language:
    """Copy a pipeline.

    nlp (Language): The pipeline.
    RETURNS (Language): One of its own vocabulary and weights.
    """
    rebuild, contents = Carried(nlp).__reduce__()
    return rebuild(*contents)
