"""A transformer as an encoder of tokens: their vectors are the means of their pieces' vectors."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy
from spacy.tokens import Doc
from thinc.api import Model, Ragged
from thinc.types import Floats2d, Ints1d

from ..errors import Errors
from .token_arrays import TokenArrays, flatten

InT = list[Doc]
OutT = list[Floats2d]
#: Reads spans of piece ids; per span its `all_outputs` end in the last layer's vectors.
Transformer = Model[list[Ints1d], Any]


class Span(NamedTuple):
    """A part of a text that the transformer reads at once, as places among the batch's pieces.

    start (int): The first piece that is read.
    stop (int): The end of what is read.
    first (int): The first piece whose vector is taken from this span, as no other has more around it.
    last (int): The end of these.
    """

    start: int
    stop: int
    first: int
    last: int


def transformer_tok2vec(
    piece_encoder: Model[list[Doc], list[Ragged]],
    transformer: Transformer,
    *,
    kind: str,
    vocab_size: int,
    window: int,
    stride: int,
    span_batch: int,
) -> Model[InT, OutT]:
    """Encode tokens by a transformer. A text longer than its window is read in overlapping spans. A
    token without pieces, such as whitespace, has a vector of zeros.

    The node's `dropout_rate` holds for every dropout within the transformer.

    piece_encoder (Model[List[Doc], List[Ragged]]): Splits tokens into pieces, and puts one piece
        before and one behind a text.
    transformer (Model[List[Ints1d], Any]): The transformer, a wrapped module of PyTorch.
    kind (str): What kind of transformer it is, for those who load its pieces.
    vocab_size (int): Number of pieces that the transformer knows.
    window (int): Most pieces that it reads at once.
    stride (int): Pieces from the start of one span to the start of the next.
    span_batch (int): Most spans in one call of the transformer. Spans of like length are put together,
        since the shorter ones are padded.
    RETURNS (Model[List[Doc], List[Floats2d]]): Per document an array `(n_tokens, width)`.
    """
    # The last layer alone is read, and no gradient comes for the others.
    transformer.attrs["_all_layer_outputs"] = False
    return Model(
        "transformer_tok2vec",
        forward,
        init=init,
        layers=[piece_encoder, transformer],
        dims={"nO": transformer.get_dim("nO")},
        refs={"piece_encoder": piece_encoder, "transformer": transformer},
        attrs={
            "dropout_rate": 0.1,
            "kind": kind,
            "vocab_size": vocab_size,
            "window": window,
            "stride": stride,
            "span_batch": span_batch,
        },
    )


def forward(model: Model[InT, OutT], docs: InT, is_train: bool) -> tuple[OutT, Callable]:
    if not docs:
        return [], _no_backprop
    transformer = model.get_ref("transformer")
    if is_train:
        _set_dropout(transformer, model.attrs["dropout_rate"])
    encoded = _encode(model, docs)
    pieces: Any = model.ops.xp.concatenate([ragged.dataXd for ragged in encoded])
    lengths = model.ops.xp.concatenate([ragged.lengths for ragged in encoded])
    Y_pieces = model.ops.alloc2f(len(pieces), model.get_dim("nO"))
    calls = []
    for spans in _batch_spans(model, [len(ragged.dataXd) for ragged in encoded]):
        Y_spans, bp_spans = transformer([pieces[s.start : s.stop] for s in spans], is_train)
        for span, layers in zip(spans, Y_spans.all_outputs, strict=True):
            Y_pieces[span.first : span.last] = layers[-1][_taken(span)]
        calls.append((spans, bp_spans))
    is_token = _find_tokens([len(ragged.lengths) for ragged in encoded])
    Y = model.ops.reduce_mean(Y_pieces, lengths)[is_token]

    def backprop(dY: OutT) -> list:
        d_all = model.ops.alloc2f(len(lengths), Y.shape[1])
        d_all[is_token] = flatten(model.ops, dY)
        d_pieces = model.ops.backprop_reduce_mean(d_all, lengths)
        for spans, bp_spans in calls:
            d_spans = []
            for span in spans:
                d_span = model.ops.alloc2f(span.stop - span.start, Y.shape[1])
                d_span[_taken(span)] = d_pieces[span.first : span.last]
                d_spans.append([d_span])
            bp_spans(d_spans)
        return []

    return TokenArrays.split(Y, numpy.asarray([len(doc) for doc in docs], dtype="i")), backprop


def init(model: Model[InT, OutT], X: InT | None = None, Y: Any = None) -> None:
    for layer in model.layers:
        layer.initialize()
    if X:
        model.predict(X[:1])


def cut_spans(n_pieces: int, window: int, stride: int, *, offset: int = 0) -> Iterator[Span]:
    """Cut a text into spans that a transformer can read. Where two of them overlap, each gives the
    vectors of its own half.

    n_pieces (int): Length of the text.
    window (int): Length of a span.
    stride (int): From the start of one span to the start of the next.
    offset (int): Where the text starts among all pieces.
    YIELDS (Span): The spans, in order.
    """
    margin = (window - stride) // 2
    for start in range(0, max(1, n_pieces - (window - stride)), stride):
        is_last = start + window >= n_pieces
        yield Span(
            start=offset + start,
            stop=offset + min(start + window, n_pieces),
            first=offset + (start + margin if start else 0),
            last=offset + (n_pieces if is_last else start + stride + margin),
        )


def _batch_spans(model: Model, n_pieces: Sequence[int]) -> Iterator[list[Span]]:
    spans: list[Span] = []
    offset = 0
    for n in n_pieces:
        spans.extend(cut_spans(n, model.attrs["window"], model.attrs["stride"], offset=offset))
        offset += n
    spans.sort(key=lambda span: span.stop - span.start)
    size = model.attrs["span_batch"]
    for i in range(0, len(spans), size):
        yield spans[i : i + size]


def _taken(span: Span) -> slice:
    return slice(span.first - span.start, span.last - span.start)


def _find_tokens(lengths: Sequence[int]) -> numpy.ndarray:
    """All entries but the first and the last of each text, which frame it."""
    is_token = numpy.ones(sum(lengths), dtype=bool)
    ends = numpy.cumsum(lengths)
    is_token[ends - 1] = False
    is_token[ends - numpy.asarray(lengths)] = False
    return is_token


def _encode(model: Model[InT, OutT], docs: InT) -> list[Ragged]:
    try:
        encoded = model.get_ref("piece_encoder").predict(docs)
    except (RuntimeError, ValueError) as error:
        # What is raised for want of a vocabulary differs by the kind of pieces.
        raise ValueError(Errors.E491.format(reason=error)) from error
    highest = max(int(ragged.dataXd.max()) for ragged in encoded)
    vocab_size = model.attrs["vocab_size"]
    if highest >= vocab_size:
        raise ValueError(Errors.E492.format(found=highest + 1, vocab_size=vocab_size))
    return encoded


def _set_dropout(transformer: Transformer, rate: float) -> None:
    for shim in transformer.shims:
        for module in shim._model.modules():
            if type(module).__name__ == "Dropout":
                module.p = rate


def _no_backprop(dY: OutT) -> list:
    return []
