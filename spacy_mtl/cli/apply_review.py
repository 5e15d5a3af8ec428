# ruff: noqa: B008
"""`mtl apply-review`: the decisions of a review, written into new data."""

from pathlib import Path

import typer
from wasabi import msg

from ..review.corrections import CorrectionReport, apply_review
from ..training.tables import format_table
from ._app import mtl_cli, show_errors

HEADER = ("File", "Line", "Before", "After")
MAX_SHOWN = 20


@mtl_cli.command("apply-review", no_args_is_help=True)
def apply_review_cli(
    review: Path = typer.Argument(..., help="A review with decisions, .jsonl or .csv"),
    data: Path = typer.Argument(..., help="The data file or folder that was reviewed"),
    output: Path = typer.Option(..., "--out", "-o", help="New file or folder. Must not exist"),
) -> None:
    """Write the decisions of a review into a new data file, never over the old one. Rows without a decision
    stay as they are.
    """
    with show_errors():
        report = apply_review(review, data, output)
    show_report(report)
    if report.unknown:
        raise typer.Exit(1)


def show_report(report: CorrectionReport) -> None:
    """Print what was changed.

    report (CorrectionReport): The report.
    """
    rows = [
        (
            change.file.name,
            f"{change.line:,}",
            ", ".join(change.before) or "-",
            "left out" if change.after is None else ", ".join(change.after) or "-",
        )
        for change in report.changes[:MAX_SHOWN]
    ]
    for line in format_table(HEADER, rows) if rows else ():
        typer.echo(line)
    if len(report.changes) > MAX_SHOWN:
        typer.echo(f"... and {len(report.changes) - MAX_SHOWN:,} more")
    msg.good(
        f"{len(report.changes):,} rows changed, {report.confirmed:,} confirmed, {report.open:,} still open: "
        f"{', '.join(map(str, report.written))}"
    )
    if report.unknown:
        msg.fail(f"{len(report.unknown):,} decisions belong to no row and are left out:")
        for line in report.unknown[:MAX_SHOWN]:
            typer.echo(line)
