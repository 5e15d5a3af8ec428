"""Decisions, written into a new data file."""

import csv
import gzip
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import Errors
from ..staging import StagedFiles
from ..training.files import find_task_files
from ..training.formats import TEXT_FORMATS, file_format
from ..training.texts import normalise_text
from ..util import SEPARATOR, join_key, listing, split_key
from .decisions import Decision, read_decisions
from .rows import ReviewRow, TaskRows, read_task


@dataclass
class Change:
    """One row that was changed."""

    file: Path
    line: int
    before: list[str]
    after: list[str] | None


@dataclass
class CorrectionReport:
    """What was done.

    changes (List[Change]): Rows with other labels than before, or left out.
    confirmed (int): Rows whose labels were found right.
    open (int): Rows that nobody has decided on.
    unknown (List[str]): Decisions that belong to no row, and why.
    written (List[Path]): The new files.
    """

    changes: list[Change] = field(default_factory=list)
    confirmed: int = 0
    open: int = 0
    unknown: list[str] = field(default_factory=list)
    written: list[Path] = field(default_factory=list)


def apply_review(review: str | Path, data: str | Path, output: str | Path) -> CorrectionReport:
    """Write the decisions of a review into new data. Rows without one stay as they are, byte for byte.

    review (Union[str, Path]): The review, .jsonl or .csv, with decisions.
    data (Union[str, Path]): The data file that was reviewed, or the folder.
    output (Union[str, Path]): The new file, or a new folder with the files that were corrected.
    RETURNS (CorrectionReport): What was changed.
    RAISES (ValueError): If the output exists, the review or the data cannot be read, or they do not belong
        together.
    """
    review, data, output = Path(review), Path(data), Path(output)
    for path in (review, data):
        if not path.exists():
            raise FileNotFoundError(Errors.E703.format(path=path))
    if output.exists():
        raise FileExistsError(Errors.E707.format(path=output))
    decisions, n_open = read_decisions(review)
    report = CorrectionReport(open=n_open)
    if not decisions:
        raise ValueError(Errors.E714.format(path=review, count=n_open))
    with StagedFiles(output if data.is_dir() else None) as staged:
        for file, chosen in _by_file(decisions, data, report).items():
            content = _correct(file, chosen, report)
            if content is not None:
                target = output / file.relative_to(data) if data.is_dir() else output
                staged.write(target, _pack(content, target))
                report.written.append(target)
        if not report.written:
            raise ValueError(
                Errors.E712.format(
                    count=len(decisions), path=review, data=data, first=report.unknown[0]
                )
            )
    return report


def _by_file(
    decisions: Sequence[Decision], data: Path, report: CorrectionReport
) -> dict[Path, list[Decision]]:
    found: dict[Path, list[Decision]] = {}
    folder = find_task_files(data, unsplit=True) if data.is_dir() else {}
    files = [path for by_task in folder.values() for path in by_task.values()] or [data]
    by_path: dict[Path | None, Path] = {path.resolve(): path for path in files}
    for decision in decisions:
        path = by_path.get(_resolve(decision.file))
        if path is None and not data.is_dir() and Path(decision.file).name == data.name:
            # The file may have been moved since.
            path = data
        if path is None:
            report.unknown.append(f"{decision.file}:{decision.line}: not a file of {data}")
        else:
            found.setdefault(path, []).append(decision)
    return found


def _resolve(name: str) -> Path | None:
    try:
        return Path(name).resolve()
    # It may hold what no system has in the name of a file, and lead round in circles.
    except (ValueError, OSError, RuntimeError):
        return None


def _correct(
    path: Path, decisions: Sequence[Decision], report: CorrectionReport
) -> list[bytes] | None:
    kind = file_format(path)
    if kind not in TEXT_FORMATS:
        raise ValueError(Errors.E713.format(path=path))
    tasks = {
        name: read_task(path, name, on_error="skip")
        for name in dict.fromkeys(decision.task for decision in decisions)
    }
    # By now it is known that the file can be read.
    lines = io.BytesIO(_read(path)).readlines()
    known = {name: {row.line: row for row in task.rows} for name, task in tasks.items()}
    any_known = False
    left_out: set[int] = set()
    for decision in decisions:
        row = known[decision.task].get(decision.line)
        reason = _unfit(decision, row, tasks[decision.task])
        if row is None or reason:
            report.unknown.append(f"{path}:{decision.line}: {reason}")
            continue
        any_known = True
        # Another task, or a decision further up, may have left the row out.
        if decision.line in left_out:
            continue
        before = [label for label, value in row.cats.items() if value > 0.5]
        if decision.labels is not None and set(before) == set(decision.labels):
            report.confirmed += 1
            continue
        after = None if decision.labels is None else list(decision.labels)
        if after is None:
            left_out.add(decision.line)
        report.changes.append(Change(path, decision.line, before, after))
        _replace(lines, decision.line - 1, kind, row, decision.task, after)
    return lines if any_known else None


