"""Trains a pipeline from texts and labels in memory, with the settings of a new config."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from spacy.language import Language
from spacy.training import Example
from spacy.util import load_model_from_config, registry
from thinc.api import Config, Model, Optimizer

from ..bars import ProgressBar
from ..errors import Errors
from ..training.config_defaults import Defaults, resize_encoder
from ..training.config_text import render_config
from ..training.examples import make_example
from ..training.partial_fit import take_step
from ..training.random_state import separate_random_state
from ..training.rows import Record
from ..training.saved_encoder import find_encoder
from ..training.single_task import FACTORY
from ..types import Cats
from .batches import DELAY
from .labels import TaskLabels, name_classes

#: Parts of a pipeline's config that tell how it was trained.
TRAINING_SECTIONS = ("training", "corpora")


@dataclass(frozen=True)
class Settings:
    """How a pipeline is built and trained. None stands for what a new config has.

    lang (str): Code of the language.
    width (Optional[int]): Width of the encoder.
    depth (Optional[int]): Number of its layers.
    max_steps (Optional[int]): Number of training steps.
    learn_rate (Optional[float]): The highest learning rate.
    dropout (Optional[float]): The dropout rate.
    seed (int): Seed of all random numbers.
    progress (bool): Whether a bar is shown.
    """

    lang: str
    width: int | None
    depth: int | None
    max_steps: int | None
    learn_rate: float | None
    dropout: float | None
    seed: int
    progress: bool


def prepare(
    nlp: Language | None,
    texts: Sequence[str],
    tasks: Mapping[str, TaskLabels],
    settings: Settings,
    *,
    balanced: bool = True,
) -> tuple[Language, Config, list[Example]]:
    """Make a pipeline ready to learn tasks: a new one, or one that gets heads for what it does not know.

    nlp (Optional[Language]): A trained pipeline, which is changed. None to build one.
    texts (Sequence[str]): The texts.
    tasks (Mapping[str, TaskLabels]): Labels by task.
    settings (Settings): The settings.
    balanced (bool): Weigh labels by how rare they are in these texts.
    RETURNS (Tuple[Language, Config, List[Example]]): The pipeline, the config of its training, and the
        texts that something is known of.
    RAISES (ValueError): If a task has nothing to learn, or does not fit the pipeline.
    """
    config = _write_config(nlp, tasks, settings)
    if not balanced:
        for task in tasks:
            config["components"][task]["class_weights"] = "none"
    with separate_random_state(settings.seed):
        if nlp is None:
            nlp = load_model_from_config(config, auto_fill=True)
            examples = _make_examples(nlp, texts, tasks)
            nlp.initialize(lambda: examples)
            # It would go on where the training is over.
            nlp._optimizer = None
        else:
            examples = _make_examples(nlp, texts, tasks)
            add_heads(nlp, tasks, config, examples)
    return nlp, config, examples


def train(nlp: Language, config: Config, examples: list[Example], settings: Settings) -> None:
    """Train a pipeline for all steps of a config. It ends with the averages of the weights over the steps.

    nlp (Language): The pipeline, initialized.
    config (Config): The config.
    examples (List[Example]): The training data.
    settings (Settings): The settings.
    """
    training = config["training"]
    batcher = registry.resolve({"batcher": training["batcher"]})["batcher"]
    sgd = registry.resolve({"optimizer": training["optimizer"]})["optimizer"]
    exclude = others(nlp)
    total, rng = training["max_steps"], Random(settings.seed)
    examples = list(examples)
    done = 0
    hidden = None if settings.progress else True
    with (
        separate_random_state(settings.seed),
        ProgressBar(total=total, unit=" steps", delay=DELAY, disable=hidden, leave=False) as bar,
    ):
        while done < total:
            rng.shuffle(examples)
            for batch in batcher(examples):
                take_step(
                    nlp,
                    batch,
                    drop=training["dropout"],
                    sgd=sgd,
                    exclude=exclude,
                    annotates=(),
                    losses={},
                )
                bar.update()
                done += 1
                if done == total:
                    break
    keep_averages(nlp, sgd)


def add_heads(
    nlp: Language, tasks: Mapping[str, TaskLabels], config: Config, examples: list[Example]
) -> None:
    """Give a pipeline heads and labels that it lacks.

    nlp (Language): The pipeline.
    tasks (Mapping[str, TaskLabels]): Labels by task.
    config (Config): A config with a component for each task.
    examples (List[Example]): The training data.
    RAISES (ValueError): If a task of the pipeline is of the other kind.
    """
    heads = find_heads(nlp)
    # What the pipeline was trained on need not be here, and says nothing of the new tasks.
    own = nlp.config.interpolate()
    own.update({name: config[name] for name in TRAINING_SECTIONS})
    nlp.config = own  # type: ignore[misc]
    for task, labels in tasks.items():
        names = name_classes(labels.classes, task)
        if task not in heads:
            if task in nlp.disabled:
                raise ValueError(Errors.E542.format(name=task))
            block = dict(config["components"][task])
            factory = block.pop("factory")
            pipe: Any = nlp.add_pipe(factory, name=task, config=block)
            pipe.initialize(lambda: examples, nlp=nlp, labels=names)
            continue
        head = heads[task]
        if head.cfg["multi_label"] != labels.multi_label:
            kinds = {False: "one label a text", True: "any number of labels a text"}
            found = f"has {kinds[head.cfg['multi_label']]}"
            given = f"with {kinds[labels.multi_label]}"
            raise ValueError(Errors.E537.format(task=task, found=found, given=given))
        for name in names:
            head.add_label(name)


def find_heads(nlp: Language) -> dict[str, Any]:
    """RETURNS (Dict[str, Any]): The components of tasks, by task."""
    return {
        pipe.task: pipe  # type: ignore[attr-defined]
        for name, pipe in nlp.pipeline
        if nlp.get_pipe_meta(name).factory == FACTORY
    }


def others(nlp: Language) -> list[str]:
    """RETURNS (List[str]): Components that are neither the encoder nor a task."""
    kept = {find_encoder(nlp), *(pipe.name for pipe in find_heads(nlp).values())}
    return [name for name in nlp.pipe_names if name not in kept]


def make_optimizer(nlp: Language, learn_rate: float | None) -> Optimizer:
    """Make an optimizer for a training without an end.

    nlp (Language): The pipeline.
    learn_rate (Optional[float]): The learning rate. The highest of the pipeline's config if not set.
    RETURNS (Optimizer): The optimizer of the config, with this learning rate for ever.
    """
    block = dict(nlp.config.interpolate()["training"]["optimizer"])
    rate = block.get("learn_rate") if learn_rate is None else learn_rate
    if isinstance(rate, Mapping):
        rate = rate.get("initial_rate", Defaults().learn_rate)
    return registry.resolve({"optimizer": {**block, "learn_rate": rate}})["optimizer"]


def _write_config(
    nlp: Language | None, tasks: Mapping[str, TaskLabels], settings: Settings
) -> Config:
    given: dict[str, Any] = {"learn_rate": settings.learn_rate, "dropout": settings.dropout}
    defaults = replace(
        Defaults(), **{name: value for name, value in given.items() if value is not None}
    )
    encoder = None if nlp is None else find_encoder(nlp)
    width = settings.width
    if nlp is not None and encoder is not None:
        width = nlp.get_pipe(encoder).model.get_dim("nO")  # type: ignore[attr-defined]
    text = render_config(
        [labels.summarize() for labels in tasks.values()],
        "",
        lang=settings.lang,
        max_steps=settings.max_steps,
        defaults=resize_encoder(defaults, width=width, depth=settings.depth),
    )
    paths = {"paths.train": None, "paths.dev": None, "system.seed": settings.seed}
    config = Config().from_str(text, overrides=paths).interpolate()
    if encoder is not None:
        for task in tasks:
            config["components"][task]["model"]["tok2vec"]["upstream"] = encoder
    return config


def _make_examples(
    nlp: Language, texts: Sequence[str], tasks: Mapping[str, TaskLabels]
) -> list[Example]:
    examples = []
    for text, *rows in zip(texts, *(labels.rows for labels in tasks.values()), strict=True):
        cats: dict[str, float] = {}
        for row in rows:
            cats.update(row or {})
        if cats:
            examples.append(make_example(nlp, Record(text), cats))
    return examples


def keep_averages(nlp: Language, sgd: Optimizer) -> None:
    averages: Mapping[Any, Any] = sgd.averages or {}
    for _, pipe in nlp.pipeline:
        model = getattr(pipe, "model", None)
        for node in model.walk() if isinstance(model, Model) else ():
            for name in node.param_names:
                if (node.id, name) in averages:
                    node.set_param(name, averages[node.id, name])


def partial_rows(texts: Sequence[str], labels: TaskLabels) -> list[tuple[str, Mapping[str, float]]]:
    """Get the rows of a task, as `spacy_mtl.partial_fit` takes them.

    texts (Sequence[str]): The texts.
    labels (TaskLabels): Their labels.
    RETURNS (List[Tuple[str, Mapping[str, float]]]): Texts and values by `task/label`.
    """
    rows: list[tuple[str, Cats | None]] = list(zip(texts, labels.rows, strict=True))
    return [(text, cats) for text, cats in rows if cats]
