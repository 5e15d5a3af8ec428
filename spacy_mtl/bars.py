"""Progress bars that do not look at the clock on the wall, which may be set while they run."""

from collections.abc import Callable
from time import monotonic
from typing import Any

import tqdm


class ProgressBar(tqdm.tqdm):
    """tqdm's bar. It takes the time of day, so that a clock that is set back stops the bar, or gives times
    below zero; this one counts seconds.
    """

    @property
    def _time(self) -> Callable[[], float]:
        return monotonic

    @_time.setter
    def _time(self, value: Any) -> None:
        """The base class sets it for each bar."""
