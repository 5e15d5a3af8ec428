"""One trial: training with a config, evaluation by evaluation."""

import math
import time
import traceback
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.schemas import ConfigSchemaTraining
from spacy.training.initialize import init_nlp
from spacy.training.loop import (
    create_before_to_disk_callback,
    create_evaluation_callback,
    create_train_batches,
    train_while_improving,
    update_meta,
)
from spacy.util import import_file, load_config_from_str, registry, resolve_dot_names
from thinc.api import fix_random_seed

from ..errors import Errors
from ..staging import staged_folder

#: The folder of a trial's model.
MODEL = "model-best"


@dataclass(frozen=True)
class Job:
    """What a worker is to do.

    number (int): The number of the trial.
    config (str): The config.
    seeds (Tuple[Optional[int], ...]): Train with each of these. None for the config's own.
    model (Optional[str]): Folder for the best model. None to keep none.
    code (Optional[str]): Python file to import first.
    """

    number: int
    config: str
    seeds: tuple[int | None, ...] = (None,)
    model: str | None = None
    code: str | None = None


@dataclass
class Report:
    """What a worker says after an evaluation, and at the end.

    number (int): The number of the trial.
    state (str): "running", "complete" or "failed".
    step (int): The training step.
    score (float): The score of this evaluation; at the end the best one, the mean over the seeds.
    best (float): The best score so far.
    scores (Dict[str, float]): All scores of the best evaluation.
    weighted (List[str]): Those that the score is made of.
    seconds (float): How long it took.
    steps (int): How many training steps it took.
    evaluations (List[Tuple[int, float]]): Step and score of each evaluation with the first seed.
    reason (str): Why it has failed.
    details (str): The same at length.
    is_lost (bool): Whether it has failed because its process has ended.
    warnings (List[str]): What the training warned of.
    """

    number: int
    state: str = "running"
    step: int = 0
    score: float = 0.0
    best: float = 0.0
    scores: dict[str, float] = field(default_factory=dict)
    weighted: list[str] = field(default_factory=list)
    seconds: float = 0.0
    steps: int = 0
    evaluations: list[tuple[int, float]] = field(default_factory=list)
    reason: str = ""
    details: str = ""
    is_lost: bool = False
    warnings: list[str] = field(default_factory=list)


def run_trial(job: Job) -> Iterator[Report]:
    """Train with a config. Whoever takes no more reports ends the training.

    job (Job): What to do.
    YIELDS (Report): A report after each evaluation with the first seed, and one at the end.
    """
    start = time.perf_counter()
    found: list[Report] = []
    final = Report(job.number, "complete")
    caught: list[Any] = []
    try:
        if job.code is not None:
            import_file("python_code", job.code)
        for seed in job.seeds:
            report = None
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("default")
                for report in _train(job, seed):
                    report.seconds = time.perf_counter() - start
                    if not found:
                        yield replace(report)
            if report is None:
                raise ValueError(Errors.E852)
            found.append(report)
    # Also what would end a process, since a component or a reader may do so for bad data.
    except (Exception, SystemExit) as error:
        final.state = "failed"
        final.reason = " ".join(f"{type(error).__name__}: {error}".split())
        final.details = traceback.format_exc()
    else:
        final.score = final.best = sum(report.best for report in found) / len(found)
        names = [name for name in found[0].scores if all(name in r.scores for r in found)]
        final.scores = {name: sum(r.scores[name] for r in found) / len(found) for name in names}
        final.weighted = found[0].weighted
        final.evaluations = found[0].evaluations
        final.step = final.steps = sum(report.steps for report in found)
    final.seconds = time.perf_counter() - start
    final.warnings = list(dict.fromkeys(str(warning.message) for warning in caught))
    yield final


def _train(job: Job, seed: int | None) -> Iterator[Report]:
    """Train as `spacy train` does, step by step the same."""
    config = load_config_from_str(job.config, interpolate=False)
    if seed is not None:
        for section in ("system", "training"):
            if "seed" in config.get(section, {}):
                config[section]["seed"] = seed
    nlp = init_nlp(config)
    config = nlp.config.interpolate()
    if config["training"]["seed"] is not None:
        fix_random_seed(config["training"]["seed"])
    settings = registry.resolve(config["training"], schema=ConfigSchemaTraining)
    corpora = [settings["train_corpus"], settings["dev_corpus"]]
    train_corpus, dev_corpus = resolve_dot_names(config, corpora)
    optimizer = settings["optimizer"]
    weights = settings["score_weights"]
    report = Report(
        job.number, weighted=[name for name, weight in weights.items() if weight], best=-math.inf
    )
    steps = train_while_improving(
        nlp,
        optimizer,
        create_train_batches(nlp, train_corpus, settings["batcher"], settings["max_epochs"]),
        create_evaluation_callback(nlp, dev_corpus, weights),
        dropout=settings["dropout"],
        accumulate_gradient=settings["accumulate_gradient"],
        patience=settings["patience"],
        max_steps=settings["max_steps"],
        eval_frequency=settings["eval_frequency"],
        exclude=settings["frozen_components"],
        annotating_components=settings["annotating_components"],
        before_update=settings["before_update"],
    )
    for _, info, is_best in steps:
        report.step, report.steps = info["step"], info["step"] + 1
        _check_finite(info)
        if is_best is None:
            continue
        report.score = float(info["score"])
        report.evaluations.append((report.step, report.score))
        if is_best:
            report.best = report.score
            report.scores = _numbers(info["other_scores"])
            if job.model is not None and seed == job.seeds[0]:
                update_meta(settings, nlp, info)
                _save(nlp, optimizer, settings, Path(job.model))
        yield report


def _check_finite(info: dict[str, Any]) -> None:
    found = {f"The loss of '{name}'": loss for name, loss in info["losses"].items()}
    if info["score"] is not None:
        found["The score"] = info["score"]
    for name, value in found.items():
        if not math.isfinite(value):
            message = Errors.E851.format(name=name, value=value, step=info["step"])
            raise ValueError(message)


def _numbers(scores: dict[str, Any]) -> dict[str, float]:
    return {
        name: float(value)
        for name, value in scores.items()
        if isinstance(value, (int, float)) and not isinstance(value, bool)
    }


def _save(nlp: Language, optimizer: Any, settings: dict[str, Any], folder: Path) -> None:
    with nlp.use_params(optimizer.averages or {}):
        nlp = create_before_to_disk_callback(settings["before_to_disk"])(nlp)
        with staged_folder(folder, keep=False) as place:
            nlp.to_disk(place)
