# ruff: noqa: B008
"""`mtl pretrain`: `spacy pretrain` in a run that can be interrupted, with evaluations on the way."""

from pathlib import Path
from typing import Any

import typer
from spacy.cli._util import import_code, parse_config_overrides, setup_gpu, show_validation_error
from spacy.util import load_config
from wasabi import msg

from ..errors import Errors
from ..parallel.leading import AVERAGE_EVERY
from ..training.pretrain import SAVE_EVERY, pretrain
from ._app import mtl_cli, show_errors
from ._files import INTERRUPTED
from ._runs import (
    Address,
    AverageEvery,
    Workers,
    command_to_resume,
    run_options,
)


@mtl_cli.command(
    "pretrain",
    no_args_is_help=True,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def pretrain_cli(
    ctx: typer.Context,
    config: Path = typer.Argument(..., help="Config with a [pretraining] block"),
    output: Path = typer.Argument(..., help="Folder for weights, log and checkpoint"),
    resume: bool = typer.Option(False, "--resume", "-r", help="Go on with the run in OUTPUT"),
    force: bool = typer.Option(False, "--force", "-F", help="Overwrite an unfinished run"),
    workers: Workers = 1,
    address: Address = None,
    average_every: AverageEvery = AVERAGE_EVERY,
    save_every: int = typer.Option(
        SAVE_EVERY, "--save-every", "-s", min=1, help="Batches between two checkpoints"
    ),
    code: Path | None = typer.Option(None, "--code", "-c", help="Python file to import first"),
    use_gpu: int = typer.Option(-1, "--gpu-id", "-g", help="GPU ID or -1 for CPU"),
    skip_last: bool = typer.Option(False, "--skip-last", "-L", help="Write no model-last.bin"),
) -> None:
    """Pretrain the encoder on raw text: the steps, weights and files of `spacy pretrain`. A run that was
    interrupted goes on with --resume and ends with the same weights. Settings of the config can be
    overridden, e.g. --pretraining.max_epochs 5
    """
    setup_gpu(use_gpu, silent=use_gpu < 0)
    place: dict[str, Any] = {
        "workers": workers,
        "address": address,
        "average_every": average_every,
        "code": code,
    }
    to_resume = command_to_resume(
        "pretrain",
        [config, output],
        run_options(**place, use_gpu=use_gpu)
        | {
            "--save-every": None if save_every == SAVE_EVERY else save_every,
            "--skip-last": skip_last or None,
        },
        ctx.args,
    )
    with show_errors(), show_validation_error(config):
        if resume and force:
            raise ValueError(Errors.E350)
        if address is not None and workers == 1:
            raise ValueError(Errors.E931)
        if not config.is_file():
            raise ValueError(Errors.E310.format(path=config))
        import_code(code)
        overrides = parse_config_overrides(ctx.args)
        if not resume and output.is_dir() and any(output.iterdir()):
            msg.warn(
                f"The folder {output} is not empty: files of the same names will be overwritten"
            )
        loaded = load_config(config, overrides=overrides, interpolate=False)
        try:
            settings: dict[str, Any] = {
                "resume": resume,
                "force": force,
                "save_every": save_every,
                "use_gpu": use_gpu,
                "silent": False,
                "skip_last": skip_last,
                "hint": f"If the run is interrupted, go on with: {to_resume}",
            }
            if workers > 1:
                from ..parallel.pretrain import pretrain_parallel

                pretrain_parallel(loaded, output, **place, **settings)
            else:
                pretrain(loaded, output, **settings)
        except KeyboardInterrupt as error:
            msg.warn(f"Interrupted. At most the last {save_every} batches are lost")
            typer.echo(f"Go on with: {to_resume}")
            raise typer.Exit(INTERRUPTED) from error
        except ImportError as error:
            raise ValueError(str(error)) from error
    msg.good(f"Saved the weights: {output}")