def _unfit(decision: Decision, row: ReviewRow | None, task: TaskRows) -> str:
    if row is None:
        return f"no row of the task '{task.task}' begins in this line"
    if decision.text is not None and normalise_text(decision.text) != normalise_text(row.text):
        return "the row has another text than in the review"
    if decision.labels is None:
        return ""
    new = sorted(set(decision.labels) - set(task.labels))
    if new:
        return f"no label of the task: {listing(new)}. Its labels: {listing(task.labels)}"
    if not task.multi_label and len(decision.labels) != 1:
        return f"{len(decision.labels)} labels, and the task takes one"
    return ""


def _replace(
    lines: list[bytes], start: int, kind: str, row: ReviewRow, task: str, labels: list[str] | None
) -> None:
    """Replace a row, and leave nothing in its place if there are no labels."""
    separator = "\t" if kind == "tsv" else ","
    n_lines, cells = 1, []
    if kind != "jsonl":
        rest = (line.decode("utf8", "surrogateescape") for line in lines[start:])
        reader = csv.reader(rest, delimiter=separator, strict=True)
        cells = next(reader)
        n_lines = reader.line_num
    last = lines[start + n_lines - 1]
    ending = b"\r\n" if last.endswith(b"\r\n") else b"\n" if last.endswith(b"\n") else b""
    new = b""
    if labels is not None and kind == "jsonl":
        found = json.loads(lines[start].decode("utf-8-sig"), strict=False)
        new = _as_json(_relabel(found, row, task, labels)) + ending
    elif labels is not None:
        (names,) = csv.reader([lines[0].decode("utf-8-sig")], delimiter=separator)
        cells[[name.strip().lower() for name in names].index("label")] = labels[0]
        out = io.StringIO()
        csv.writer(out, delimiter=separator, lineterminator=ending.decode()).writerow(cells)
        new = out.getvalue().encode("utf8", "surrogateescape")
    # As many lines as before, so that those below keep their numbers.
    lines[start : start + n_lines] = [new, *[b""] * (n_lines - 1)]


def _as_json(row: Mapping[str, Any]) -> bytes:
    try:
        return json.dumps(row, ensure_ascii=False).encode("utf8")
    except UnicodeEncodeError:
        return json.dumps(row).encode("utf8")


def _relabel(
    found: Mapping[str, Any], row: ReviewRow, task: str, labels: list[str]
) -> dict[str, Any]:
    """Change the labels of a row in the form that it has."""
    new = dict(found)
    if new.get("cats") is not None:
        named = all(split_key(key) for key in new["cats"])
        keep = f"{task}{SEPARATOR}"
        others = {
            key: value for key, value in new["cats"].items() if named and not key.startswith(keep)
        }
        own = {join_key(task, name) if named else name: float(name in labels) for name in row.cats}
        own |= {join_key(task, name) if named else name: 1.0 for name in labels}
        new["cats"] = {**others, **own}
    elif new.get("labels") is not None:
        new["labels"] = labels
    elif new.get("label") is not None and len(labels) == 1:
        new["label"] = labels[0]
        if "answer" in found:
            new["answer"] = "accept"
    elif new.get("label") is not None:
        # This form has no room for none or several.
        new = {key: value for key, value in new.items() if key not in ("label", "answer")}
        new["labels"] = labels
    else:
        new["accept"], new["answer"] = labels, "accept"
    return new


def _read(path: Path) -> bytes:
    data = path.read_bytes()
    return gzip.decompress(data) if path.name.lower().endswith(".gz") else data


def _pack(lines: list[bytes], target: Path) -> bytes:
    data = b"".join(lines)
    # Without the time in it, the same rows give the same file.
    return gzip.compress(data, mtime=0) if target.name.lower().endswith(".gz") else data
