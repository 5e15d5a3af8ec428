"""Components that have nothing to do once the pipeline is trained."""

from collections.abc import Iterable, Iterator
from typing import Any

from spacy.tokens import Doc

from ..errors import Errors
from .task_pipe import TaskPipe


class TrainingOnlyPipe(TaskPipe):
    """Base of components whose task teaches the shared encoder, and that predict nothing themselves."""

    @property
    def label_data(self) -> None:  # type: ignore[override]
        """RETURNS (None): There are no labels to be saved."""

    def add_label(self, label: str) -> int:
        """Refuse a label.

        label (str): The label.
        RAISES (ValueError): Always.
        """
        raise ValueError(Errors.E285.format(name=self.name, label=label))

    def __call__(self, doc: Doc) -> Doc:
        """Do nothing to a document.

        doc (Doc): The document.
        RETURNS (Doc): The same document.
        """
        return doc

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = 128) -> Iterator[Doc]:
        """Do nothing to documents.

        stream (Iterable[Doc]): The documents.
        batch_size (int): Not used.
        RETURNS (Iterator[Doc]): The same documents.
        """
        return iter(stream)

    def predict(self, docs: Iterable[Doc]) -> None:
        """Predict nothing: what has been learned is in the encoder.

        docs (Iterable[Doc]): The documents.
        """

    def set_annotations(self, docs: Iterable[Doc], scores: Any) -> None:
        """Do nothing to documents.

        docs (Iterable[Doc]): The documents.
        scores (Any): Not used.
        """
