"""Rehearsal: a pipeline that learns something new goes on giving its former answers.

`nlp.resume_training` hands each component a copy of its model, the teacher. `nlp.rehearse` calls the
components in random order, each with a function in the place of the optimizer that only records
gradients, and then applies what the last component has recorded. Encoder and heads depend on each other,
and none of them knows whether it is the last one. So each records anew all that has been computed so far.
"""

import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import numpy
from spacy.tokens import Doc
from spacy.training import Example, validate_examples
from thinc.api import Model, Optimizer
from thinc.types import Floats2d

from ..errors import Errors, Warnings
from ..layers.blas import single_thread
from ..layers.dropout_places import set_dropout
from ..layers.fast_encoder import skip_gradients
from ..layers.listener import Tok2VecListener
from ..layers.standardize import freeze_statistics
from ..layers.token_arrays import flatten
from ..util import describe_texts
from . import checks
from .loss import teacher_cross_entropy
from .numbers import backpropagate, check_loss


class RehearsesEncoder:
    """The part of a shared encoder that takes part in `nlp.rehearse`."""

    name: str
    model: Model
    listeners: list[Any]
    _teacher: Model | None = None

    @property
    def _rehearsal_model(self) -> Model | None:
        return self._teacher

    @_rehearsal_model.setter
    def _rehearsal_model(self, teacher: Model | None) -> None:
        # Heads are copied after the encoder, and what a listener holds of an open batch with them.
        self._close_batch()  # type: ignore[attr-defined]
        self._teacher = teacher
        for listener in self.listeners:
            if isinstance(listener, Tok2VecListener):
                listener.latest.encoder = self

    def rehearse(
        self,
        examples: Iterable[Example],
        *,
        drop: float = 0.0,
        sgd: Callable | None = None,
        losses: dict[str, float] | None = None,
    ) -> dict[str, float]:
        """Learn what the heads need to give their former answers.

        examples (Iterable[Example]): A batch of examples, whose annotations are not looked at.
        drop (float): Not used: whichever component comes first runs the encoder.
        sgd (Optional[Callable]): What `nlp.rehearse` records gradients with.
        losses (Optional[Dict[str, float]]): Losses by component. The encoder reports the squared norm of
            the gradient that it got.
        RETURNS (Dict[str, float]): The losses.
        """
        losses = {} if losses is None else losses
        losses.setdefault(self.name, 0.0)
        if self._teacher is None:
            warnings.warn(Warnings.W310.format(name=self.name), stacklevel=2)
            return losses
        examples = list(examples)
        validate_examples(examples, "MultitaskTok2Vec.rehearse")
        rehearsal = _Rehearsal.of(sgd)
        encoded = rehearsal.encode(self, [example.predicted for example in examples])
        encoded.losses = losses
        rehearsal.record(sgd)
        return losses


class RehearsesHead:
    """The part of a task's component that takes part in `nlp.rehearse`."""

    name: str
    model: Model
    cfg: dict[str, Any]
    is_frozen: bool
    _has_gradient: bool
    _rehearsal_model: Model | None = None

    def rehearse(
        self,
        examples: Iterable[Example],
        *,
        drop: float = 0.0,
        sgd: Callable | None = None,
        losses: dict[str, float] | None = None,
    ) -> dict[str, float]:
        """Learn the answers that the component gave when `nlp.resume_training` was called. A component
        that was not there then has none, and nothing happens.

        examples (Iterable[Example]): A batch of examples, whose annotations are not looked at.
        drop (float): The dropout rate of the head.
        sgd (Optional[Callable]): What `nlp.rehearse` records gradients with. If the component is called
            with an optimizer, or without, the encoder learns nothing.
        losses (Optional[Dict[str, float]]): Losses by component, to which the weighted mean cross-entropy
            between the former and the present answers is added.
        RETURNS (Dict[str, float]): The losses.
        RAISES (ValueError): If the encoder does not take part, or the loss or a gradient is not finite.
        """
        losses = {} if losses is None else losses
        losses.setdefault(self.name, 0.0)
        examples = list(examples)
        if self._rehearsal_model is None or not examples:
            return losses
        validate_examples(examples, "MultitaskTextCategorizer.rehearse")
        checks.check_dropout(self.name, drop)
        docs = [example.predicted for example in examples]
        rehearsal = _Rehearsal.of(sgd)
        encoder = _find_encoder(self.name, self.model, self._rehearsal_model)
        encoded = None if encoder is None else rehearsal.encode(encoder, docs)
        with single_thread():
            targets = self._rehearsal_model.predict(docs if encoded is None else encoded.taught)
        set_dropout(self.model, drop, None)
        freeze_statistics(self.model, self.is_frozen)
        scores, backprop = _begin_update(self.model, docs, encoded)
        ops = self.model.ops
        loss, d_scores = teacher_cross_entropy(
            ops.to_numpy(scores), ops.to_numpy(targets), multi_label=self.cfg["multi_label"]
        )
        texts = describe_texts(docs)
        check_loss(self, self.cfg["task"], loss, texts)
        scale: Any = float(self.cfg["loss_weight"])
        # NumPy 1 widens the type where the weight is beyond it.
        backpropagate(self, backprop, ops.asarray2f(d_scores * scale), texts)
        losses[self.name] += loss * scale
        rehearsal.learned[id(self)] = self
        rehearsal.record(sgd)
        return losses


