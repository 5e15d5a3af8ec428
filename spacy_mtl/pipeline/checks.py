"""Checks of a pipeline and its config that can be made before any training time is spent."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.pipeline.tok2vec import Tok2Vec, Tok2VecListener
from spacy.tokens import Doc
from spacy.util import dot_to_object, resolve_dot_names
from thinc.api import Config, ConfigValidationError, Model

from ..errors import Errors, Warnings
from ..finite import is_number
from ..layers.saved_weights import find_mismatch, read_weights
from ..total_steps import check_countable, note_pipeline
from ..util import listing

READER = "spacy_mtl.MultitaskCorpus.v1"
#: Schedules that find the number of steps themselves, if it is not set.
COUNTING_SCHEDULES = ("spacy_mtl.slanted_triangular.v1", "spacy_mtl.one_cycle.v1")


def listeners_of(model: Model) -> list[Tok2VecListener]:
    """Find the listeners in a model.

    model (Model): The model of a component.
    RETURNS (List[Tok2VecListener]): Its listeners, empty if the component has its own encoder.
    """
    return [node for node in model.walk() if isinstance(node, Tok2VecListener)]


def warn_unencoded(name: str, model: Model, docs: Sequence[Doc]) -> None:
    """Warn if documents were classified that no encoder has seen.

    name (str): Name of the component.
    model (Model): Its model, after it has predicted.
    docs (Sequence[Doc]): The documents.
    """
    # What the encoder has just written need not be looked at again.
    if getattr(model.maybe_get_ref("tok2vec"), "found_latest", False):
        return
    for listener in listeners_of(model):
        if getattr(listener, "found_latest", False):
            continue
        if any(len(doc) and not doc.tensor.size for doc in docs):
            upstream = listener.upstream_name.replace("*", "tok2vec")
            message = Warnings.W201.format(name=name, upstream=upstream)
            warnings.warn(message, stacklevel=3)


def section(nlp: Language, name: str) -> dict[str, Any]:
    """Get a block of the pipeline's config, with all variables filled in.

    nlp (Language): The pipeline.
    name (str): Name of the block.
    RETURNS (Dict[str, Any]): The block, empty if there is none.
    """
    config = nlp.config
    try:
        # With many tasks the components are by far the longest part, and hardly anything refers to them.
        others = {key: block for key, block in config.items() if key != "components"}
        return Config(others).interpolate().get(name) or {}
    except ConfigValidationError:
        return config.interpolate().get(name) or {}


def check_dropout(name: str, value: Any) -> None:
    """Check that a dropout rate is a probability.

    name (str): Name of the component.
    value (Any): The rate. Schedules are not checked here, since they are read step by step.
    RAISES (ValueError): If the rate is not at least 0 and below 1.
    """
    if isinstance(value, int | float) and not 0.0 <= value < 1.0:
        raise ValueError(Errors.E217.format(name=name, value=value))


def check_drop_mult(name: str, value: Any) -> None:
    """Check the one number for all dropout.

    name (str): Name of the component.
    value (Any): The number.
    RAISES (ValueError): If it is neither None nor a number of at least 0.
    """
    if value is not None and not (is_number(value) and value >= 0.0):
        expected = "null, or a number of at least 0"
        text = Errors.E225.format(name=name, setting="drop_mult", value=value, expected=expected)
        raise ValueError(text)


def check_schedule(training: dict[str, Any]) -> None:
    """Warn if the learning rate is at its end before the training is, or, for a schedule that can find the
    number of steps itself, also if it is not there when the training ends.

    training (Dict[str, Any]): The [training] block.
    RAISES (ValueError): If a schedule has to find the number of steps, and the config does not say.
    """
    schedule = (training.get("optimizer") or {}).get("learn_rate")
    if not isinstance(schedule, dict):
        return
    total_steps = schedule.get("total_steps") or 0
    max_steps = training.get("max_steps") or 0
    if schedule.get("@schedules") in COUNTING_SCHEDULES:
        if not total_steps:
            check_countable(training)
        elif max_steps and training.get("max_epochs", 0) < 1 and total_steps != max_steps:
            text = Warnings.W305.format(total_steps=total_steps, max_steps=max_steps)
            warnings.warn(text, stacklevel=2)
    elif 0 < total_steps < max_steps:
        text = Warnings.W204.format(total_steps=total_steps, max_steps=max_steps)
        warnings.warn(text, stacklevel=2)


def find_reader(nlp: Language, key: str) -> Any:
    """Find the corpus reader that the config names, if it is ours.

    nlp (Language): The pipeline that is being initialized.
    key (str): The setting under [training]: "train_corpus" or "dev_corpus".
    RETURNS (Any): The reader, or None for another reader or none.
    """
    config = nlp.config.interpolate()
    place = (config.get("training") or {}).get(key)
    try:
        block = dot_to_object(config, place) if place else None
    except KeyError:
        return None
    if not isinstance(block, dict) or block.get("@readers") != READER:
        return None
    try:
        (reader,) = resolve_dot_names(Config({"corpora": {"found": block}}), ["corpora.found"])
    except (OSError, ValueError):
        # `spacy train` has opened the corpora before it initializes, and reported what is wrong with
        # them. Elsewhere, as with a loaded pipeline in another folder, nobody needs the files.
        return None
    return reader


def check_stream(training: dict[str, Any], nlp: Language) -> None:
    """Warn if a stream would not be shuffled.

    training (Dict[str, Any]): The [training] block.
    nlp (Language): The pipeline that is being initialized.
    """
    if training.get("max_epochs") != -1:
        return
    reader = find_reader(nlp, "train_corpus")
    if reader is not None and not reader.stream:
        warnings.warn(Warnings.W205, stacklevel=2)


def check_training(name: str, nlp: Language) -> None:
    """Check the [training] block of the config for one component.

    name (str): Name of the component.
    nlp (Language): The pipeline that is being initialized.
    RAISES (ValueError): If the dropout is no probability, a schedule cannot find its number of steps,
        or a frozen component of ours has no weights.
    """
    note_pipeline(nlp)
    training = section(nlp, "training")
    check_dropout(name, training.get("dropout"))
    check_schedule(training)
    check_stream(training, nlp)
    for frozen in training.get("frozen_components") or []:
        if frozen in nlp.disabled:  # else it is about to be initialized
            model = getattr(nlp.get_pipe(frozen), "model", None)
            if isinstance(model, Model) and is_untrained(model):
                raise ValueError(Errors.E212.format(name=frozen))


def check_encoder(name: str, model: Model, nlp: Language) -> None:
    """Check that the listeners in a component's model have an encoder that fits.

    name (str): Name of the component.
    model (Model): Its model.
    nlp (Language): The pipeline that is being initialized.
    RAISES (ValueError): If there is no encoder of that name before the component, its width differs,
        or it is frozen without annotating.
    """
    for listener in listeners_of(model):
        encoder = find_encoder(listener, name, nlp)
        upstream = encoder.name
        expected = encoder.model.maybe_get_dim("nO")
        found = listener.get_dim("nO")
        if expected is not None and expected != found:
            raise ValueError(
                Errors.E211.format(name=name, upstream=upstream, found=found, expected=expected)
            )
        training = section(nlp, "training")
        frozen = upstream in (training.get("frozen_components") or [])
        if frozen and upstream not in (training.get("annotating_components") or []):
            raise ValueError(Errors.E213.format(name=upstream, listener=name))


def check_dev_labels(name: str, task: str, labels: Sequence[str], nlp: Language) -> None:
    """Check that the evaluation data of the config has no label that a component does not know.

    name (str): Name of the component.
    task (str): Its task.
    labels (Sequence[str]): Its labels.
    nlp (Language): The pipeline that is being initialized.
    RAISES (ValueError): If there is one. Readers that are not ours are not looked at.
    """
    reader = find_reader(nlp, "dev_corpus")
    for scan in reader.scans.values() if reader is not None else ():
        for label, line in scan.lines.get(task, {}).items():
            if label not in labels:
                raise ValueError(
                    Errors.E233.format(
                        name=name,
                        task=task,
                        path=scan.path,
                        line=line,
                        label=label,
                        labels=listing(labels),
                    )
                )


def tasks_of_reader(nlp: Language) -> set[str] | None:
    """Find the tasks that the training data of the config has rows for, without reading a stream.

    nlp (Language): The pipeline that is being initialized.
    RETURNS (Optional[Set[str]]): The tasks. None if the reader is not ours.
    """
    reader = find_reader(nlp, "train_corpus")
    if reader is None:
        return None
    return {*reader.sizes, *(task for scan in reader.scans.values() for task in scan.rows)}


def find_encoder(listener: Tok2VecListener, name: str, nlp: Language) -> Tok2Vec:
    """Find the encoder that a listener belongs to, also if it is disabled.

    listener (Tok2VecListener): The listener.
    name (str): Name of the listener's component.
    nlp (Language): The pipeline.
    RETURNS (Tok2Vec): The encoder.
    RAISES (ValueError): If no encoder of that name stands before the component.
    """
    for other in nlp.component_names:
        if other == name:
            break
        pipe = nlp.get_pipe(other)
        if isinstance(pipe, Tok2Vec) and listener.upstream_name in ("*", other):
            return pipe
    raise ValueError(
        Errors.E210.format(
            name=name, upstream=listener.upstream_name, pipeline=", ".join(nlp.component_names)
        )
    )


def check_score_weight(name: str, key: str, nlp: Language) -> None:
    """Warn if the choice of the best model would not regard a component.

    name (str): Name of the component.
    key (str): The score that stands for it.
    nlp (Language): The pipeline that is being initialized.
    """
    weights = section(nlp, "training").get("score_weights") or {}
    if weights and key not in weights:
        warnings.warn(Warnings.W202.format(name=name, key=key), stacklevel=2)


def check_pretrained(name: str, model: Model, nlp: Language) -> None:
    """Check that pretrained weights named in the config are used, and fit the encoder.

    name (str): Name of the encoder's pipe.
    model (Model): The encoder, initialized.
    nlp (Language): The pipeline that is being initialized.
    RAISES (ValueError): If [pretraining] is missing, the file holds no weights, or a shape differs.
    """
    path = section(nlp, "initialize").get("init_tok2vec")
    if path is None:
        return
    pretraining = section(nlp, "pretraining")
    if not pretraining:
        raise ValueError(Errors.E214.format(path=str(path)))
    if pretraining.get("component", "tok2vec") != name or not Path(path).is_file():
        return
    what = find_mismatch(model, read_weights(Path(path)))
    if what is not None:
        raise ValueError(Errors.E215.format(path=str(path), name=name, what=what))


def is_untrained(model: Model) -> bool:
    """Tell whether a model has parameters that were never set.

    model (Model): The model.
    RETURNS (bool): Whether any of its parameters is missing.
    """
    return any(node.has_param(key) is None for node in model.walk() for key in node.param_names)
