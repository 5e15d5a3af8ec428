# ruff: noqa: B008
"""`mtl save-encoder`: the encoder of a pipeline as a file."""

from pathlib import Path

import typer
from wasabi import msg

from ..damage import load_pipeline
from ..training.saved_encoder import save_encoder
from ._app import check_absent, mtl_cli, show_errors


@mtl_cli.command("save-encoder", no_args_is_help=True)
def save_encoder_cli(
    model: str = typer.Argument(..., metavar="MODEL", help="A trained pipeline: folder or name"),
    output: Path = typer.Argument(..., metavar="OUTPUT", help="The file to write"),
    component: str | None = typer.Option(
        None, "--component", help="Name of the encoder, if the pipeline has several"
    ),
    force: bool = typer.Option(False, "--force", "-F", help="Overwrite an existing file"),
) -> None:
    """Save the encoder of a pipeline alone, with its config, for pipelines with other tasks. Name the file
    in a config, under [initialize.before_init] with @callbacks = "spacy_mtl.load_encoder.v1", or as
    [initialize] init_tok2vec.
    """
    with show_errors():
        check_absent(output, force=force)
        save_encoder(load_pipeline(model), output, component=component)
    msg.good(f"Saved the encoder of {model}: {output}")
