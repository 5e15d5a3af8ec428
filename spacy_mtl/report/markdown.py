"""A training report as Markdown, for a pull request or a README."""

import re
from collections.abc import Iterator, Sequence

from .contents import Curves, Interval, Report, TaskResult, Transfer
from .figure_parts import format_interval
from .run_page import missing_parts
from .words import clip, format_bytes, format_percent, summary

#: Mistakes that are shown of each task, and characters of their texts.
MISTAKES = 3
TEXT_LENGTH = 200
#: Columns of the table of the training.
EVALUATIONS = 8
#: Labels of a task up to which its confusion matrix is shown.
LARGEST_MATRIX = 12
_SPECIAL = re.compile(r"([\\`*_\[\]<>|~&])")
#: A mention, a number of an issue or a link would be made even after a backslash.
_LINKS = str.maketrans({"@": "&#64;", "#": "&#35;"})
#: Characters that would turn the direction of what follows them, or are nothing in a text.
_INVISIBLE = re.compile("[\x00-\x08\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


def render_markdown(report: Report) -> str:
    """Write a training report as Markdown.

    report (Report): The report.
    RETURNS (str): The Markdown. What users wrote is escaped: it is neither markup nor a mention.
    """
    return "\n".join(_lines(report)) + "\n"


def escape(text: str) -> str:
    """Write text so that Markdown shows it as it is, in one line.

    text (str): The text.
    RETURNS (str): The text, escaped.
    """
    line = _INVISIBLE.sub("\ufffd", " ".join(text.split()))
    return _SPECIAL.sub(r"\\\1", line).translate(_LINKS).replace("://", "&#58;//")


def markdown_table(
    header: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: bool = True
) -> list[str]:
    """Write a table.

    header (Sequence[str]): The names of the columns.
    rows (Sequence[Sequence[str]]): The cells.
    numbers (bool): Whether all columns but the first are numbers.
    RETURNS (List[str]): The lines, with an empty one after them.
    """
    aligns = ["---", *(["---:" if numbers else "---"] * (len(header) - 1))]
    return [f"| {' | '.join(row)} |" for row in (header, aligns, *rows)] + [""]


def score_table(results: Sequence[TaskResult]) -> list[str]:
    """Write the scores of all tasks as a table.

    results (Sequence[TaskResult]): The tasks.
    RETURNS (List[str]): The lines.
    """
    header = ("task", "rows", "metric", "score", "task alone", "difference", "calibration error")
    rows = [
        (
            escape(result.name),
            f"{result.rows:,}",
            escape(result.metric),
            format_interval(result.score),
            format_interval(result.baseline),
            _starred(result.difference),
            format_percent(result.calibration.error),
        )
        for result in results
    ]
    return markdown_table(header, rows)


def _lines(report: Report) -> Iterator[str]:
    yield f"# Training report: {escape(clip(report.title))}"
    yield ""
    yield from markdown_table(
        [name for name, _ in summary(report)], [[value for _, value in summary(report)]]
    )
    if report.results:
        yield f"## Scores on {report.split}"
        yield ""
        yield "In percent, with 95 % bootstrap intervals over the rows. A difference with \\* is clear: its interval leaves out 0."
        if report.split == "dev":
            yield "There is no test data: the best model was chosen on these rows, so that the scores are too high."
        yield ""
        yield from score_table(report.results)
    yield from _trained(report)
    if report.transfer:
        yield from _transfer(report.transfer)
    if report.results:
        yield "## Tasks"
        yield ""
        for result in report.results:
            yield from _task(result)
    yield from _end(report)


def _trained(report: Report) -> Iterator[str]:
    yield "## What was trained"
    yield ""
    yield from markdown_table(
        ("task", "labels a text", "labels", "train", "dev", "test"),
        [
            (
                escape(task.name),
                "any number" if task.multi_label else "one",
                f"{len(task.labels):,}",
                *(f"{task.rows[s]:,}" if s in task.rows else "-" for s in ("train", "dev", "test")),
            )
            for task in report.sizes
        ],
    )
    if report.changes is not None:
        yield "Settings that differ from those of `mtl init-config`:" + (
            "" if report.changes else " none."
        )
        yield ""
    if report.changes:
        rows = [
            [
                "-" if value is None else escape(clip(value, TEXT_LENGTH))
                for value in (change.setting, change.value, change.default)
            ]
            for change in report.changes
        ]
        yield from markdown_table(("setting", "here", "default"), rows, numbers=False)
    if report.curves:
        curves = report.curves
        seconds = "" if curves.seconds is None else f" in {curves.seconds:,.0f} seconds"
        best = (
            ""
            if curves.best_step is None
            else f"; the best model is that of step {curves.best_step:,}"
        )
        yield f"{curves.steps[-1]:,} steps{seconds}{best}. Scores on dev, in percent:"
        yield ""
        yield from _curve_table(curves)


def _curve_table(curves: Curves) -> list[str]:
    """Some evaluations, from the first to the last."""
    n = len(curves.steps)
    chosen = sorted({round(i * (n - 1) / (EVALUATIONS - 1)) for i in range(EVALUATIONS)})
    lines = [("weighted mean", curves.scores)]
    lines += [(escape(curve.task), curve.scores) for curve in curves.tasks]
    rows = [[name, *(format_percent(scores[i]) for i in chosen)] for name, scores in lines]
    return markdown_table(["step", *(f"{curves.steps[i]:,}" for i in chosen)], rows)


def _transfer(transfer: Transfer) -> Iterator[str]:
    yield "## Which task helps which"
    yield ""
    yield "Points that a task (column) gains from another (row) being trained beside it."
    yield ""
    rows = [
        [escape(helper), *map(_starred, row)]
        for helper, row in zip(transfer.helpers, transfer.gains, strict=True)
    ]
    yield from markdown_table(["without", *map(escape, transfer.tasks)], rows)


def _task(result: TaskResult) -> Iterator[str]:
    yield f"<details><summary>{escape(result.name)}</summary>"
    yield ""
    yield from markdown_table(
        ("label", "rows", "precision", "recall", "F"),
        [
            (
                escape(clip(label.label, TEXT_LENGTH)),
                f"{label.rows:,}",
                *(format_percent(value) for value in (label.precision, label.recall, label.f)),
            )
            for label in result.labels
        ],
    )
    if result.confusion and len(result.confusion.labels) <= LARGEST_MATRIX:
        names = [escape(clip(label, TEXT_LENGTH)) for label in result.confusion.labels]
        counts = [[f"{n:,}" for n in row] for row in result.confusion.counts]
        rows = [[name, *row] for name, row in zip(names, counts, strict=True)]
        yield from markdown_table(["annotated \\ predicted", *names], rows)
    if result.thresholds:
        found = result.thresholds
        yield f"Threshold {found.current}; on these rows {found.best} has the best mean F."
        yield ""
    if result.mistakes:
        yield "The most confident mistakes:"
        yield ""
        for mistake in result.mistakes[:MISTAKES]:
            gold, predicted = (
                ", ".join(escape(clip(name, TEXT_LENGTH)) for name in names) or "none"
                for names in (mistake.gold, mistake.predicted)
            )
            sure = format_percent(mistake.confidence)
            yield f'- "{escape(clip(mistake.text, TEXT_LENGTH))}" (annotated {gold}, predicted {predicted}, {sure} % sure)'
        yield ""
    yield "</details>"
    yield ""


def _end(report: Report) -> Iterator[str]:
    if report.speed:
        speed = report.speed
        weights = sum(speed.parameters.values())
        yield "## Speed and size"
        yield ""
        yield (
            f"{speed.texts_per_second:,.0f} texts ({speed.words_per_second:,.0f} words) a second from text to all "
            f"scores, in one process. {format_bytes(speed.bytes)} on disk, {weights:,} weights."
        )
        yield ""
    yield "## Do it again"
    yield ""
    yield "```"
    yield report.command.replace("```", "'''")
    yield "```"
    yield ""
    yield ", ".join(f"{name} {found}" for name, found in report.versions.items()) + "."
    missing = missing_parts(report)
    if missing:
        yield ""
        yield "## What is not here"
        yield ""
        for why, parts in missing.items():
            yield f"- {escape(', '.join(parts))}: {escape(clip(why))}"


def _starred(interval: Interval | None) -> str:
    clear = interval is not None and interval.is_clear
    return format_interval(interval, signed=True) + ("\\*" if clear else "")
