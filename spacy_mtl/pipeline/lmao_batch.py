"""What a batch of examples teaches: which documents, which tokens, and their target vectors."""

from collections.abc import Sequence

import numpy
from spacy.tokens import Doc
from spacy.training import Example

from ..layers.lmao import Objective
from ..layers.lmao_head import RawBatch
from ..layers.masking import Masking


def make_batch(
    objective: Objective,
    masking: Masking | None,
    examples: Sequence[Example],
    learned: Sequence[bool],
) -> RawBatch:
    """Look up what a batch of examples is to teach.

    objective (Objective): The objective.
    masking (Optional[Masking]): How the batch is shown to the encoder.
    examples (Sequence[Example]): The batch.
    learned (Sequence[bool]): Which of the examples are learned from.
    RETURNS (RawBatch): The batch.
    """
    docs = [example.predicted for example in examples]
    raw = [example for example, is_raw in zip(examples, learned, strict=True) if is_raw]
    return RawBatch(
        docs=docs,
        learned=numpy.asarray(learned),
        parsed=[_parsed(example) for example in raw],
        targets=objective.targets.look_up([example.predicted for example in raw]),
        chosen=objective.find_chosen(masking, sum(map(len, docs))),
    )


def _parsed(example: Example) -> Doc:
    """The document of an example that may have a parse: from a component before, or from the data."""
    predicted, reference = example.predicted, example.reference
    is_same = len(predicted) == len(reference)
    return predicted if predicted.has_annotation("DEP") or not is_same else reference
