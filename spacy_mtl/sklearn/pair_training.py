"""Trains the encoder of a pipeline on pairs of texts in memory, with the settings of a new config."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from spacy.language import Language
from spacy.training import Example
from spacy.util import load_model_from_config, registry
from thinc.api import Config, Optimizer

from ..pair_keys import pair_key
from ..training.config_defaults import Defaults, resize_encoder
from ..training.config_text import render_config
from ..training.examples import make_example
from ..training.partial_fit import take_step
from ..training.rows import Record
from ..training.saved_encoder import find_encoder
from ..training.scan import PairScores
from ..training.task_summary import TaskSummary
from .training_loop import keep_averages

#: Two texts, and how similar they are.
Pair = tuple[str, str, float]
TASK = "pairs"


@dataclass(frozen=True)
class PairSettings:
    """How an encoder is built and trained. None stands for what a new config has.

    loss (str): The loss, see the factory `contrastive`.
    scale (float): What cosines are multiplied by in the loss.
    batch_size (int): Texts of a batch, two for each pair.
    learning_rate (Optional[float]): The highest learning rate.
    dropout (Optional[float]): The dropout rate.
    lang (str): Code of the language of a new pipeline.
    width (Optional[int]): Width of a new encoder.
    depth (Optional[int]): Number of its layers.
    seed (int): Seed of all random numbers.
    """

    loss: str
    scale: float
    batch_size: int
    learning_rate: float | None
    dropout: float | None
    lang: str
    width: int | None
    depth: int | None
    seed: int


class PairTraining:
    """One training of a pipeline's encoder on pairs. Other components stay as they are."""

    def __init__(
        self,
        nlp: Language | None,
        pairs: Sequence[Pair],
        scores: tuple[float, float],
        settings: PairSettings,
        *,
        n_epochs: int | None = None,
        sgd: Optimizer | None = None,
    ) -> None:
        """Get a pipeline ready.

        nlp (Optional[Language]): A trained pipeline, which is changed. None to build one.
        pairs (Sequence[Pair]): The pairs of the first epoch.
        scores (Tuple[float, float]): The lowest and the highest score that there can be.
        settings (PairSettings): The settings.
        n_epochs (Optional[int]): Number of epochs, over which the learning rate goes to 0. None for a training
            without an end.
        sgd (Optional[Optimizer]): The optimizer of an earlier training, to go on with.
        """
        self._name = TASK
        while nlp is not None and self._name in nlp.component_names:
            self._name += "_"
        n_steps = (n_epochs or 1) * math.ceil(2 * len(pairs) / max(2, settings.batch_size))
        config = _write_config(nlp, self._name, scores, settings, n_steps)
        self.nlp = self._prepare(nlp, pairs, config)
        training = config["training"]
        if sgd is None:
            block = dict(training["optimizer"])
            if n_epochs is None:
                block["learn_rate"] = block["learn_rate"]["initial_rate"]
            sgd = registry.resolve({"sgd": block})["sgd"]
        self.sgd = sgd
        self._averaged = n_epochs is not None
        self._drop = training["dropout"]
        self._batcher = registry.resolve({"batcher": training["batcher"]})["batcher"]
        self._rng = Random(settings.seed)

    def learn(self, pairs: Sequence[Pair]) -> float:
        """Learn from pairs, each of them once.

        pairs (Sequence[Pair]): The pairs.
        RETURNS (float): The sum of the batches' losses.
        """
        learning = (find_encoder(self.nlp), self._name)
        exclude = [name for name in self.nlp.pipe_names if name not in learning]
        examples = _make_examples(self.nlp, self._name, pairs)
        self._rng.shuffle(examples)
        losses: dict[str, float] = {}
        for batch in self._batcher(examples):
            take_step(
                self.nlp,
                batch,
                drop=self._drop,
                sgd=self.sgd,
                exclude=exclude,
                annotates=(),
                losses=losses,
            )
        return losses.get(self._name, 0.0)

    def finish(self) -> Language:
        """RETURNS (Language): The pipeline, which is what it was, but for the encoder. After a training of some
        epochs, that has the averages of its weights over the steps.
        """
        if self._averaged:
            keep_averages(self.nlp, self.sgd)
        self.nlp.remove_pipe(self._name)
        return self.nlp

    def _prepare(self, nlp: Language | None, pairs: Sequence[Pair], config: Config) -> Language:
        if nlp is None:
            nlp = load_model_from_config(config, auto_fill=True)
            examples = _make_examples(nlp, self._name, pairs)
            nlp.initialize(lambda: examples)
            # It would go on where the training is over.
            nlp._optimizer = None
            return nlp
        block = dict(config["components"][self._name])
        block["model"]["tok2vec"]["upstream"] = find_encoder(nlp)
        pipe: Any = nlp.add_pipe(block.pop("factory"), name=self._name, config=block)
        examples = _make_examples(nlp, self._name, pairs)
        pipe.initialize(lambda: examples)
        return nlp


def _write_config(
    nlp: Language | None,
    name: str,
    scores: tuple[float, float],
    settings: PairSettings,
    n_steps: int,
) -> Config:
    given = {"learn_rate": settings.learning_rate, "dropout": settings.dropout}
    defaults = replace(
        Defaults(),
        batch_size=settings.batch_size,
        pair_loss=settings.loss,
        pair_scale=settings.scale,
        **{key: value for key, value in given.items() if value is not None},
    )
    width = settings.width
    if nlp is not None:
        width = nlp.get_pipe(find_encoder(nlp)).model.get_dim("nO")  # type: ignore[attr-defined]
    task = TaskSummary(name, {}, False, "zero", 1, 1, PairScores(1, *scores))
    text = render_config(
        [task],
        "",
        lang=settings.lang,
        max_steps=n_steps,
        defaults=resize_encoder(defaults, width=width, depth=settings.depth),
    )
    paths = {"paths.train": None, "paths.dev": None, "system.seed": settings.seed}
    return Config().from_str(text, overrides=paths).interpolate()


def _make_examples(nlp: Language, task: str, pairs: Sequence[Pair]) -> list[Example]:
    examples = []
    for number, (first, second, score) in enumerate(pairs):
        cats = {pair_key(task, first, second, number): score}
        examples += [make_example(nlp, Record(text), cats) for text in (first, second)]
    return examples
