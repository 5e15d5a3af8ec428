"""`mtl embed`: the embeddings of all texts of a file."""

import typer
from wasabi import msg

from ..damage import load_pipeline
from ..inference.embedder import embed_file
from ..inference.rows import STREAM
from ._app import mtl_cli, show_errors
from ._files import (
    BatchSize,
    Format,
    ModelName,
    NProcess,
    OnError,
    Overwrite,
    TextField,
    announce,
    interruptible,
    report_skipped,
)


@mtl_cli.command("embed", no_args_is_help=True)
def embed_cli(
    model: ModelName,
    source: str = typer.Argument(
        ...,
        metavar="TEXTS",
        help="File with texts: .jsonl, .csv, .tsv or .txt, also with .gz; - for standard input",
    ),
    output: str = typer.Argument(
        ...,
        metavar="OUT",
        help='.npy for the array alone; .parquet (extra "parquet") or .jsonl for the rows with all their '
        "fields; - for JSON lines on standard output",
    ),
    text_field: TextField = "text",
    kind: Format = None,
    batch_size: BatchSize = None,
    n_process: NProcess = 1,
    on_error: OnError = "raise",
    overwrite: Overwrite = False,
) -> None:
    """Write the embeddings of texts, as doc._.embedding gives them, in the order of the rows. Only the
    encoder of the pipeline runs.

    A run that was interrupted goes on where it stopped if the same command is given again. Until
    the file is complete, what is done lies beside it, in OUT.partial.
    """
    with show_errors(), interruptible(output):
        report = embed_file(
            load_pipeline(model),
            source,
            output,
            kind=kind,
            text_field=text_field,
            batch_size=batch_size,
            n_process=n_process,
            on_error=on_error,
            overwrite=overwrite,
            on_start=announce,
        )
    report_skipped(report)
    if output != STREAM:
        msg.good(f"Wrote the embeddings of {report.rows:,} texts: {output}")
