"""The inner loops of dropout and of the optimizer, compiled by numba."""

from functools import partial
from typing import Any

import numpy
from numba import njit

#: Sums may be reordered, so that they run on vector units. Infinities and NaN stay what they are.
FAST = {"reassoc", "contract", "arcp", "nsz"}

ZERO = numpy.float32(0.0)
ONE = numpy.float32(1.0)


def compiled(function: Any) -> Any:
    """Compile a function at its first call, and keep the result on disk.

    function (Callable): A function of arrays and numbers.
    RETURNS (Callable): The function.
    """
    compiler = partial(njit, nogil=True, fastmath=FAST, error_model="numpy")
    try:
        return compiler(cache=True)(function)
    except RuntimeError:
        # No folder can be written to, so it is compiled again in each process.
        return compiler()(function)


@compiled
def drop(X: Any, noise: Any, threshold: Any, scale: Any) -> None:
    for i in range(X.shape[0]):
        x, bits = X[i], noise[i]
        for j in range(X.shape[1]):
            x[j] = x[j] * scale if bits[j] >= threshold else ZERO


def noise(size: int) -> Any:
    bits = numpy.empty((size + 3) // 4, dtype="uint64")
    _fill_noise(bits, numpy.random.randint(0, 1 << 62, dtype="int64"))
    return bits.view("uint16")[:size]


@compiled
def _fill_noise(bits: Any, seed: Any) -> None:
    """Fill an array by SplitMix64 (Steele et al. 2014), whose numbers do not wait for each other."""
    for i in range(bits.shape[0]):
        z = numpy.uint64(seed) + numpy.uint64(i + 1) * numpy.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
        bits[i] = z ^ (z >> numpy.uint64(31))


@compiled
def adam(
    weights: Any,
    gradient: Any,
    mom1: Any,
    mom2: Any,
    average: Any,
    beta1: float,
    rest1: float,
    beta2: float,
    rest2: float,
    eps: float,
    rate: float,
    clip: float,
    decay: float,
    average_rate: float,
) -> None:
    """A step of Adam with clipping, weight decay and averaging, as thinc's optimizer takes it.

    weights, gradient, mom1, mom2, average (Floats1d): The parameter and its state, changed in place.
        The gradient is 0 afterwards. `average` may be the weights themselves for no averaging.
    rest1, rest2 (float): What the betas lack to 1. Computed here, the compiler would be free to turn
        `beta * v + (1 - beta) * g` into `g + beta * (v - g)`, which is less exact.
    rate (float): The learning rate with the correction of the moments' bias.
    clip (float): What the gradient is multiplied by.
    decay (float): Share of the weights that is taken off them.
    average_rate (float): Share of the way that the average goes towards the weights.
    """
    b1, c1 = numpy.float32(beta1), numpy.float32(rest1)
    b2, c2 = numpy.float32(beta2), numpy.float32(rest2)
    epsilon, lr = numpy.float32(eps), numpy.float32(rate)
    scale, keep = numpy.float32(clip), ONE - numpy.float32(decay)
    towards = numpy.float32(average_rate)
    for i in range(weights.shape[0]):
        g = gradient[i] * scale
        m = b1 * mom1[i] + c1 * g
        v = b2 * mom2[i] + c2 * g * g
        w = (weights[i] - lr * m / (numpy.sqrt(v) + epsilon)) * keep
        mom1[i] = m
        mom2[i] = v
        average[i] += towards * (w - average[i])
        weights[i] = w
        gradient[i] = ZERO
