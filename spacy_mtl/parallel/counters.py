"""How far a training with workers is."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Counters:
    """How far a training is.

    step (int): The number of the next batch.
    epoch (int): The epoch of the last one.
    words (int): Words of all batches.
    seconds (float): Time spent.
    losses (Dict[str, float]): Losses since the last evaluation.
    results (List[Tuple[float, int]]): Score and step of each evaluation that the rules to stop know of.
    pending (Optional[Tuple[float, int]]): Those of the last one, as long as they do not.
    scored (List[str]): The scores that make up the main score, see `Progress`.
    is_end (bool): Whether there is no batch left.
    """

    step: int = 0
    epoch: int = 0
    words: int = 0
    seconds: float = 0.0
    losses: dict[str, float] = field(default_factory=dict)
    results: list[tuple[float, int]] = field(default_factory=list)
    pending: tuple[float, int] | None = None
    scored: list[str] = field(default_factory=list)
    is_end: bool = False

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> "Counters":
        """Read what was written.

        state (Dict[str, Any]): What it was written as.
        RETURNS (Counters): The same.
        """
        # Results are compared, and a list is no tuple.
        results = [(score, step) for score, step in state["results"]]
        pending = None if state["pending"] is None else tuple(state["pending"])
        return cls(**{**state, "results": results, "pending": pending})

    def settle(self) -> bool:
        """Let the rules to stop know of the last evaluation. When they do must not depend on how long it
        took, since the rounds end where they end.

        RETURNS (bool): Whether there was one.
        """
        pending, self.pending = self.pending, None
        if pending is not None:
            self.results.append(pending)
        return pending is not None
