"""Words drawn as often as they occur in a language."""

from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from heapq import nlargest
from typing import Any

import numpy
from spacy.strings import hash_string
from spacy.tokens import Doc
from spacy.util import load_language_data, registry

#: How many of a language's most frequent words are drawn from.
N_WORDS = 20_000


class RandomWords:
    """Draws words by the probabilities of `spacy-lookups-data`, from NumPy's global random state. For a
    language without such a table it draws from the words of the batch, which occur in it as often as
    they do in the text.
    """

    def __init__(self, lang: str) -> None:
        """Load the words.

        lang (str): Code of the language.
        """
        self.lang = lang

    def __call__(self, docs: Sequence[Doc], n: int) -> list[str]:
        """Draw words.

        docs (Sequence[Doc]): The batch whose tokens are replaced.
        n (int): How many words.
        RETURNS (List[str]): The words.
        """
        words, limits = load_words(self.lang)
        if words:
            drawn = numpy.searchsorted(limits, numpy.random.random(n) * limits[-1], side="right")
            return [words[i] for i in drawn.tolist()]
        keys = numpy.concatenate([doc.to_array("ORTH").reshape(-1) for doc in docs])
        strings = docs[0].vocab.strings
        return [strings[key] for key in numpy.random.choice(keys, n).tolist()]


@lru_cache(maxsize=4)
def load_frequencies(lang: str) -> dict[int, float]:
    """Load how often the most frequent words of a language occur, upper and lower case counted together.

    lang (str): Code of the language.
    RETURNS (Dict[int, float]): Probabilities by the keys of the words, as they are written and in lower
        case.
    """
    words, limits = load_words(lang)
    found: dict[int, float] = defaultdict(float)
    for word, probability in zip(words, numpy.diff(limits, prepend=0.0).tolist(), strict=True):
        found[hash_string(word.lower())] += probability
    for word in words:
        found.setdefault(hash_string(word), found[hash_string(word.lower())])
    return dict(found)


@lru_cache(maxsize=4)
def load_words(lang: str) -> tuple[list[str], numpy.ndarray]:
    """Load the most frequent words of a language.

    lang (str): Code of the language.
    RETURNS (Tuple[List[str], numpy.ndarray]): The words, and the sums of their probabilities up to each
        of them, `(n_words,)`. Both are empty if there is no table for the language.
    """
    tables = registry.lookups.get(lang) if lang in registry.lookups else {}
    if "lexeme_prob" not in tables:
        return [], numpy.zeros(0)
    found: Any = load_language_data(tables["lexeme_prob"])
    top = nlargest(N_WORDS, found.items(), key=lambda item: item[1])
    return [word for word, _ in top], numpy.cumsum(numpy.exp([log_prob for _, log_prob in top]))
