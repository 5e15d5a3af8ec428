"""Where the data files of each task and split lie in a folder."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, TypeAlias

from spacy.util import logger

from ..errors import Errors
from ..util import TASK_NAME, listing, validate_task_name
from .formats import file_extension, file_format

#: Path of each task's file, by split.
TaskFiles: TypeAlias = dict[str, dict[str, Path]]
#: A folder, or one file (or folder with a file for each split) for each task.
DataPath: TypeAlias = str | Path | Mapping[str, str | Path]

SPLITS = ("train", "dev", "test")
#: The name of what is not split yet.
UNSPLIT = "all"
_ALIASES = {"val": "dev", "valid": "dev", "validation": "dev"}
_SPLIT_NAMES = {**{name: name for name in (*SPLITS, UNSPLIT)}, **_ALIASES}
_FLAT_NAME = re.compile(rf"(.+)[._-]({'|'.join(_SPLIT_NAMES)})", re.IGNORECASE)
_RAW_NAME = re.compile(r"raw(-.+)?\.(jsonl|txt)(\.gz)?", re.IGNORECASE)
LAYOUTS = """
Accepted layouts, with any of the extensions .jsonl, .csv, .tsv (also .gz) and .spacy:
  <folder>/<task>/train.jsonl   <folder>/<task>/dev.jsonl   <folder>/<task>/test.jsonl
  <folder>/<task>.train.jsonl   <folder>/<task>.dev.jsonl   <folder>/<task>.test.jsonl
  <folder>/train/<task>.jsonl   <folder>/dev/<task>.jsonl   <folder>/test/<task>.jsonl"""


class _Found(NamedTuple):
    split: str
    task: str
    path: Path


def find_task_files(
    root: str | Path,
    split: str | None = None,
    *,
    unsplit: bool = False,
    required: bool = True,
) -> TaskFiles:
    """Find the data files of a folder.

    root (Union[str, Path]): The folder. Its layout is ``<task>/<split>.<ext>``,
        ``<task>.<split>.<ext>`` (also with "-" or "_") or ``<split>/<task>.<ext>``.
    split (Optional[str]): Look for this split only.
    unsplit (bool): Also look for files that name no split, or "all"; their split is "all".
    required (bool): Whether a folder without data is an error.
    RETURNS (TaskFiles): Path of each task's file, by split.
    RAISES (ValueError): If the folder has no data, two files for one task and split, or a file
        whose task name is not valid.
    """
    root = check_folder(root)
    wanted = {canonical_split(split)} if split is not None else set(SPLITS)
    if unsplit:
        wanted.add(UNSPLIT)
    found = list(_scan(root))
    files = _group(item for item in found if item.split in wanted)
    if required and not files and not any(item.split in SPLITS for item in found):
        raise ValueError(Errors.E113.format(path=root, hint=_hint(root, found), layouts=LAYOUTS))
    return files


def find_raw_files(root: str | Path) -> list[Path]:
    """Find the files of a folder that hold unlabelled text: ``raw.<ext>`` and ``raw-<name>.<ext>``.
    They belong to no task.

    root (Union[str, Path]): The folder.
    RETURNS (List[Path]): The files, in the order of their names.
    RAISES (ValueError): If there is no such folder.
    """
    root = check_folder(root)
    return [path for path in _visible(root) if _is_raw(path) and path.is_file()]


def resolve_files(
    path: DataPath, *, split: str | None = None, tasks: Collection[str] | None = None
) -> tuple[dict[str, Path], tuple[str, ...]]:
    """Find the file of each task that a corpus reads.

    path (DataPath): A folder as for `find_task_files`, the folder of one split with one file for
        each task, or a mapping from tasks to files or to folders with a file for each split.
    split (Optional[str]): The split. None if the path names it.
    tasks (Optional[Collection[str]]): The tasks to read. None for all.
    RETURNS (Tuple[Dict[str, Path], Tuple[str, ...]]): Files by task, in the order of the names,
        and all tasks that the path has data for.
    RAISES (ValueError): If a task or the split has no file.
    """
    if split is not None:
        split = canonical_split(split)
    for task in (*(path if isinstance(path, Mapping) else ()), *(tasks or ())):
        validate_task_name(task)
    if isinstance(path, Mapping):
        files = {task: _mapped_file(task, Path(path[task]), split) for task in sorted(path)}
        known = tuple(files)
    else:
        files, known = _folder_files(path, split)
    missing = sorted(set(tasks or ()) - set(files))
    chosen = {t: f for t, f in files.items() if tasks is None or t in tasks}
    open_files = {t: f for t, f in files.items() if may_hold_other_tasks(f)}
    if missing and open_files:
        # The reader looks whether the tasks are there when it has read the files.
        chosen = {t: f for t, f in files.items() if t in chosen or t in open_files}
        missing = []
    if missing or not chosen:
        shown = "the mapping" if isinstance(path, Mapping) else path
        raise ValueError(
            Errors.E117.format(
                missing=listing(missing), path=shown, split=split, found=listing(files)
            )
        )
    return chosen, known


def may_hold_other_tasks(path: Path) -> bool:
    """Tell whether a file may hold tasks that it is not named after.

    path (Path): The file.
    RETURNS (bool): Whether its format has keys ``task/label``.
    """
    return file_format(path) in ("spacy", "jsonl")


def check_folder(root: str | Path) -> Path:
    """Check that a path is a folder.

    root (Union[str, Path]): The path.
    RETURNS (Path): The folder.
    RAISES (ValueError): If it does not exist or is a file.
    """
    root = Path(root)
    if not root.exists():
        raise FileNotFoundError(Errors.E111.format(path=root, layouts=LAYOUTS))
    if not root.is_dir():
        raise ValueError(Errors.E112.format(path=root))
    return root


def canonical_split(split: str) -> str:
    """Get the usual name of a split.

    split (str): The name, e.g. "validation".
    RETURNS (str): "train", "dev" or "test".
    RAISES (ValueError): If there is no such split.
    """
    name = _SPLIT_NAMES.get(str(split).lower())
    if name not in SPLITS:
        raise ValueError(Errors.E115.format(split=split, known=listing(SPLITS)))
    return name


def _scan(root: Path) -> Iterator[_Found]:
    # In the folder of one split, a file named raw belongs to a task of this name.
    has_raw = root.name.lower() not in _SPLIT_NAMES
    for entry in _visible(root):
        if has_raw and _is_raw(entry):
            continue
        if entry.is_dir():
            yield from _scan_folder(entry)
            continue
        stem = _stem(entry)
        match = _FLAT_NAME.fullmatch(stem)
        if match:
            yield _Found(_SPLIT_NAMES[match[2].lower()], match[1], entry)
        elif stem and stem.lower() not in _SPLIT_NAMES:
            yield _Found(UNSPLIT, stem, entry)


def _scan_folder(folder: Path) -> Iterator[_Found]:
    split = _SPLIT_NAMES.get(folder.name.lower())
    for path in _visible(folder):
        stem = "" if path.is_dir() else _stem(path)
        if not stem:
            continue
        if split is not None:
            yield _Found(split, stem, path)
        elif stem.lower() in _SPLIT_NAMES:
            yield _Found(_SPLIT_NAMES[stem.lower()], folder.name, path)
        else:
            logger.debug("Not a data file, because its name is no split: %s", path)


def _visible(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))


def _is_raw(path: Path) -> bool:
    return _RAW_NAME.fullmatch(path.name) is not None


def _stem(path: Path) -> str:
    extension = file_extension(path)
    return path.name[: -len(extension)] if extension else ""


def _group(found: Iterable[_Found]) -> TaskFiles:
    files: TaskFiles = {}
    for split, task, path in found:
        if not TASK_NAME.fullmatch(task):
            raise ValueError(Errors.E120.format(task=task, path=path))
        first = files.setdefault(split, {}).setdefault(task, path)
        if first != path:
            raise ValueError(Errors.E114.format(task=task, split=split, first=first, second=path))
    return {
        split: dict(sorted(files[split].items())) for split in (*SPLITS, UNSPLIT) if split in files
    }


def _folder_files(path: str | Path, split: str | None) -> tuple[dict[str, Path], tuple[str, ...]]:
    root = check_folder(path)
    found = list(_scan(root))
    splits = [name for name in SPLITS if any(item.split == name for item in found)]
    # A folder like corpus/train holds one file for each task and names the split itself.
    is_split_folder = not splits and _SPLIT_NAMES.get(root.name.lower()) == split
    wanted = UNSPLIT if split is None or is_split_folder else split
    files = _group(item for item in found if item.split == wanted).get(wanted)
    if not files:
        if not splits:
            hint = _hint(root, found)
            raise ValueError(Errors.E113.format(path=root, hint=hint, layouts=LAYOUTS))
        raise ValueError(
            Errors.E116.format(split=split, path=root, found=listing(splits), layouts=LAYOUTS)
        )
    known = {item.task for item in found if item.split in (*SPLITS, wanted)}
    return files, tuple(sorted(known))


def _mapped_file(task: str, path: Path, split: str | None) -> Path:
    if not path.is_dir() or split is None:
        return path
    files = [file for file in _visible(path) if _SPLIT_NAMES.get(_stem(file).lower()) == split]
    if not files:
        raise ValueError(Errors.E116.format(split=split, path=path, found="none", layouts=LAYOUTS))
    if len(files) > 1:
        raise ValueError(
            Errors.E114.format(task=task, split=split, first=files[0], second=files[1])
        )
    return files[0]


def _hint(root: Path, found: Iterable[_Found]) -> str:
    unsplit = [item.path.name for item in found if item.split == UNSPLIT]
    if unsplit:
        return f", only files without a split in their name: {listing(unsplit, 5)}"
    if any(_stem(path).lower() in _SPLIT_NAMES for path in _visible(root) if path.is_file()):
        return ", only files without a task in their name: name the folder above, or map the task"
    return ""
