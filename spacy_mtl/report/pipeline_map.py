"""The embedding space of a pipeline, drawn with texts from data files."""

import random
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy
from spacy.language import Language
from spacy.tokens import Doc
from thinc.types import Floats2d
from thinc.util import to_numpy

from ..bars import ProgressBar
from ..damage import load_pipeline
from ..errors import Errors, Warnings
from ..pipeline.extensions import get_embedding
from ..training.single_task import FACTORY
from ..util import listing, task_cats
from .embedding_map import EmbeddingMap, check_suffix, plot_embeddings
from .map_data import NO_LABEL, export_row, gold_label, read_map_data
from .page import check_new

#: More points than these are a blot, and a page that is slow to load.
LIMIT = 50_000
COLOURS = ("gold", "predicted")


class Seen(NamedTuple):
    """What a pipeline makes of texts: embeddings `(n, width)`, and the label that it predicts of a task."""

    embeddings: Floats2d
    predicted: list[str | None]


def plot_pipeline(
    model: str | Path | Language,
    data: str | Path,
    *,
    out: str | Path | None = None,
    before: str | Path | Language | None = None,
    task: str | None = None,
    split: str = "test",
    colour: str | None = None,
    method: str = "pca",
    title: str | None = None,
    limit: int = LIMIT,
    on_error: str = "raise",
    seed: int = 0,
    overwrite: bool = False,
) -> EmbeddingMap:
    """Draw the embeddings that a pipeline has for the texts of a data set.

    model (Union[str, Path, Language]): The pipeline, or its folder or package.
    data (Union[str, Path]): A folder with data files, a file of one task, or a file with raw texts.
    out (Optional[Union[str, Path]]): File to write: .html for a page to explore, .png or .svg for a picture.
    before (Optional[Union[str, Path, Language]]): An earlier state of the pipeline, or another one, whose
        picture is put beside.
    task (Optional[str]): The task of the labels. None for the one that the data is named after.
    split (str): The split of a folder.
    colour (Optional[str]): "gold" or "predicted" labels. None for gold ones where the data has labels. The
        page has both.
    method (str): "pca", or "umap" if the package umap-learn is installed.
    title (Optional[str]): The title. None for the names of the task and of the data.
    limit (int): Draw at most this number of texts, drawn at random. 0 for all.
    on_error (str): What to do with bad rows: "raise" or "skip".
    seed (int): Seed of what is drawn at random.
    overwrite (bool): Whether to replace an existing file.
    RETURNS (EmbeddingMap): The picture.
    RAISES (ValueError): If the data or the pipeline cannot be used, or the file exists.
    """
    if colour not in (None, *COLOURS):
        raise ValueError(Errors.E653.format(found=colour))
    if out is not None:
        check_suffix(Path(out))
        check_new(out, overwrite=overwrite)
    nlp = _load(model)
    pipes = task_pipes(nlp)
    read = read_map_data(data, tasks=list(pipes), task=task, split=split, on_error=on_error)
    records, chosen = read.records, read.task
    if colour == "gold" and not read.labelled:
        raise ValueError(Errors.E655.format(path=data, task=chosen or ""))
    is_unknown = task is not None and not read.labelled
    if chosen not in pipes and (colour == "predicted" or is_unknown):
        text = Errors.E650.format(path=_name(model), task=chosen or "", tasks=listing(pipes))
        raise ValueError(text)
    if limit and len(records) > limit:
        warnings.warn(Warnings.W350.format(limit=limit, total=len(records)), stacklevel=2)
        kept = sorted(random.Random(seed).sample(range(len(records)), limit))
        records = [records[i] for i in kept]
    texts = [record.text for record in records]
    seen = embed_texts(nlp, texts, task=chosen)
    panels = {"": seen.embeddings}
    if before is not None:
        first = embed_texts(_load(before), texts, task=chosen)
        panels = {"before": first.embeddings, "after": seen.embeddings}
    labels: dict[str, list[str | None]] = {}
    if chosen is not None and read.labelled:
        labels["gold"] = [gold_label(record, chosen) for record in records]
    if chosen in pipes:
        labels["predicted"] = seen.predicted
    if colour is not None:
        labels = {colour: labels[colour], **labels}
    return plot_embeddings(
        panels,
        texts,
        labels,
        out=out,
        method=method,
        title=title or " · ".join(filter(None, (chosen, Path(data).name))),
        rows=[export_row(record) for record in records],
        seed=seed,
        overwrite=overwrite,
    )


def embed_texts(nlp: Language, texts: Sequence[str], *, task: str | None = None) -> Seen:
    """Embed texts with a pipeline, and predict one of its tasks. Its other tasks do not run.

    nlp (Language): The pipeline.
    texts (Sequence[str]): The texts.
    task (Optional[str]): The task. None for none.
    RETURNS (Seen): Embeddings and predicted labels, in the order of the texts.
    RAISES (ValueError): If the pipeline has no encoder.
    """
    pipes = task_pipes(nlp)
    idle = [name for own, name in pipes.items() if own != task]
    settings = nlp.get_pipe(pipes[task]).cfg if task in pipes else {}  # type: ignore[attr-defined]
    embeddings, predicted = [], []
    with nlp.select_pipes(disable=idle):
        docs = nlp.pipe(texts)
        for doc in ProgressBar(docs, "Embedding", len(texts), leave=False, disable=None):
            embeddings.append(to_numpy(get_embedding(doc)))
            predicted.append(_predicted_label(doc, task, settings) if settings else None)
    if not all(map(len, embeddings)):
        found = listing(nlp.pipe_names)
        raise ValueError(Errors.E651.format(path=nlp.meta.get("name", ""), found=found))
    return Seen(numpy.stack(embeddings), predicted)


def task_pipes(nlp: Language) -> dict[str, str]:
    """Find the tasks of a pipeline.

    nlp (Language): The pipeline.
    RETURNS (Dict[str, str]): The name of the component, by task.
    """
    names = [name for name in nlp.pipe_names if nlp.get_pipe_meta(name).factory == FACTORY]
    return {getattr(nlp.get_pipe(name), "task", name): name for name in names}


def _predicted_label(doc: Doc, task: str | None, settings: dict) -> str | None:
    scores = task_cats(doc.cats, str(task))
    if not scores:
        return None
    if not settings["multi_label"]:
        return max(scores, key=scores.__getitem__)
    applied = [label for label, score in scores.items() if score >= settings["threshold"]]
    return " + ".join(applied) or NO_LABEL


def _load(model: str | Path | Language) -> Language:
    return model if isinstance(model, Language) else load_pipeline(model)


def _name(model: str | Path | Language) -> str:
    return str(model.meta.get("name", "")) if isinstance(model, Language) else str(model)
