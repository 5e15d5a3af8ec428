"""The batches of an epoch, which can be drawn again up to where a run was interrupted."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from spacy.tokens import Doc
from spacy.training.pretrain import ensure_docs

from .random_state import RandomState, get_random_state, is_random_state, set_random_state


class ReplayableBatches:
    """Draws the batches of one epoch, and remembers the random states that they were drawn from.

    Readers may shuffle at the beginning of an epoch, or all the time, from the global random states,
    which training draws from too in between.
    """

    def __init__(self, make_batches: Callable[[], Iterable[Any]]) -> None:
        """Start an epoch.

        make_batches (Callable[[], Iterable[List[Example]]]): Reads the corpus and makes batches of it.
        """
        self._make_batches = make_batches
        self._iterator: Iterator[Any] | None = None
        #: How many batches were drawn, and how many words they hold.
        self.n_drawn = 0
        self.n_words = 0
        #: The random state before each draw that changed it, by the number of the batch.
        self.states: dict[int, RandomState] = {}

    def draw(self) -> list[Doc] | None:
        """RETURNS (Optional[List[Doc]]): The next batch, None at the end of the epoch."""
        before = get_random_state()
        if self._iterator is None:
            self._iterator = iter(self._make_batches())
        batch = next(self._iterator, None)
        if not is_random_state(before):
            self.states[self.n_drawn] = before
        if batch is None:
            return None
        docs = ensure_docs(batch)
        self.n_drawn += 1
        self.n_words += sum(map(len, docs))
        return docs

    def replay(self, n_batches: int, states: dict[int, RandomState]) -> bool:
        """Draw the first batches again. Afterwards the random states are some of those in between.

        n_batches (int): How many.
        states (Dict[int, RandomState]): The random states that they were drawn from.
        RETURNS (bool): Whether there were as many.
        """
        while self.n_drawn < n_batches:
            if self.n_drawn in states:
                set_random_state(states[self.n_drawn])
            if self.draw() is None:
                return False
        self.states = dict(states)
        return True
