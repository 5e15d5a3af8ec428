"""One row of a data file: every accepted form becomes a text and its ``task/label`` values."""

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from spacy.tokens import Doc

from ..errors import RowErrors
from ..pair_keys import is_pair
from ..types import Cats
from ..util import SEPARATOR, join_key, listing, split_key

FORMS = ("accept", "cats", "labels", "label")
SINGLE_CHOICE = "single"


class RowError(ValueError):
    """A row that cannot be read. Its text is the reason, without file and line."""


@dataclass(slots=True)
class Record:
    """An annotated text.

    text (str): The text.
    cats (Dict[str, float]): Values by ``task/label``. A label without a value is unknown.
    line (int): Line of a text file where the row starts, or the number of the doc in a DocBin.
    multi_label (Optional[bool]): Whether the form of the row tells that several labels of the task
        can apply (True), only one can (False), or neither (None).
    complete (bool): Whether the row lists all labels that apply, so that each other label of the
        task is known not to apply.
    doc (Optional[Doc]): The annotated doc, if the row comes from a DocBin.
    other (Optional[Record]): The other text, if the row is a pair of texts.
    """

    text: str
    cats: dict[str, float] = field(default_factory=dict)
    line: int = 0
    multi_label: bool | None = None
    complete: bool = False
    doc: Doc | None = None
    other: "Record | None" = None

    @property
    def sides(self) -> tuple["Record", ...]:
        """RETURNS (Tuple[Record, ...]): Both texts of a pair, else only this one."""
        return (self,) if self.other is None else (self, self.other)

    @property
    def content(self) -> str:
        """RETURNS (str): All that the row says, to tell whether two rows say the same."""
        return "\n".join(side.text for side in self.sides)


def parse_row(row: object, line: int, *, task: str, known: Collection[str] | None) -> Record | None:
    """Read one row of a text format.

    row (object): The parsed row: an object with a text, and with labels in one of the forms.
    line (int): Where the row stands in its file.
    task (str): The task of the file.
    known (Optional[Collection[str]]): Tasks whose name may stand before a label in "cats". None if
        any task may.
    RETURNS (Optional[Record]): The annotated text, or None if the row is marked to be left out.
    RAISES (RowError): If the row cannot be read.
    """
    row, text = _row_and_text(row)
    answer = row.get("answer", "accept")
    if answer not in ("accept", "reject", "ignore"):
        raise RowError(RowErrors.ANSWER.format(found=_shown(answer)))
    form = _form(row)
    # A rejected list says that something in it is wrong, but not what.
    if answer == "ignore" or (answer == "reject" and form != "label"):
        return None
    if form == "label":
        label = _single_label(row["label"])
        accepted = answer == "accept"
        return Record(text, {join_key(task, label): float(accepted)}, line, not accepted)
    if form == "cats":
        return Record(text, full_cats(row["cats"], task=task, known=known), line)
    if form == "labels":
        labels = _label_list(row["labels"], "labels")
        return Record(text, {join_key(task, label): 1.0 for label in labels}, line, True, True)
    return _parse_choice(row, text, line, task)


def parse_text(row: object, field: str = "text") -> str:
    """Read the text of a row that needs no labels.

    row (object): The parsed row: an object with a text.
    field (str): The name of the text.
    RETURNS (str): The text.
    RAISES (RowError): If the row has none.
    """
    return _row_and_text(row, field)[1]


def parse_doc(doc: Doc, line: int, *, task: str, known: Collection[str] | None) -> Record:
    """Read one doc of a DocBin.

    doc (Doc): The doc.
    line (int): Its number in the DocBin.
    task (str): The task of the file.
    known (Optional[Collection[str]]): Tasks whose name may stand before a label. None if any task
        may.
    RETURNS (Record): The annotated text, with the doc.
    RAISES (RowError): If the doc's categories cannot be read.
    """
    return Record(doc.text, full_cats(doc.cats, task=task, known=known), line, doc=doc)


def full_cats(cats: object, *, task: str, known: Collection[str] | None) -> dict[str, float]:
    """Check the values of a row and write the task into every key.

    cats (object): Values by label, or by ``task/label`` for a known task.
    task (str): The task of labels that name none.
    known (Optional[Collection[str]]): Tasks whose name may stand before a label. None if any task
        may.
    RETURNS (Dict[str, float]): Values by ``task/label``.
    RAISES (RowError): If a label or a value is not valid.
    """
    if not isinstance(cats, Mapping):
        raise RowError(RowErrors.CATS.format(found=_kind(cats)))
    if not cats:
        raise RowError(RowErrors.NO_CATS)
    full: dict[str, float] = {}
    for label, value in cats.items():
        key = _full_key(_valid_label(label, "a label in 'cats'"), task, known)
        if key in full:
            raise RowError(RowErrors.TWICE.format(label=split_label(key)))
        full[key] = valid_score(value) if is_pair(key) else _valid_value(label, value)
    return full


def fill_labels(record: Record, task: str, labels: Iterable[str]) -> Cats:
    """Write zeros for the labels that are known not to apply.

    record (Record): The annotated text.
    task (str): The task of its file.
    labels (Iterable[str]): All labels of the task.
    RETURNS (Cats): The values of the record; if it is complete, with a value for every label.
    """
    if not record.complete:
        return record.cats
    return {**{join_key(task, label): 0.0 for label in labels}, **record.cats}


