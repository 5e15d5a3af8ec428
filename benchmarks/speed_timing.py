"""Time things in turn, in one process, and compare their medians."""

import gc
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

#: Rounds that are measured, after one that is not.
ROUNDS = 5
STOCK, STOCK_OPENBLAS = "stock", "stock_openblas"
STOCK_SIDES = (STOCK, STOCK_OPENBLAS)
DIGITS = 4


@dataclass
class Side:
    """One of the things to compare."""

    #: What is timed.
    run: Callable[[], Any]
    #: What has to happen before each time, and is not timed.
    prepare: Callable[[], Any] | None = None


class Seconds(NamedTuple):
    """How long something took, on the clock and on the processor. On one thread, the two differ only
    by what else ran on the machine.
    """

    wall: float
    cpu: float


#: Sides by name. None stands for one that cannot run here, because something is not installed.
Sides = Mapping[str, Side | None]
Times = dict[str, list[Seconds]]


def time_in_turn(sides: Sides, *, rounds: int = ROUNDS) -> Times:
    """Time every side once a round, so that what else happens on the machine hits all of them. Every
    other round goes backwards, since each side finds the processor's caches as the one before left them.

    sides (Mapping): What to time, by name.
    rounds (int): The number of measured rounds. One more comes first, to warm up.
    RETURNS (Dict[str, List[Seconds]]): Times by name, one a round, without the sides that cannot run.
    """
    running = {name: side for name, side in sides.items() if side is not None}
    times: Times = {name: [] for name in running}
    with only_new_garbage():
        for number in range(rounds + 1):
            names = list(running)
            for name in reversed(names) if number % 2 else names:
                seconds = time_once(running[name])
                if number:
                    times[name].append(seconds)
    return times


@contextmanager
def only_new_garbage() -> Iterator[None]:
    """Keep what is there already out of garbage collections within the block."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def time_once(side: Side) -> Seconds:
    """Time a side.

    side (Side): The side.
    RETURNS (Seconds): What it took.
    """
    if side.prepare is not None:
        side.prepare()
    gc.collect()
    start, cpu_start = time.perf_counter(), time.process_time()
    side.run()
    return Seconds(time.perf_counter() - start, time.process_time() - cpu_start)


def compare(sides: Sides, *, amount: float, unit: str, rounds: int = ROUNDS) -> dict[str, Any]:
    """Time sides in turn, and sum up what was found.

    sides (Mapping): What to time, by name: stock spaCy under the names in `STOCK_SIDES`.
    amount (float): How much each of them does, in the unit.
    unit (str): The unit, e.g. "tokens".
    rounds (int): The number of rounds.
    RETURNS (Dict[str, Any]): Medians, rates and ratios.
    """
    return summarise(time_in_turn(sides, rounds=rounds), amount=amount, unit=unit, names=sides)


def summarise(times: Times, *, amount: float, unit: str, names: Iterable[str]) -> dict[str, Any]:
    """Sum up times.

    times (Dict[str, List[Seconds]]): Times by name of the side.
    amount (float): What each of them did, in the unit.
    unit (str): The unit.
    names (Iterable[str]): All sides. Those without times are recorded as null.
    RETURNS (Dict[str, Any]): By side the median and the spread of its seconds, its rate, and for sides
        that are not stock how many times as fast as each stock side they are, by the clock and by the
        time of the processor.
    """
    names = list(names)
    wall = {name: statistics.median(s.wall for s in found) for name, found in times.items()}
    cpu = {name: statistics.median(s.cpu for s in found) for name, found in times.items()}
    everything = [seconds for found in times.values() for seconds in found]
    return {
        "unit": unit,
        "amount": amount,
        "rounds": max(map(len, times.values())),
        "busy": round_to(sum(s.wall for s in everything) / sum(s.cpu for s in everything)),
        "seconds": {name: spread(times[name]) if name in times else None for name in names},
        "rates": {name: round_to(amount / wall[name]) if name in wall else None for name in names},
        "ratios": _ratios(wall, names),
        "cpu_rates": {
            name: round_to(amount / cpu[name]) if name in cpu else None for name in names
        },
        "cpu_ratios": _ratios(cpu, names),
    }


def _ratios(medians: Mapping[str, float], names: Sequence[str]) -> dict[str, Any]:
    ratios: dict[str, Any] = {}
    for name in names:
        if name in medians and name not in STOCK_SIDES:
            stock = {side: medians[side] for side in STOCK_SIDES if side in medians}
            ratios[name] = {s: round_to(value / medians[name]) for s, value in stock.items()}
        elif name not in STOCK_SIDES:
            ratios[name] = None
    return ratios


def spread(times: Sequence[Seconds]) -> dict[str, float]:
    """Describe the times of a side.

    times (Sequence[Seconds]): The times.
    RETURNS (Dict[str, float]): Their median, least and largest by the clock, and the median on the
        processor.
    """
    wall = [seconds.wall for seconds in times]
    found = {"median": statistics.median(wall), "min": min(wall), "max": max(wall)}
    found["cpu"] = statistics.median(seconds.cpu for seconds in times)
    return {name: round_to(value) for name, value in found.items()}


def round_to(value: float) -> float:
    """Round a figure for a report.

    value (float): The figure.
    RETURNS (float): The figure with few significant digits.
    """
    return float(f"{value:.{DIGITS}g}")
