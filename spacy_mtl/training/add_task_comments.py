"""What the config of an added task says beside the comments of every new config."""

from collections.abc import Mapping

from .scenarios import Scenario
from .task_summary import TaskSummary

#: How old tasks are kept in place, by the name of the rehearsal.
REHEARSAL_TEXTS = {
    "none": "no rehearsal",
    "distill": "former outputs of the old heads on the new texts are targets too",
    "interleave": "every other batch is one of old data",
    "both": "former outputs of the old heads on the new texts are targets too, and every other batch is one of "
    "old data",
}
_FROZEN = """\
# What of the encoder stays as it is: "none", "all", or a group of layers, with all groups below it: from the
# bottom "embed", "window1", "window2" and so on."""
_HEAD_FROZEN = """\
# "all": the head stays as it is, and where it has rows, tells the encoder what it needs. "none": it learns along."""
_LR_DECAY = """\
# Each group of layers learns at the rate of the group above it divided by this, the highest at that of
# the heads divided by this. 1.0: all alike. 2.6 is usual to keep what lower layers know."""
_LR_SCALES = """\
# Factors to the learning rate by group of layers, e.g. embed = 0.1. Groups that are not in it follow lr_decay."""
_MODEL_PATH = """\
# The trained pipeline that all components but the new one are copied from: a folder or package."""
_CORPUS_PATH = """\
# The folder with the rows of the new task. With rehearsal by former outputs, these stand in the training file
# as values of the old tasks."""
OWN_COMMENTS = {
    ("paths", "model"): _MODEL_PATH,
    ("paths", "train"): _CORPUS_PATH,
    ("paths", "vectors"): "# null: the vocabulary is copied, with its word vectors if it has any.",
    ("paths", "init_tok2vec"): "# Without effect here, because the encoder is copied.",
    ("paths", "old_data"): "# What is left of the data of the old tasks.",
    ("corpora.train.path", ""): "# The file of each task.",
    ("corpora.dev.path", ""): "# The file of each task.",
    ("training", "frozen_components"): """\
# Components that take no part in training, because there is nothing for them in the data.""",
    ("training.before_update", ""): """\
# Gradual unfreezing: the heads learn first, then one more group of the encoder's layers every so many
# steps, from the top. Fewer steps: the encoder adapts more and forgets more.""",
    ("training.batcher.sampler.weights", ""): """\
# Half of the batches are of the new task. Tasks that have no rows of their own here are learned from its rows.""",
    ("training.optimizer.learn_rate", ""): """\
# Size of a step over the training.""",
    ("training.optimizer.learn_rate", "max_rate"): """\
# Its largest value. Lower (0.001) changes less of what was learned before.""",
    ("training.optimizer.learn_rate", "total_steps"): """\
# The step at which it is lowest. null: the last one.""",
    ("training.optimizer.learn_rate", "cut_frac"): """\
# Share of the steps in which it rises. Then it falls.""",
    ("training.optimizer.learn_rate", "ratio"): """\
# How much smaller the lowest value is than the largest.""",
    ("training.score_weights", ""): """\
# The best model is the one with the best weighted mean of these. null: not regarded, because there is no
# dev data.""",
    ("initialize.before_init", ""): """\
# Copies components from the trained pipeline, with vocabulary and tokenizer, before anything is initialized.""",
    ("initialize.after_init", ""): """\
# The same again, because initialization draws weights anew. All components but the new one.""",
}


def describe_plan(model: str, task: TaskSummary, scenario: Scenario, rehearsal: str) -> str:
    """Write the comment at the top of the config.

    model (str): The trained pipeline.
    task (TaskSummary): The new task.
    scenario (Scenario): What learns.
    rehearsal (str): How old tasks are kept in place.
    RETURNS (str): The comment.
    """
    lines = [
        f"Adds the task '{task.name}' to {model}.",
        "",
        f"Scenario: {scenario.name} ({scenario.summary}).",
        f"Rehearsal: {rehearsal} ({REHEARSAL_TEXTS[rehearsal]}).",
        "",
        "Train: python -m spacy train THIS.cfg --output FOLDER",
        "This gives what `mtl add-task` gave, which also evaluates the old tasks before and after.",
    ]
    return "\n".join(f"# {line}".rstrip() for line in lines)


def describe_components(
    name: str, encoder: str, old_tasks: Mapping[str, str]
) -> dict[tuple[str, str], str]:
    """Write the comments of the components that are copied.

    name (str): The new task.
    encoder (str): Name of the encoder's component.
    old_tasks (Mapping[str, str]): The component of each old task.
    RETURNS (Dict[Tuple[str, str], str]): Comments by section and setting.
    """
    section = f"components.{encoder}"
    comments = {
        (section, ""): "# The shared encoder, copied. Its model has to stay as it was trained.",
        (section, "frozen"): _FROZEN,
        (section, "lr_decay"): _LR_DECAY,
        (f"{section}.lr_scales", ""): _LR_SCALES,
    }
    for component in old_tasks.values():
        note = f"# Copied. Its settings mean the same as those of [components.{name}]."
        comments[f"components.{component}", ""] = note
        comments[f"components.{component}", "frozen"] = _HEAD_FROZEN
    return comments
