"""Batches that can be drawn again up to where a run was interrupted."""

import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar

from spacy.tokens import Doc
from spacy.training.pretrain import ensure_docs

from .random_state import RandomState, get_random_state, is_random_state, set_random_state

BatchT = TypeVar("BatchT")


class ReplayableBatches(Generic[BatchT]):
    """Draws the batches of one epoch, or of many, and remembers the random states that they were drawn from.

    Readers may shuffle at the beginning of an epoch, or all the time, from the global random states,
    which training draws from too in between.
    """

    def __init__(
        self,
        make_batches: Callable[[], Iterable[BatchT]],
        get_docs: Callable[[Any], Iterable[Doc]] = ensure_docs,
    ) -> None:
        """Start an epoch.

        make_batches (Callable[[], Iterable[BatchT]]): Reads the corpus and makes batches of it.
        get_docs (Callable[[BatchT], Iterable[Doc]]): Finds the documents of a batch.
        """
        self._make_batches = make_batches
        self._get_docs = get_docs
        self._iterator: Iterator[BatchT] | None = None
        #: How many batches were drawn, how many words they hold, and a sum that tells them from others.
        self.n_drawn = 0
        self.n_words = 0
        self.checksum = 0
        #: The random state before each draw that changed it, by the number of the batch.
        self.states: dict[int, RandomState] = {}

    def draw(self) -> BatchT | None:
        """RETURNS (Optional[BatchT]): The next batch, None at the end."""
        before = get_random_state()
        if self._iterator is None:
            self._iterator = iter(self._make_batches())
        batch = next(self._iterator, None)
        if not is_random_state(before):
            self.states[self.n_drawn] = before
        if batch is None:
            return None
        self.n_drawn += 1
        for doc in self._get_docs(batch):
            self.n_words += len(doc)
            self.checksum = zlib.crc32(doc.to_array("ORTH").tobytes(), self.checksum)
        return batch

    def get_state(self) -> dict[str, Any]:
        """RETURNS (Dict[str, Any]): What is needed to draw the same batches again."""
        return {
            "n_drawn": self.n_drawn,
            "checksum": self.checksum,
            "states": list(self.states.items()),
        }

    def replay(
        self, state: dict[str, Any], visit: Callable[[int, BatchT], None] | None = None
    ) -> bool:
        """Draw the first batches again. Afterwards the random states are some of those in between.

        state (Dict[str, Any]): What `get_state` returned after them. A `checksum` that is None is not compared.
        visit (Optional[Callable[[int, BatchT], None]]): Called with each batch and its number.
        RETURNS (bool): Whether they are the same.
        """
        n_batches, states = state["n_drawn"], dict(state["states"])
        while self.n_drawn < n_batches:
            if self.n_drawn in states:
                set_random_state(states[self.n_drawn])
            number, batch = self.n_drawn, self.draw()
            if batch is None:
                return False
            if visit is not None:
                visit(number, batch)
        return state["checksum"] in (None, self.checksum)
