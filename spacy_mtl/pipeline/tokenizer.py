"""spaCy's tokenizer with more room for what it has already split, and with a limit for what it takes as a whole."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from spacy.language import Language
from spacy.tokenizer import Tokenizer
from spacy.tokens import Doc
from spacy.util import registry

from ..argument_types import checked_types
from ..errors import Errors

#: How many strings between two spaces are remembered. 100 bytes each.
CACHE_SIZE = 200_000
#: Characters between two spaces that are split as a whole.
MAX_RUN = 1000
#: Longer runs are cut where two marks meet, as they would be anyway, after this many characters.
PIECE = 100
_MARKS = re.compile(r"[\W_]{2}")


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


@checked_types("spacy_mtl.Tokenizer.v2")
def create_tokenizer_v2(
    *, cache_size: int = CACHE_SIZE, max_run: int = MAX_RUN
) -> Callable[[Language], Tokenizer]:
    """Create a tokenizer whose time grows with the length of a text, whatever stands in it.

    spaCy's rules take punctuation and symbols off the ends of what stands between two spaces one by one, and
    look at all the rest each time: 20,000 exclamation marks in a row take half a minute, and ten times as many
    a hundred times as long. Here what is longer than a limit is taken apart first, between two such marks after
    100 characters, or at the limit. All other texts have the same tokens as with `spacy_mtl.Tokenizer.v1`.

    cache_size (int): How many strings are remembered.
    max_run (int): How many characters without a space between them are split as a whole.
    RETURNS (Callable[[Language], Tokenizer]): Makes the tokenizer of a pipeline.
    RAISES (ValueError): If `max_run` is below 1.
    """
    if max_run < 1:
        raise ValueError(Errors.E286.format(value=max_run))
    make_tokenizer = create_tokenizer_v1(cache_size=cache_size)

    def create(nlp: Language) -> Tokenizer:
        rules = make_tokenizer(nlp)
        tokenizer = RunTokenizer(
            nlp.vocab,
            rules=rules.rules,
            prefix_search=rules.prefix_search,
            suffix_search=rules.suffix_search,
            infix_finditer=rules.infix_finditer,
            token_match=rules.token_match,
            url_match=rules.url_match,
            faster_heuristics=rules.faster_heuristics,
            max_cache_size=rules.max_cache_size,
        )
        tokenizer.max_run = max_run
        return tokenizer

    return create


class RunTokenizer(Tokenizer):
    """A tokenizer that takes long runs of characters without a space apart."""

    max_run = MAX_RUN

    def __call__(self, string: str) -> Doc:
        """Split a text into tokens.

        string (str): The text.
        RETURNS (Doc): The tokens.
        """
        if len(string) <= self.max_run or max(map(len, string.split()), default=0) <= self.max_run:
            return super().__call__(string)
        docs = [super(RunTokenizer, self).__call__(piece) for piece in self._pieces(string)]
        return Doc.from_docs(docs, ensure_whitespace=False)

    def _pieces(self, string: str) -> Iterator[str]:
        """Yield parts of a text, each of which ends within or after a long run."""
        start = end = 0
        for word in string.split():
            cut = string.index(word, end)
            end = cut + len(word)
            while len(word) > self.max_run:
                found = _MARKS.search(string, cut + PIECE - 1, cut + self.max_run)
                cut = found.start() + 1 if found else cut + self.max_run
                if cut >= end:
                    break
                yield string[start:cut]
                start = cut
        yield string[start:]

    def __reduce__(self) -> tuple[Any, ...]:
        kind, args, *_ = super().__reduce__()
        # The second part of the state is set attribute by attribute, as those of the base class have to be.
        limits = {"max_run": self.max_run, "max_cache_size": self.max_cache_size}
        return kind, args, (None, limits)
