"""Raw texts as the rows of a task: one that learns from unlabelled text."""

from collections.abc import Iterator
from functools import cached_property, lru_cache
from itertools import islice
from pathlib import Path

from spacy.util import logger

from ..errors import Errors, Warnings
from ..util import file_version, join_key, validate_task_name
from .formats import ReadStats
from .raw_text import read_raw_rows
from .rows import Record

#: The label that says that a text belongs to the task. It stands for nothing else.
RAW_LABEL = "raw"


class RawTask:
    """The texts of a file, each with the one key that gives it to a task."""

    def __init__(self, path: str | Path, task: str, limit: int, on_error: str) -> None:
        """Keep the settings. Nothing is read yet.

        path (Union[str, Path]): A file as for `read_raw_text`.
        task (str): The task.
        limit (int): Read at most this number of texts. 0 for no limit.
        on_error (str): What to do with bad rows: "raise" or "skip".
        RAISES (ValueError): If the name of the task is not valid.
        """
        self.path = Path(path)
        self.task = validate_task_name(task)
        self.limit = limit
        self.on_error = on_error

    @cached_property
    def size(self) -> int:
        """RETURNS (int): Number of texts that are read."""
        stats = scan_raw_text(self.path, self.on_error)
        if not stats.rows:
            raise ValueError(Errors.E172.format(path=self.path, total=stats.total, task=self.task))
        if stats.bad:
            logger.warning(
                Warnings.W101.format(
                    count=stats.bad,
                    total=stats.total,
                    path=self.path,
                    task=self.task,
                    listed=stats.listed(),
                )
            )
        return min(stats.rows, self.limit) if self.limit else stats.rows

    def read(self) -> Iterator[Record]:
        """YIELDS (Record): The texts, in the order of the file."""
        # Bad rows were reported when the file was scanned; the counts keep it from being repeated.
        rows = read_raw_rows(self.path, on_error=self.on_error, stats=ReadStats())
        cats = {join_key(self.task, RAW_LABEL): 1.0}
        for line, text in islice(rows, self.size):
            yield Record(text, cats, line)


def scan_raw_text(path: Path, on_error: str) -> ReadStats:
    """Read a file with raw text once, to find all its errors and how many texts it has. A file that did
    not change since is not read again.

    path (Path): The file.
    on_error (str): What to do with bad rows: "raise" or "skip".
    RETURNS (ReadStats): What the file holds.
    RAISES (ValueError): If the file cannot be read or has bad rows.
    """
    return _scan(path, on_error, file_version(path))


@lru_cache(maxsize=32)
def _scan(path: Path, on_error: str, version: tuple[int, ...]) -> ReadStats:
    stats = ReadStats()
    for _ in read_raw_rows(path, on_error=on_error, stats=stats):
        pass
    return stats
