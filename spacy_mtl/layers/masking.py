"""Tokens that the encoder is not shown as they are: hidden, or in the disguise of another word."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy
from spacy.tokens import Doc
from thinc.api import Model

from ..errors import Errors

#: Name of the attribute of the nodes that read tokens.
MASKING = "masking"
#: The key that stands for a hidden token. No string has the hash value 0.
HIDDEN_KEY = 0


class Masking(NamedTuple):
    """How the tokens of a batch are shown to the encoder."""

    #: Tokens that were chosen, also those that are shown as they are, `(n_tokens,)`.
    chosen: Any
    #: Tokens that are hidden, `(n_tokens,)`.
    hidden: Any
    #: Places of the tokens that are replaced, `(n_replaced,)`.
    places: Any
    #: The words in their places, one token for each.
    words: Doc

    def apply(self, features: Any, columns: Sequence[Any]) -> None:
        """Change what is read of the tokens.

        features (Ints2d): Attributes of the batch's tokens, `(n_tokens, n_columns)`, changed in place.
        columns (Sequence[Union[int, str]]): Which attribute each column holds.
        """
        if len(self.places):
            features[self.places] = self.words.to_array(list(columns)).reshape(-1, len(columns))
        features[self.hidden] = HIDDEN_KEY


class Shown:
    """How a node is shown the current batch. It is neither saved nor copied."""

    masking: Masking | None = None

    def __deepcopy__(self, memo: Any) -> "Shown":
        return Shown()

    def __reduce__(self) -> Any:
        return Shown, ()


def draw_masking(
    docs: Sequence[Doc],
    words: Any,
    *,
    chosen: float,
    hidden: float,
    replaced: float,
    among: Any = None,
) -> Masking | None:
    """Choose tokens at random, and what becomes of them.

    Of the tokens that are chosen, most are hidden, some replaced and the rest shown as they are, so that
    an encoder cannot rely on any token being what it looks like (Devlin et al. 2019, "BERT: Pre-training
    of Deep Bidirectional Transformers for Language Understanding", section 3.1).

    docs (Sequence[Doc]): The batch.
    words (Callable[[Sequence[Doc], int], List[str]]): Draws words to replace tokens with.
    chosen (float): Probability that a token is chosen.
    hidden (float): Share of the chosen tokens that are hidden.
    replaced (float): Share of the chosen tokens that are replaced.
    among (Any): Which tokens can be chosen, `(n_tokens,)`. None for all.
    RETURNS (Optional[Masking]): The masking, or None if no token can be chosen.
    """
    n_tokens = sum(map(len, docs))
    if not n_tokens or not chosen:
        return None
    is_chosen = numpy.random.random(n_tokens) < chosen
    if among is not None:
        is_chosen &= among
    fate = numpy.random.random(n_tokens)
    is_hidden = is_chosen & (fate < hidden)
    places = numpy.flatnonzero(is_chosen & ~is_hidden & (fate < hidden + replaced))
    drawn = words(docs, len(places)) if len(places) else []
    return Masking(is_chosen, is_hidden, places, Doc(docs[0].vocab, words=drawn))


def hide(docs: Sequence[Doc], places: Any) -> Masking:
    """Hide certain tokens.

    docs (Sequence[Doc]): The batch.
    places (Ints1d): Which of its tokens.
    RETURNS (Masking): The masking.
    """
    hidden = numpy.zeros(sum(map(len, docs)), dtype=bool)
    hidden[places] = True
    return Masking(hidden, hidden, numpy.zeros(0, dtype="int64"), Doc(docs[0].vocab))


@contextmanager
def masked(encoder: Model, masking: Masking | None) -> Iterator[None]:
    """Show an encoder one batch in disguise. Afterwards it sees all tokens again.

    encoder (Model): The encoder.
    masking (Optional[Masking]): The masking of the batch, None for none.
    YIELDS (None): Nothing.
    RAISES (ValueError): If the encoder has no layer that can be masked.
    """
    readers = find_readers(encoder) if masking is not None else []
    if masking is not None and not readers:
        raise ValueError(Errors.E250.format(name=encoder.name))
    for reader in readers:
        reader.attrs[MASKING].masking = masking
    try:
        yield
    finally:
        for reader in readers:
            reader.attrs[MASKING].masking = None


def find_readers(encoder: Model) -> list[Model]:
    """Find the nodes that read tokens and can be masked.

    encoder (Model): The encoder.
    RETURNS (List[Model]): The nodes.
    """
    return [node for node in encoder.walk() if MASKING in node.attrs]
