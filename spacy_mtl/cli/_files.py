"""What the commands that run a pipeline over files have in common: how they begin and end."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from ..inference.rows import STREAM
from ..inference.runs import RunReport

#: What a shell reports of a command that was ended by Ctrl-C or by a closed pipe.
INTERRUPTED = 130
BROKEN_PIPE = 141

ModelName = Annotated[
    str, typer.Argument(metavar="MODEL", help="Trained pipeline: a folder or a package")
]
Tasks = Annotated[str, typer.Option("--tasks", help="Only these tasks, separated by commas")]
Threshold = Annotated[
    float | None,
    typer.Option(
        "--threshold",
        min=0.0,
        max=1.0,
        help="Lowest score of a predicted label. Default: the task's own if a text can have several "
        "labels, otherwise none",
    ),
]
TextField = Annotated[str, typer.Option("--text-field", "-t", help="Field with the text")]
Format = Annotated[
    str | None,
    typer.Option("--format", "-f", help="jsonl, csv, tsv or txt. Default: by the name of the file"),
]
BatchSize = Annotated[
    int | None,
    typer.Option("--batch-size", "-b", min=1, help="Texts of a batch. Default: the pipeline's own"),
]
NProcess = Annotated[
    int, typer.Option("--n-process", "-n", min=-1, help="Processes. -1: one for each core")
]
OnError = Annotated[
    str,
    typer.Option("--on-error", "-e", help='Bad rows: "raise" to stop, "skip" to leave them out'),
]
Overwrite = Annotated[
    bool,
    typer.Option(
        "--overwrite",
        "-F",
        help="Replace an existing file or another run that was interrupted",
    ),
]


@contextmanager
def interruptible(output: str) -> Iterator[None]:
    """End with one line if the user interrupts the command, and with none if nobody reads its output.

    output (str): What it writes.
    YIELDS (None): Nothing.
    """
    try:
        yield
    except KeyboardInterrupt as error:
        hint = "" if output == STREAM else " To go on, give the same command again."
        typer.echo(f"Interrupted.{hint}", err=True)
        raise typer.Exit(INTERRUPTED) from error
    except BrokenPipeError as error:
        # The interpreter would complain when it flushes the stream at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(BROKEN_PIPE) from error


def announce(report: RunReport) -> None:
    """Say where a run goes on.

    report (RunReport): The run.
    """
    if report.before:
        of = "" if report.total is None else f" of {report.total:,}"
        typer.echo(f"Going on after {report.before:,}{of} texts that are done", err=True)


def report_skipped(report: RunReport) -> None:
    """Say which rows were left out.

    report (RunReport): The run.
    """
    if report.stats.bad:
        typer.echo(f"{report.stats.bad:,} bad rows are left out:", err=True)
        typer.echo(report.stats.listed(), err=True)
