"""What a pipeline says about texts, as targets to learn from."""

import copy
from collections.abc import Iterable, Iterator, Sequence

from spacy.language import Language

from ..errors import Errors
from ..util import join_key, listing
from .task_pipe import TaskPipe
from .training_only import TrainingOnlyPipe


def soft_targets(
    nlp: Language,
    texts: Iterable[str],
    tasks: Sequence[str] | None = None,
    *,
    batch_size: int = 256,
) -> Iterator[dict[str, float]]:
    """Compute the scores of texts, text by text, in the form of annotations: a pipeline that learns from
    them keeps its answers, or learns those of another pipeline.

    The components of the tasks and the encoders run also if they are disabled. The pipeline itself is not
    changed.

    nlp (Language): A trained pipeline.
    texts (Iterable[str]): The texts, as many as there are.
    tasks (Optional[Sequence[str]]): Tasks whose scores are wanted. Defaults to all.
    batch_size (int): How many texts to process at once.
    RETURNS (Iterator[Dict[str, float]]): For each text, in order, its scores by `task/label`.
    RAISES (ValueError): If the pipeline has no component for a task.
    """
    heads = _find_heads(nlp)
    tasks = list(heads) if tasks is None else list(tasks)
    missing = [task for task in tasks if task not in heads]
    if missing or not tasks:
        text = Errors.E436.format(missing=listing(missing), found=listing(heads))
        raise ValueError(text)
    running = _select(nlp, {heads[task] for task in tasks}, set(heads.values()))
    labels = {task: nlp.get_pipe(heads[task]).labels for task in tasks}  # type: ignore[attr-defined]
    keys = [join_key(task, label) for task in tasks for label in labels[task]]
    return (
        {key: doc.cats[key] for key in keys} for doc in running.pipe(texts, batch_size=batch_size)
    )


def _find_heads(nlp: Language) -> dict[str, str]:
    pipes = ((name, nlp.get_pipe(name)) for name in nlp.component_names)
    return {
        pipe.task: name
        for name, pipe in pipes
        if isinstance(pipe, TaskPipe) and not isinstance(pipe, TrainingOnlyPipe)
    }


def _select(nlp: Language, wanted: set[str], heads: set[str]) -> Language:
    # A context manager around a generator would leave components enabled for as long as nobody ends it.
    running = copy.copy(nlp)
    encoders = {
        name for name in nlp.component_names if hasattr(nlp.get_pipe(name), "listening_components")
    }
    running._disabled = (set(nlp._disabled) | heads) - encoders - wanted
    return running
