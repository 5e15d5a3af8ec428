"""Labels as numbers: what a picture is coloured by."""

import math
from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy
from thinc.types import Ints1d


class LabelCodes(NamedTuple):
    """Labels of texts.

    name (str): What the labels are, e.g. "gold".
    labels (Tuple[str, ...]): The labels, the most frequent first.
    codes (Ints1d): Which of them each text has, `(n,)`. -1 for none.
    """

    name: str
    labels: tuple[str, ...]
    codes: Ints1d


def encode_labels(name: str, labels: Iterable[Any]) -> LabelCodes:
    """Number labels.

    name (str): What the labels are.
    labels (Iterable[Any]): The label of each text: a string, a number, or None (also NaN) for none.
    RETURNS (LabelCodes): The labels and their numbers.
    """
    texts = [None if _is_missing(label) else str(label) for label in labels]
    counts = Counter(text for text in texts if text is not None)
    order = sorted(counts, key=lambda text: (-counts[text], text))
    rows = {text: row for row, text in enumerate(order)}
    codes = [-1 if text is None else rows[text] for text in texts]
    return LabelCodes(name, tuple(order), numpy.array(codes, dtype="int64"))


def short_names(labels: Iterable[str], limit: int = 40) -> list[str]:
    """Cut labels to a length that a legend has room for, and leave out what cannot be drawn.

    labels (Iterable[str]): The labels.
    limit (int): Number of characters.
    RETURNS (List[str]): The names, in the order of the labels. No two are alike.
    """
    names: list[str] = []
    for label in labels:
        # Control characters and halves of pairs cannot stand in an SVG.
        name = "".join(
            char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in label
        )
        name = name if len(name) <= limit else name[: limit - 1] + "…"
        unique, number = name, 1
        while unique in names:
            number += 1
            unique = f"{name} ({number})"
        names.append(unique)
    return names


def _is_missing(label: Any) -> bool:
    return label is None or (isinstance(label, (float, numpy.floating)) and math.isnan(label))
