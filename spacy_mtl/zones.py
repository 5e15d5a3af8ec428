"""Memory zones for pipelines that several threads use."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from spacy.language import Language


class _Lock:
    """A lock that a process does not inherit from a thread of the one it was forked from."""

    def __init__(self) -> None:
        self.renew()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self.renew)

    def renew(self) -> None:
        self.lock = threading.RLock()


_ZONES = _Lock()


@contextmanager
def memory_zone(nlp: Language) -> Iterator[None]:
    """Open a memory zone, or stay in the one that is open. Other threads wait before their own.

    A vocabulary has one zone. At its end it forgets all words that have come since it began, also those of
    the documents that other threads hold.

    nlp (Language): The pipeline.
    YIELDS (None): Nothing.
    """
    with _ZONES.lock:
        in_zone = nlp.vocab.in_memory_zone  # type: ignore[attr-defined]
        with nullcontext() if in_zone else nlp.memory_zone():
            yield
