"""What the training data says about each task, read once for all components."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from weakref import ReferenceType, WeakKeyDictionary, ref

from spacy.language import Language
from spacy.training import Example, validate_examples

from ..util import tasks_of

#: How many documents of a task a component gets to infer the shapes of its model from.
SAMPLE_SIZE = 10
#: How far from 1 the labels of a single-label document may add up to, as with soft labels.
TOLERANCE = 1e-3


@dataclass
class TaskStatistics:
    """The annotations of one task.

    n_docs (int): Annotated documents.
    positives (Dict[str, float]): Per label the sum of its values, in the order of first appearance.
    known (Dict[str, int]): Per label the documents that state it.
    n_not_exclusive (int): Documents whose values do not add up to 1.
    not_exclusive (Optional[Example]): The first of them.
    out_of_range (Optional[Example]): The first document with a value that is not between 0 and 1.
    sample (List[Example]): The first documents.
    """

    n_docs: int = 0
    positives: dict[str, float] = field(default_factory=dict)
    known: dict[str, int] = field(default_factory=dict)
    n_not_exclusive: int = 0
    not_exclusive: Example | None = None
    out_of_range: Example | None = None
    sample: list[Example] = field(default_factory=list)

    def add(self, example: Example, values: dict[str, float]) -> None:
        """Count one document.

        example (Example): The document.
        values (Dict[str, float]): Its annotations for the task, by label.
        """
        self.n_docs += 1
        for label, value in values.items():
            self.positives[label] = self.positives.get(label, 0.0) + float(value)
            self.known[label] = self.known.get(label, 0) + 1
        if not all(0.0 <= value <= 1.0 for value in values.values()):
            self.out_of_range = self.out_of_range or example
        if abs(sum(values.values()) - 1.0) > TOLERANCE:
            self.n_not_exclusive += 1
            self.not_exclusive = self.not_exclusive or example
        if len(self.sample) < SAMPLE_SIZE:
            self.sample.append(example)


GetExamples = Callable[[], Iterable[Example]]


@dataclass
class _Reading:
    """What one initialization of a pipeline has read.

    nlp (ReferenceType[Language]): The pipeline.
    statistics (Dict[str, TaskStatistics]): Statistics by task.
    readers (Set[str]): The components that have asked for it.
    """

    nlp: ReferenceType[Language]
    statistics: dict[str, TaskStatistics]
    readers: set[str] = field(default_factory=set)


_CACHE: WeakKeyDictionary[GetExamples, _Reading] = WeakKeyDictionary()


def collect_statistics(
    get_examples: GetExamples, *, reader: str, nlp: Language | None = None
) -> dict[str, TaskStatistics]:
    """Read the training data once and count the annotations of every task.

    `Language.initialize` hands the same function to every component, and each call of it reads and
    tokenizes the whole corpus: with a dozen tasks that would take longer than training a small one.
    So the result is kept for the other components. One that asks again is being initialized again,
    maybe after the data has changed.

    get_examples (Callable[[], Iterable[Example]]): Returns the training data.
    reader (str): Name of the component that asks.
    nlp (Optional[Language]): The pipeline that is being initialized.
    RETURNS (Dict[str, TaskStatistics]): Statistics by task.
    """
    if nlp is None:
        return _collect(get_examples())
    try:
        reading = _CACHE.get(get_examples)
    except TypeError:  # a callable that cannot be referenced weakly
        return _collect(get_examples())
    if reading is None or reading.nlp() is not nlp or reader in reading.readers:
        reading = _CACHE[get_examples] = _Reading(ref(nlp), _collect(get_examples()))
    reading.readers.add(reader)
    return reading.statistics


def _collect(examples: Iterable[Example]) -> dict[str, TaskStatistics]:
    statistics: dict[str, TaskStatistics] = {}
    for example in examples:
        # One by one: validate_get_examples would read all the data once more for each component.
        validate_examples([example], "MultitaskTextCategorizer.initialize")
        for task, values in tasks_of(example.reference.cats).items():
            statistics.setdefault(task, TaskStatistics()).add(example, values)
    return statistics
