"""`mtl embed`: the embeddings of all texts of a file."""

import typer
from spacy.util import load_model
from wasabi import msg

from ..inference.embedder import embed_file
from ..inference.rows import STREAM
from ._app import mtl_cli, show_errors
from ._files import announce, interruptible, report_skipped


@mtl_cli.command("embed", no_args_is_help=True)
def embed_cli(
    model: str = typer.Argument(
        ..., metavar="MODEL", help="Trained pipeline: a folder or a package"
    ),
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
    text_field: str = typer.Option("text", "--text-field", "-t", help="Field with the text"),
    kind: str | None = typer.Option(
        None, "--format", "-f", help="jsonl, csv, tsv or txt. Default: by the name of the file"
    ),
    batch_size: int | None = typer.Option(
        None, "--batch-size", "-b", min=1, help="Texts of a batch. Default: the pipeline's own"
    ),
    n_process: int = typer.Option(
        1, "--n-process", "-n", min=-1, help="Processes. -1: one for each core"
    ),
    on_error: str = typer.Option(
        "raise", "--on-error", "-e", help='Bad rows: "raise" to stop, "skip" to leave them out'
    ),
    overwrite: bool = typer.Option(
        False,
        "--overwrite",
        "-F",
        help="Replace an existing file or another run that was interrupted",
    ),
) -> None:
    """Write the embeddings of texts, as doc._.embedding gives them, in the order of the rows. Only the
    encoder of the pipeline runs.

    A run that was interrupted goes on where it stopped if the same command is given again. Until
    the file is complete, what is done lies beside it, in OUT.partial.
    """
    with show_errors(), interruptible(output):
        report = embed_file(
            load_model(model),
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
