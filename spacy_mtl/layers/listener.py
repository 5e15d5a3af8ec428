"""Listener to a shared encoder that knows a batch by its documents, in order."""

from collections.abc import Callable, Iterable
from operator import attrgetter, is_
from typing import Any

from spacy.pipeline.tok2vec import Tok2VecListener as SpacyTok2VecListener
from spacy.tokens import Doc
from spacy.training import Example
from thinc.api import Model
from thinc.types import Floats2d

from ..argument_types import checked_types
from ..errors import Errors
from .masking import Masking
from .passed_docs import PassedDocs
from .token_arrays import Latest, TokenArrays

InT = list[Doc]
OutT = list[Floats2d]

_TENSOR = attrgetter("tensor")


class Tok2VecListener(SpacyTok2VecListener):
    """A layer that is fed its output by the shared encoder of the pipeline.

    It differs from spaCy's own listener in three ways. A batch is identified by a hash of its
    documents' words in their order, so that a permuted batch is told apart, and computed per
    document instead of per token. Documents without tokens pass also while the encoder is frozen.
    And a batch that the encoder did not announce is served from `doc.tensor`, as when the encoder
    was frozen after it had been trained.

    The class keeps spaCy's class name and node name: `spacy pretrain` and `spacy debug model` look
    for them.
    """

    def __init__(self, upstream_name: str, width: int) -> None:
        """Create a listener.

        upstream_name (str): Name of the encoder's pipe, or "*" for any.
        width (int): Width of the encoder's output.
        """
        super().__init__(upstream_name=upstream_name, width=width)
        self._func = forward
        #: What the encoder wrote into the documents last, and whether that was asked for last.
        self.latest = Latest()
        self.found_latest = False
        #: Draws how the encoder is shown a batch that belongs to the listener's component. None to be
        #: shown every batch as it is.
        self.draw_masking: Callable[[list[Example]], Masking | None] | None = None

    @classmethod
    def get_batch_id(cls, inputs: Iterable[Doc]) -> int:
        """Hash the words of a batch of documents, in order.

        inputs (Iterable[Doc]): The documents.
        RETURNS (int): The hash.
        """
        return hash(tuple(doc.to_array("ORTH").tobytes() for doc in inputs))


@checked_types("spacy_mtl.Tok2VecListener.v1")
def build_tok2vec_listener_v1(*, width: int, upstream: str = "*") -> Model[InT, OutT]:
    """Build a listener to the pipeline's shared encoder.

    width (int): Width of the encoder's output. Must be equal to the encoder's own width.
    upstream (str): Name of the encoder's pipe, or "*" for any.
    RETURNS (Model[List[Doc], List[Floats2d]]): The listener.
    """
    return Tok2VecListener(upstream_name=upstream, width=width)


def forward(model: Tok2VecListener, docs: InT, is_train: bool) -> tuple[OutT, Callable]:
    if is_train and _is_announced(model, docs):
        return model._outputs, model._backprop  # type: ignore[return-value]
    width = model.get_dim("nO")
    latest = _find_latest(model, docs, width)
    model.found_latest = latest is not None
    if latest is not None:
        return latest, _no_backprop  # type: ignore[return-value]
    outputs: OutT = []
    for doc in docs:
        tensor: Any = doc.tensor
        if tensor.size and tensor.shape[1] != width:
            raise ValueError(
                Errors.E203.format(
                    upstream=model.upstream_name, found=tensor.shape[1], expected=width
                )
            )
        if tensor.size == 0:
            if is_train and len(doc):
                raise ValueError(Errors.E204.format(upstream=model.upstream_name))
            tensor = model.ops.alloc2f(len(doc), width)
        outputs.append(model.ops.asarray2f(tensor))
    return outputs, _no_backprop


def _find_latest(model: Tok2VecListener, docs: InT, width: int) -> TokenArrays | None:
    latest = model.latest.arrays
    if latest is None or latest.flat.shape[1] != width:
        return None
    passed = docs if isinstance(docs, PassedDocs) else PassedDocs()
    if passed.unchanged is not latest:
        if len(latest) != len(docs) or not all(map(is_, map(_TENSOR, docs), latest)):
            return None
        latest.notice_changes()
    passed.read = latest
    return latest


def _is_announced(model: Tok2VecListener, docs: InT) -> bool:
    if model._batch_id is None:
        return False
    if model._batch_id == model.get_batch_id(docs):
        return True
    # spaCy's own encoder announces its batches by spaCy's own hash.
    return model._batch_id == SpacyTok2VecListener.get_batch_id(docs)


def _no_backprop(d_outputs: Any) -> list:
    return []
