"""Pairs of texts in `doc.cats`: both texts have the key ``task/pair:id``, with the pair's score as value."""

from collections.abc import Iterable
from hashlib import blake2b

from .types import Cats
from .util import SEPARATOR, join_key, split_key

#: How the label of a pair begins, which tells it from the labels of a classifier.
MARK = "pair:"
_ID_BYTES = 8


def pair_key(task: str, text1: str, text2: str, line: int) -> str:
    """Make the key that the two texts of a pair share. It depends on what the pair says and where it stands,
    so that pairs of several files can be put together.

    task (str): The task.
    text1 (str): The first text.
    text2 (str): The second text.
    line (int): Where the pair stands in its file.
    RETURNS (str): ``task/pair:id``.
    """
    data = f"{text1}\0{text2}\0{line}".encode("utf-8", "surrogatepass")
    return join_key(task, MARK + blake2b(data, digest_size=_ID_BYTES).hexdigest())


def is_pair(key: str) -> bool:
    """Tell whether a key of `doc.cats` belongs to a pair.

    key (str): The key.
    RETURNS (bool): Whether it has the form ``task/pair:id``.
    """
    parts = split_key(key)
    return parts is not None and is_pair_label(parts[1])


def is_pair_label(label: str) -> bool:
    """RETURNS (bool): Whether a label, the key without its task, is that of a pair."""
    return label.startswith(MARK) and len(label) > len(MARK)


def pairs_of(cats: Cats, task: str) -> dict[str, float]:
    """Get the pairs of one task that a document is a side of.

    cats (Cats): The categories of the document.
    task (str): The task.
    RETURNS (Dict[str, float]): Scores by key, in the order of the keys.
    """
    prefix = task + SEPARATOR + MARK
    return {key: value for key, value in cats.items() if key.startswith(prefix)}


def match_sides(documents: Iterable[Cats], task: str) -> tuple[list[tuple[int, int, float]], int]:
    """Find the pairs among some documents.

    documents (Iterable[Cats]): The categories of each document.
    task (str): The task of the pairs.
    RETURNS (Tuple[List[Tuple[int, int, float]], int]): The places of both sides and the score of each pair,
        and the number of sides that are alone.
    """
    waiting: dict[str, int] = {}
    pairs = []
    for place, cats in enumerate(documents):
        for key, value in pairs_of(cats, task).items():
            if key in waiting:
                pairs.append((waiting.pop(key), place, value))
            else:
                waiting[key] = place
    return pairs, len(waiting)
