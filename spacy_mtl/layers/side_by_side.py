"""Two encoders of the same documents, their token vectors side by side."""

from collections.abc import Callable

import numpy
from spacy.tokens import Doc
from thinc.api import Model, NumpyOps, concatenate
from thinc.layers.concatenate import forward as forward_concatenate
from thinc.types import Floats2d

from .token_arrays import TokenArrays, flatten

InT = list[Doc]
OutT = list[Floats2d]


def side_by_side(*encoders: Model[InT, OutT]) -> Model[InT, OutT]:
    """thinc's `concatenate` for encoders, which copies all documents at once.

    encoders (Model[List[Doc], List[Floats2d]]): Two or more encoders.
    RETURNS (Model[List[Doc], List[Floats2d]]): Per document an array `(n_tokens, sum of widths)`.
    """
    model: Model[InT, OutT] = concatenate(*encoders)
    model._func = forward
    return model


def forward(model: Model[InT, OutT], docs: InT, is_train: bool) -> tuple[OutT, Callable]:
    if not isinstance(model.ops, NumpyOps):
        return forward_concatenate(model, docs, is_train)
    outputs, callbacks = zip(*(layer(docs, is_train) for layer in model.layers), strict=True)
    parts = [flatten(model.ops, output) for output in outputs]
    lengths = numpy.asarray([len(doc) for doc in docs])
    borders = numpy.cumsum([part.shape[1] for part in parts])[:-1]

    def backprop(dYs: OutT) -> list:
        d_parts = numpy.split(flatten(model.ops, dYs), borders, axis=1)
        for callback, d_part in zip(callbacks, d_parts, strict=True):
            callback(TokenArrays.split(numpy.ascontiguousarray(d_part), lengths))
        return []

    return TokenArrays.split(numpy.hstack(parts), lengths), backprop
