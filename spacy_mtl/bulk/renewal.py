"""Work whose memory does not grow with the number of texts."""

import pickle
from collections.abc import Callable, Mapping

from ..garbage import old_objects_spared
from .blocks import Block, Result
from .work import Apply

#: Bytes of rows after which a worker begins with a new copy, which takes it about a second: a million tweets.
RENEW_AFTER = 1 << 27


class Renewed:
    """What workers do, by a copy that is given up for a new one again and again.

    The index of words in a vocabulary keeps a place for each word that it ever had, also those of memory
    zones. What is found for a text does not depend on the texts before it, so the output is the same.
    """

    def __init__(self, load: Callable[[], bytes]) -> None:
        """Load the first copy.

        load (Callable[[], bytes]): Returns what workers do, pickled.
        """
        self._load = load
        self._n_bytes = 0
        self._apply: Apply | None = None
        self._work()

    def __call__(self, block: Block, left_out: Mapping[int, str]) -> Result:
        """Work on a block.

        block (Block): The rows.
        left_out (Mapping[int, str]): Numbers of rows that are not to be looked at, and why.
        RETURNS (Result): What is to be written.
        """
        if self._n_bytes >= RENEW_AFTER:
            self._apply = None
            self._n_bytes = 0
        self._n_bytes += len(block.piece.data)
        work = self._work()
        with old_objects_spared():
            return work(block, left_out)

    def split(self, block: Block) -> list[Block]:
        """Cut a block into its rows.

        block (Block): The block.
        RETURNS (List[Block]): A block for each row.
        """
        return self._work().split(block)

    def _work(self) -> Apply:
        if self._apply is None:
            self._apply = pickle.loads(self._load())
        return self._apply
