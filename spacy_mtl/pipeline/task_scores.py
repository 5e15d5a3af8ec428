"""How the component of a task predicts, and where it writes what it has predicted."""

from collections.abc import Iterable

from spacy.tokens import Doc
from thinc.types import Floats2d

from ..layers.blas import single_thread
from ..util import join_key
from . import checks
from .hand_over import HandsOver
from .numbers import check_computed
from .task_pipe import TaskPipe


class ScoringPipe(HandsOver, TaskPipe):
    """Base of components that give documents a score for each label of their task."""

    def predict(self, docs: Iterable[Doc]) -> Floats2d:
        """Compute the scores of documents, without changing the documents.

        docs (Iterable[Doc]): The documents.
        RETURNS (Floats2d): Probabilities `(n_docs, n_labels)`.
        RAISES (ValueError): If there are no labels, or a probability is NaN.
        """
        docs = docs if isinstance(docs, list) else list(docs)
        self._require_labels()
        if not docs:
            return self.model.ops.alloc2f(0, len(self.labels))
        with single_thread():
            scores = self.model.predict(docs)
        checks.warn_unencoded(self.name, self.model, docs)
        check_computed(self.name, "scores", scores, docs)
        return scores

    def set_annotations(self, docs: Iterable[Doc], scores: Floats2d) -> None:
        """Write scores to `doc.cats`, under `task/label`.

        docs (Iterable[Doc]): The documents to change.
        scores (Floats2d): Probabilities `(n_docs, n_labels)`.
        """
        keys = [join_key(self.task, label) for label in self.labels]
        cats = [doc.cats for doc in docs]
        # Column by column, because that takes a quarter of the time of a small update for each document.
        for key, column in zip(keys, scores.T.tolist(), strict=True):
            for doc_cats, score in zip(cats, column, strict=True):
                doc_cats[key] = score
