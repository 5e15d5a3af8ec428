# ruff: noqa: B008
"""`mtl apply`: the labels of the texts of many files, by many workers."""

import typer
from wasabi import msg

from ..bulk.apply import apply_files
from ..damage import load_pipeline
from ._app import mtl_cli, show_errors, split_names
from ._files import (
    BatchSize,
    ModelName,
    Overwrite,
    Tasks,
    TextField,
    Threshold,
    announce,
    interruptible,
)


@mtl_cli.command("apply", no_args_is_help=True)
def apply_cli(
    model: ModelName,
    inputs: list[str] = typer.Argument(
        ...,
        metavar="INPUT...",
        help="Files that end in .jsonl, .csv, .tsv (also .gz) or .parquet; patterns in quotes; folders",
    ),
    output: str = typer.Argument(
        ...,
        metavar="OUTPUT",
        help="A folder; or for one file a file of the same format",
    ),
    tasks: Tasks = "",
    threshold: Threshold = None,
    all_scores: bool = typer.Option(
        False, "--scores", help="Give the scores of all labels in JSON lines too, as in tables"
    ),
    embeddings: bool = typer.Option(False, "--embeddings", help="Add the embedding of each text"),
    engine: str = typer.Option(
        "local",
        "--engine",
        help='"local" for processes of this machine, "ray" (extra "ray") for Ray',
    ),
    address: str | None = typer.Option(
        None, "--address", help="Ray cluster. Default: one that is started on this machine"
    ),
    workers: int | None = typer.Option(
        None, "--workers", "-n", min=1, help="Number of workers. Default: one for each core"
    ),
    text_field: TextField = "text",
    prefix: str = typer.Option(
        "", "--prefix", help="What names of new fields and columns begin with"
    ),
    kind: str | None = typer.Option(
        None,
        "--format",
        "-f",
        help="jsonl, csv, tsv or parquet. Default: by the names of the files",
    ),
    batch_size: BatchSize = None,
    overwrite: Overwrite = False,
) -> None:
    """Label the texts of any number of files of any size, with several processes or on a Ray cluster.

    The output has the format of the input, with all fields of each row and new ones: "predicted" in JSON
    lines, a column for each task and for the score of each label in tables. Rows that cannot be used are
    written to OUTPUT.rejected.jsonl, each with its reason, and files that cannot be read are told at the end.

    A job that was interrupted goes on where it stopped if the same command is given again. Until a
    file is complete, what is done lies in OUTPUT.partial.
    """
    with show_errors(), interruptible(output):
        report = apply_files(
            load_pipeline(model),
            inputs,
            output,
            tasks=split_names(tasks),
            threshold=threshold,
            all_scores=all_scores,
            embeddings=embeddings,
            kind=kind,
            text_field=text_field,
            prefix=prefix,
            batch_size=batch_size,
            n_workers=workers,
            engine=engine,
            address=address,
            overwrite=overwrite,
            on_start=announce,
        )
    if report.rejected:
        msg.warn(f"{report.rejected:,} bad rows are left out: {report.rejected_path}")
    if report.rows or not report.n_failed:
        msg.good(f"Wrote the labels of {report.rows:,} texts of {report.files:,} files: {output}")
    if report.n_failed:
        msg.fail(f"{report.n_failed:,} files cannot be read, or not to their end:")
        for line in report.failed:
            typer.echo(line)
        if report.n_failed > len(report.failed):
            typer.echo(f"... and others: {report.rejected_path}")
        raise typer.Exit(1)
