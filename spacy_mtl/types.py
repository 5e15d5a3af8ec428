"""Types shared by all parts of the package."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from spacy.language import Language
from spacy.training import Example

#: Scores or annotations of one document, keyed by ``task/label``.
Cats: TypeAlias = Mapping[str, float]
#: A spaCy corpus reader: called with the pipeline, yields examples.
Reader: TypeAlias = Callable[[Language], Iterable[Example]]
#: A spaCy batcher: turns a stream of examples into a stream of batches.
Batcher: TypeAlias = Callable[[Iterable[Example]], Iterable[list[Example]]]
#: Number of annotated training documents of each task.
TaskSizes: TypeAlias = Mapping[str, int]
#: Scores of a pipeline as `Language.evaluate` returns them.
Scores: TypeAlias = dict[str, Any]
