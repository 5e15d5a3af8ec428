"""What workers train: a pipeline."""

from collections.abc import Iterator
from typing import Any

from spacy.schemas import ConfigSchemaTraining
from spacy.training.initialize import init_nlp
from spacy.training.loop import create_train_batches, subdivide_batch
from spacy.util import registry, resolve_dot_names
from thinc.api import Config, constant, fix_random_seed

from ..total_steps import note_pipeline, plan_steps
from ..training.learned_params import Param, find_params
from ..training.train_state import COUNTERS, find_trained
from .worker import Batch


class TrainLearner:
    """Takes the steps of `spacy train`."""

    meets_at_epochs = False

    def __init__(self, config: Config) -> None:
        """Initialize the pipeline. The corpus for the batches is not read yet.

        config (Config): The config.
        """
        self.nlp = init_nlp(config)
        self.config = self.nlp.config.interpolate()
        # spaCy does so again, and whoever draws random numbers while the settings are resolved should
        # get the same.
        fix_random_seed(self.config["training"]["seed"])
        self.settings = registry.resolve(self.config["training"], schema=ConfigSchemaTraining)
        names = [self.settings["train_corpus"], self.settings["dev_corpus"]]
        self.train_corpus, self.dev_corpus = resolve_dot_names(self.config, names)
        self.optimizer = self.settings["optimizer"]
        note_pipeline(self.nlp)
        plan_steps(self.optimizer, self.nlp.vocab)
        dropout = self.settings["dropout"]
        self._dropouts = iter(constant(dropout) if isinstance(dropout, float) else dropout)
        self._dropout = next(self._dropouts)
        self._start()

    @property
    def params(self) -> dict[str, Param]:
        """RETURNS (Dict[str, Param]): The parameters of all components that are trained."""
        return {
            f"{name}.{key}": param
            for name, pipe in self._trained()
            for key, param in find_params(pipe.model).items()
        }

    def batches(self) -> Iterator[Batch]:
        """YIELDS (Batch): The batches of `spacy train`."""
        T = self.settings
        drawn = create_train_batches(self.nlp, self.train_corpus, T["batcher"], T["max_epochs"])
        for epoch, examples in drawn:
            yield Batch(epoch, list(examples))

    def learn(self, step: int, batch: Batch) -> None:
        """Learn from a batch.

        step (int): Its number.
        batch (Batch): The batch.
        """
        T = self.settings
        if T["before_update"]:
            T["before_update"](self.nlp, {"step": step, "epoch": batch.epoch})
        for part in subdivide_batch(batch.items, T["accumulate_gradient"]):
            self.nlp.update(
                part,
                drop=self._dropout,
                losses=self._losses,
                sgd=False,  # type: ignore[arg-type]
                exclude=T["frozen_components"],
                annotates=T["annotating_components"],
            )
        for _, pipe in self._trained():
            pipe.finish_update(self.optimizer)

    def advance(self) -> None:
        """Move learning rates and dropout on by a step."""
        self.optimizer.step_schedules()
        self._dropout = next(self._dropouts, self._dropout)

    def take_results(self) -> dict[str, Any]:
        """RETURNS (Dict[str, Any]): Losses and counts since the last call."""
        counted = {key: value - self._counted.get(key, 0) for key, value in self.counted.items()}
        results = {"losses": self._losses, "counted": counted}
        self._start()
        return results

    def set_counted(self, counted: dict[tuple[str, str], int]) -> None:
        """Let components know what workers have learned from.

        counted (Dict[Tuple[str, str], int]): How much since the beginning, by component and counter.
        """
        for (name, counter), value in counted.items():
            setattr(self.nlp.get_pipe(name), counter, value)

    def _start(self) -> None:
        self._losses: dict[str, float] = {}
        self._counted = self.counted

    @property
    def counted(self) -> dict[tuple[str, str], int]:
        """RETURNS (Dict[Tuple[str, str], int]): What components have learned from, by component and
        counter.
        """
        return {
            (name, counter): getattr(pipe, counter)
            for name, pipe in self._trained()
            for counter in COUNTERS
            if hasattr(pipe, counter)
        }

    def _trained(self) -> list[tuple[str, Any]]:
        return find_trained(self.nlp, self.settings["frozen_components"])
