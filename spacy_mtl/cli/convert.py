# ruff: noqa: B008
"""`mtl convert`: data files of any accepted format to .spacy files, split if need be."""

from pathlib import Path

import typer
from wasabi import msg

from ..training.convert import ConvertReport, convert_folder
from ..training.tables import format_table
from ._app import mtl_cli, show_errors, split_names

HEADER = ("Task", "Split", "Rows", "From")


@mtl_cli.command("convert", no_args_is_help=True)
def convert_cli(
    input_path: Path = typer.Argument(..., help="Folder with one file per task and split"),
    output_path: Path = typer.Argument(..., help="Folder for <split>/<task>.spacy files"),
    split: str = typer.Option(
        "", "--split", "-s", help="Shares of train, dev and test where they lack, e.g. 0.8,0.1,0.1"
    ),
    stratified: bool = typer.Option(
        True, "--stratified/--random", help="Give each split the same share of every label"
    ),
    seed: int = typer.Option(0, "--seed", help="Seed of the split"),
    tasks: str = typer.Option("", "--tasks", "-t", help="Comma-separated tasks. Default: all"),
    on_error: str = typer.Option(
        "raise", "--on-error", "-e", help='Bad rows: "raise" to stop, "skip" to leave them out'
    ),
    force: bool = typer.Option(False, "--force", "-F", help="Overwrite existing files"),
    lang: str = typer.Option("en", "--lang", "-l", help="Two-letter code of the language"),
) -> None:
    """Convert .jsonl, .csv, .tsv or .spacy files of all tasks to .spacy files. With --split, files
    without a split are divided, and missing dev or test texts are taken from train.
    """
    with show_errors():
        report = convert_folder(
            input_path,
            output_path,
            tasks=split_names(tasks),
            split=split or None,
            stratified=stratified,
            seed=seed,
            on_error=on_error,
            overwrite=force,
            lang=lang,
        )
    show_report(report)
    msg.good(f"Wrote {len(report.files)} files: {output_path}")


def show_report(report: ConvertReport) -> None:
    """Print what was converted.

    report (ConvertReport): The report.
    """
    rows = [
        (file.task, file.split, str(file.rows), file.source.name)
        for file in sorted(report.files, key=lambda file: file.task)
    ]
    for line in format_table(HEADER, rows):
        typer.echo(line)
    for path, stats in report.sources.items():
        if stats.ignored:
            msg.info(f'{path}: {stats.ignored} rows marked "ignore" or rejected are left out')
        if stats.bad:
            msg.warn(f"{path}: {stats.bad} bad rows are left out")
            typer.echo(stats.listed())
