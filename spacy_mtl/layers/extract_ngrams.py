"""Hashed word and character n-grams of whole documents."""

from collections.abc import Callable

from spacy.tokens import Doc
from thinc.api import Model
from thinc.types import Ints1d, Ragged

from .word_keys import character_keys

InT = list[Doc]
OutT = Ragged


def extract_ngrams(*, attr: str, ngram_size: int, char_min: int, char_max: int) -> Model[InT, OutT]:
    """Extract the hashed n-grams of each document, as often as they occur.

    attr (str): Token attribute that the n-grams are made of.
    ngram_size (int): Longest word n-gram; all shorter ones are extracted too.
    char_min (int): Shortest character n-gram within a word, its boundaries included as "<" and ">".
    char_max (int): Longest character n-gram. 0 for none.
    RETURNS (Model[List[Doc], Ragged]): Keys `(n_ngrams,)` as unsigned 64-bit integers, with one
        length a document.
    """
    return Model(
        "extract_ngrams",
        forward,
        attrs={
            "attr": attr,
            "ngram_size": ngram_size,
            "char_min": char_min,
            "char_max": char_max,
        },
    )


def forward(model: Model[InT, OutT], docs: InT, is_train: bool) -> tuple[OutT, Callable]:
    keys = [_document_keys(model, doc) for doc in docs]
    lengths = model.ops.asarray1i([len(doc_keys) for doc_keys in keys])
    data = model.ops.xp.concatenate(keys) if keys else model.ops.alloc1i(0)
    return Ragged(model.ops.asarray(data, dtype="uint64"), lengths), _backprop


def _document_keys(model: Model[InT, OutT], doc: Doc) -> Ints1d:
    ops = model.ops
    words = ops.asarray(doc.to_array(model.attrs["attr"]), dtype="uint64").reshape(-1)
    parts = [words]
    for size in range(2, model.attrs["ngram_size"] + 1):
        if len(words) >= size:
            parts.append(ops.ngrams(size, words))
    if model.attrs["char_max"]:
        shortest, longest = model.attrs["char_min"], model.attrs["char_max"]
        for word in words.tolist():
            parts.append(
                ops.asarray(character_keys(word, doc.vocab.strings[word], shortest, longest))
            )
    return ops.xp.concatenate(parts)


def _backprop(d_keys: OutT) -> list:
    return []
