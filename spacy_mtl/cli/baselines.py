# ruff: noqa: B008
"""`mtl baselines`: each task alone, with its share of the multi-task training budget."""

import io
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import typer
from spacy.cli._util import parse_config_overrides, setup_gpu
from spacy.training.initialize import init_nlp
from spacy.training.loop import train
from spacy.util import load_config, load_meta
from thinc.api import Config
from wasabi import msg

from ..errors import Errors
from ..training.single_task import FACTORY, find_task_pipes, single_task_config, task_shares
from ..util import listing
from ._app import mtl_cli, show_errors, split_names


@mtl_cli.command(
    "baselines",
    no_args_is_help=True,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def baselines_cli(
    ctx: typer.Context,
    config: Path = typer.Argument(..., help="Config of the multi-task training"),
    output: Path = typer.Argument(..., help="Folder for one pipeline per task"),
    tasks: str = typer.Option("", "--tasks", "-t", help="Comma-separated tasks. Default: all"),
    seed: int = typer.Option(-1, "--seed", help="Random seed. -1: the config's own"),
    use_gpu: int = typer.Option(-1, "--gpu-id", "-g", help="GPU ID or -1 for CPU"),
) -> None:
    """Train a pipeline for each task of a config alone: the same encoder, head and data, and the
    share of the training steps that the task gets in the multi-task training. Settings of the
    config can be overridden, e.g. --training.max_steps 500
    """
    setup_gpu(use_gpu, silent=use_gpu < 0)
    with show_errors():
        overrides = parse_config_overrides(ctx.args)
        if seed >= 0:
            overrides["system.seed"] = seed
        configs = baseline_configs(config, tasks=split_names(tasks), overrides=overrides)
        for task, task_config in configs.items():
            steps = task_config["training"]["max_steps"]
            msg.text(f"Training '{task}' alone: {steps:,} steps")
            score = train_baseline(task_config, output / task, use_gpu=use_gpu)
            msg.good(f"{output / task / 'model-best'}: dev score {100 * score:.2f}")


def train_baselines(
    config_path: str | Path,
    output: str | Path,
    *,
    tasks: Iterable[str] | None = None,
    overrides: Mapping[str, Any] | None = None,
    use_gpu: int = -1,
) -> dict[str, float]:
    """Train a pipeline for each task of a config alone. Together they take as many steps as the
    multi-task training.

    config_path (Union[str, Path]): Config of the multi-task training.
    output (Union[str, Path]): Folder for the pipelines, written to `<task>/model-best`.
    tasks (Optional[Iterable[str]]): Names of the tasks to train. All of them if not set.
    overrides (Optional[Mapping[str, Any]]): Values that replace those of the config, by dotted name.
    use_gpu (int): ID of the GPU, or -1 for CPU.
    RETURNS (Dict[str, float]): The best dev score of each task.
    RAISES (ValueError): If the config lacks a task, its data or a limit of steps.
    """
    configs = baseline_configs(config_path, tasks=tasks, overrides=overrides)
    return {
        task: train_baseline(config, Path(output) / task, use_gpu=use_gpu)
        for task, config in configs.items()
    }


def baseline_configs(
    config_path: str | Path,
    *,
    tasks: Iterable[str] | None = None,
    overrides: Mapping[str, Any] | None = None,
    derive: Callable[[Config, str, float], Config] = single_task_config,
) -> dict[str, Config]:
    """Derive the config of each task alone, or another one for each task.

    config_path (Union[str, Path]): Config of the multi-task training.
    tasks (Optional[Iterable[str]]): Names of the tasks. All of them if not set.
    overrides (Optional[Mapping[str, Any]]): Values that replace those of the config, by dotted name.
    derive (Callable[[Config, str, float], Config]): Makes the config of a task from that of all tasks and
        the task's share of the training steps.
    RETURNS (Dict[str, Config]): Configs by task.
    RAISES (ValueError): If the config lacks a task, its data or a limit of steps.
    """
    if not Path(config_path).is_file():
        raise ValueError(Errors.E310.format(path=config_path))
    config = load_config(config_path, overrides=dict(overrides or {}), interpolate=False)
    pipes = find_task_pipes(config)
    wanted = list(pipes) if tasks is None else list(dict.fromkeys(tasks))
    lacking = [task for task in wanted if task not in pipes]
    if lacking or not wanted:
        raise ValueError(
            Errors.E311.format(factory=FACTORY, tasks=listing(lacking), found=listing(pipes))
        )
    shares = task_shares(config)
    return {task: derive(config, task, shares[task]) for task in wanted}


def train_baseline(config: Config, output: Path, *, use_gpu: int = -1) -> float:
    """Train a pipeline without a word on the terminal.

    config (Config): The config.
    output (Path): Folder for the pipeline.
    use_gpu (int): ID of the GPU, or -1 for CPU.
    RETURNS (float): The score of the saved pipeline on the dev data.
    """
    output.mkdir(parents=True, exist_ok=True)
    nlp = init_nlp(config, use_gpu=use_gpu)
    train(nlp, output, use_gpu=use_gpu, stdout=io.StringIO(), stderr=io.StringIO())
    scores = load_meta(output / "model-best" / "meta.json")["performance"]
    weights = {key: weight for key, weight in config["training"]["score_weights"].items() if weight}
    return sum(weights[key] * float(scores[key]) for key in weights) / sum(weights.values())
