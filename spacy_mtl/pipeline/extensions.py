"""Attributes of `doc._` that read what the components wrote."""

from spacy.tokens import Doc
from thinc.types import Floats1d
from thinc.util import get_array_module

from ..util import tasks_of


def get_tasks(doc: Doc) -> dict[str, dict[str, float]]:
    """Get the scores of a document by task and label.

    doc (Doc): The document.
    RETURNS (Dict[str, Dict[str, float]]): E.g. `{"sentiment": {"positive": 0.98, ...}}`.
    """
    return tasks_of(doc.cats)


def get_embedding(doc: Doc) -> Floats1d:
    """Get the sentence embedding of a document: the mean of its token vectors.

    doc (Doc): The document, after the encoder.
    RETURNS (Floats1d): The embedding `(width,)`. Zeros for a document without tokens, and of width 0
        for one that no encoder has seen.
    """
    tensor = doc.tensor
    if tensor.shape[0]:
        return tensor.mean(axis=0)
    width = tensor.shape[1] if tensor.ndim == 2 else 0
    return get_array_module(tensor).zeros((width,), dtype="f")


def set_extensions() -> None:
    """Register `doc._.tasks` and `doc._.embedding`, unless something else has taken the names."""
    for name, getter in (("tasks", get_tasks), ("embedding", get_embedding)):
        if not Doc.has_extension(name):
            Doc.set_extension(name, getter=getter)
