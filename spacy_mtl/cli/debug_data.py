# ruff: noqa: B008
"""`mtl debug-data`: is the data fit for training?"""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import srsly
import typer
from spacy.cli._util import parse_config_overrides
from spacy.util import ENV_VARS
from wasabi import msg

from ..staging import StagedFiles
from ..training.data_checks import imbalance
from ..training.data_stats import TaskStats
from ..training.debug_data import DataReport, debug_data
from ..training.files import SPLITS
from ..training.tables import format_number, format_table
from ._app import mtl_cli, show_errors, split_names

MAX_LABELS = 20
HEADER = (
    *("Task", "Labels", "Kind", "Train", "Dev", "Test"),
    *("Repeated", "Leaked", "Clashes", "Empty", "Imbalance", "Words"),
)
LEGEND = """
Repeated: texts that stand in the same split before. Leaked: texts of dev and test that are in train
too. Clashes: texts with contradictory labels. Imbalance: most frequent by rarest label in train.
Words: median and longest text."""


@mtl_cli.command(
    "debug-data",
    no_args_is_help=True,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def debug_data_cli(
    ctx: typer.Context,
    path: Path = typer.Argument(..., help="Data folder, or config whose corpora are checked"),
    tasks: str = typer.Option("", "--tasks", "-t", help="Comma-separated tasks. Default: all"),
    require_test: bool = typer.Option(
        False, "--require-test", help="Fail if a task has no test data"
    ),
    json_path: str = typer.Option("", "--json", "-j", help="JSON file for the whole report"),
) -> None:
    """Check labelled data: rows, labels, imbalance, duplicates, texts that are in train and in dev
    or test, empty texts, lengths and contradictory labels. The exit code is 1 if there are errors.
    With a config, its settings can be overridden, e.g. --paths.train assets/mydata
    """
    with show_errors():
        # Settings from the environment are meant for configs, and a folder has none.
        variable = None if path.is_dir() else ENV_VARS.CONFIG_OVERRIDES
        overrides = parse_config_overrides(ctx.args, env_var=variable)
        report = debug_data(
            path, tasks=split_names(tasks), overrides=overrides, require_test=require_test
        )
        if json_path:
            data = srsly.json_dumps(report.to_dict(), indent=2).encode("utf-8")
            with StagedFiles() as staged:
                staged.write(json_path, data + b"\n")
    show_report(report)
    if report.errors:
        raise typer.Exit(1)


def show_report(report: DataReport) -> None:
    """Print what was found in the data.

    report (DataReport): The report.
    """
    tasks = report.tasks.values()
    typer.echo("\n".join(["", *format_table(HEADER, [_task_row(stats) for stats in tasks])]))
    typer.echo(LEGEND)
    for stats in tasks:
        table = _score_table(stats) if stats.has_pairs else _label_table(stats)
        typer.echo("\n".join(["", *table]))
    typer.echo("")
    for text in report.warnings:
        msg.warn(text)
    for text in report.errors:
        first, *others = text.splitlines()
        msg.fail(first)
        for line in others:
            typer.echo(line)
    counts = (
        f"{_count(report.errors, 'error')}, {_count(report.warnings, 'warning')}: {report.source}"
    )
    if report.errors:
        msg.fail(counts)
    else:
        msg.good(counts)


def _count(found: list[str], name: str) -> str:
    return f"{len(found)} {name}{'' if len(found) == 1 else 's'}"


def _task_row(stats: TaskStats) -> tuple[str, ...]:
    splits = stats.splits.values()
    longest = max((own.lengths.longest for own in splits), default=0)
    train = stats.splits.get("train")
    return (
        stats.name,
        str(len(stats.labels)),
        "pairs" if stats.has_pairs else "multi" if stats.multi_label else "single",
        *(str(stats.splits[name].rows) if name in stats.splits else "-" for name in SPLITS),
        str(sum(own.duplicates for own in splits)),
        str(sum(stats.overlap.values())),
        str(stats.contradictions),
        str(sum(own.empty for own in splits)),
        format_number(imbalance(stats), ".1f"),
        f"{train.lengths.median if train else 0}/{longest}",
    )


def _score_table(stats: TaskStats) -> Iterator[str]:
    scores = [stats.splits[name].pairs if name in stats.splits else None for name in SPLITS]
    rows = [
        (title, *("-" if own is None else f"{getattr(own, name):g}" for own in scores))
        for title, name in (("lowest score", "lowest"), ("highest score", "highest"))
    ]
    yield from format_table((stats.name, "Train", "Dev", "Test"), rows)


def _label_table(stats: TaskStats) -> Iterator[str]:
    train = stats.splits.get("train")
    counts = {label: train.labels.get(label, 0) if train else 0 for label in stats.labels}
    rows = []
    for label in islice(sorted(counts, key=lambda name: (-counts[name], name)), MAX_LABELS):
        share = counts[label] / train.rows if train and train.rows else None
        numbers = (
            str(stats.splits[name].labels.get(label, 0)) if name in stats.splits else "-"
            for name in SPLITS
        )
        rows.append((label, *numbers, format_number(share, ".1%")))
    yield from format_table((stats.name, "Train", "Dev", "Test", "Share"), rows)
    if len(counts) > MAX_LABELS:
        yield f"... and {len(counts) - MAX_LABELS} more labels"
