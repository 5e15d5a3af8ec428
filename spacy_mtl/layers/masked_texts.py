"""Texts in which a mark stands for a word that is not known."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy
from spacy.tokens import Doc
from spacy.util import minibatch
from spacy.vocab import Vocab
from thinc.api import Model
from thinc.types import Floats2d

from .hidden_words import BATCH_SIZE, predict_hidden

#: What stands for a hidden token.
MASK = "[MASK]"


class MaskedDoc(NamedTuple):
    """A text, and which of its tokens are hidden."""

    doc: Doc
    #: Places of the tokens in the text, in its order.
    places: list[int]


def mask_text(text: str, vocab: Vocab, make_doc: Callable[[str], Doc]) -> MaskedDoc:
    """Tokenize a text with marks. Each becomes one token, which a tokenizer by itself would make several
    of, or one together with the punctuation beside it.

    text (str): The text.
    vocab (Vocab): The vocabulary of the tokenizer.
    make_doc (Callable[[str], Doc]): The tokenizer.
    RETURNS (MaskedDoc): The text, and where the marks are.
    """
    first, *others = text.split(MASK)
    parts = [make_doc(first)] if first else []
    places = []
    n_tokens = sum(map(len, parts))
    for other in others:
        # One space belongs to the token before it, as in any other text.
        has_space = other.startswith(" ")
        rest = make_doc(other[has_space:]) if other[has_space:] else Doc(vocab)
        places.append(n_tokens)
        parts.append(Doc(vocab, words=[MASK], spaces=[has_space]))
        n_tokens += 1 + len(rest)
        if len(rest):
            parts.append(rest)
    # Tokens keep what the tokenizer knows of them, such as the norm of "n't".
    doc = Doc.from_docs(parts, ensure_whitespace=False) if parts else Doc(vocab)
    return MaskedDoc(doc or Doc(vocab), places)


def predict_masked(tok2vec: Model, head: Model, docs: Sequence[MaskedDoc]) -> Floats2d:
    """Predict the vectors of the hidden tokens.

    tok2vec (Model[List[Doc], List[Floats2d]]): The encoder, with layers that can be masked.
    head (Model[Floats2d, Floats2d]): Predicts words.
    docs (Sequence[MaskedDoc]): The texts, at least one.
    RETURNS (Floats2d): A row for each hidden token, in the order of the texts.
    """
    predicted = []
    for batch in minibatch(docs, BATCH_SIZE):
        lengths = [len(doc) for doc, _ in batch]
        starts = numpy.cumsum([0, *lengths[:-1]])
        places = [
            start + numpy.asarray(inside, dtype="int64")
            for start, (_, inside) in zip(starts, batch, strict=True)
        ]
        predicted.append(
            predict_hidden(tok2vec, head, [doc for doc, _ in batch], numpy.concatenate(places))
        )
    return numpy.concatenate(predicted)
