"""Learning from a few rows at a time, in plain Python."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from spacy.language import Language
from spacy.training import Example
from thinc.api import Model, Optimizer

from ..errors import Errors
from ..types import Cats
from ..util import listing
from ..zones import memory_zone
from .examples import make_example
from .rows import Record, RowError, fill_labels, parse_row, split_label
from .single_task import FACTORY

Label = str | Sequence[str] | Mapping[str, float]
Rows = Iterable[tuple[str, Label]]

#: Used if the config of the pipeline names no number.
DROPOUT = 0.1
SETTINGS = ("dropout", "frozen_components", "annotating_components")


def partial_fit(
    nlp: Language,
    data: Mapping[str, Rows],
    *,
    batch_size: int = 32,
    drop: float | None = None,
    sgd: Optimizer | None = None,
    exclude: Sequence[str] | None = None,
    annotates: Sequence[str] | None = None,
    losses: dict[str, float] | None = None,
) -> dict[str, float]:
    """Learn from some rows of some tasks, each row once, in steps like those of `spacy train`.

    The rows of each task are cut into batches in the order in which they come, and tasks take turns, a
    batch each. Nothing is kept but the optimizer, `nlp._optimizer`, with which the next call goes on:
    rows may come from a stream without end. Words that are new to the vocabulary are forgotten after each
    batch, but for about 30 bytes in spaCy's index of words.

    nlp (Language): An initialized or loaded pipeline. All labels have to be known to it.
    data (Mapping[str, Iterable[Tuple[str, Label]]]): By task its rows, a text and a label, a list of all
        labels that apply (of a task with `multi_label = true`), or values by label.
    batch_size (int): Rows of a batch.
    drop (Optional[float]): The dropout rate. Defaults to [training] dropout in the config if that is a
        number, else to 0.1.
    sgd (Optional[Optimizer]): The optimizer. Defaults to `nlp._optimizer`, which is made from
        [training.optimizer] if there is none yet.
    exclude (Optional[Sequence[str]]): Components that do not learn. Defaults to [training]
        frozen_components.
    annotates (Optional[Sequence[str]]): Components that write into the documents they learn from, as an
        encoder that does not learn has to. Defaults to [training] annotating_components.
    losses (Optional[Dict[str, float]]): Losses by component, to which those of all batches are added.
    RETURNS (Dict[str, float]): The losses.
    RAISES (ValueError): If the pipeline is not initialized, has no component for a task, or a row is not
        valid. What stands before that row has been learned.
    """
    losses = {} if losses is None else losses
    training = _find_settings(nlp)
    exclude = training["frozen_components"] or [] if exclude is None else exclude
    annotates = training["annotating_components"] or [] if annotates is None else annotates
    if drop is None:
        rate = training["dropout"]
        drop = float(rate) if isinstance(rate, int | float) else DROPOUT
    heads = _find_heads(nlp, list(data))
    check_initialized(nlp, nlp.pipe_names)
    if sgd is None:
        if nlp._optimizer is None:
            nlp._optimizer = nlp.create_optimizer()
        sgd = nlp._optimizer
    for batch in _take_turns(data, heads, batch_size):
        with memory_zone(nlp):
            examples = [make_example(nlp, record, cats) for record, cats in batch]
            take_step(
                nlp,
                examples,
                drop=drop,
                sgd=sgd,
                exclude=exclude,
                annotates=annotates,
                losses=losses,
            )
    return losses


def take_step(
    nlp: Language,
    examples: list[Example],
    *,
    drop: float,
    sgd: Optimizer,
    exclude: Sequence[str],
    annotates: Sequence[str],
    losses: dict[str, float],
) -> None:
    """Take one step as `spacy train` does.

    nlp (Language): An initialized pipeline.
    examples (List[Example]): The batch.
    drop (float): The dropout rate.
    sgd (Optimizer): The optimizer.
    exclude (Sequence[str]): Components that do not learn.
    annotates (Sequence[str]): Components that write into the documents they learn from.
    losses (Dict[str, float]): Losses by component, to which those of the batch are added.
    """
    # spaCy's loop sorts each batch, too.
    examples = sorted(examples, key=lambda example: len(example.predicted))
    nlp.update(
        examples,
        drop=drop,
        losses=losses,
        sgd=False,  # type: ignore[arg-type]
        exclude=exclude,
        annotates=annotates,
    )
    # With the optimizer, `nlp.update` would finish the encoder before the heads have answered it.
    for name, pipe in nlp.pipeline:
        if name not in exclude and getattr(pipe, "is_trainable", False):
            pipe.finish_update(sgd)  # type: ignore[attr-defined]
    sgd.step_schedules()


def _find_settings(nlp: Language) -> dict[str, Any]:
    config = nlp.config
    training = config.get("training") or {}
    settings = {name: training.get(name) for name in SETTINGS}
    # Filling in variables takes longer than a small batch, and there are hardly ever any.
    if any(isinstance(value, str) for value in settings.values()):
        training = config.interpolate()["training"]
    return {name: training.get(name) for name in SETTINGS}


def _find_heads(nlp: Language, tasks: Sequence[str]) -> dict[str, Any]:
    heads = {
        pipe.task: pipe  # type: ignore[attr-defined]
        for name, pipe in nlp.pipeline
        if nlp.get_pipe_meta(name).factory == FACTORY
    }
    unknown = [task for task in tasks if task not in heads]
    if unknown:
        raise ValueError(Errors.E437.format(unknown=listing(unknown), found=listing(heads)))
    return heads


def check_initialized(nlp: Language, names: Sequence[str]) -> None:
    """Check that components have weights.

    nlp (Language): The pipeline.
    names (Sequence[str]): The components.
    RAISES (ValueError): If one has none.
    """
    for name in names:
        model = getattr(nlp.get_pipe(name), "model", None)
        if isinstance(model, Model) and any(
            node.has_param(key) is None for node in model.walk() for key in node.param_names
        ):
            raise ValueError(Errors.E438.format(name=name))


def _take_turns(
    data: Mapping[str, Rows], heads: Mapping[str, Any], batch_size: int
) -> Iterator[list[tuple[Record, Cats]]]:
    streams = {task: _read_rows(rows, task, heads[task].labels) for task, rows in data.items()}
    while streams:
        for task, stream in list(streams.items()):
            batch = list(islice(stream, batch_size))
            if batch:
                yield batch
            else:
                del streams[task]


def _read_rows(rows: Rows, task: str, labels: Sequence[str]) -> Iterator[tuple[Record, Cats]]:
    for number, row in enumerate(rows, 1):
        try:
            text, label = row
        except (TypeError, ValueError) as error:
            reason = f"expected a text and a label, found {row!r}"
            raise ValueError(Errors.E439.format(number=number, task=task, reason=reason)) from error
        form = "cats" if isinstance(label, Mapping) else "label"
        if isinstance(label, list | tuple | set | frozenset):
            form, label = "labels", list(label)
        try:
            record = parse_row({"text": text, form: label}, number, task=task, known=(task,))
        except RowError as error:
            raise ValueError(Errors.E439.format(number=number, task=task, reason=error)) from error
        if record is None:
            continue
        cats = fill_labels(record, task, labels)
        unknown = [split_label(key) for key in cats if split_label(key) not in labels]
        if unknown:
            reason = f"unknown label {listing(map(repr, unknown))}. Labels: {listing(labels)}"
            raise ValueError(Errors.E439.format(number=number, task=task, reason=reason))
        yield record, cats
