"""Out-of-fold probabilities of whole pipelines, encoder included: one training a fold."""

import io
import json
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy
import spacy
from spacy.training.initialize import init_nlp
from spacy.training.loop import train

from ..errors import Errors
from ..training.single_task import READER
from ..util import join_key, task_cats
from .folds import VERSION, FoldStore, assign_folds, digest
from .pipelines import Source
from .progress import Progress
from .rows import ReviewRow, TaskRows


def whole_pipelines(
    source: Source,
    rows: TaskRows,
    files: Mapping[str, Path],
    *,
    folds: int,
    seed: int,
    work: Path | None,
    progress: Progress,
) -> Any:
    """Judge each row by a pipeline that was trained on the other folds.

    source (Source): The config.
    rows (TaskRows): The rows of the task.
    files (Mapping[str, Path]): Training files of all tasks of the config.
    folds (int): How many folds.
    seed (int): Seed of the folds.
    work (Optional[Path]): Where folds that are done are kept.
    progress (Progress): Shows how far it is.
    RETURNS (Floats2d): Probabilities, `(n, n_labels)`.
    RAISES (ValueError): If the source is no config, or has no component for the task.
    """
    if source.is_trained or rows.task not in source.tasks or not files:
        raise ValueError(Errors.E710.format(path=source.path))
    Y = rows.targets()
    texts = [row.text for row in rows.rows]
    assigned = assign_folds(texts, Y, folds=folds, seed=seed)
    key = digest(VERSION, "whole", folds, texts, Y, source.config.to_str())
    store = FoldStore(work, key)
    P = numpy.zeros(Y.shape)
    for fold in progress.steps(f"Pipelines for {rows.task}", folds):
        held_out = assigned == fold
        if not held_out.any():
            continue
        name = f"whole-{seed}-{fold}"
        found = store.get(name)
        if found is None or found.shape != (held_out.sum(), Y.shape[1]):
            kept = [row for row, out in zip(rows.rows, held_out, strict=True) if not out]
            judged = [row for row, out in zip(rows.rows, held_out, strict=True) if out]
            found = _train_and_predict(source, rows, files, kept, judged)
            store.put(name, found)
        P[held_out] = found
    return P


def _train_and_predict(
    source: Source,
    rows: TaskRows,
    files: Mapping[str, Path],
    kept: list[ReviewRow],
    judged: list[ReviewRow],
) -> Any:
    config = deepcopy(source.config)
    with TemporaryDirectory() as folder:
        file = Path(folder) / f"{rows.task}.jsonl"
        with open(file, "w", encoding="utf8") as out:
            for row in kept:
                cats = {join_key(rows.task, label): value for label, value in row.cats.items()}
                out.write(json.dumps({"text": row.text, "cats": cats}) + "\n")
        place = str(config["training"]["train_corpus"]).removeprefix("corpora.")
        for name, block in config["corpora"].items():
            if name == place and block.get("@readers") == READER:
                block["path"] = {
                    **{task: str(path) for task, path in files.items()},
                    rows.task: str(file),
                }
        nlp = init_nlp(config)
        output = Path(folder) / "pipeline"
        output.mkdir()
        train(nlp, output, stdout=io.StringIO(), stderr=io.StringIO())
        # The best one is chosen by the dev data, and those may be the rows that are judged.
        trained = spacy.load(output / "model-last")
        docs = trained.pipe([row.text for row in judged])
        found = [task_cats(doc.cats, rows.task) for doc in docs]
    return numpy.array([[scores.get(label, 0.0) for label in rows.labels] for scores in found])
