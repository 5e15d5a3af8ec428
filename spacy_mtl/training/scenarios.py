"""What of a trained pipeline learns along when a task is added, and how: chosen by the size of its data."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import Errors

#: How old tasks are kept in place while the encoder learns. Their heads stay as they are, and tell the encoder
#: what it changes for them. "distill": by their former outputs on the new task's texts, which are targets
#: beside the new labels. "interleave": by what is left of the old data, whose batches stand between those
#: of the new. "both", or "none".
REHEARSALS = ("none", "distill", "interleave", "both")
AUTO = "auto"


@dataclass(frozen=True)
class Scenario:
    """A way to train.

    name (str): Its name.
    below (Optional[int]): It is chosen for fewer training rows than this. None for no limit.
    summary (str): What it does, in one line.
    encoder (Mapping[str, Any]): Settings of the encoder's component.
    standardized (bool): Whether the new head brings the columns that it reads to the same size.
    unfreeze_every (float): Share of the training steps after which one more group of the encoder's layers
        learns, from the top. 0.0: all from the start.
    schedule (Optional[Mapping[str, Any]]): Learning rate, to replace the one of a new config. The value
        `max_rate` is that of a new config.
    """

    name: str
    below: int | None
    summary: str
    encoder: Mapping[str, Any]
    standardized: bool = False
    unfreeze_every: float = 0.0
    schedule: Mapping[str, Any] | None = None

    @property
    def trains_encoder(self) -> bool:
        """RETURNS (bool): Whether the encoder, and with it what old heads read, changes."""
        return self.encoder["frozen"] != "all"


SCENARIOS = (
    Scenario(
        "frozen",
        100,
        "the encoder and the old heads stay as they are, bit for bit, and the new head learns",
        {"frozen": "all", "lr_decay": 1.0},
        standardized=True,
    ),
    Scenario(
        "gradual",
        10_000,
        "the new head learns first, then one group of the encoder's layers after the other from the top, each slower "
        "than the one above",
        {"frozen": "none", "lr_decay": 2.6},
        unfreeze_every=0.05,
        schedule={
            "@schedules": "spacy_mtl.slanted_triangular.v1",
            "total_steps": None,
            "cut_frac": 0.1,
            "ratio": 32.0,
        },
    ),
    Scenario(
        "full",
        None,
        "the encoder and the new head learn together from the start, at the same rate",
        {"frozen": "none", "lr_decay": 1.0},
    ),
)


def choose_scenario(rows: int, name: str = AUTO) -> Scenario:
    """Choose a scenario by the size of the data.

    rows (int): Training rows of the new task.
    name (str): The name of a scenario, to use it whatever the size. "auto" to choose.
    RETURNS (Scenario): The scenario.
    RAISES (ValueError): If there is no scenario of that name.
    """
    for scenario in SCENARIOS:
        fits = scenario.below is None or rows < scenario.below
        if scenario.name == name or (name == AUTO and fits):
            return scenario
    expected = "one of " + ", ".join([AUTO, *[scenario.name for scenario in SCENARIOS]])
    raise ValueError(Errors.E465.format(value=name, name="scenario", expected=expected))


def choose_rehearsal(scenario: Scenario, has_old_data: bool, name: str = AUTO) -> str:
    """Choose how old tasks are kept in place.

    scenario (Scenario): The scenario.
    has_old_data (bool): Whether there are training rows of old tasks.
    name (str): One of `REHEARSALS`, to use it whatever there is. "auto" to choose.
    RETURNS (str): The rehearsal. With a frozen encoder there is nothing to rehearse.
    RAISES (ValueError): If there is no rehearsal of that name.
    """
    if name not in (AUTO, *REHEARSALS):
        expected = "one of " + ", ".join((AUTO, *REHEARSALS))
        raise ValueError(Errors.E465.format(value=name, name="rehearse", expected=expected))
    if not scenario.trains_encoder:
        return "none"
    if name == AUTO:
        return "both" if has_old_data else "distill"
    return name