def split_label(key: str) -> str:
    """Get the label of a key.

    key (str): The key, ``task/label``.
    RETURNS (str): The label.
    """
    return key.partition(SEPARATOR)[2]


def _row_and_text(row: object, field: str = "text") -> tuple[Mapping[str, Any], str]:
    if not isinstance(row, Mapping):
        raise RowError(RowErrors.OBJECT.format(found=_kind(row)))
    if field not in row:
        raise RowError(RowErrors.NO_TEXT.format(field=field, found=listing(row)))
    return row, valid_text(row[field], field)


def _form(row: Mapping[str, Any]) -> str:
    forms = [form for form in FORMS if row.get(form) is not None]
    if not forms and row.get("options") is not None:
        return "accept"
    if not forms:
        raise RowError(RowErrors.NO_LABEL.format(found=listing(row)))
    if len(forms) > 1:
        raise RowError(RowErrors.FORMS.format(found=listing(forms)))
    return forms[0]


def _parse_choice(row: Mapping[str, Any], text: str, line: int, task: str) -> Record:
    accepted = _label_list(row.get("accept") or [], "accept")
    cats: dict[str, float] = {}
    options = row.get("options")
    if options is not None:
        if not isinstance(options, list):
            raise RowError(RowErrors.LABEL_LIST.format(field="options", found=_kind(options)))
        ids = [option.get("id") if isinstance(option, Mapping) else option for option in options]
        labels = _label_list(ids, "options")
        for label in accepted:
            if label not in labels:
                raise RowError(RowErrors.OPTION.format(label=label, options=listing(labels)))
        cats = {join_key(task, label): 0.0 for label in labels}
    cats.update((join_key(task, label), 1.0) for label in accepted)
    config = row.get("config")
    single = isinstance(config, Mapping) and config.get("choice_style") == SINGLE_CHOICE
    if single and len(accepted) != 1:
        raise RowError(RowErrors.ONE_CHOICE.format(found=len(accepted)))
    return Record(text, cats, line, not single, complete=options is None)


def _full_key(label: str, task: str, known: Collection[str] | None) -> str:
    if known is None:
        return label if split_key(label) is not None else join_key(task, label)
    prefix, separator, rest = label.partition(SEPARATOR)
    if separator and prefix in known:
        return join_key(prefix, _valid_label(rest, "a label in 'cats'"))
    return join_key(task, label)


def _single_label(label: object) -> str:
    if isinstance(label, list):
        raise RowError(RowErrors.LABEL_AS_LIST)
    return _valid_label(label, "'label'")


def _label_list(labels: object, field: str) -> list[str]:
    if not isinstance(labels, list):
        raise RowError(RowErrors.LABEL_LIST.format(field=field, found=_shown(labels)))
    return list(dict.fromkeys(_valid_label(label, f"each of '{field}'") for label in labels))


def _valid_label(label: object, field: str) -> str:
    if isinstance(label, int) and not isinstance(label, bool):
        return str(label)
    if not isinstance(label, str) or not label.strip():
        raise RowError(RowErrors.LABEL.format(field=field, found=_shown(label)))
    return _valid_unicode(label, field)


def valid_text(text: object, field: str = "text") -> str:
    """Check the text of a row.

    text (object): The text.
    field (str): Where it stands in the row.
    RETURNS (str): The text, unchanged.
    RAISES (RowError): If it is no string, or not valid Unicode.
    """
    if not isinstance(text, str):
        raise RowError(RowErrors.TEXT.format(field=field, found=_shown(text)))
    return _valid_unicode(text, f"'{field}'")


def valid_score(score: object) -> float:
    """Check the score of a pair of texts.

    score (object): The score, a number, or one that is written as text as in a .csv file.
    RETURNS (float): The score.
    RAISES (RowError): If it is no finite number.
    """
    try:
        value = float(score) if isinstance(score, int | float | str) else math.nan
    # A whole number may be larger than any float.
    except (ValueError, OverflowError):
        value = math.nan
    if isinstance(score, bool) or not math.isfinite(value):
        raise RowError(RowErrors.SCORE.format(found=_shown(score)))
    return value


def _valid_unicode(value: str, field: str) -> str:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as err:
        start = max(0, err.start - 10)
        excerpt = value[start : err.end + 10]
        raise RowError(RowErrors.SURROGATE.format(field=field, value=excerpt)) from None
    return value


def _valid_value(label: object, value: object) -> float:
    # Neither NaN nor a whole number that is larger than any float is in the range.
    if isinstance(value, (int, float)) and 0 <= value <= 1:
        return float(value)
    raise RowError(RowErrors.VALUE.format(label=label, found=_shown(value)))


def _kind(value: object) -> str:
    kinds = {dict: "an object", list: "a list", str: "a string", bool: "true or false"}
    return "null" if value is None else kinds.get(type(value), "a number")


def _shown(value: object) -> str:
    try:
        text = repr(value)
    except RecursionError:
        return f"{_kind(value)} in others, too deep to show"
    return text if len(text) <= 60 else text[:57] + "..."
