"""The config that adds a task to a trained pipeline: complete, with comments, and enough to train alone."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spacy.util import load_config_from_str
from thinc.api import Config

from .add_task_comments import OWN_COMMENTS, describe_components, describe_plan
from .add_task_data import OldData
from .config_comments import read_comments, write_with_comments
from .config_defaults import Defaults, choose_budget
from .config_text import ENCODER, render_config
from .scenarios import Scenario
from .task_summary import TaskSummary

COPY = "spacy_mtl.copy_components.v1"
UNFREEZE = "spacy_mtl.gradual_unfreezing.v1"
#: Share of the new task in the score that chooses the best model, if old tasks have dev data, and in the
#: batches, if old data stands between those of the new task.
SHARE = 0.5
#: Dropout of the new head where there is none in the encoder and the old heads.
REHEARSAL_DROP_MULT = 1.0


@dataclass(frozen=True)
class Plan:
    """What is added to what, and how.

    model (str): Folder or package of the trained pipeline.
    task (TaskSummary): The new task.
    corpus (Path): The folder with the rows of the new task, one file for each split.
    encoder (str): Name of the encoder's component.
    width (int): Its width.
    old_tasks (Mapping[str, str]): The component of each old task.
    scenario (Scenario): What learns.
    rehearsal (str): How old tasks are kept in place.
    old_data (Optional[OldData]): What is left of their data.
    max_steps (Optional[int]): Number of training steps. Chosen by the size of the data if not set.
    seed (int): Seed of the training.
    """

    model: str
    task: TaskSummary
    corpus: Path
    encoder: str
    width: int
    old_tasks: Mapping[str, str]
    scenario: Scenario
    rehearsal: str
    old_data: OldData | None = None
    max_steps: int | None = None
    seed: int = 0

    @property
    def distilled(self) -> list[str]:
        """RETURNS (List[str]): Old tasks whose former outputs are targets."""
        return list(self.old_tasks) if self.rehearsal in ("distill", "both") else []

    @property
    def repeated(self) -> list[str]:
        """RETURNS (List[str]): Old tasks whose data is learned from again."""
        if self.old_data is None or self.rehearsal not in ("interleave", "both"):
            return []
        return self.old_data.tasks("train")

    @property
    def steps(self) -> int:
        """RETURNS (int): Number of training steps. The new task has as many with old data between as without."""
        if self.max_steps:
            return self.max_steps
        steps = choose_budget(self.task.n_train, Defaults()).max_steps
        return round(steps / (1.0 - SHARE)) if self.repeated else steps

    @property
    def rehearsed(self) -> list[str]:
        """RETURNS (List[str]): Old tasks that have something to say to the encoder."""
        return [task for task in self.old_tasks if task in (*self.distilled, *self.repeated)]


def render_added_task(
    plan: Plan, trained: Config, overrides: Mapping[str, Any] | None = None
) -> str:
    """Write the config of a training that adds a task.

    plan (Plan): What is added to what.
    trained (Config): The config of the trained pipeline, without variables.
    overrides (Optional[Mapping[str, Any]]): Values that replace others, by dotted name.
    RETURNS (str): The text of the config.
    """
    task = plan.task
    lang = trained["nlp"]["lang"]
    # Its own section [components.tok2vec] gives the comments, that of the trained pipeline the values.
    template = render_config([task], plan.corpus.as_posix(), lang=lang, max_steps=plan.steps)
    config = load_config_from_str(template, interpolate=False)
    config["system"]["seed"] = plan.seed
    config["paths"]["model"] = plan.model
    if plan.old_data is not None:
        config["paths"]["old_data"] = plan.old_data.folder.as_posix()
    config["nlp"] = {
        **deepcopy(trained["nlp"]),
        "pipeline": [*trained["nlp"]["pipeline"], task.name],
    }
    config["components"] = _make_components(plan, trained, config["components"][task.name])
    for split in ("train", "dev"):
        _set_corpus(plan, split, config["corpora"][split])
    _set_training(plan, trained, config["training"])
    _set_initialize(plan, list(trained["components"]), config["initialize"])
    config = load_config_from_str(
        config.to_str(interpolate=False), overrides=dict(overrides or {}), interpolate=False
    )
    comments = {
        **{
            (section.replace(f"components.{ENCODER}", f"components.{plan.encoder}"), key): comment
            for (section, key), comment in read_comments(template).items()
        },
        **OWN_COMMENTS,
        **describe_components(task.name, plan.encoder, plan.old_tasks),
        ("paths", ""): describe_plan(plan.model, task, plan.scenario, plan.rehearsal),
    }
    return write_with_comments(config, comments)


def _make_components(
    plan: Plan, trained: Config, head: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    components = deepcopy(dict(trained["components"]))
    components[plan.encoder].update(plan.scenario.encoder)
    for task in plan.rehearsed:
        # The encoder learns to go on serving heads that stay as they are: old tasks lose less than with heads
        # that move along. Smoothed targets would be others than the former outputs.
        smoothing = {"label_smoothing": 0.0} if task in plan.distilled else {}
        components[plan.old_tasks[task]].update({"frozen": "all", "drop_mult": 0.0, **smoothing})
    # The template's encoder has the usual name, also in variables.
    variable, own = (f"${{components.{name}." for name in (ENCODER, plan.encoder))
    head = {
        key: value.replace(variable, own) if isinstance(value, str) else deepcopy(value)
        for key, value in head.items()
    }
    if plan.rehearsed:
        # With dropout an encoder gives other outputs than it gave without, also if it has not changed.
        components[plan.encoder]["drop_mult"] = 0.0
        head["drop_mult"] = REHEARSAL_DROP_MULT
    head["model"]["standardized"] = plan.scenario.standardized
    head["model"]["tok2vec"].update(width=plan.width, upstream=plan.encoder)
    return {**components, plan.task.name: head}


def _set_corpus(plan: Plan, split: str, corpus: dict[str, Any]) -> None:
    name, old = plan.task.name, plan.old_data
    files = {name: f"${{paths.{split}}}/{name}.{split}.jsonl"}
    tasks = [name, *(plan.rehearsed if split == "train" else _evaluated(plan))]
    if old is not None and (plan.repeated if split == "train" else _evaluated(plan)):
        for task, path in old.files[split].items():
            files[task] = f"${{paths.old_data}}/{path.relative_to(old.folder).as_posix()}"
    corpus.update(path=files, split=None, tasks=tasks)


def _evaluated(plan: Plan) -> list[str]:
    return [] if plan.old_data is None else plan.old_data.tasks("dev")


def _set_training(plan: Plan, trained: Config, training: dict[str, Any]) -> None:
    scenario, name = plan.scenario, plan.task.name
    running = {plan.encoder, *(plan.old_tasks[task] for task in plan.rehearsed)}
    training["frozen_components"] = [
        component for component in trained["nlp"]["pipeline"] if component not in running
    ]
    if scenario.unfreeze_every:
        every = max(1, round(scenario.unfreeze_every * training["max_steps"]))
        training["before_update"] = {"@callbacks": UNFREEZE, "every": every, "unit": "steps"}
    if scenario.schedule is not None:
        rate = training["optimizer"]["learn_rate"]["initial_rate"]
        training["optimizer"]["learn_rate"] = {**scenario.schedule, "max_rate": rate}
    if plan.repeated:
        sampler = training["batcher"]["sampler"]
        sampler.update(strategy="weights", weights=_batch_weights(plan))
    weights: dict[str, float | None] = {f"{task}_score": None for task in plan.old_tasks}
    weights.update(_score_weights(name, _evaluated(plan)))
    training["score_weights"] = weights


def _batch_weights(plan: Plan) -> dict[str, float]:
    """The batcher puts a row into the queue of the task with the fewest rows. Tasks that only former outputs
    name have as many as the new one, so that the new rows may be in the queue of any of them.
    """
    share = SHARE / (1.0 - SHARE) / len(plan.repeated)
    tasks = [plan.task.name, *plan.rehearsed]
    return {task: round(share, 6) if task in plan.repeated else 1.0 for task in tasks}


def _score_weights(name: str, old_tasks: Sequence[str]) -> dict[str, float | None]:
    if not old_tasks:
        return {f"{name}_score": 1.0}
    # spaCy rounds score weights to two decimals whenever it writes a config.
    share = max(round((1.0 - SHARE) / len(old_tasks), 2), 0.01)
    return {f"{name}_score": SHARE, **{f"{task}_score": share for task in old_tasks}}


def _set_initialize(plan: Plan, components: list[str], initialize: dict[str, Any]) -> None:
    copied = {"@callbacks": COPY, "source": "${paths.model}", "components": components}
    initialize["before_init"] = {**copied, "shared": True}
    initialize["after_init"] = {**copied, "shared": False}
