"""Typing errors in texts: two letters swapped, one dropped, one doubled, or a neighbouring key hit."""

import random
import re
from collections.abc import Callable
from itertools import pairwise

KEYBOARD_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
UNKNOWN_KIND = "Unknown kind of typing error {kind!r}: expected one of {kinds}."
BAD_RATE = "The rate of typing errors has to be between 0 and 1, found {rate}."
#: Mentions, hashtags and addresses are not touched: what stands between spaces and looks like one.
PROTECTED = re.compile(r"[@#]|https?|www\.|://", re.IGNORECASE)
CHUNK = re.compile(r"\S+")
#: Shorter words often become others.
WORD = re.compile(r"[^\W\d_]{4,}")


def _neighbours() -> dict[str, str]:
    # Each row of keys stands half a key to the right of the one above.
    near: dict[str, set[str]] = {key: set() for row in KEYBOARD_ROWS for key in row}
    pairs = [(a, b) for row in KEYBOARD_ROWS for a, b in pairwise(row)]
    for above, below in pairwise(KEYBOARD_ROWS):
        pairs += [*zip(above, below, strict=False), *zip(above[1:], below, strict=False)]
    for a, b in pairs:
        near[a].add(b)
        near[b].add(a)
    return {key: "".join(sorted(keys)) for key, keys in near.items()}


NEIGHBOURS = _neighbours()


def swap(word: str, rng: random.Random) -> str:
    """Swap two letters that stand side by side and differ.

    word (str): The word.
    rng (random.Random): Chooses the place.
    RETURNS (str): The word with the error, or as it is if all letters are the same.
    """
    places = [i for i in range(len(word) - 1) if word[i] != word[i + 1]]
    if not places:
        return word
    i = rng.choice(places)
    return word[:i] + word[i + 1] + word[i] + word[i + 2 :]


def drop(word: str, rng: random.Random) -> str:
    """Leave out a letter.

    word (str): The word.
    rng (random.Random): Chooses the letter.
    RETURNS (str): The word with the error.
    """
    i = rng.randrange(len(word))
    return word[:i] + word[i + 1 :]


def double(word: str, rng: random.Random) -> str:
    """Write a letter twice.

    word (str): The word.
    rng (random.Random): Chooses the letter.
    RETURNS (str): The word with the error.
    """
    i = rng.randrange(len(word))
    return word[:i] + word[i] + word[i:]


def neighbour(word: str, rng: random.Random) -> str:
    """Hit the key beside that of a letter, on an English keyboard.

    word (str): The word.
    rng (random.Random): Chooses the letter and the key.
    RETURNS (str): The word with the error, or as it is if none of its letters has a key.
    """
    places = [i for i, letter in enumerate(word) if letter.lower() in NEIGHBOURS]
    if not places:
        return word
    i = rng.choice(places)
    key = rng.choice(NEIGHBOURS[word[i].lower()])
    return word[:i] + (key if word[i].islower() else key.upper()) + word[i + 1 :]


KINDS: dict[str, Callable[[str, random.Random], str]] = {
    "swap": swap,
    "drop": drop,
    "double": double,
    "neighbour": neighbour,
}


def add_typos(text: str, kind: str, rate: float, seed: str) -> str:
    """Put errors of one kind into some words of a text. Words have four letters or more, and stand in
    no mention, hashtag or address. With a higher rate and the same seed, the same words have the same
    errors, and others have some too.

    text (str): The text.
    kind (str): "swap", "drop", "double" or "neighbour".
    rate (float): The share of the words that get an error.
    seed (str): Decides which words, and which letters.
    RETURNS (str): The text with errors.
    RAISES (ValueError): If the kind is unknown or the rate is not between 0 and 1.
    """
    if kind not in KINDS:
        raise ValueError(UNKNOWN_KIND.format(kind=kind, kinds=", ".join(KINDS)))
    if not 0.0 <= rate <= 1.0:
        raise ValueError(BAD_RATE.format(rate=rate))
    rng = random.Random(seed)

    def change_word(match: re.Match[str]) -> str:
        # Both are drawn for every word, so that a rate changes no later draw.
        chance, place = rng.random(), random.Random(rng.getrandbits(32))
        return KINDS[kind](match.group(), place) if chance < rate else match.group()

    def change_chunk(match: re.Match[str]) -> str:
        chunk = match.group()
        return chunk if PROTECTED.search(chunk) else WORD.sub(change_word, chunk)

    return CHUNK.sub(change_chunk, text)
