"""A transformer as the shared encoder."""

from functools import partial

from spacy.tokens import Doc
from thinc.api import Model
from thinc.types import Floats2d

from ..argument_types import checked_types
from ..errors import Errors
from ..extras import import_extra
from ..layers.transformer_tok2vec import transformer_tok2vec
from .validation import check_at_least

#: Imports a module of the extra "transformers".
import_transformers = partial(import_extra, message=Errors.E490)
#: Places for pieces that these transformers have.
LONGEST = 512
#: The builders of the transformer and of its piece encoder.
KINDS = {
    "bert": ("build_bert_transformer_model_v1", "build_bert_wordpiece_encoder_v1"),
    "camembert": (
        "build_camembert_transformer_model_v1",
        "build_camembert_sentencepiece_encoder_v1",
    ),
    "roberta": ("build_roberta_transformer_model_v1", "build_byte_bpe_encoder_v1"),
    "xlmr": ("build_xlmr_transformer_model_v1", "build_xlmr_sentencepiece_encoder_v1"),
}


@checked_types("spacy_mtl.TransformerTok2Vec.v1")
def build_transformer_tok2vec_v1(
    *,
    kind: str,
    width: int,
    depth: int,
    n_heads: int,
    inner_width: int,
    vocab_size: int,
    window: int = 128,
    stride: int = 96,
    span_batch: int = 8,
) -> Model[list[Doc], list[Floats2d]]:
    """Build an encoder out of a transformer of spacy-curated-transformers (extra "transformers"). Its
    weights and its pieces come from the `loader` in [initialize.components.tok2vec], and all sizes have
    to be those of the loaded model.

    kind (str): "bert", "roberta", "xlmr" or "camembert".
    width (int): Width of the token vectors.
    depth (int): Number of layers.
    n_heads (int): Heads of the attention of a layer. Must divide the width.
    inner_width (int): Width within the feed-forward part of a layer.
    vocab_size (int): Number of pieces.
    window (int): Most pieces read at once, at most 512. Longer texts are read in overlapping spans.
    stride (int): Pieces from the start of one span to the next. Where two overlap,
        each is read with more around it.
    span_batch (int): Most spans in one call of the transformer. They are sorted by length first, so that
        few spans need little padding.
    RETURNS (Model[List[Doc], List[Floats2d]]): Per document an array `(n_tokens, width)`.
    RAISES (ValueError): If a size is out of range, the kind is unknown, or the extra is not installed.
    """
    check_at_least(1, width=width, depth=depth, n_heads=n_heads, inner_width=inner_width)
    check_at_least(1, vocab_size=vocab_size, window=window, stride=stride, span_batch=span_batch)
    if kind not in KINDS:
        raise ValueError(Errors.E493.format(kind=kind, kinds=", ".join(KINDS)))
    if not stride <= window <= LONGEST:
        raise ValueError(Errors.E494.format(window=window, stride=stride))
    if width % n_heads:
        raise ValueError(Errors.E495.format(width=width, n_heads=n_heads))
    build_transformer, build_piece_encoder = KINDS[kind]
    models = import_transformers("spacy_curated_transformers.models")
    tokenization = import_transformers("spacy_curated_transformers.tokenization")
    pieces = getattr(tokenization, build_piece_encoder)()
    whole = getattr(models, build_transformer)(
        vocab_size=vocab_size,
        hidden_width=width,
        num_hidden_layers=depth,
        num_attention_heads=n_heads,
        intermediate_width=inner_width,
        piece_encoder=pieces,
        with_spans=models.build_with_strided_spans_v1(),
    )
    # The package's own way from a text to spans is left out: it pads every span to the longest, and
    # halves the gradient where spans overlap.
    return transformer_tok2vec(
        pieces,
        whole.get_ref("transformer"),
        kind=kind,
        vocab_size=vocab_size,
        window=window,
        stride=stride,
        span_batch=span_batch,
    )
