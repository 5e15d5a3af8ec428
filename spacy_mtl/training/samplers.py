"""Which task the next batch comes from: the order of tasks during training."""

import math
from collections.abc import Mapping
from random import Random
from typing import Any

from ..argument_types import checked_types
from ..errors import Errors
from ..types import TaskSizes
from ..util import listing

STRATEGIES = ("proportional", "uniform", "round_robin", "temperature", "annealed", "weights")


@checked_types("spacy_mtl.TaskSampler.v1")
def configure_task_sampler(
    strategy: str = "temperature",
    *,
    temperature: float = 2.0,
    max_size: int = 0,
    weights: dict[str, float] | None = None,
    anneal_steps: int = 10000,
) -> "TaskSampler":
    """Create a sampler that draws the task of each training batch.

    strategy (str): How often a task with n rows is drawn. "proportional": p ~ n. "uniform": all
        tasks equally. "round_robin": one after the other, in the order of their names.
        "temperature": p ~ min(n, max_size) ** (1 / temperature). "annealed": p ~ n ** alpha,
        where alpha falls from 1 to 0 (Stickland & Murray 2019). "weights": p ~ weights.
    temperature (float): For "temperature": 1 is proportional, large values approach uniform.
    max_size (int): For "temperature": larger tasks count as if they had this many rows. 0 for no
        limit.
    weights (Optional[Dict[str, float]]): For "weights": one weight for each task.
    anneal_steps (int): For "annealed": the number of batches after which all tasks are equal.
    RETURNS (TaskSampler): The sampler.
    """
    return TaskSampler(
        strategy,
        temperature=temperature,
        max_size=max_size,
        weights=weights,
        anneal_steps=anneal_steps,
    )


class TaskSampler:
    """Draw tasks with probabilities that depend on their sizes and on the training step.

    It holds settings only: step and random state belong to the caller, so that one sampler can
    serve a reader and a batcher.
    """

    def __init__(
        self,
        strategy: str = "temperature",
        *,
        temperature: float = 2.0,
        max_size: int = 0,
        weights: dict[str, float] | None = None,
        anneal_steps: int = 10000,
    ) -> None:
        """Check and keep the settings, see `configure_task_sampler`."""
        if strategy not in STRATEGIES:
            raise ValueError(Errors.E150.format(strategy=strategy, known=", ".join(STRATEGIES)))
        if (strategy == "weights") != (weights is not None):
            raise ValueError(Errors.E152.format(strategy=strategy, weights=weights))
        _check("temperature", temperature, temperature > 0, "a number above 0")
        _check("max_size", max_size, max_size >= 0, "0 (no limit) or a positive number of rows")
        _check("anneal_steps", anneal_steps, anneal_steps >= 1, "a positive number of batches")
        for task, weight in (weights or {}).items():
            valid = 0 <= weight < math.inf
            _check(f"weights.{task}", weight, valid, "a finite number, 0 or above")
        self.strategy = strategy
        self.temperature = temperature
        self.max_size = max_size
        self.weights = weights
        self.anneal_steps = anneal_steps

    def probabilities(self, sizes: TaskSizes, step: int) -> dict[str, float]:
        """Get the probability of each task. A task without rows is never drawn.

        sizes (TaskSizes): Number of rows of each task.
        step (int): Number of batches drawn before.
        RETURNS (Dict[str, float]): Probabilities that sum to 1, in the order of the task names.
        """
        tasks = sorted(sizes)
        if any(sizes[task] < 0 for task in tasks):
            raise ValueError(Errors.E154.format(sizes=dict(sizes)))
        if self.weights is not None:
            self._check_weights(self.weights, sizes)
        available = [task for task in tasks if sizes[task] > 0]
        shares = self._shares({task: sizes[task] for task in available}, step)
        total = math.fsum(shares.values())
        if total <= 0:
            raise ValueError(Errors.E154.format(sizes=dict(sizes)))
        return {task: shares.get(task, 0.0) / total for task in tasks}

    def draw(self, sizes: TaskSizes, step: int, rng: Random) -> str:
        """Draw the task of the next batch.

        sizes (TaskSizes): Number of rows of each task.
        step (int): Number of batches drawn before.
        rng (Random): The random state to draw with.
        RETURNS (str): The task.
        """
        probabilities = self.probabilities(sizes, step)
        return rng.choices(list(probabilities), weights=list(probabilities.values()))[0]

    def _shares(self, sizes: TaskSizes, step: int) -> dict[str, float]:
        if self.strategy == "weights" and self.weights is not None:
            largest = max((self.weights[task] for task in sizes), default=0.0)
            return {task: self.weights[task] / (largest or 1.0) for task in sizes}
        if self.strategy == "round_robin":
            turn = step % len(sizes) if sizes else 0
            return {task: float(i == turn) for i, task in enumerate(sizes)}
        if self.strategy == "temperature":
            limit = self.max_size or math.inf
            return _powers({t: min(n, limit) for t, n in sizes.items()}, 1.0 / self.temperature)
        if self.strategy == "annealed":
            return _powers(sizes, max(0.0, 1.0 - step / self.anneal_steps))
        return _powers(sizes, 1.0 if self.strategy == "proportional" else 0.0)

    def _check_weights(self, weights: dict[str, float], sizes: TaskSizes) -> None:
        missing = sorted(set(sizes) - set(weights))
        extra = sorted(set(weights) - set(sizes))
        if missing or extra:
            raise ValueError(Errors.E153.format(missing=listing(missing), extra=listing(extra)))


def _powers(sizes: Mapping[str, float], exponent: float) -> dict[str, float]:
    # Relative to the largest size, because a low temperature overflows n ** (1 / temperature).
    largest = max(sizes.values(), default=1)
    return {task: (size / largest) ** exponent for task, size in sizes.items()}


def _check(name: str, value: Any, valid: bool, expected: str) -> None:
    if not valid:
        raise ValueError(Errors.E151.format(name=name, value=value, expected=expected))
