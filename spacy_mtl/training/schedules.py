"""Learning rates that rise and fall once over the whole training."""

import math
from collections.abc import Callable, Iterator
from functools import partial

from ..argument_types import checked_types
from ..errors import Errors

#: The rate at a step, given the total number of steps.
Rate = Callable[[int, int], float]


@checked_types("spacy_mtl.slanted_triangular.v1")
def create_slanted_triangular_v1(
    *,
    max_rate: float,
    total_steps: int | None = None,
    cut_frac: float = 0.1,
    ratio: float = 32.0,
) -> "StepSchedule":
    """Create slanted triangular learning rates (Howard & Ruder 2018, eq. 3): a short linear rise, so that
    the model finds its region soon, and a long linear fall. After the last step the rate stays at
    its lowest value.

    max_rate (float): The largest rate.
    total_steps (Optional[int]): The step at which the fall ends. Defaults to the steps of the
        training, by the config and the data.
    cut_frac (float): Share of the steps in which the rate rises, above 0 and below 1.
    ratio (float): How much smaller the lowest rate is than the largest.
    RETURNS (StepSchedule): The rates, one a step.
    RAISES (ValueError): If a setting is out of range.
    """
    name = "spacy_mtl.slanted_triangular.v1"
    _check_share(name, "cut_frac", cut_frac)
    _check_at_least_one(name, ratio=ratio)
    rate = partial(slanted_triangular, max_rate=max_rate, cut_frac=cut_frac, ratio=ratio)
    return StepSchedule(name, rate, max_rate, total_steps)


@checked_types("spacy_mtl.one_cycle.v1")
def create_one_cycle_v1(
    *,
    max_rate: float,
    total_steps: int | None = None,
    warmup: float = 0.3,
    div_factor: float = 25.0,
    final_div_factor: float = 10000.0,
    shape: str = "cosine",
) -> "StepSchedule":
    """Create the learning rates of one cycle (Smith 2018, "A disciplined approach to neural network
    hyper-parameters"): a rise to a large rate, and a fall to a rate far below the first one. After the
    last step the rate stays at its lowest value.

    max_rate (float): The largest rate.
    total_steps (Optional[int]): The step at which the fall ends. Defaults to the steps of the
        training, by the config and the data.
    warmup (float): Share of the steps in which the rate rises, above 0 and below 1.
    div_factor (float): How much smaller the first rate is than the largest.
    final_div_factor (float): How much smaller the lowest rate is than the first.
    shape (str): "cosine" or "linear".
    RETURNS (StepSchedule): The rates, one a step.
    RAISES (ValueError): If a setting is out of range.
    """
    name = "spacy_mtl.one_cycle.v1"
    _check_share(name, "warmup", warmup)
    _check_at_least_one(name, div_factor=div_factor, final_div_factor=final_div_factor)
    if shape not in SHAPES:
        raise _invalid(name, "shape", shape, " or ".join(map(repr, SHAPES)))
    first = max_rate / div_factor
    rate = partial(
        one_cycle,
        max_rate=max_rate,
        warmup=warmup,
        first=first,
        lowest=first / final_div_factor,
        shape=shape,
    )
    return StepSchedule(name, rate, max_rate, total_steps)


class StepSchedule(Iterator[float]):
    """Rates that depend on the step and on the number of steps.

    That number may be set until the second rate is asked for: the first is the same for any.
    """

    def __init__(self, name: str, rate: Rate, max_rate: float, total_steps: int | None) -> None:
        """Initialize the schedule.

        name (str): Its registered name.
        rate (Callable[[int, int], float]): The rate at a step, given the number of steps.
        max_rate (float): The largest rate.
        total_steps (Optional[int]): The number of steps, None if it is not known yet.
        RAISES (ValueError): If the largest rate or the number of steps is not above 0.
        """
        if not (math.isfinite(max_rate) and max_rate > 0.0):
            raise _invalid(name, "max_rate", max_rate, "a number above 0")
        if total_steps is not None and total_steps < 1:
            raise _invalid(name, "total_steps", total_steps, "null, or a number of at least 1")
        self.name = name
        self.total_steps = total_steps
        self.step = 0
        self._rate = rate

    def __next__(self) -> float:
        if self.total_steps is None and self.step:
            raise ValueError(Errors.E421.format(name=self.name))
        rate = self._rate(self.step, self.total_steps or 1)
        self.step += 1
        return rate


def slanted_triangular(
    step: int, total_steps: int, *, max_rate: float, cut_frac: float, ratio: float
) -> float:
    """Compute a slanted triangular rate.

    step (int): The step, from 0 on.
    total_steps (int): The step at which the rate is `max_rate / ratio` again.
    max_rate (float): The largest rate.
    cut_frac (float): Share of the steps in which the rate rises.
    ratio (float): How much smaller the lowest rate is than the largest.
    RETURNS (float): The rate.
    """
    height = _height(step, total_steps, cut_frac)[1]
    return max_rate * (1.0 + height * (ratio - 1.0)) / ratio


def one_cycle(
    step: int,
    total_steps: int,
    *,
    max_rate: float,
    warmup: float,
    first: float,
    lowest: float,
    shape: str,
) -> float:
    """Compute a rate of one cycle.

    step (int): The step, from 0 on.
    total_steps (int): The step at which the rate is lowest.
    max_rate (float): The largest rate.
    warmup (float): Share of the steps in which the rate rises.
    first (float): The first rate.
    lowest (float): The lowest rate.
    shape (str): "cosine" or "linear".
    RETURNS (float): The rate.
    """
    rises, height = _height(step, total_steps, warmup)
    base = first if rises else lowest
    return base + (max_rate - base) * SHAPES[shape](height)


def _height(step: int, total_steps: int, share: float) -> tuple[bool, float]:
    """Whether a triangle rises at a step, and its height there: 0 at both ends, 1 at the top."""
    # At least one step of rise, however few there are: else the first rate would depend on their number.
    top = max(1, int(total_steps * share))
    if step < top:
        return True, step / top
    return False, max(0.0, 1.0 - (step - top) / max(1, total_steps - top))


def _linear(height: float) -> float:
    return height


def _cosine(height: float) -> float:
    return (1.0 - math.cos(math.pi * height)) / 2.0


SHAPES = {"cosine": _cosine, "linear": _linear}


def _check_share(name: str, setting: str, value: float) -> None:
    if not 0.0 < value < 1.0:
        raise _invalid(name, setting, value, "above 0 and below 1")


def _check_at_least_one(name: str, **settings: float) -> None:
    for setting, value in settings.items():
        if not (math.isfinite(value) and value >= 1.0):
            raise _invalid(name, setting, value, "a number of at least 1")


def _invalid(name: str, setting: str, value: object, expected: str) -> ValueError:
    text = Errors.E422.format(name=name, setting=setting, value=value, expected=expected)
    return ValueError(text)
