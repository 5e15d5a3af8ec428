"""Labels as scikit-learn has them, and as the pipeline does."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy
from numpy.typing import NDArray
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d

from ..errors import Errors
from ..training.config_text import RESERVED
from ..training.rows import RowError, full_cats
from ..training.task_summary import TaskSummary
from ..types import Cats
from ..util import join_key, task_cats, validate_task_name

#: Name of the task if y names none.
TASK = "label"


@dataclass
class TaskLabels:
    """The labels of one task.

    task (str): Name of the task.
    classes (ndarray): The classes in order and in the type that they came in, `(n_classes,)`.
    multi_label (bool): Whether any number of them can apply to a text.
    partial (bool): Whether some texts are annotated for some of them only.
    rows (List[Optional[Cats]]): Values by `task/label` of each text. None where all is unknown.
    """

    task: str
    classes: NDArray
    multi_label: bool
    partial: bool
    rows: list[Cats | None]

    @property
    def keys(self) -> list[str]:
        """RETURNS (List[str]): Keys in `doc.cats`, one per class."""
        return [join_key(self.task, label) for label in name_classes(self.classes, self.task)]

    @property
    def known(self) -> NDArray[numpy.bool_]:
        """RETURNS (ndarray): Whether anything is known of each text, `(n_texts,)`."""
        return numpy.asarray([row is not None for row in self.rows], dtype=bool)

    def table(self, keys: Sequence[str]) -> NDArray[numpy.float64]:
        """Get the values as a table.

        keys (Sequence[str]): Keys in `doc.cats`, one per column. In a task with one label a text, those
            that do not apply are 0.
        RETURNS (ndarray): `(n_texts, n_keys)`, nan where nothing is known.
        """
        absent = numpy.nan if self.partial else 0.0
        unknown = [numpy.nan] * len(keys)
        return numpy.asarray(
            [
                unknown if row is None else [row.get(key, absent) for key in keys]
                for row in self.rows
            ]
        ).reshape(len(self.rows), len(keys))

    def check(self) -> None:
        """Check that there is something to learn.

        RAISES (ValueError): If nothing is known, or all that is known is the same.
        """
        self.check_classes()
        table = self.table(self.keys)[self.known]
        if not ((table > 0).any(axis=0) & (table < 1).any(axis=0)).any():
            label = _plain(self.classes[(table > 0).sum(axis=0).argmax()])
            raise ValueError(Errors.E530.format(rows=len(table), task=repr(self.task), label=label))

    def check_classes(self) -> None:
        """Check that there are classes to choose from.

        RAISES (ValueError): If there are not.
        """
        if not len(self.classes):
            raise ValueError(Errors.E529.format(tasks=repr(self.task)))
        if len(self.classes) == 1 and not self.multi_label:
            raise ValueError(
                Errors.E530.format(
                    rows=int(self.known.sum()), task=repr(self.task), label=_plain(self.classes[0])
                )
            )

    def summarize(self) -> TaskSummary:
        """RETURNS (TaskSummary): What a new config has to know of the task."""
        names = name_classes(self.classes, self.task)
        counts = (self.table(self.keys) > 0).sum(axis=0)
        return TaskSummary(
            self.task,
            dict(zip(names, map(int, counts), strict=True)),
            self.multi_label,
            "unknown" if self.partial else "zero",
            n_train=max(1, int(self.known.sum())),
            n_dev=0,
        )

    def extend(self, classes: NDArray) -> None:
        """Add classes that are known from elsewhere. They do not apply to texts whose labels are all listed.

        classes (ndarray): The classes.
        """
        self.classes = numpy.union1d(classes, self.classes)
        if self.multi_label and not self.partial:
            zeros = dict.fromkeys(self.keys, 0.0)
            self.rows = [None if row is None else {**zeros, **row} for row in self.rows]

    def spread(self) -> "TaskLabels":
        """RETURNS (TaskLabels): The same with a row for each class, to which that class applies alone."""
        rows: list[Cats | None] = [
            {other: float(other == key) for other in self.keys} for key in self.keys
        ]
        return replace(self, rows=rows)

    def without_rows(self) -> "TaskLabels":
        """RETURNS (TaskLabels): The same without the texts' own labels."""
        return replace(self, rows=[])


