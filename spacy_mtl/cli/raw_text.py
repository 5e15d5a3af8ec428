# ruff: noqa: B008
"""`mtl raw-text`: all texts of data folders that may be used for pretraining, in one file."""

from pathlib import Path

import typer
from wasabi import msg

from ..training.raw_text import RawTextReport, collect_raw_text
from ..training.tables import format_table
from ..util import listing
from ._app import mtl_cli, show_errors

HEADER = ("File", "Written", "Duplicates", "In dev or test", "Bad")


@mtl_cli.command("raw-text", no_args_is_help=True)
def raw_text_cli(
    folders: list[Path] = typer.Argument(
        ..., metavar="DATA_DIR...", help="Folders with one file per task and split, or raw text"
    ),
    output: Path = typer.Argument(..., metavar="OUT.jsonl", help="File to write"),
    labelled: bool = typer.Option(
        True, "--labelled/--no-labelled", help="Take the texts of train files too"
    ),
    on_error: str = typer.Option(
        "raise", "--on-error", "-e", help='Bad rows: "raise" to stop, "skip" to leave them out'
    ),
    force: bool = typer.Option(False, "--force", "-F", help="Overwrite an existing file"),
) -> None:
    """Collect raw text for pretraining: the texts of all train files, and unlabelled ones in files
    named raw.jsonl ({"text": "..."}) or raw.txt (one text a line), also raw-NAME.jsonl and .gz.
    Each text is written once, and none that is in a dev or test file of the folders.
    """
    with show_errors():
        report = collect_raw_text(
            folders, output, labelled=labelled, on_error=on_error, overwrite=force
        )
    show_report(report)
    msg.good(f"Wrote {report.written:,} texts: {output}")


def show_report(report: RawTextReport) -> None:
    """Print what was collected.

    report (RawTextReport): The report.
    """
    rows = []
    for source in report.sources:
        counts = (source.written, source.duplicates, source.held_out, source.stats.bad)
        rows.append(("/".join(source.path.parts[-2:]), *(f"{count:,}" for count in counts)))
    for line in format_table(HEADER, rows):
        typer.echo(line)
    if report.held_out:
        msg.info(f"Left out, because they are in dev or test files: {report.held_out:,} texts")
    if report.unsplit:
        msg.warn("Files that are not split yet are not used:")
        typer.echo(listing(report.unsplit))
    for source in report.sources:
        if source.stats.bad:
            msg.warn(f"{source.stats.bad} bad rows are left out:")
            typer.echo(source.stats.listed())
