"""How many steps a training takes, for learning rate schedules that are not told."""

from typing import Any
from weakref import WeakKeyDictionary, WeakValueDictionary

from spacy.language import Language
from spacy.util import registry, resolve_dot_names
from spacy.vocab import Vocab
from thinc.api import Optimizer

from .errors import Errors

#: The pipeline that is trained, by the identity of its vocabulary: what a component knows of it.
_PIPELINES: WeakValueDictionary[int, Language] = WeakValueDictionary()
#: The optimizers of pipelines that somebody wants to know them of, None as long as they are not known.
_OPTIMIZERS: WeakKeyDictionary[Language, Optimizer | None] = WeakKeyDictionary()


def note_pipeline(nlp: Language) -> None:
    """Remember a pipeline that is about to be trained, so that its components find its config.

    spaCy hands it to components that are initialized, and to readers of a corpus. A sourced component
    never sees it.

    nlp (Language): The pipeline. It is not kept alive.
    """
    _PIPELINES[id(nlp.vocab)] = nlp


def watch_optimizer(nlp: Language) -> None:
    """Remember the optimizer of a pipeline from its next step on. spaCy shows it to the components alone.

    nlp (Language): The pipeline.
    """
    note_pipeline(nlp)
    _OPTIMIZERS[nlp] = None


def find_optimizer(nlp: Language) -> Optimizer | None:
    """Find the optimizer of a pipeline that is watched.

    nlp (Language): The pipeline.
    RETURNS (Optional[Optimizer]): The optimizer, None if no component of ours has taken a step.
    """
    return _OPTIMIZERS.get(nlp)


def plan_steps(sgd: Optimizer, vocab: Vocab) -> None:
    """Tell an optimizer's schedules how many steps the training takes, if they have to know and do not. Who
    watches the pipeline gets to know the optimizer.

    sgd (Optimizer): The optimizer.
    vocab (Vocab): The vocabulary of the component that is trained.
    RAISES (ValueError): If the config of its pipeline does not say.
    """
    nlp = _PIPELINES.get(id(vocab))
    if nlp is None or nlp.vocab is not vocab:
        return
    if nlp in _OPTIMIZERS:
        _OPTIMIZERS[nlp] = sgd
    for schedule in getattr(sgd, "schedules", {}).values():
        if getattr(schedule, "total_steps", 0) is None:
            schedule.total_steps = count_steps(nlp)


def check_countable(training: dict[str, Any]) -> None:
    """Check that a config says when the training ends.

    training (Dict[str, Any]): The [training] block.
    RAISES (ValueError): If it does not.
    """
    max_steps, max_epochs = training.get("max_steps") or 0, training.get("max_epochs") or 0
    if max_steps < 1 and max_epochs < 1:
        raise ValueError(Errors.E420.format(max_steps=max_steps, max_epochs=max_epochs))


def count_steps(nlp: Language) -> int:
    """Count the steps of a training: `max_steps`, or the batches of `max_epochs` if these are fewer.

    nlp (Language): The pipeline, whose config names corpus and batcher. They are read once more.
    RETURNS (int): The number of steps.
    RAISES (ValueError): If neither is set.
    """
    config = nlp.config.interpolate()
    training = config["training"]
    check_countable(training)
    max_steps, max_epochs = training["max_steps"], training["max_epochs"]
    if max_epochs < 1:
        return max_steps
    (corpus,) = resolve_dot_names(config, [training["train_corpus"]])
    batcher = registry.resolve({"batcher": training["batcher"]})["batcher"]
    examples = list(corpus(nlp))
    # Epoch by epoch, because a batcher may make larger batches as it goes on.
    n_batches = sum(1 for _ in range(max_epochs) for _ in batcher(examples))
    return min(n_batches, max_steps) if max_steps > 0 else n_batches
