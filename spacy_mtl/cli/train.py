# ruff: noqa: B008
"""`mtl train`: `spacy train` in a run that can be interrupted, on one core or on many."""

from pathlib import Path
from typing import Any

import typer
from spacy.cli._util import import_code, parse_config_overrides, setup_gpu, show_validation_error
from spacy.util import load_config
from wasabi import msg

from ..errors import Errors
from ..parallel.leading import AVERAGE_EVERY
from ..training.checkpoint import PLACE
from ..training.train_run import train
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
    "train",
    no_args_is_help=True,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def train_cli(
    ctx: typer.Context,
    config: Path = typer.Argument(..., help="Config, as for spacy train"),
    output: Path = typer.Option(..., "--output", "-o", help="Folder for pipelines, log and state"),
    resume: bool = typer.Option(False, "--resume", "-r", help="Go on with the run in OUTPUT"),
    force: bool = typer.Option(False, "--force", "-F", help="Overwrite an unfinished run"),
    workers: Workers = 1,
    address: Address = None,
    average_every: AverageEvery = AVERAGE_EVERY,
    save_every: int = typer.Option(
        0, "--save-every", "-s", min=0, help="Steps between two states. 0: at each evaluation"
    ),
    code: Path | None = typer.Option(None, "--code", "-c", help="Python file to import first"),
    use_gpu: int = typer.Option(-1, "--gpu-id", "-g", help="GPU ID or -1 for CPU"),
) -> None:
    """Train a pipeline: the batches, steps, weights and files of `spacy train`. A run that was interrupted
    goes on with --resume and ends with the same weights. Settings of the config can be overridden, e.g.
    --training.max_steps 500
    """
    place: dict[str, Any] = {
        "workers": workers,
        "address": address,
        "average_every": average_every,
        "code": code,
    }
    to_resume = command_to_resume(
        "train",
        [config, "--output", output],
        run_options(**place, use_gpu=use_gpu) | {"--save-every": save_every or None},
        ctx.args,
    )
    with show_errors(), show_validation_error(config, hint_fill=False):
        if resume and force:
            raise ValueError(Errors.E350)
        if address is not None and workers == 1:
            raise ValueError(Errors.E931)
        if not config.is_file():
            raise ValueError(Errors.E310.format(path=config))
        setup_gpu(use_gpu, silent=use_gpu < 0)
        import_code(code)
        overrides = parse_config_overrides(ctx.args)
        loaded = load_config(config, overrides=overrides, interpolate=False)
        typer.echo(f"If the run is interrupted, go on with: {to_resume}")
        try:
            settings: dict[str, Any] = {
                "resume": resume,
                "force": force,
                "save_every": save_every,
                "use_gpu": use_gpu,
            }
            if workers > 1:
                from ..parallel.train import train_parallel

                train_parallel(loaded, output, **place, **settings)
            else:
                train(loaded, output, silent=False, **settings)
        except KeyboardInterrupt as error:
            msg.warn("Interrupted")
            if (output / PLACE).exists():
                typer.echo("What was learned since the last state will be learned again.")
                typer.echo(f"Go on with: {to_resume}")
            raise typer.Exit(INTERRUPTED) from error
        except ImportError as error:
            raise ValueError(str(error)) from error