def by_task(y: Any) -> dict[str, Any]:
    """Find the tasks of a y.

    y (Any): Labels of one task, or of several: a mapping, or a table with a column per task.
    RETURNS (Dict[str, Any]): Labels by task.
    """
    if hasattr(y, "columns") and hasattr(y, "__getitem__"):
        return {str(name): y[name] for name in y.columns}
    return dict(y) if isinstance(y, Mapping) else {TASK: y}


def has_tasks(y: Any) -> bool:
    """RETURNS (bool): Whether a y names its tasks."""
    return isinstance(y, Mapping) or hasattr(y, "columns")


def read_labels(y: Any, n_texts: int | None = None) -> dict[str, TaskLabels]:
    """Read the labels of all tasks.

    y (Any): Labels in any of the forms, see `MultitaskClassifier.fit`.
    n_texts (Optional[int]): How many texts there are.
    RETURNS (Dict[str, TaskLabels]): Labels by task.
    RAISES (ValueError): If they cannot be read, or are not as many as the texts.
    """
    read: dict[str, TaskLabels] = {}
    for task, labels in by_task(y).items():
        if validate_task_name(task) in RESERVED:
            raise ValueError(Errors.E305.format(name=task))
        read[task] = _read_task(task, labels, n_texts)
    if not read:
        raise ValueError(Errors.E529.format(tasks="any task"))
    return read


def name_classes(classes: Iterable[Any], task: str) -> list[str]:
    """Write classes as the labels of a pipeline.

    classes (Iterable[Any]): The classes.
    task (str): Name of the task.
    RETURNS (List[str]): The labels.
    RAISES (ValueError): If a class cannot be a label.
    """
    names: list[str] = []
    for label in classes:
        name = str(label)
        try:
            valid = bool(name.strip()) and name not in names and bool(name.encode("utf8"))
        except UnicodeEncodeError:
            valid = False
        if not valid:
            raise ValueError(Errors.E533.format(label=_plain(label), task=repr(task)))
        names.append(name)
    return names


def _read_task(task: str, y: Any, n_texts: int | None) -> TaskLabels:
    if hasattr(y, "toarray"):
        y = y.toarray()
    if hasattr(y, "tolist") and not isinstance(getattr(y, "dtype", None), numpy.dtype):
        # As an array, whole numbers with unknown ones between them would become fractions.
        y = y.tolist()
    if not hasattr(y, "__len__"):
        y = numpy.asarray(y) if hasattr(y, "__array__") else list(y)
    shape: tuple[int, ...] = numpy.shape(y) if hasattr(y, "shape") else (len(y),)
    if n_texts is not None and shape[:1] != (n_texts,):
        name = "" if task == TASK else f"[{task!r}]"
        n_labels = shape[0] if shape else 1
        raise ValueError(Errors.E528.format(n_texts=n_texts, task=name, n_labels=n_labels))
    if len(shape) == 2 and shape[1] > 1:
        return _read_table(task, numpy.asarray(y))
    values = list(column_or_1d(y, warn=True) if hasattr(y, "shape") else y)
    known = [value for value in values if not is_unknown(value)]
    kinds = {_kind(value) for value in known}
    if len(kinds) > 1:
        raise ValueError(Errors.E531.format(task=repr(task), kinds=", ".join(sorted(kinds))))
    if kinds == {"lists"}:
        return _read_lists(task, values, known)
    if kinds == {"values by label"}:
        return _read_cats(task, values)
    return _read_single(task, y, values, known)


def is_unknown(value: Any) -> bool:
    """RETURNS (bool): Whether an entry of y says that the label is unknown: None, nan, or pandas' NA."""
    if isinstance(value, float | numpy.floating):
        return bool(numpy.isnan(value))
    return value is None or type(value).__name__ in ("NAType", "NaTType")


