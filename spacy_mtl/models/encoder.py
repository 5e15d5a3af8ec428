"""The shared encoder: hash embeddings and a maxout CNN, and the same with pooling."""

from typing import cast

from spacy.ml.models.tok2vec import MaxoutWindowEncoder
from spacy.tokens import Doc
from thinc.api import (
    Maxout,
    Model,
    chain,
    concatenate,
    list2ragged,
    noop,
    ragged2list,
    with_array,
)
from thinc.types import Floats2d, Ints2d, Ragged

from ..argument_types import checked_types
from ..errors import Errors
from ..layers.extract_features import extract_features
from ..layers.fast_encoder import fast_encoder
from ..layers.hash_embed import HashEmbed
from ..layers.ngram_embed import NgramEmbed
from ..layers.pool import pool
from ..layers.side_by_side import side_by_side
from ..layers.skip_empty import skip_empty
from ..layers.static_vectors import static_vectors
from .validation import check_at_least

#: spaCy's seed of the first embedding table. The others follow it.
FIRST_SEED = 8


@checked_types("spacy_mtl.HashEmbedCNN.v1")
def build_hash_embed_cnn_v1(
    *,
    width: int,
    depth: int,
    embed_size: int,
    window_size: int = 1,
    maxout_pieces: int = 3,
    subword_features: bool = True,
    pretrained_vectors: bool = False,
    vector_dropout: float = 0.0,
    word_dropout: float = 0.0,
    ngram_width: int = 0,
    ngram_rows: int = 20000,
    ngram_size: int = 2,
    char_min: int = 3,
    char_max: int = 5,
) -> Model[list[Doc], list[Floats2d]]:
    """Build the encoder: hash embeddings, mixed by a maxout layer, and residual window layers. A part
    of the output can be left to embeddings of n-grams that go past the layers.

    Without n-grams its output equals `spacy.HashEmbedCNN.v2` for equal weights, and weights saved by
    one load into the other.

    width (int): Width of the token vectors, 64 to 300.
    depth (int): Number of window layers, 0 to 8. Each lets a token see `window_size` more tokens on
        either side.
    embed_size (int): Rows of the table for whole words. The tables for prefix, suffix and shape
        have half as many.
    window_size (int): Tokens on either side that a window layer reads.
    maxout_pieces (int): Pieces of the maxout window layers. 1 leaves them linear.
    subword_features (bool): Embed prefix, suffix and shape beside the normalised word.
    pretrained_vectors (bool): Embed the static vectors of the vocabulary too.
    vector_dropout (float): Probability that training hides a token's static vector.
    word_dropout (float): Probability that training hides a whole token.
    ngram_width (int): How many columns of the output are n-gram embeddings. 0 for none.
    ngram_rows (int): Rows of the table of the n-grams.
    ngram_size (int): Longest word n-gram, 1 for single words only.
    char_min (int): Length of the shortest character n-grams.
    char_max (int): Length of the longest character n-grams, 0 for none.
    RETURNS (Model[List[Doc], List[Floats2d]]): Per document an array `(n_tokens, width)`.
    RAISES (ValueError): If a size or a probability is out of range.
    """
    check_at_least(1, width=width, embed_size=embed_size, window_size=window_size)
    check_at_least(1, maxout_pieces=maxout_pieces, ngram_rows=ngram_rows, ngram_size=ngram_size)
    check_at_least(0, depth=depth, ngram_width=ngram_width, char_max=char_max)
    check_at_least(1, char_min=char_min)
    for name, rate in (("word_dropout", word_dropout), ("vector_dropout", vector_dropout)):
        if not 0.0 <= rate < 1.0:
            raise ValueError(Errors.E202.format(name=name, value=rate))
    if ngram_width >= width:
        raise ValueError(Errors.E206.format(ngram_width=ngram_width, width=width))
    cnn = _build_cnn(
        width - ngram_width,
        depth,
        embed_size,
        window_size,
        maxout_pieces,
        subword_features,
        pretrained_vectors,
        vector_dropout,
        word_dropout,
    )
    if not ngram_width:
        return cnn
    ngrams = NgramEmbed(
        ngram_width,
        ngram_rows,
        ngram_size=ngram_size,
        char_min=char_min,
        char_max=char_max,
        word_dropout=word_dropout,
    )
    model: Model[list[Doc], list[Floats2d]] = chain(side_by_side(cnn, ngrams), noop())
    model.set_dim("nO", width)
    model.set_ref("embed", cnn.get_ref("embed"))
    model.set_ref("encode", cnn.get_ref("encode"))
    return skip_empty(model)


