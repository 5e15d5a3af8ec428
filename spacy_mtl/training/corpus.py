"""The corpus reader: annotated texts of several tasks and raw ones, in memory or as a stream."""

from collections.abc import Iterator, Sequence
from functools import cached_property, partial
from itertools import islice
from pathlib import Path

from spacy.language import Language
from spacy.training import Example
from spacy.util import logger

from ..argument_types import checked_types
from ..errors import Errors, Warnings
from ..total_steps import note_pipeline
from ..types import Cats, Reader, TaskSizes
from ..util import listing, split_key
from .examples import make_example
from .files import DataPath, resolve_files
from .formats import ReadStats, check_on_error, read_records
from .raw_task import RawTask
from .rows import Record, fill_labels
from .scan import FileScan, scan_file
from .streaming import DrawsTasks, TaskStream


@checked_types("spacy_mtl.MultitaskCorpus.v1")
def create_multitask_corpus(
    path: str | Path | dict[str, str | Path] | None,
    split: str | None = None,
    tasks: list[str] | None = None,
    on_error: str = "raise",
    max_length: int = 0,
    limit: int = 0,
    stream: bool = False,
    shuffle_buffer: int = 10000,
    sampler: DrawsTasks | None = None,
    seed: int = 0,
    raw: str | Path | None = None,
    raw_task: str = "lmao",
    raw_limit: int = 0,
) -> Reader:
    """Create a reader for labelled texts of several tasks, and for raw text that another task learns
    from. All files are checked here, before any time is spent on training.

    path (Union[str, Path, Dict[str, Union[str, Path]], None]): A folder with files for each task,
        or a mapping from tasks to files.
    split (Optional[str]): "train", "dev" or "test". None if the path already names files.
    tasks (Optional[List[str]]): The tasks to read. None for all.
    on_error (str): "raise" to stop if a file has bad rows, "skip" to leave them out with a warning.
    max_length (int): Leave out texts with more tokens than this. 0 for no limit.
    limit (int): Read at most this number of rows of each task. 0 for no limit.
    stream (bool): Read in constant memory, in random order and with the tasks mixed; for
        max_epochs = -1. Otherwise the files are read in order, and spaCy shuffles the examples.
    shuffle_buffer (int): If streamed: the number of rows held in memory for shuffling.
    sampler (Optional[DrawsTasks]): If streamed: draws the task of each row. None to read every
        row once in a pass.
    seed (int): If streamed: seed of the order.
    raw (Optional[Union[str, Path]]): A file with unlabelled texts, .jsonl with {"text"} or .txt with
        one text a line (also .gz), for a component `lmao`. None for none.
    raw_task (str): The task of that component.
    raw_limit (int): Read at most this number of raw texts. 0 for no limit.
    RETURNS (Reader): The reader.
    RAISES (ValueError): If there is no data, or a file cannot be read.
    """
    if path is None:
        raise ValueError(Errors.E110)
    corpus = MultitaskCorpus(
        path,
        split=split,
        tasks=tasks,
        on_error=on_error,
        max_length=max_length,
        limit=limit,
        stream=stream,
        shuffle_buffer=shuffle_buffer,
        sampler=sampler,
        seed=seed,
        raw=raw,
        raw_task=raw_task,
        raw_limit=raw_limit,
    )
    corpus.check()
    return corpus


