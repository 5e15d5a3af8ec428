"""Configs of pipelines with a part of the tasks that are comparable with one for all of them: the same encoder,
heads and data, and for each task as many training steps as beside the others."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from spacy.util import get_lang_class, registry
from thinc.api import Config

from ..errors import Errors
from ..types import TaskSizes
from ..util import listing, tasks_of
from .corpus import MultitaskCorpus
from .samplers import TaskSampler

FACTORY = "textcat_multitask"
#: Components that learn from raw text, beside the tasks.
RAW_FACTORY = "lmao"
#: Components whose task is the similarity of texts.
PAIR_FACTORY = "contrastive"
READER = "spacy_mtl.MultitaskCorpus.v1"
SAMPLER = "spacy_mtl.TaskSampler.v1"
#: Settings of learning rate schedules that count steps, and so shrink with the budget.
STEP_SETTINGS = ("warmup_steps", "total_steps")
#: At how many points of the training a task's share is looked up, since it may change on the way.
SHARE_POINTS = 200


def find_task_pipes(config: Config) -> dict[str, str]:
    """Find the task components of a config.

    config (Config): The config.
    RETURNS (Dict[str, str]): Names of components by task, in the order of the pipeline.
    """
    components = config["components"]
    return {
        components[name].get("task") or name: name
        for name in config["nlp"]["pipeline"]
        if components.get(name, {}).get("factory") in (FACTORY, PAIR_FACTORY)
    }


def find_raw_pipes(config: Config) -> set[str]:
    """Find the components of a config that learn from raw text.

    config (Config): The config.
    RETURNS (Set[str]): Their names.
    """
    components = config["components"]
    return {name for name, block in components.items() if block.get("factory") == RAW_FACTORY}


def single_task_config(config: Config, task: str, share: float) -> Config:
    """Derive the config of a pipeline for one task from that of many tasks. Encoder, head and data
    stay as they are. Raw text, which belongs to no task, is left out.

    config (Config): The config of the multi-task training.
    task (str): The task to keep.
    share (float): The part of the training steps that the task is given, above 0 and up to 1.
    RETURNS (Config): The new config, without variables.
    RAISES (ValueError): If the config has no such task or no limit of steps.
    """
    config = Config(config).interpolate()
    _check_task(config, task)
    _drop_components(config, find_raw_pipes(config))
    for corpus in config["corpora"].values():
        if corpus.get("@readers") == READER:
            corpus["raw"] = None
    return _keep_tasks(config, [task], share)


def leave_out_config(config: Config, task: str, share: float) -> Config:
    """Derive the config of a pipeline for all tasks but one. Everything else stays as it is, and the others
    get as many training steps as before.

    config (Config): The config of the multi-task training.
    task (str): The task to leave out.
    share (float): The part of the training steps that the task is given, above 0 and below 1.
    RETURNS (Config): The new config, without variables.
    RAISES (ValueError): If the config has no such task, no other one, or no limit of steps.
    """
    config = Config(config).interpolate()
    _check_task(config, task)
    others = [other for other in find_task_pipes(config) if other != task]
    if not others:
        raise ValueError(Errors.E748.format(task=task))
    return _keep_tasks(config, others, 1.0 - share)


def task_shares(config: Config) -> dict[str, float]:
    """Find the part of the training steps that each task gets.

    config (Config): The config of the multi-task training.
    RETURNS (Dict[str, float]): Shares by task. They sum to 1, or to less if some steps go to raw text.
    RAISES (ValueError): If the training data has no documents of a task.
    """
    config = Config(config).interpolate()
    sizes = _count_documents(config)
    sampler = _find_sampler(config)
    max_steps = config["training"]["max_steps"]
    totals: Counter[str] = Counter()
    for point in range(SHARE_POINTS):
        step = point if sampler.strategy == "round_robin" else point * max_steps // SHARE_POINTS
        totals.update(sampler.probabilities(sizes, step))
    total = sum(totals.values())
    return {task: totals[task] / total for task in find_task_pipes(config)}


def _check_task(config: Config, task: str) -> None:
    pipes = find_task_pipes(config)
    if task not in pipes:
        raise ValueError(Errors.E311.format(factory=FACTORY, tasks=task, found=listing(pipes)))


def _keep_tasks(config: Config, tasks: list[str], share: float) -> Config:
    """Drop all other tasks from a config, and their part of the training steps."""
    pipes = find_task_pipes(config)
    dropped = [task for task in pipes if task not in tasks]
    _drop_components(config, {pipes[task] for task in dropped})
    readers = [c for c in config["corpora"].values() if c.get("@readers") == READER]
    unread = [corpus.get("raw_task", "lmao") for corpus in readers if corpus.get("raw") is None]
    for corpus in readers:
        corpus["tasks"] = tasks
        _drop_weights(corpus.get("sampler"), [*dropped, *unread])
    training = config["training"]
    _drop_weights(training["batcher"].get("sampler"), [*dropped, *unread])
    scores = training["score_weights"]
    training["score_weights"] = (
        {f"{tasks[0]}_score": 1.0}
        if len(tasks) == 1
        else {key: scores[key] for key in scores if key not in {f"{t}_score" for t in dropped}}
    )
    _shrink_schedules(training["optimizer"], _shrink_budget(training, share))
    return config


def _drop_components(config: Config, names: set[str]) -> None:
    nlp, training = config["nlp"], config["training"]
    for section, key in (
        (nlp, "pipeline"),
        (nlp, "disabled"),
        (training, "frozen_components"),
        (training, "annotating_components"),
    ):
        section[key] = [name for name in section.get(key, []) if name not in names]
    for name in names:
        config["components"].pop(name, None)
        config["initialize"].get("components", {}).pop(name, None)


def _drop_weights(sampler: dict[str, Any] | None, dropped: Sequence[str]) -> None:
    """Weights must name all tasks and no others. With one task left there is nothing to choose."""
    if not sampler or sampler.get("strategy") != "weights":
        return
    weights = {task: x for task, x in (sampler["weights"] or {}).items() if task not in dropped}
    if len(weights) > 1:
        sampler["weights"] = weights
    else:
        sampler.update(strategy="uniform", weights=None)


def _shrink_budget(training: dict[str, Any], share: float) -> float:
    """Give a training its share of the steps, with as many evaluations as before: both sides then
    choose their best model from equally many. Returns the share after rounding up to an evaluation.
    """
    for name in ("max_steps", "eval_frequency"):
        if not isinstance(training[name], int) or training[name] < 1:
            raise ValueError(Errors.E313.format(name=name, value=training[name]))
    evaluations = max(1, training["max_steps"] // training["eval_frequency"])
    patience = training["patience"] / training["eval_frequency"]
    frequency = max(1, math.ceil(share * training["max_steps"] / evaluations))
    steps = math.ceil(share * training["max_steps"] / frequency) * frequency
    ratio = steps / training["max_steps"]
    training["eval_frequency"] = frequency
    training["max_steps"] = steps
    training["patience"] = math.ceil(patience * frequency)
    return ratio


def _shrink_schedules(block: Any, share: float) -> None:
    if not isinstance(block, dict):
        return
    for key, value in block.items():
        if key in STEP_SETTINGS and isinstance(value, int):
            block[key] = max(1, round(value * share))
        else:
            _shrink_schedules(value, share)


def _count_documents(config: Config) -> TaskSizes:
    corpora = config["corpora"]
    place = config["training"]["train_corpus"].removeprefix("corpora.")
    block = dict(corpora[place])
    if block.get("@readers") == READER:
        # A stream repeats small tasks and never says how many rows there are.
        block.update(stream=False, sampler=None)
    reader = registry.resolve({"corpus": block})["corpus"]
    counts: Counter[str] = Counter()
    tasks = list(find_task_pipes(config))
    drawn = list(tasks)
    if isinstance(reader, MultitaskCorpus):
        for scan in reader.scans.values():
            limit = reader.limit or scan.stats.rows
            counts.update({task: min(rows, limit) for task, rows in scan.rows.items()})
        if reader.raw is not None:
            counts[reader.raw.task] = reader.raw.size
            drawn.append(reader.raw.task)
    else:
        nlp = get_lang_class(config["nlp"]["lang"])()
        for example in reader(nlp):
            counts.update(tasks_of(example.reference.cats).keys())
    for task in tasks:
        if not counts[task]:
            raise ValueError(
                Errors.E312.format(
                    task=task, corpus=f"corpora.{place}", found=listing(sorted(counts))
                )
            )
    return {task: counts[task] for task in drawn}


def _find_sampler(config: Config) -> TaskSampler:
    place = config["training"]["train_corpus"].removeprefix("corpora.")
    for block in (config["training"]["batcher"], config["corpora"][place]):
        sampler: dict[str, Any] | None = block.get("sampler")
        if sampler:
            found = registry.resolve({"sampler": sampler})["sampler"]
            if isinstance(found, TaskSampler):
                return found
    return TaskSampler("proportional")
