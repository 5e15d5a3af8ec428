# ruff: noqa: B008
"""`mtl leave-out`: all tasks but one, to see what each task does for the others."""

from pathlib import Path

import typer
from spacy.cli._util import parse_config_overrides, setup_gpu
from wasabi import msg

from ..training.single_task import leave_out_config
from ._app import mtl_cli, show_errors, split_names
from .baselines import baseline_configs, train_baseline


@mtl_cli.command(
    "leave-out",
    no_args_is_help=True,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def leave_out_cli(
    ctx: typer.Context,
    config: Path = typer.Argument(..., help="Config of the multi-task training"),
    output: Path = typer.Argument(..., help="Folder for one pipeline per task that is left out"),
    tasks: str = typer.Option(
        "", "--tasks", "-t", help="Tasks to leave out, by comma. Default: each"
    ),
    seed: int = typer.Option(-1, "--seed", help="Random seed. -1: the config's own"),
    use_gpu: int = typer.Option(-1, "--gpu-id", "-g", help="GPU ID or -1 for CPU"),
) -> None:
    """Train a pipeline without each of the tasks in turn. The others get as many steps as beside it, so
    that `mtl report` can tell which task helps or hurts which. Pipelines that are there already are
    kept. Settings of the config can be overridden, e.g. --training.max_steps 500
    """
    setup_gpu(use_gpu, silent=use_gpu < 0)
    with show_errors():
        overrides = parse_config_overrides(ctx.args)
        if seed >= 0:
            overrides["system.seed"] = seed
        configs = baseline_configs(
            config, tasks=split_names(tasks), overrides=overrides, derive=leave_out_config
        )
        for task, task_config in configs.items():
            folder = output / task
            if (folder / "model-last").is_dir():
                msg.info(f"Kept {folder / 'model-best'}")
                continue
            msg.text(f"Training without '{task}': {task_config['training']['max_steps']:,} steps")
            score = train_baseline(task_config, folder, use_gpu=use_gpu)
            msg.good(f"{folder / 'model-best'}: dev score {100 * score:.2f}")
