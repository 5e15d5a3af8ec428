"""Rows that hold a pair of texts: ``{"text1", "text2", "score"}``, or with a label 1 or 0 for the score."""

from collections.abc import Mapping
from typing import Any

from ..errors import RowErrors
from ..pair_keys import MARK, is_pair, pair_key
from ..util import listing, split_key
from .rows import Record, RowError, valid_score, valid_text

FIELDS = ("text1", "text2")
VALUES = ("score", "label")
#: Labels of pairs, as they are written, in small letters.
LABELS = {
    **dict.fromkeys(("1", "1.0", "true", "alike", "same", "similar"), 1.0),
    **dict.fromkeys(("0", "0.0", "false", "different", "unlike"), 0.0),
}


def is_pair_row(row: object) -> bool:
    """Tell whether a row is meant to be a pair of texts.

    row (object): The parsed row.
    RETURNS (bool): Whether it has a field of that form.
    """
    return isinstance(row, Mapping) and any(field in row for field in FIELDS)


def parse_pair(row: Mapping[str, Any], line: int, *, task: str) -> Record | None:
    """Read a row with a pair of texts.

    row (Mapping[str, Any]): The parsed row: two texts, and a score of any range or a label.
    line (int): Where the row stands in its file.
    task (str): The task of the file.
    RETURNS (Optional[Record]): The first text with the second beside it, or None if the row is marked to be
        left out. Both have the same key, and the score as its value.
    RAISES (RowError): If the row cannot be read.
    """
    if not all(field in row for field in FIELDS) or "text" in row:
        raise RowError(RowErrors.PAIR_TEXTS.format(found=listing(row)))
    if row.get("answer", "accept") != "accept":
        return None
    first, second = (valid_text(row[field], field) for field in FIELDS)
    given = [field for field in VALUES if row.get(field) is not None]
    if len(given) != 1:
        raise RowError(RowErrors.PAIR_VALUE.format(found=listing(row)))
    value = valid_score(row["score"]) if given == ["score"] else _parse_label(row["label"])
    cats = {pair_key(task, first, second, line): value}
    return Record(first, cats, line, other=Record(second, dict(cats), line))


def join_sides(record: Record, waiting: dict[str, Record]) -> Record | None:
    """Put the two texts of a pair together that were read apart, as from a DocBin.

    record (Record): The annotated text.
    waiting (Dict[str, Record]): Texts whose other side has not been read yet, by key; changed.
    RETURNS (Optional[Record]): The record, if need be with its other side; None if that is to come.
    RAISES (RowError): If it is a side of several pairs, or the two sides differ in their score.
    """
    keys = [key for key in record.cats if MARK in key and is_pair(key)]
    if not keys or record.other is not None:
        return record
    key = keys[0]
    if len(keys) > 1:
        task = str(split_key(key)[0])  # type: ignore[index]
        raise RowError(RowErrors.SEVERAL_PAIRS.format(count=len(keys), task=task))
    if key not in waiting:
        waiting[key] = record
        return None
    first = waiting.pop(key)
    scores = first.cats[key], record.cats[key]
    if scores[0] != scores[1]:
        raise RowError(RowErrors.TWO_SCORES.format(key=key, first=scores[0], second=scores[1]))
    first.other = record
    return first


def _parse_label(label: object) -> float:
    value = LABELS.get(str(label).strip().lower())
    if value is None:
        raise RowError(RowErrors.PAIR_LABEL.format(found=repr(label)[:60]))
    return value
