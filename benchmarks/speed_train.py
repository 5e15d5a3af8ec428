"""Training steps: `nlp.update`, then `finish_update` of every component, as spaCy's training loop does.
Ours use the optimizer of new configs, which takes the same steps as thinc's Adam."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import cycle, islice
from typing import Any

from spacy.language import Language
from spacy.training import Example
from speed_models import (
    EMBED_SIZE,
    OURS,
    SIDES,
    SIZES,
    can_run,
    conditions,
    make_example,
    make_pipeline,
)
from speed_texts import SHORT, SOURCES, read_texts, task_labels
from speed_timing import Side, compare
from thinc.api import Adam, Optimizer, fix_random_seed

from spacy_mtl.layers.fused_adam import create_adam_v1

#: Steps in a round, by size of the batch.
N_STEPS = {64: 8, 256: 3}
N_QUICK = {64: 1}
DROPOUT = 0.1
ONE_TASK = "sentiment"


def run(data_dir: str, quick: bool) -> dict[str, Any]:
    """Measure training steps. Each batch is annotated for one task, since stock spaCy refuses several
    true labels in one document.

    data_dir (str): The folder of the data.
    quick (bool): Take few steps.
    RETURNS (Dict[str, Any]): The section.
    """
    steps = N_QUICK if quick else N_STEPS
    tasks = task_labels()
    cases = {}
    for width, depth in SIZES:
        pipelines = _make_pipelines(tasks, width, depth)
        for size, n_steps in steps.items():
            name = f"{width}x{depth} batch {size}"
            cases[name] = _measure(pipelines, tasks, data_dir, size, n_steps)
    if not quick:
        name, case = _measure_one_task(data_dir, {ONE_TASK: tasks[ONE_TASK]}, steps)
        cases[name] = case
    return {
        "embed_size": EMBED_SIZE,
        "dropout": DROPOUT,
        "tasks": len(tasks),
        "texts": SOURCES[SHORT],
        "cases": cases,
    }


def _measure_one_task(
    data_dir: str, tasks: Mapping[str, Sequence[str]], steps: Mapping[int, int]
) -> tuple[str, dict[str, Any]]:
    # Stock spaCy's heads learn from every batch, also from those of other tasks: with eleven, they do
    # more than ours. With one head the work is equal.
    (width, depth), (size, n_steps) = SIZES[0], next(iter(steps.items()))
    pipelines = _make_pipelines(tasks, width, depth)
    case = _measure(pipelines, tasks, data_dir, size, n_steps)
    return f"{width}x{depth} batch {size}, 1 task", case


def _make_pipelines(
    tasks: Mapping[str, Sequence[str]], width: int, depth: int
) -> dict[str, Language | None]:
    return {
        side: make_pipeline(side, tasks, width, depth) if can_run(side) else None for side in SIDES
    }


def _measure(
    pipelines: Mapping[str, Language | None],
    tasks: Mapping[str, Sequence[str]],
    data_dir: str,
    size: int,
    n_steps: int,
) -> dict[str, Any]:
    texts = read_texts(data_dir, SHORT, size * n_steps)
    sides: dict[str, Side | None] = {}
    for side, nlp in pipelines.items():
        sides[side] = None if nlp is None else Side(make_steps(side, nlp, tasks, texts, size))
    result = compare(sides, amount=n_steps, unit="steps")
    return {"batch_size": size, **result}


def make_steps(
    side: str,
    nlp: Language,
    tasks: Mapping[str, Sequence[str]],
    texts: Sequence[str],
    size: int,
) -> Callable[[], None]:
    """Prepare training steps.

    side (str): The pipeline's side.
    nlp (Language): The pipeline.
    tasks (Mapping[str, Sequence[str]]): The labels of each task.
    texts (Sequence[str]): The texts.
    size (int): Texts in a batch. Each batch is annotated for another task.
    RETURNS (Callable[[], None]): A function that takes all steps.
    """
    batches = []
    for number, (task, labels) in enumerate(islice(cycle(tasks.items()), len(texts) // size)):
        part = texts[number * size : (number + 1) * size]
        pairs = zip(part, cycle(labels), strict=False)
        batches.append([make_example(nlp, text, task, label, labels) for text, label in pairs])
    fix_random_seed(0)
    with conditions(side):
        optimizer = create_adam_v1() if side in OURS else Adam()
    return partial(take_steps, side, nlp, batches, optimizer)


def take_steps(
    side: str, nlp: Language, batches: Sequence[list[Example]], optimizer: Optimizer
) -> None:
    """Take a training step for each batch.

    side (str): The pipeline's side.
    nlp (Language): The pipeline.
    batches (Sequence[List[Example]]): The batches.
    optimizer (Optimizer): The optimizer.
    """
    with conditions(side):
        for batch in batches:
            nlp.update(batch, drop=DROPOUT, sgd=False)  # type: ignore[arg-type]
            for _, pipe in nlp.pipeline:
                pipe.finish_update(optimizer)  # type: ignore[attr-defined]
            optimizer.step_schedules()