class _Encoded:
    """What the encoder makes of a batch, as it is now and as it was."""

    def __init__(self, encoder: Any, docs: Sequence[Doc]) -> None:
        encoder._close_batch()
        self.encoder = encoder
        #: The batch, with the token vectors of the teacher.
        self.taught = [doc.copy() for doc in docs]
        #: Where to report to. None as long as the encoder itself has not been called.
        self.losses: dict[str, float] | None = None
        self._backprop: Callable | None = None
        self._gradient: Any = None
        if not any(len(doc) for doc in docs):
            self.outputs = encoder.predict(docs)
            return
        with single_thread():
            for doc, tensor in zip(self.taught, encoder._teacher.predict(docs), strict=True):
                doc.tensor = tensor
        rates = encoder._rates()
        if rates.is_frozen:
            self.outputs = encoder.model.predict(docs)
            return
        skip_gradients(encoder.model, rates.n_frozen)
        set_dropout(encoder.model, 0.0, None)
        self.outputs, self._backprop = encoder.model.begin_update(docs)

    def receive_gradient(self, d_outputs: list[Floats2d]) -> list[Floats2d]:
        """Add a listener's gradient."""
        if d_outputs:
            flat = flatten(self.encoder.model.ops, d_outputs)
            self._gradient = flat.copy() if self._gradient is None else self._gradient + flat
        return []

    def backward(self) -> bool:
        """Run the backward pass for what has come since the last one, if the encoder takes part.

        RETURNS (bool): Whether anything had come.
        """
        if self.losses is None or self._gradient is None or self._backprop is None:
            return False
        gradient, self._gradient = self._gradient, None
        self.losses[self.encoder.name] += float(self.encoder.model.ops.xp.square(gradient).sum())
        stops = numpy.cumsum([len(output) for output in self.outputs]).tolist()
        starts = [0, *stops[:-1]]
        parts = [gradient[i:j] for i, j in zip(starts, stops, strict=True)]
        backpropagate(self.encoder, self._backprop, parts, describe_texts(self.taught))
        return True


class _Rehearsal:
    """One call of `nlp.rehearse`, which is known by the function that it records gradients with."""

    _all: WeakKeyDictionary[Any, "_Rehearsal"] = WeakKeyDictionary()

    def __init__(self) -> None:
        #: The components that have a gradient.
        self.learned: dict[int, Any] = {}
        self._encoded: dict[int, _Encoded] = {}

    @classmethod
    def of(cls, sgd: Callable | None) -> "_Rehearsal":
        if sgd is None or isinstance(sgd, Optimizer):
            return cls()
        return cls._all.setdefault(sgd, cls())

    def encode(self, encoder: Any, docs: Sequence[Doc]) -> _Encoded:
        """Get what an encoder makes of the batch."""
        if id(encoder) not in self._encoded:
            self._encoded[id(encoder)] = _Encoded(encoder, docs)
        return self._encoded[id(encoder)]

    def record(self, sgd: Callable | None) -> None:
        """Hand over all gradients."""
        for encoded in self._encoded.values():
            if encoded.backward():
                self.learned[id(encoded.encoder)] = encoded.encoder
        for component in self.learned.values():
            component._has_gradient = True
            if isinstance(sgd, Optimizer):
                component.finish_update(sgd)
            elif sgd is not None:
                component.finish_update(_Recorder(sgd))


class _Recorder:
    """Records gradients with a function that knows of no averages and no scale of the learning rate."""

    averages = None

    def __init__(self, record: Callable) -> None:
        self._record = record

    def __call__(
        self, key: Any, weights: Any, gradient: Any, *, lr_scale: float = 1.0
    ) -> tuple[Any, Any]:
        return self._record(key, weights, gradient)


def _begin_update(
    model: Model, docs: list[Doc], encoded: _Encoded | None
) -> tuple[Floats2d, Callable]:
    if encoded is None:
        return model.begin_update(docs)
    listeners = checks.listeners_of(model)
    for listener in listeners:
        batch_id = listener.get_batch_id(docs)
        listener.receive(batch_id, encoded.outputs, encoded.receive_gradient)
    try:
        return model.begin_update(docs)
    finally:
        for listener in listeners:
            listener.receive(None, None, None)  # type: ignore[arg-type]


def _find_encoder(name: str, model: Model, teacher: Model) -> Any:
    listeners = checks.listeners_of(model)
    encoders = [
        listener.latest.encoder if isinstance(listener, Tok2VecListener) else None
        for listener in listeners
    ]
    # Listeners may have been replaced by an encoder after the teacher was copied.
    if None in encoders or len(listeners) != len(checks.listeners_of(teacher)):
        raise ValueError(Errors.E435.format(name=name))
    return encoders[0] if encoders else None
