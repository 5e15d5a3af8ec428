"""What a worker has learned as arrays that can be sent and averaged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy
from thinc.api import Optimizer

from ..errors import Errors
from ..training.learned_params import Param

#: Parameters with as many rows are tables, of which a batch changes some rows only.
TABLE_ROWS = 1000
#: How far the rounding of one step takes a second moment, as a share of it.
ROUNDING = 3e-7
TINY = 1e-36


@dataclass
class Progress:
    """How a worker came to its weights.

    counts (Dict[str, int]): Steps of each parameter since the beginning.
    updates (Dict[str, int]): Those of them that it took since the workers were last averaged. For a
        parameter that no optimizer moves, whether it has changed.
    touched (Dict[str, Bools1d]): For tables, which rows got a gradient.
    """

    counts: dict[str, int]
    updates: dict[str, int]
    touched: dict[str, Any]


#: What one worker has learned: how, and weights, moments and averages `(4, n_weights)`, or three rows
#: without averages.
Part = tuple[Progress, Any]


class SharedState:
    """The weights of a model, with what the optimizer keeps for them, in one array.

    Averaged are weights, both moments and the running averages of weights. A parameter counts as much as
    it was updated since the last time, and a row of a table as much as the workers that met it: the head of
    a rare task and the vector of a rare word keep the step that one worker took with them.
    """

    def __init__(self, params: Mapping[str, Param], optimizer: Optimizer) -> None:
        """Find places for all parameters.

        params (Mapping[str, Param]): The parameters, by names that are the same for all workers.
        optimizer (Optimizer): The optimizer.
        """
        self._params = {name: p for name, p in params.items() if p.get() is not None}
        self._optimizer = optimizer
        self._shapes: dict[str, tuple[int, ...]] = {}
        self._places: dict[str, slice] = {}
        size = 0
        for name, param in self._params.items():
            value = param.get()
            self._shapes[name] = tuple(value.shape)
            self._places[name] = slice(size, size + value.size)
            size += value.size
        n_kinds = 3 if optimizer.averages is None else 4
        #: After `load`, what was loaded; after `collect`, what was collected.
        self._arrays: Any = numpy.zeros((n_kinds, size), dtype="f")
        self._counts = self._read_counts()

    @property
    def description(self) -> list[Any]:
        """RETURNS (List[Any]): Names and shapes of all parameters."""
        return [[name, list(shape)] for name, shape in self._shapes.items()]

    def collect(self) -> Part:
        """Get what was learned since the last `load`.

        RETURNS (Tuple[Progress, Floats2d]): How, and the arrays, which the next call changes.
        """
        counts = self._read_counts()
        updates, touched = {}, {}
        for name, param in self._params.items():
            place, n_updates = self._places[name], counts[name] - self._counts[name]
            kinds = [param.get(), *(kept.get(param.key) for kept in self._kept())]
            arrays: list[Any] = [
                None if a is None else param.to_numpy(a).reshape(-1) for a in kinds
            ]
            if not counts[name]:
                n_updates = int(not numpy.array_equal(arrays[0], self._arrays[0, place]))
            elif n_updates and self._shapes[name][0] >= TABLE_ROWS and arrays[2] is not None:
                decay = self._optimizer.b2**n_updates
                touched[name] = self._find_touched(name, arrays[2], decay, n_updates)
            updates[name] = n_updates
            for row, array in zip(self._arrays, arrays, strict=True):
                row[place] = 0.0 if array is None else array
        self._counts = counts
        return Progress(counts, updates, touched), self._arrays

    def load(self, parts: Sequence[Part]) -> None:
        """Average what workers have learned, and go on from there.

        parts (Sequence[Tuple[Progress, Floats2d]]): What each of them has learned from the same state.
        """
        for name, shape in self._shapes.items():
            self._merge(name, shape, parts)
        counts = {name: max(part.counts[name] for part, _ in parts) for name in self._shapes}
        for name, param in self._params.items():
            weights, *kept = self._arrays[:, self._places[name]]
            param.write(weights)
            if not counts[name]:
                continue
            self._optimizer.nr_update[param.key] = counts[name]
            # What thinc keeps is flat, but for the averages.
            shapes = ((-1,), (-1,), self._shapes[name])
            for by_key, array, shape in zip(self._kept(), kept, shapes, strict=False):
                if param.key in by_key:
                    kept_array = by_key[param.key]
                    kept_array[...] = array.reshape(kept_array.shape)
                else:
                    by_key[param.key] = param.to_device(array.reshape(shape))
        self._counts = counts

    def start_from(self, arrays: Any, counts: Mapping[str, int]) -> Part:
        """Make a part of a saved state.

        arrays (Floats2d): The arrays.
        counts (Mapping[str, int]): Steps of each parameter.
        RETURNS (Tuple[Progress, Floats2d]): The part.
        """
        return Progress(dict(counts), dict.fromkeys(self._shapes, 1), {}), arrays

    def check(self, description: list[Any], folder: Path) -> None:
        """Check that a saved state is one of the same parameters.

        description (List[Any]): Names and shapes of its parameters.
        folder (Path): Where it lies, for the error.
        RAISES (ValueError): If not.
        """
        if description != self.description:
            reason = "its weights have other shapes than the model of the config"
            raise ValueError(Errors.E272.format(path=folder, reason=reason))

    @property
    def saved(self) -> tuple[Any, dict[str, int]]:
        """RETURNS (Tuple[Floats2d, Dict[str, int]]): What was last loaded."""
        return self._arrays, self._counts

    def _merge(self, name: str, shape: tuple[int, ...], parts: Sequence[Part]) -> None:
        place = self._places[name]
        out = self._arrays[:, place]
        latest = max(range(len(parts)), key=lambda rank: parts[rank][0].updates[name])
        updates = numpy.array([part.updates[name] for part, _ in parts], dtype="f")
        if numpy.count_nonzero(updates) < 2:
            out[...] = parts[latest][1][:, place]
            return
        touched = [part.touched.get(name) for part, _ in parts]
        if all(t is not None or not n for t, n in zip(touched, updates, strict=True)):
            n_rows = shape[0]
            shares = numpy.zeros((len(parts), n_rows), dtype="f")
            for share, rows, n_updates in zip(shares, touched, updates, strict=True):
                if rows is not None:
                    share[rows] = n_updates
            # Where there was no gradient, all workers have taken the same steps, or begun to.
            shares[latest, shares.sum(axis=0) == 0.0] = 1.0
            shares /= shares.sum(axis=0)
            tables = [arrays[:, place].reshape(len(out), n_rows, -1) for _, arrays in parts]
            _average(out.reshape(len(out), n_rows, -1), tables, shares[:, None, :, None])
        else:
            weights = (updates / updates.sum())[:, None, None]
            _average(out, [arrays[:, place] for _, arrays in parts], weights)

    def _find_touched(self, name: str, moments: Any, decay: float, n_updates: int) -> Any:
        # A second moment that got no gradient has only decayed.
        decayed = self._arrays[2, self._places[name]] * (decay * (1.0 + ROUNDING * n_updates))
        decayed += TINY
        return (moments > decayed).reshape(self._shapes[name][0], -1).any(axis=1)

    def _kept(self) -> list[dict[Any, Any]]:
        optimizer = self._optimizer
        averages = [] if optimizer.averages is None else [optimizer.averages]
        return [optimizer.mom1, optimizer.mom2, *averages]

    def _read_counts(self) -> dict[str, int]:
        known = self._optimizer.nr_update
        return {name: int(known.get(param.key, 0)) for name, param in self._params.items()}


def _average(out: Any, arrays: Sequence[Any], shares: Any) -> None:
    numpy.multiply(arrays[0], shares[0], out=out)
    for array, share in zip(arrays[1:], shares[1:], strict=True):
        out += array * share
