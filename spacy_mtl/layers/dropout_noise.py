"""Dropout from 16 random bits a value."""

from typing import Any, NamedTuple

import numpy

LEVELS = 1 << 16


class DropoutNoise(NamedTuple):
    """Which values are dropped. The same for the forward and the backward pass."""

    #: Random bits in the shape of the values. Those below the threshold are dropped.
    noise: Any
    threshold: int
    #: What the others are multiplied by, so that the mean stays.
    scale: float

    @classmethod
    def draw(cls, kernels: Any, shape: tuple[int, ...], rate: float) -> "DropoutNoise | None":
        """Draw noise from NumPy's global random state, which `thinc.fix_random_seed` sets.

        kernels (ModuleType): The inner loops.
        shape (Tuple[int, ...]): Shape of the values.
        rate (float): Probability that a value is dropped, rounded to 16 bits.
        RETURNS (Optional[DropoutNoise]): The noise, or None if nothing is dropped.
        """
        threshold = min(round(rate * LEVELS), LEVELS - 1)
        if threshold <= 0:
            return None
        noise = kernels.noise(int(numpy.prod(shape))).reshape(shape)
        return cls(noise, threshold, LEVELS / (LEVELS - threshold) if rate < 1 else 0.0)

    def chunk(self, rows: slice) -> "DropoutNoise":
        """RETURNS (DropoutNoise): The noise of some rows."""
        return self._replace(noise=self.noise[rows])

    def apply(self, kernels: Any, X: Any) -> None:
        """Drop values.

        kernels (ModuleType): The inner loops.
        X (Floats2d): The values, changed in place.
        """
        kernels.drop(X, self.noise, numpy.uint16(self.threshold), numpy.float32(self.scale))
