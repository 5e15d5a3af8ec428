"""Hash keys of the character n-grams of a word, remembered from one batch to the next."""

import numpy
from spacy.strings import hash_string

#: How many words keep their n-grams in memory before the memory is emptied.
CACHE_SIZE = 100_000

_CACHE: dict[tuple[int, int, int], numpy.ndarray] = {}


def character_keys(word: int, text: str, shortest: int, longest: int) -> numpy.ndarray:
    """Get the keys of a word's character n-grams, its boundaries marked by "<" and ">".

    word (int): The hash of the word.
    text (str): The word.
    shortest (int): Length of the shortest n-grams.
    longest (int): Length of the longest n-grams, 0 for none.
    RETURNS (numpy.ndarray): Keys `(n_ngrams,)` as unsigned 64-bit integers.
    """
    key = (word, shortest, longest)
    found = _CACHE.get(key)
    if found is None:
        if len(_CACHE) >= CACHE_SIZE:
            _CACHE.clear()
        framed = f"<{text}>"
        found = _CACHE[key] = numpy.asarray(
            [
                hash_string(framed[start : start + size])
                for size in range(shortest, longest + 1)
                for start in range(len(framed) - size + 1)
            ],
            dtype="uint64",
        )
    return found