def _build_cnn(
    width: int,
    depth: int,
    embed_size: int,
    window_size: int,
    maxout_pieces: int,
    subword_features: bool,
    pretrained_vectors: bool,
    vector_dropout: float,
    word_dropout: float,
) -> Model[list[Doc], list[Floats2d]]:
    attrs = ["NORM", "PREFIX", "SUFFIX", "SHAPE"] if subword_features else ["NORM"]
    rows = [embed_size, *[max(1, embed_size // 2)] * (len(attrs) - 1)]
    embed = _build_embed(width, attrs, rows, word_dropout, pretrained_vectors, vector_dropout)
    encode: Model[list[Floats2d], list[Floats2d]]
    if depth == 0:
        encode = noop()
    else:
        encode = MaxoutWindowEncoder(
            width=width, window_size=window_size, maxout_pieces=maxout_pieces, depth=depth
        )
    tok2vec: Model[list[Doc], list[Floats2d]] = chain(embed, encode)
    tok2vec.set_dim("nO", width)
    tok2vec.set_ref("embed", embed)
    tok2vec.set_ref("encode", encode)
    return fast_encoder(tok2vec)


def build_sentence_encoder_v1(
    *, tok2vec: Model[list[Doc], list[Floats2d]], pooling: list[str] | None = None
) -> Model[list[Doc], Floats2d]:
    """Build a sentence encoder: token vectors, pooled to one vector a document.

    tok2vec (Model[List[Doc], List[Floats2d]]): The encoder of the tokens.
    pooling (Optional[List[str]]): "mean", "max" or both. Defaults to the mean alone.
    RETURNS (Model[List[Doc], Floats2d]): An array `(n_docs, width * len(pooling))`.
    """
    width = tok2vec.maybe_get_dim("nO")
    pooled = pool(pooling or ["mean"], width=width)
    model: Model[list[Doc], Floats2d] = chain(tok2vec, pooled)
    if pooled.has_dim("nO"):
        model.set_dim("nO", pooled.get_dim("nO"))
    model.set_ref("tok2vec", tok2vec)
    model.set_ref("pool", pooled)
    return model


def _build_embed(
    width: int,
    attrs: list[str],
    rows: list[int],
    word_dropout: float,
    has_vectors: bool,
    vector_dropout: float,
) -> Model[list[Doc], list[Floats2d]]:
    tables = [
        HashEmbed(width, n_rows, column=i, seed=FIRST_SEED + i, dropout=0.0)
        for i, n_rows in enumerate(rows)
    ]
    features: Model[list[Doc], Ragged] = chain(
        extract_features(attrs, word_dropout=word_dropout),
        cast(Model[list[Ints2d], Ragged], list2ragged()),
        with_array(concatenate(*tables)),
    )
    n_inputs = len(tables) + int(has_vectors)
    mix: Model[Ragged, Ragged] = with_array(
        Maxout(width, width * n_inputs, nP=3, dropout=0.0, normalize=True)  # type: ignore[arg-type]
    )
    if has_vectors:
        return chain(
            concatenate(features, static_vectors(width, token_dropout=vector_dropout)),
            mix,
            ragged2list(),
        )
    # The nodes stand in one flat chain, as in spaCy, or its weights would not fit.
    return chain(*features.layers, mix, ragged2list())
