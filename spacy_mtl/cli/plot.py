# ruff: noqa: B008
"""`mtl plot`: the embedding space of a pipeline in two dimensions."""

import warnings
from pathlib import Path

import typer
from spacy.cli._util import import_code, setup_gpu
from wasabi import msg

from ..report.pipeline_map import LIMIT, plot_pipeline
from ._app import mtl_cli, show_errors

OUT = Path("embeddings.html")


@mtl_cli.command("plot", no_args_is_help=True)
def plot_cli(
    model: str = typer.Argument(..., metavar="MODEL", help="Pipeline: a folder or package"),
    data: Path = typer.Argument(
        ..., metavar="DATA", help="Data folder, file of one task, or raw texts (.jsonl, .txt)"
    ),
    out: Path = typer.Option(
        OUT, "--out", "-o", help="File to write: .html to explore, .png or .svg to show"
    ),
    task: str | None = typer.Option(
        None, "--task", "-t", help="Task of the labels. Default: the one the data is named after"
    ),
    split: str = typer.Option("test", "--split", "-s", help="Split of a data folder"),
    colour: str | None = typer.Option(
        None, "--colour", "--color", "-c", help='Labels to colour by: "gold" or "predicted"'
    ),
    before: str | None = typer.Option(
        None, "--before", "-b", help="Another pipeline, to put its picture beside: before and after"
    ),
    method: str = typer.Option("pca", "--method", "-m", help='"pca", or "umap" (umap-learn)'),
    title: str | None = typer.Option(None, "--title", help="Title of the picture"),
    limit: int = typer.Option(
        LIMIT, "--limit", "-n", min=0, help="Draw at most this number of texts. 0 for all"
    ),
    on_error: str = typer.Option(
        "raise", "--on-error", "-e", help='Bad rows: "raise" to stop, "skip" to leave them out'
    ),
    seed: int = typer.Option(0, "--seed", help="Seed of what is drawn at random", min=0),
    force: bool = typer.Option(False, "--force", "-F", help="Overwrite an existing file"),
    code: Path | None = typer.Option(None, "--code", help="Python file to import first"),
    use_gpu: int = typer.Option(-1, "--gpu-id", "-g", help="GPU ID or -1 for CPU"),
) -> None:
    """Draw the embeddings of texts in two dimensions, coloured by their labels. The .html file is a page
    that needs no network: hover shows the text, a lasso selects, and what is selected is saved as
    JSONL, with a new label if you type one.
    """
    setup_gpu(use_gpu, silent=use_gpu < 0)
    with show_errors(), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        import_code(code)
        picture = plot_pipeline(
            model,
            data,
            out=out,
            before=before,
            task=task,
            split=split,
            colour=colour,
            method=method,
            title=title,
            limit=limit,
            on_error=on_error,
            seed=seed,
            overwrite=force,
        )
    for warning in caught:
        if issubclass(warning.category, UserWarning):
            msg.warn(str(warning.message))
    msg.good(f"Drew {len(picture.panels[0].points):,} texts: {out}")
