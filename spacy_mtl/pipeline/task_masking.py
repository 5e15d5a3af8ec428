"""Which tokens of a task's batch are masked: drawn when the encoder asks, remembered for the component."""

from collections.abc import Sequence
from operator import is_
from typing import Any

import numpy
from spacy.tokens import Doc
from spacy.training import Example

from ..layers.lmao import Settings
from ..layers.masking import Masking, draw_masking
from ..layers.random_words import RandomWords
from ..util import tasks_of


class TaskMasking:
    """Draws the masking of batches that belong to a task, for the encoder, which works on a batch before
    the task's component does.
    """

    def __init__(self, task: str, settings: Settings, lang: str) -> None:
        """Keep the settings.

        task (str): The task.
        settings (Settings): How much is masked.
        lang (str): Code of the language whose words replace others.
        """
        self.task = task
        self.settings = settings
        self.words = RandomWords(lang)
        self._drawn: tuple[list[Doc], Masking | None] | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_drawn": None}

    def __call__(self, examples: Sequence[Example]) -> Masking | None:
        """Draw the masking of a batch.

        examples (Sequence[Example]): The batch.
        RETURNS (Optional[Masking]): The masking. None if the batch holds nothing to mask: documents that
            are annotated for another task too are shown as they are.
        """
        settings = self.settings
        docs = [example.predicted for example in examples]
        is_raw = [set(tasks_of(example.reference.cats)) == {self.task} for example in examples]
        masking = None
        if any(is_raw):
            masking = draw_masking(
                docs,
                self.words,
                chosen=settings.mask_prob,
                hidden=settings.hidden,
                replaced=settings.replaced,
                among=numpy.repeat(is_raw, [len(doc) for doc in docs]),
            )
        self._drawn = docs, masking
        return masking

    def take(self, examples: Sequence[Example]) -> Masking | None:
        """Get the masking that was drawn for a batch. If nobody has asked for it, as when the encoder is
        frozen, it is drawn now, and says only which tokens to predict.

        examples (Sequence[Example]): The batch.
        RETURNS (Optional[Masking]): The masking.
        """
        drawn, self._drawn = self._drawn, None
        docs = [example.predicted for example in examples]
        if drawn is not None and len(drawn[0]) == len(docs) and all(map(is_, drawn[0], docs)):
            return drawn[1]
        masking = self(examples)
        self._drawn = None
        return masking
