"""Progress bars of a review."""

from collections.abc import Iterator

from ..bars import ProgressBar


class Progress:
    """Shows how far long steps are."""

    def __init__(self, *, silent: bool = False) -> None:
        """Set up.

        silent (bool): Show nothing. Without a terminal nothing is shown anyway.
        """
        self._disable = True if silent else None

    def batches(self, title: str, n: int, size: int) -> Iterator[int]:
        """Go through rows in batches.

        title (str): What is done.
        n (int): How many rows there are.
        size (int): Rows of a batch.
        YIELDS (int): The first row of each batch.
        """
        with ProgressBar(total=n, desc=title, leave=False, disable=self._disable) as bar:
            for start in range(0, n, size):
                yield start
                bar.update(min(size, n - start))

    def steps(self, title: str, n: int) -> Iterator[int]:
        """Go through steps.

        title (str): What is done.
        n (int): How many there are.
        YIELDS (int): The number of each step.
        """
        yield from ProgressBar(range(n), desc=title, leave=False, disable=self._disable)
