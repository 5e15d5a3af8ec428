"""What an encoder's output is asked to predict: words, their neighbours, heads, or the rest of a text."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy
from spacy.tokens import Doc
from thinc.types import Floats2d

from ..errors import Errors
from .target_vectors import Targets

#: A text with fewer tokens is not parted.
SHORTEST_TEXT = 10
#: Where a text is cut in two, as shares of its length.
CUTS = (0.3, 0.7)


class Batch(NamedTuple):
    """A batch, its encoded tokens and their target vectors."""

    docs: Sequence[Doc]
    #: Tokens by document, `(n_docs,)`.
    lengths: Any
    #: The encoder's output, `(n_tokens, width)`.
    Y: Any
    targets: Targets
    #: The tokens to predict, `(n_tokens,)`. None for all.
    chosen: Any


class Pairs(NamedTuple):
    """Inputs of a head, and what it should make of them."""

    #: `(n, width)`.
    inputs: Any
    #: `(n, n_vectors * vector_width)`.
    targets: Any
    #: Which of the vectors are known, `(n, n_vectors)`.
    known: Any
    #: From the gradient of the inputs to that of the encoder's output, which it adds to.
    backprop: Callable[[Any, Any], None]


def pair_words(batch: Batch) -> Pairs:
    """Predict each token's own vector.

    batch (Batch): The batch.
    RETURNS (Pairs): One vector for each token that has one.
    """
    return _pair_tokens(batch, [batch.targets])


def pair_trigrams(batch: Batch) -> Pairs:
    """Predict a token's vector and those of its two neighbours, the left one first.

    batch (Batch): The batch.
    RETURNS (Pairs): Three vectors for each token. Those beyond the ends of a text are unknown.
    """
    places = numpy.arange(len(batch.targets.known))
    owners = numpy.repeat(numpy.arange(len(batch.lengths)), batch.lengths)
    parts = []
    for step in (-1, 0, 1):
        neighbours = numpy.clip(places + step, 0, max(0, len(places) - 1))
        inside = (owners[neighbours] == owners) & (neighbours == places + step)
        parts.append(_take(batch.targets, neighbours, inside))
    return _pair_tokens(batch, parts)


def pair_heads(batch: Batch) -> Pairs:
    """Predict the vector of each token's syntactic head.

    batch (Batch): The batch.
    RETURNS (Pairs): One vector for each token that is not a root.
    RAISES (ValueError): If a document has no parse.
    """
    for doc in batch.docs:
        if len(doc) and not doc.has_annotation("DEP"):
            raise ValueError(Errors.E254.format(text=doc.text[:60]))
    steps = numpy.concatenate(
        [
            numpy.zeros(0, dtype="int64"),
            *(doc.to_array("HEAD").astype("int64").reshape(-1) for doc in batch.docs),
        ]
    )
    heads = numpy.arange(len(steps)) + steps
    return _pair_tokens(batch, [_take(batch.targets, heads, steps != 0)])


def pair_documents(batch: Batch) -> Pairs:
    """Cut each text in two at a random place, and predict from the mean output of either part the mean
    vector of the other. What both parts have in common is what the text is about and how it is
    written, which is what document classification needs (two views of one text, as in Johnson and
    Zhang 2015, "Semi-supervised Convolutional Neural Networks for Text Categorization via Region
    Embedding").

    batch (Batch): The batch.
    RETURNS (Pairs): Two vectors for each text that is long enough.
    """
    stops = numpy.cumsum(batch.lengths)
    starts = stops - batch.lengths
    long = numpy.flatnonzero(batch.lengths >= SHORTEST_TEXT)
    shares = numpy.random.uniform(*CUTS, size=len(long))
    cuts = starts[long] + (batch.lengths[long] * shares).astype("int64")
    # Halves one after the other, so that reduceat sums the pieces between these borders.
    parts = numpy.stack([starts[long], cuts, cuts, stops[long]], axis=1).reshape(-1, 2)
    others = numpy.arange(len(parts)) ^ 1
    sizes = (parts[:, 1] - parts[:, 0]).astype("f")[:, None]
    known = batch.targets.known
    sums = _sum_parts(batch.targets.vectors, parts)
    counts = _sum_parts(known[:, None].astype("f"), parts)
    inputs = _sum_parts(batch.Y, parts) / sizes

    def backprop(d_inputs: Any, dY: Any) -> None:
        d_tokens = d_inputs / sizes
        for (start, stop), d_part in zip(parts.tolist(), d_tokens, strict=True):
            dY[start:stop] += d_part

    targets = sums[others] / numpy.maximum(counts[others], 1.0)
    return Pairs(inputs, targets, counts[others] > 0, backprop)


def _take(targets: Targets, places: Any, known: Any) -> Targets:
    return Targets(targets.vectors[places], targets.known[places] & known)


def _pair_tokens(batch: Batch, parts: Sequence[Targets]) -> Pairs:
    known = numpy.stack([part.known for part in parts], axis=1)
    wanted = known.any(axis=1)
    if batch.chosen is not None:
        wanted &= batch.chosen
    rows = numpy.flatnonzero(wanted)

    def backprop(d_inputs: Any, dY: Any) -> None:
        dY[rows] += d_inputs

    vectors = numpy.concatenate([part.vectors[rows] for part in parts], axis=1)
    return Pairs(batch.Y[rows], vectors, known[rows], backprop)


def _sum_parts(X: Floats2d, parts: Any) -> Floats2d:
    sums = [X[start:stop].sum(axis=0) for start, stop in parts.tolist()]
    return numpy.stack(sums) if sums else numpy.zeros((0, X.shape[1]), dtype="f")


class Target(NamedTuple):
    """A kind of target."""

    pair: Callable[[Batch], Pairs]
    #: How many vectors are predicted from one input.
    n_vectors: int


TARGETS = {
    "word": Target(pair_words, 1),
    "trigram": Target(pair_trigrams, 3),
    "head": Target(pair_heads, 1),
    "document": Target(pair_documents, 1),
}
