"""How a head knows that nothing has run between the head before and itself.

Heads share what they compute from `doc.tensor`, into which any other component may write. In
`nlp.pipe` components follow each other as generators do: a head draws documents from a generator of
spaCy's, which only passes on what it draws from the component before. If that is a head, too, the
vectors need not be compared again.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from types import GeneratorType
from typing import Any

import spacy.util
from spacy.tokens import Doc
from spacy.util import minibatch

from ..layers.passed_docs import PassedDocs
from ..layers.token_arrays import TokenArrays

#: The code of spaCy's generator around a component's `pipe`. It is no part of spaCy's interface: should it
#: be missing, vectors are always compared.
_AROUND = getattr(getattr(spacy.util, "_pipe", None), "__code__", None)
_PACKAGE = __name__.partition(".")[0]


class _Delivery:
    """The batch that is being handed over just now, if its head is known not to write to vectors."""

    docs: PassedDocs | None = None


class _Documents(chain):
    """The documents of a head, whose batches follow each other."""

    delivery: _Delivery


class HandsOver:
    """A component that tells the next one of its kind that `doc.tensor` is as it was."""

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = 128) -> Iterator[Doc]:
        """Apply the component to a stream of documents, as spaCy's `TrainablePipe` does.

        stream (Iterable[Doc]): The documents.
        batch_size (int): How many to process at once.
        RETURNS (Iterator[Doc]): The documents, in order.
        """
        delivery = _Delivery()
        # A class method of a class in C, of which type checkers do not know that it is inherited.
        documents: Any = _Documents.from_iterable(_process(self, stream, batch_size, delivery))
        documents.delivery = delivery
        return documents


def _process(
    pipe: Any, stream: Iterable[Doc], batch_size: int, delivery: _Delivery
) -> Iterator[list[Doc]]:
    handle_error = pipe.get_error_handler()
    for batch in minibatch(stream, size=batch_size):
        docs = PassedDocs(batch)
        docs.unchanged = _find_unchanged(stream, docs)
        delivery.docs = None
        try:
            scores = pipe.predict(docs)
            pipe.set_annotations(docs, scores)
        except Exception as error:
            handle_error(pipe.name, pipe, batch, error)
            continue
        # Subclasses and users may have put something else in their place.
        if _is_own(pipe.predict) and _is_own(pipe.set_annotations):
            delivery.docs = docs
        yield docs


def _find_unchanged(stream: Iterable[Doc], docs: PassedDocs) -> TokenArrays | None:
    if not isinstance(stream, GeneratorType) or stream.gi_code is not _AROUND:
        return None
    # None at the end of the stream, where any code may have run after the last document was drawn.
    source = stream.gi_yieldfrom
    if not isinstance(source, _Documents):
        return None
    delivered = source.delivery.docs
    return delivered.left_unchanged if delivered == docs else None


def _is_own(method: Callable) -> bool:
    code_globals = getattr(getattr(method, "__func__", None), "__globals__", {})
    return code_globals.get("__name__", "").partition(".")[0] == _PACKAGE
