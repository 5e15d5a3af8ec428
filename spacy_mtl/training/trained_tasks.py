"""The tasks of a trained pipeline, and those that a folder has data for."""

from collections.abc import Iterable
from pathlib import Path

from spacy.language import Language

from .corpus import MultitaskCorpus
from .files import find_task_files
from .single_task import FACTORY, PAIR_FACTORY


def find_tasks(nlp: Language, *, pairs: bool = False) -> list[str]:
    """Find the tasks of a pipeline.

    nlp (Language): The pipeline.
    pairs (bool): Whether similarity counts as a task too.
    RETURNS (List[str]): Their names, in the order of the pipeline.
    """
    kinds = (FACTORY, PAIR_FACTORY) if pairs else (FACTORY,)
    names = [name for name in nlp.pipe_names if nlp.get_pipe_meta(name).factory in kinds]
    return [getattr(nlp.get_pipe(name), "task", name) for name in names]


def find_tasks_with_data(
    data: str | Path, tasks: Iterable[str], *, split: str = "test"
) -> set[str]:
    """Find the tasks that a folder has data for: those that its files are named after and, if one
    is not among them, those that only keys in the files name.

    data (Union[str, Path]): The folder.
    tasks (Iterable[str]): The tasks that are looked for.
    split (str): The split.
    RETURNS (Set[str]): The tasks that were found.
    """
    files = {
        task: path
        for by_task in find_task_files(data, split).values()
        for task, path in by_task.items()
    }
    if set(tasks) <= set(files):
        return set(files)
    scans = MultitaskCorpus(data, split=split).scans.values() if files else ()
    return {task for scan in scans for task, count in scan.rows.items() if count}