class MultitaskCorpus:
    """Yield an example for every annotated text of every task, and for every raw text.

    The reference of an example holds values by ``task/label``. A task without a key is unknown. That of
    a raw text has one key, of the task that learns from raw text.
    """

    def __init__(
        self,
        path: DataPath,
        *,
        split: str | None = None,
        tasks: Sequence[str] | None = None,
        on_error: str = "raise",
        max_length: int = 0,
        limit: int = 0,
        stream: bool = False,
        shuffle_buffer: int = 10000,
        sampler: DrawsTasks | None = None,
        seed: int = 0,
        raw: str | Path | None = None,
        raw_task: str = "lmao",
        raw_limit: int = 0,
    ) -> None:
        """Keep the settings, see `create_multitask_corpus`. Nothing is read yet."""
        check_on_error(on_error)
        for name, value in (
            ("max_length", max_length),
            ("limit", limit),
            ("shuffle_buffer", shuffle_buffer),
            ("raw_limit", raw_limit),
        ):
            if value < 0:
                _raise_invalid(name, value, "0 or more")
        if sampler is not None and not stream:
            _raise_invalid(
                "sampler", sampler, "null unless stream = true (else the batcher has one)"
            )
        self.path = path
        self.split = split
        self.tasks = tasks
        self.on_error = on_error
        self.max_length = max_length
        self.limit = limit
        self.stream = stream
        self.shuffle_buffer = shuffle_buffer
        self.sampler = sampler
        self.seed = seed
        self.raw = None if raw is None else RawTask(raw, raw_task, raw_limit, on_error)
        self._warned: set[str] = set()

    @cached_property
    def files(self) -> dict[str, Path]:
        """RETURNS (Dict[str, Path]): The file of each task, in the order of the names."""
        return self._resolved[0]

    @cached_property
    def scans(self) -> dict[str, FileScan]:
        """RETURNS (Dict[str, FileScan]): What the file of each task holds."""
        scans = {}
        for task, path in self.files.items():
            scan = scan_file(path, task, known_tasks=self._known_tasks, on_error=self.on_error)
            if not any(scan.labels.values()) and not scan.pairs:
                raise ValueError(Errors.E119.format(path=path, task=task))
            if scan.stats.bad:
                stats = scan.stats
                logger.warning(
                    Warnings.W101.format(
                        count=stats.bad,
                        total=stats.total,
                        path=path,
                        task=task,
                        listed=stats.listed(),
                    )
                )
            scans[task] = scan
        lacking = [t for t in self.tasks or () if not any(s.rows[t] for s in scans.values())]
        if lacking:
            found = sorted({task for scan in scans.values() for task in scan.rows})
            text = Errors.E117.format(
                missing=listing(lacking), path=self.path, split=self.split, found=listing(found)
            )
            raise ValueError(text)
        return scans

    @property
    def sizes(self) -> TaskSizes:
        """RETURNS (TaskSizes): Number of rows that are read of each task."""
        rows = {task: scan.stats.rows for task, scan in self.scans.items()}
        sizes = {task: min(n, self.limit) if self.limit else n for task, n in rows.items()}
        if self.raw is not None:
            if self.raw.task in sizes:
                text = Errors.E173.format(task=self.raw.task, path=self.files[self.raw.task])
                raise ValueError(text)
            sizes[self.raw.task] = self.raw.size
        return sizes

    def check(self) -> None:
        """Read all files once.

        RAISES (ValueError): If a file cannot be read, has bad rows or has no labels.
        """
        logger.debug("Checked the data of tasks: %s", dict(self.sizes))

    def __call__(self, nlp: Language) -> Iterator[Example]:
        """Yield examples from the data.

        nlp (Language): The current nlp object.
        YIELDS (Example): The examples.
        """
        note_pipeline(nlp)
        too_long = dict.fromkeys(self.sizes, 0)
        for task, record in self._stream(nlp) if self.stream else self._in_order(nlp):
            sides = [(side, self._annotations(task, side)) for side in record.sides]
            if not all(cats and self._fits(nlp, task, side) for side, cats in sides):
                continue
            examples = [make_example(nlp, side, cats) for side, cats in sides]
            if self.max_length and any(len(eg.predicted) > self.max_length for eg in examples):
                too_long[task] += 1
                continue
            # The two texts of a pair come one after the other, so that a stream can keep them together.
            yield from examples
        for task, count in too_long.items():
            if count and task not in self._warned:
                self._warned.add(task)
                self._warn(task, count, f"more than max_length = {self.max_length} tokens")

    @cached_property
    def _resolved(self) -> tuple[dict[str, Path], tuple[str, ...]]:
        return resolve_files(self.path, split=self.split, tasks=self.tasks)

    @property
    def _known_tasks(self) -> tuple[str, ...]:
        return self._resolved[1]

    def _in_order(self, nlp: Language) -> Iterator[tuple[str, Record]]:
        for task in self.sizes:
            for record in self._read(task, nlp):
                yield task, record

    def _stream(self, nlp: Language) -> Iterator[tuple[str, Record]]:
        stream = self._task_stream
        stream.sources = {task: partial(self._read, task, nlp) for task in self.sizes}
        return iter(stream)

    @cached_property
    def _task_stream(self) -> TaskStream:
        return TaskStream(
            {},
            self.sizes,
            buffer=self.shuffle_buffer,
            sampler=self.sampler,
            seed=self.seed,
        )

    def _read(self, task: str, nlp: Language) -> Iterator[Record]:
        raw = self._raw_of(task)
        if raw is not None:
            yield from raw.read()
            return
        # Bad rows were reported when the file was scanned; the counts keep it from being repeated.
        rows = read_records(
            self.files[task],
            task,
            known_tasks=self._known_tasks,
            on_error=self.on_error,
            stats=ReadStats(),
            vocab=nlp.vocab,
        )
        yield from islice(rows, self.sizes[task])

    def _raw_of(self, task: str) -> RawTask | None:
        return self.raw if self.raw is not None and task == self.raw.task else None

    def _path_of(self, task: str) -> Path:
        raw = self._raw_of(task)
        return self.files[task] if raw is None else raw.path

    def _annotations(self, task: str, record: Record) -> Cats:
        if self._raw_of(task) is not None:
            return record.cats
        cats = fill_labels(record, task, self.scans[task].labels_of())
        if self.tasks is None:
            return cats
        return {
            key: value
            for key, value in cats.items()
            if (parts := split_key(key)) is not None and parts[0] in self.tasks
        }

    def _fits(self, nlp: Language, task: str, record: Record) -> bool:
        length = len(record.text)
        if length <= nlp.max_length:
            return True
        if self.on_error == "raise":
            raise ValueError(
                Errors.E121.format(
                    path=self._path_of(task),
                    line=record.line,
                    task=task,
                    length=length,
                    limit=nlp.max_length,
                )
            )
        self._warn(task, 1, f"line {record.line} is longer than nlp.max_length = {nlp.max_length}")
        return False

    def _warn(self, task: str, count: int, reason: str) -> None:
        path = self._path_of(task)
        logger.warning(Warnings.W102.format(count=count, path=path, task=task, reason=reason))


def _raise_invalid(name: str, value: object, expected: str) -> None:
    raise ValueError(Errors.E118.format(name=name, value=value, expected=expected))
