"""Token vectors that add up the hashed character n-grams of a word and its word bigram."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy
from spacy.tokens import Doc
from thinc.api import Model, NumpyOps, uniform_init
from thinc.types import Floats2d

from .word_keys import character_keys

InT = list[Doc]
OutT = list[Floats2d]

SEED = 21
#: Rows of the table that make up one n-gram's vector.
N_HASHES = 2
#: What the sum of the rows is multiplied by. A row is touched by few batches, and an optimizer of
#: Adam's kind moves it by about the learning rate each time: the factor makes it learn that much
#: faster than the weights that every batch touches.
SCALE = 4.0
#: The rows start in a range that gives one n-gram's vector the size of a hash embedding's.
INIT_RANGE = 0.1 / SCALE


def NgramEmbed(
    nO: int,
    nV: int,
    *,
    ngram_size: int,
    char_min: int,
    char_max: int,
    attr: str = "NORM",
    word_dropout: float = 0.0,
) -> Model[InT, OutT]:
    """Embed each token as the sum of its word, its character n-grams and the word n-grams that
    start at it.

    The mean of these vectors over a document is a bag of n-grams as in fastText (Joulin et al. 2017,
    "Bag of Tricks for Efficient Text Classification"; Bojanowski et al. 2017, "Enriching Word Vectors
    with Subword Information"), in a small table with several hashes a key as in floret. It learns
    much faster than the window layers, and tells words apart that share no embedding row.

    nO (int): Width of the vectors.
    nV (int): Rows of the table.
    ngram_size (int): Longest word n-gram, 1 for single words only.
    char_min (int): Length of the shortest character n-grams.
    char_max (int): Length of the longest character n-grams, 0 for none.
    attr (str): Token attribute of the n-grams.
    word_dropout (float): Probability that a token's vector is zero in training.
    RETURNS (Model[List[Doc], List[Floats2d]]): Per document an array `(n_tokens, nO)`.
    """
    return Model(
        "ngram_embed",
        forward,
        init=partial(init, partial(uniform_init, lo=-INIT_RANGE, hi=INIT_RANGE)),
        params={"E": None},
        dims={"nO": nO, "nV": nV},
        attrs={
            "attr": attr,
            "ngram_size": ngram_size,
            "char_min": char_min,
            "char_max": char_max,
            "word_dropout": word_dropout,
            "seed": SEED,
            "scale": SCALE,
        },
    )


def forward(model: Model[InT, OutT], docs: InT, is_train: bool) -> tuple[OutT, Callable]:
    ops = model.ops
    table: Floats2d = model.get_param("E")
    if not any(len(doc) for doc in docs):
        return [ops.alloc2f(0, table.shape[1]) for _ in docs], _no_backprop
    lengths = ops.asarray1i([len(doc) for doc in docs])
    words = [doc.to_array(model.attrs["attr"]).reshape(-1).astype("uint64") for doc in docs]
    distinct, where = numpy.unique(numpy.concatenate(words), return_inverse=True)
    keys, owners = _lexeme_keys(model, docs, distinct)
    lexeme_rows = _rows(model, keys)
    span_rows, starts = _word_ngram_rows(model, words)

    lexemes = ops.alloc2f(distinct.shape[0], table.shape[1])
    ops.scatter_add(lexemes, owners, ops.gather_add(table, lexeme_rows))
    Y = lexemes[where]
    if starts.shape[0]:
        ops.scatter_add(Y, starts, ops.gather_add(table, span_rows))
    Y *= model.attrs["scale"]
    kept = None
    if is_train and model.attrs["word_dropout"]:
        kept = ops.xp.random.random((Y.shape[0], 1)) >= model.attrs["word_dropout"]
        Y *= kept

    def backprop(dYs: OutT) -> list:
        dY = ops.flatten(dYs) * model.attrs["scale"]
        if kept is not None:
            dY = dY * kept
        d_lexemes = ops.alloc2f(*lexemes.shape)
        ops.scatter_add(d_lexemes, ops.as_contig(where, dtype="i"), dY)
        d_table = ops.alloc2f(*table.shape)
        _add_rows(model, d_table, lexeme_rows, d_lexemes[owners])
        if starts.shape[0]:
            _add_rows(model, d_table, span_rows, dY[starts])
        model.inc_grad("E", d_table)
        return []

    return ops.unflatten(Y, lengths), backprop


def _no_backprop(dYs: OutT) -> list:
    return []


def _lexeme_keys(model: Model, docs: InT, distinct: numpy.ndarray) -> tuple[Any, Any]:
    shortest, longest = model.attrs["char_min"], model.attrs["char_max"]
    strings = docs[0].vocab.strings
    parts, counts = [], []
    for word in distinct.tolist():
        keys = character_keys(word, strings[word], shortest, longest)
        parts.append(keys)
        counts.append(len(keys))
    owners = numpy.repeat(numpy.arange(len(counts)), counts)
    owners = numpy.concatenate([numpy.arange(len(counts)), owners])
    return numpy.concatenate([distinct, *parts]), model.ops.asarray(owners, dtype="i")


def _word_ngram_rows(model: Model, words: list[Any]) -> tuple[Any, Any]:
    parts = [numpy.zeros((0,), dtype="uint64")]
    starts = [numpy.zeros((0,), dtype="i")]
    offset = 0
    for doc_words in words:
        for size in range(2, model.attrs["ngram_size"] + 1):
            if len(doc_words) >= size:
                keys = model.ops.ngrams(size, doc_words)
                parts.append(keys)
                starts.append(numpy.arange(offset, offset + len(keys), dtype="i"))
        offset += len(doc_words)
    rows = _rows(model, numpy.concatenate(parts))
    return rows, model.ops.asarray(numpy.concatenate(starts), dtype="i")


def _rows(model: Model, found: Any) -> Any:
    keys: Any = model.ops.asarray(found, dtype="uint64")
    if not keys.shape[0]:
        return model.ops.alloc2i(0, N_HASHES)
    hashed = model.ops.hash(model.ops.as_contig(keys), model.attrs["seed"])
    return model.ops.as_contig(hashed[:, :N_HASHES] % model.get_dim("nV"))


def _add_rows(model: Model, d_table: Floats2d, rows: Any, d_rows: Any) -> None:
    for column in model.ops.as_contig(rows.T, dtype="i"):
        model.ops.scatter_add(d_table, column, model.ops.as_contig(d_rows))


def init(
    initializer: Callable, model: Model[InT, OutT], X: InT | None = None, Y: OutT | None = None
) -> None:
    table = initializer(NumpyOps(), (model.get_dim("nV"), model.get_dim("nO")))
    model.set_param("E", model.ops.asarray2f(table))