def _plain(label: Any) -> Any:
    return label.item() if isinstance(label, numpy.generic) else label


def _kind(value: Any) -> str:
    if isinstance(value, list | tuple | set | frozenset | numpy.ndarray):
        return "lists"
    return "values by label" if isinstance(value, Mapping) else "single values"


def _read_single(task: str, y: Any, values: list[Any], known: list[Any]) -> TaskLabels:
    kinds = {type(value).__name__ for value in known}
    if "str" in kinds and kinds - {"str", "str_"}:
        # NumPy would write them all as strings.
        raise ValueError(Errors.E531.format(task=repr(task), kinds=", ".join(sorted(kinds))))
    dtype = y.dtype if isinstance(getattr(y, "dtype", None), numpy.dtype) else None
    if dtype is not None and dtype.hasobject and "str" not in kinds:
        # None has made it one of objects.
        dtype = None
    array = numpy.asarray(known, dtype=dtype)
    if len(array):
        check_classification_targets(array)
    try:
        classes = numpy.unique(array)
    except TypeError as error:
        text = Errors.E531.format(task=repr(task), kinds=", ".join(sorted(kinds)))
        raise ValueError(text) from error
    names = name_classes(classes, task)
    rows: list[Cats | None] = [None] * len(values)
    places = iter(numpy.searchsorted(classes, array).tolist())
    for row, value in enumerate(values):
        if not is_unknown(value):
            rows[row] = {join_key(task, names[next(places)]): 1.0}
    return TaskLabels(task, classes, multi_label=False, partial=False, rows=rows)


def _read_lists(task: str, values: list[Any], known: list[Any]) -> TaskLabels:
    try:
        found = sorted({label for labels in known for label in labels})
    except TypeError as error:
        kinds = ", ".join(sorted({type(label).__name__ for labels in known for label in labels}))
        raise ValueError(Errors.E531.format(task=repr(task), kinds=kinds)) from error
    names = name_classes(found, task)
    keys = {label: join_key(task, name) for label, name in zip(found, names, strict=True)}
    zeros = dict.fromkeys(keys.values(), 0.0)
    rows: list[Cats | None] = [
        None if is_unknown(value) else {**zeros, **{keys[label]: 1.0 for label in value}}
        for value in values
    ]
    classes = numpy.asarray(found)
    return TaskLabels(task, classes, multi_label=True, partial=False, rows=rows)


def _read_cats(task: str, values: list[Any]) -> TaskLabels:
    rows: list[Cats | None] = []
    for row, value in enumerate(values):
        try:
            rows.append(
                full_cats(value, task=task, known=(task,))
                if value and not is_unknown(value)
                else None
            )
        except RowError as error:
            reason = Errors.E532.format(row=row, task=repr(task), reason=error)
            raise ValueError(reason) from error
    found = sorted({label for row in rows if row for label in task_cats(row, task)})
    return TaskLabels(task, numpy.asarray(found), multi_label=True, partial=True, rows=rows)


def _read_table(task: str, table: NDArray) -> TaskLabels:
    values = numpy.asarray(table, dtype=float)
    given = ~numpy.isnan(values)
    wrong = (given & (values != 0) & (values != 1)).any(axis=1)
    if wrong.any():
        row = int(wrong.argmax())
        reason = f"expected 0, 1 or nan in each column, found {table[row].tolist()}"
        raise ValueError(Errors.E532.format(row=row, task=repr(task), reason=reason))
    classes = numpy.arange(values.shape[1])
    keys = [join_key(task, str(label)) for label in classes]
    rows: list[Cats | None] = [
        {key: float(v) for key, v, has in zip(keys, row, mask, strict=True) if has} or None
        for row, mask in zip(values, given, strict=True)
    ]
    partial = bool((given.any(axis=1) & ~given.all(axis=1)).any())
    return TaskLabels(task, classes, multi_label=True, partial=partial, rows=rows)
