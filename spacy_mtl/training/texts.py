"""When two texts count as the same: duplicates are found by their normalised form."""

import unicodedata
from hashlib import blake2b


def normalise_text(text: str) -> str:
    """Take away what does not make two texts different: case, kind and number of spaces, and
    compatible Unicode forms.

    text (str): The text.
    RETURNS (str): The normalised text.
    """
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def text_digest(text: str) -> int:
    """Get a number that stands for a normalised text, so that millions of texts can be compared
    without holding them in memory.

    text (str): The text.
    RETURNS (int): 64 bits that are equal for equal normalised texts.
    """
    data = normalise_text(text).encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "big")
