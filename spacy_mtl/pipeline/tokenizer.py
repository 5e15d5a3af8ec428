"""spaCy's tokenizer with more room for what it has already split."""

from collections.abc import Callable

from spacy.language import Language
from spacy.tokenizer import Tokenizer
from spacy.util import registry

from ..argument_types import checked_types

#: How many strings between two spaces are remembered. 100 bytes each.
CACHE_SIZE = 200_000


@checked_types("spacy_mtl.Tokenizer.v1")
def create_tokenizer_v1(*, cache_size: int = CACHE_SIZE) -> Callable[[Language], Tokenizer]:
    """Create spaCy's tokenizer, which gives the same tokens, with another limit for its memory.

    The tokenizer remembers how it has split a string between two spaces, 10,000 of them at most by
    default, and splits all others again each time. Of long texts it needs half the time with more.

    cache_size (int): How many strings are remembered.
    RETURNS (Callable[[Language], Tokenizer]): Makes the tokenizer of a pipeline.
    """
    make_tokenizer = registry.tokenizers.get("spacy.Tokenizer.v1")()

    def create(nlp: Language) -> Tokenizer:
        tokenizer = make_tokenizer(nlp)
        tokenizer.max_cache_size = cache_size
        return tokenizer

    return create
