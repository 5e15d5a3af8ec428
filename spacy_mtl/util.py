"""The naming scheme of tasks: every key in `doc.cats` is ``task/label``."""

import os
import re
from collections.abc import Iterable
from pathlib import Path

from spacy.tokens import Doc

from .errors import Errors
from .types import Cats

SEPARATOR = "/"
#: spaCy scores the tokenizer of every pipeline as "token_acc" and alike.
TOKENIZER_SCORES = "token"
#: Texts of a batch that an error names, and their characters.
N_SHOWN = 3
SHOWN_LENGTH = 40
TASK_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


def validate_task_name(name: str) -> str:
    """Check that a string can be the name of a task.

    name (str): The name.
    RETURNS (str): The name, unchanged.
    RAISES (ValueError): If the name does not match ``[A-Za-z][A-Za-z0-9_-]*``, or its scores would
        overwrite those of spaCy's tokenizer.
    """
    if not isinstance(name, str) or not TASK_NAME.fullmatch(name):
        raise ValueError(Errors.E001.format(name=name))
    if name == TOKENIZER_SCORES:
        raise ValueError(Errors.E002.format(name=name))
    return name


def join_key(task: str, label: str) -> str:
    """Build the key of one label of one task in `doc.cats`.

    task (str): The name of the task.
    label (str): The label, any non-empty string.
    RETURNS (str): ``task/label``.
    """
    return f"{task}{SEPARATOR}{label}"


def split_key(key: str) -> tuple[str, str] | None:
    """Split a key of `doc.cats` at its first slash.

    key (str): The key.
    RETURNS (Optional[Tuple[str, str]]): Task and label, or None if the key names no task.
    """
    task, separator, label = key.partition(SEPARATOR)
    if not separator or not label or not TASK_NAME.fullmatch(task):
        return None
    return task, label


def is_annotated(cats: Cats, task: str) -> bool:
    """Tell whether a document is annotated for a task: it has at least one key of that task.

    cats (Cats): The categories of the reference document.
    task (str): The name of the task.
    RETURNS (bool): Whether any key belongs to the task.
    """
    prefix = task + SEPARATOR
    # A loop, because every head asks this of every document, and `any` would take twice as long.
    for key in cats:  # noqa: SIM110
        if key.startswith(prefix):
            return True
    return False


def task_cats(cats: Cats, task: str) -> dict[str, float]:
    """Get the scores or annotations of one task, keyed by its bare labels.

    cats (Cats): The categories of a document.
    task (str): The name of the task.
    RETURNS (Dict[str, float]): Values by label.
    """
    prefix = task + SEPARATOR
    return {key[len(prefix) :]: value for key, value in cats.items() if key.startswith(prefix)}


def tasks_of(cats: Cats) -> dict[str, dict[str, float]]:
    """Group the categories of a document by task.

    cats (Cats): The categories of a document.
    RETURNS (Dict[str, Dict[str, float]]): Values by task and label, in the order of the keys.
        Keys that name no task are left out.
    """
    grouped: dict[str, dict[str, float]] = {}
    for key, value in cats.items():
        parts = split_key(key)
        if parts is not None:
            grouped.setdefault(parts[0], {})[parts[1]] = value
    return grouped


def listing(items: Iterable[object], limit: int = 10) -> str:
    """Write a list for an error message, cut to a readable length.

    items (Iterable[object]): The items.
    limit (int): How many to name.
    RETURNS (str): The items, separated by commas, and how many were left out.
    """
    names = [printable(str(item)) for item in items]
    shown = ", ".join(names[:limit]) or "none"
    return shown if len(names) <= limit else f"{shown} and {len(names) - limit} more"


def printable(text: str) -> str:
    """Make a text that every terminal and file takes, for an error message.

    text (str): The text, which may have lone surrogates: halves of characters, as JSON can name them, or bytes
        of a file's name that are no UTF-8.
    RETURNS (str): The text with escapes in their place.
    """
    return text.encode("utf8", "backslashreplace").decode("utf8")


def file_version(path: str | Path) -> tuple[int, ...]:
    """Tell the contents of a file from those that it had before, also where the clock is wrong: by its place on
    the disk, its size, and when it was changed.

    path (Union[str, Path]): The file.
    RETURNS (Tuple[int, ...]): Numbers that are others once it has changed, none if it cannot be looked at.
    """
    try:
        found = os.stat(path)
    except OSError:
        return ()
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def describe_texts(docs: Iterable[Doc]) -> str:
    """Name a batch in an error message by its first texts.

    docs (Iterable[Doc]): The documents.
    RETURNS (str): How many they are, and the first of them, shortened.
    """
    found = list(docs)
    # The beginning of a long document is enough, and quick to get.
    shown = [doc[: SHOWN_LENGTH + 1].text[: SHOWN_LENGTH + 1] for doc in found[:N_SHOWN]]
    texts = [
        repr(text if len(text) <= SHOWN_LENGTH else f"{text[:SHOWN_LENGTH]}...") for text in shown
    ]
    dots = ", ..." if len(found) > N_SHOWN else ""
    return f"a batch of {len(found)} documents ({', '.join(texts)}{dots})"
