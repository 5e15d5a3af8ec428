"""Token vectors that add up the hashed character n-grams of a word and its word bigram."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy
from spacy.strings import StringStore
from spacy.tokens import Doc
from thinc.api import Model, NumpyOps, Ops, uniform_init
from thinc.types import Floats2d, Ints2d

from ..finite import has_finite_norm
from .dropout_places import NGRAM_RATE
from .kernels import get_kernels
from .lexeme_cache import LexemeCache
from .lexeme_features import read_features
from .masking import MASKING, Shown
from .param_versions import Remembered, gradient_buffer, peek, watch
from .token_arrays import TokenArrays, flatten
from .word_keys import character_keys

STATE = "remembered"
_CPU = NumpyOps()

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
            NGRAM_RATE: 0.0,
            "seed": SEED,
            "scale": SCALE,
            MASKING: Shown(),
            STATE: Remembered(),
        },
    )


def forward(model: Model[InT, OutT], docs: InT, is_train: bool) -> tuple[OutT, Callable]:
    ops = model.ops
    if not any(len(doc) for doc in docs):
        return [ops.alloc2f(0, model.get_dim("nO")) for _ in docs], _no_backprop
    watch([model])
    lengths = numpy.asarray([len(doc) for doc in docs])
    batch = _Batch(
        kernels=get_kernels() if isinstance(ops, NumpyOps) else _Kernels(ops),
        strings=docs[0].vocab.strings,
        words=read_features(docs, [model.attrs["attr"]], model.attrs[MASKING].masking),
        lengths=lengths,
    )
    if is_train:
        Y, backprop_tokens = _train(model, batch)
    elif isinstance(ops, NumpyOps):
        Y, backprop_tokens = _predict(model, batch), _no_backprop
    else:
        Y = _train(model, batch)[0]
        backprop_tokens = _no_backprop

    def backprop(dYs: OutT) -> list:
        backprop_tokens(flatten(ops, dYs))
        return []

    return TokenArrays.split(Y, lengths), backprop


class _Batch(NamedTuple):
    """The words of a batch, and what is needed to make n-grams of them."""

    kernels: Any
    strings: StringStore
    #: `(n_tokens, 1)`.
    words: Any
    #: `(n_docs,)`.
    lengths: Any


class _Kernels:
    """The inner loops by thinc's operations, for devices that have no others."""

    def __init__(self, ops: Ops) -> None:
        self.ops = ops

    def add_rows(self, dX: Any, rows: Any, dY: Any) -> None:
        self.ops.scatter_add(dX, self.ops.as_contig(rows, dtype="i"), self.ops.as_contig(dY))

    def add_table_rows(self, E: Any, rows: Any, owners: Any, out: Any) -> None:
        if len(rows):
            self.add_rows(out, owners, self.ops.gather_add(E, rows))

    def add_to_rows_of(self, dE: Any, rows: Any, owners: Any, dY: Any) -> None:
        for column in rows.T:
            self.add_rows(dE, column, dY[owners])


def _predict(model: Model[InT, OutT], batch: _Batch) -> Floats2d:
    cache = model.attrs[STATE].get(
        [model], batch.strings, lambda: LexemeCache(partial(_embed, model, batch))
    )
    lexemes = cache.look_up(batch.words)
    Y = lexemes.vectors[lexemes.slots[1:]]
    rows, starts = _word_ngrams(model, batch)
    batch.kernels.add_table_rows(peek(model, "E"), rows, starts, Y)
    Y *= model.attrs["scale"]
    return Y


def _embed(model: Model[InT, OutT], batch: _Batch, words: Ints2d) -> Floats2d:
    rows, owners = _lexeme_ngrams(model, batch.strings, words.reshape(-1))
    out = model.ops.alloc2f(len(words), model.get_dim("nO"))
    batch.kernels.add_table_rows(peek(model, "E"), rows, owners, out)
    return out


def _train(model: Model[InT, OutT], batch: _Batch) -> tuple[Floats2d, Callable]:
    ops, kernels, word_dropout = model.ops, batch.kernels, model.attrs["word_dropout"]
    E = peek(model, "E")
    distinct, found = numpy.unique(batch.words, return_inverse=True)
    where = ops.asarray1i(found.reshape(-1))
    rows, owners = _lexeme_ngrams(model, batch.strings, distinct)
    span_rows, starts = _word_ngrams(model, batch)
    lexemes = ops.alloc2f(len(distinct), E.shape[1])
    kernels.add_table_rows(E, rows, owners, lexemes)
    Y = lexemes[where]
    kernels.add_table_rows(E, span_rows, starts, Y)
    factor: Any = model.attrs["scale"]
    if word_dropout:
        factor = factor * (ops.xp.random.random((Y.shape[0], 1)) >= word_dropout).astype("f")
    if model.attrs[NGRAM_RATE]:
        factor = factor * ops.get_dropout_mask(Y.shape, model.attrs[NGRAM_RATE])
    Y *= factor

    def backprop(dY: Floats2d) -> None:
        dY = ops.as_contig(dY * factor)
        d_lexemes = ops.alloc2f(*lexemes.shape)
        kernels.add_rows(d_lexemes, where, dY)
        with gradient_buffer(model, "E", is_sound=has_finite_norm(dY)) as dE:
            kernels.add_to_rows_of(dE, rows, owners, d_lexemes)
            kernels.add_to_rows_of(dE, span_rows, starts, dY)

    return Y, backprop


def _no_backprop(d_outputs: Any) -> list:
    return []


def _lexeme_ngrams(model: Model, strings: StringStore, distinct: Any) -> tuple[Any, Any]:
    shortest, longest = model.attrs["char_min"], model.attrs["char_max"]
    parts = [character_keys(word, strings[word], shortest, longest) for word in distinct.tolist()]
    counts = [len(keys) for keys in parts]
    places = numpy.arange(len(parts))
    owners = numpy.concatenate([places, numpy.repeat(places, counts)])
    return _rows(model, numpy.concatenate([distinct, *parts])), model.ops.asarray1i(owners)


def _word_ngrams(model: Model, batch: _Batch) -> tuple[Any, Any]:
    words = batch.words.reshape(-1)
    stops = numpy.repeat(numpy.cumsum(batch.lengths), batch.lengths)
    parts = [numpy.zeros((0,), dtype="uint64")]
    starts = [numpy.zeros((0,), dtype="i")]
    for size in range(2, min(model.attrs["ngram_size"], len(words)) + 1):
        keys = _CPU.ngrams(size, words)
        # An n-gram that goes on in the next document is none.
        inside = numpy.flatnonzero(numpy.arange(size, len(words) + 1) <= stops[: len(keys)])
        parts.append(keys[inside])
        starts.append(inside.astype("i"))
    return _rows(model, numpy.concatenate(parts)), model.ops.asarray1i(numpy.concatenate(starts))


def _rows(model: Model, found: Any) -> Any:
    keys: Any = model.ops.asarray(found, dtype="uint64")
    if not keys.shape[0]:
        return model.ops.alloc2i(0, N_HASHES)
    hashed = model.ops.hash(model.ops.as_contig(keys), model.attrs["seed"])
    return model.ops.as_contig(hashed[:, :N_HASHES] % model.get_dim("nV"))


def init(
    initializer: Callable, model: Model[InT, OutT], X: InT | None = None, Y: OutT | None = None
) -> None:
    table = initializer(NumpyOps(), (model.get_dim("nV"), model.get_dim("nO")))
    model.set_param("E", model.ops.asarray2f(table))
