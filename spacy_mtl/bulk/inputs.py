"""Which files a job reads, and which it writes."""

import glob
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from ..errors import Errors
from ..errors.bulk import BulkReasons
from ..inference.runs import PARTIAL

KINDS = ("jsonl", "csv", "tsv", "parquet")
ZIPPED = ".gz"
#: What follows the name of the output in that of the file with the rows that were left out.
REJECTED = ".rejected.jsonl"


class InputFile(NamedTuple):
    """A file to read.

    path (str): The file.
    kind (str): Its format.
    target (str): The file to write.
    """

    path: str
    kind: str
    target: str


class Inputs(NamedTuple):
    """All files of a job.

    files (List[InputFile]): The files, in order.
    ignored (List[str]): Files in folders that are of another kind.
    """

    files: list[InputFile]
    ignored: list[str]


def find_inputs(names: Sequence[str | Path], output: Path, *, kind: str | None = None) -> Inputs:
    """Find all files to read, in an order that does not change.

    names (Sequence[Union[str, Path]]): Files, patterns, and folders with files at any depth.
    output (Path): A file, for one file; otherwise a folder, in which the folders of the files are repeated.
    kind (Optional[str]): The format of all files. Defaults to what their names end in.
    RETURNS (Inputs): The files.
    RAISES (ValueError): If there are none, or they cannot be told apart.
    """
    found: dict[Path, Path] = {}
    ignored: list[str] = []
    for name in names:
        for path, root in _expand(str(name), output, kind, ignored):
            found.setdefault(Path(os.path.abspath(path)), Path(os.path.abspath(root)))
    if _is_file_name(output):
        if len(found) != 1 or not Path(names[0]).is_file():
            raise ValueError(Errors.E777.format(count=len(found), path=output))
        path = next(iter(found))
        found_kind = _kind_of(path, kind)
        if kind_of(output) != found_kind:
            raise ValueError(Errors.E778.format(path=output, source=path, kind=found_kind))
        return Inputs([InputFile(str(path), found_kind, str(output))], ignored)
    base = os.path.commonpath(list(found.values()))
    files = [
        InputFile(str(path), _kind_of(path, kind), str(output / path.relative_to(base)))
        for path in sorted(found)
    ]
    return Inputs(files, ignored)


def kind_of(path: str | Path) -> str | None:
    """Tell the format of a file by its name.

    path (Union[str, Path]): The file.
    RETURNS (Optional[str]): The format, None for any other.
    """
    name = Path(path).name.lower()
    ending = name.removesuffix(ZIPPED).rpartition(".")[2]
    is_known = ending in KINDS and "." in name.removesuffix(ZIPPED)
    return None if not is_known or (ending == "parquet" and name.endswith(ZIPPED)) else ending


def _kind_of(path: Path, kind: str | None) -> str:
    found = kind or kind_of(path)
    if found not in KINDS:
        raise ValueError(Errors.E776.format(path=path))
    return found


def _is_file_name(output: Path) -> bool:
    return kind_of(output) is not None and not output.is_dir()


def _expand(
    name: str, output: Path, kind: str | None, ignored: list[str]
) -> Iterator[tuple[Path, Path]]:
    """Find the files of a name, each with the folder that its place is told from."""
    path = Path(name)
    if path.is_dir():
        files = list(_walk(path, output, kind, ignored))
        if not files:
            raise ValueError(Errors.E775.format(path=name, reason=BulkReasons.NO_DATA))
        yield from ((file, path) for file in files)
    elif path.exists():
        yield path, path.parent
    elif glob.has_magic(name):
        matches = [match for match in map(Path, glob.glob(name, recursive=True)) if match.is_file()]
        if not matches:
            raise ValueError(Errors.E775.format(path=name, reason=BulkReasons.NO_MATCH))
        yield from ((match, match.parent) for match in matches)
    else:
        raise ValueError(Errors.E775.format(path=name, reason=BulkReasons.NO_FILE))


def _walk(folder: Path, output: Path, kind: str | None, ignored: list[str]) -> Iterator[Path]:
    # What the job itself writes may lie in the folder.
    own = {str(output), f"{output}{PARTIAL}"}
    for parent, folders, names in os.walk(folder):
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".") and os.path.abspath(Path(parent, name)) not in own
        ]
        for name in names:
            path = Path(parent, name)
            if name.startswith((".", "_")) or os.path.abspath(path) in own | {
                f"{output}{REJECTED}"
            }:
                continue
            if kind is None and kind_of(path) is None:
                ignored.append(str(path))
            else:
                yield path
