# ruff: noqa: B008
"""`mtl sweep`: search for the settings of a config with which the tasks score best."""

from pathlib import Path
from typing import Any

import typer
from spacy.cli._util import import_code, parse_config_overrides, show_validation_error
from wasabi import msg

from ..sweep import Sweep, sweep
from ..sweep.results import format_value
from ..sweep.study import score_of
from ..sweep.trial import Report
from ._app import mtl_cli, show_errors
from ._files import interruptible

TRIALS = 50


@mtl_cli.command(
    "sweep",
    no_args_is_help=True,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def sweep_cli(
    ctx: typer.Context,
    config: Path = typer.Argument(..., metavar="CONFIG", help="Config of the training"),
    space: Path = typer.Argument(
        ..., metavar="SPACE.yml", help="Which of its settings to search, and among which values"
    ),
    output: Path = typer.Option(..., "--output", "-o", help="Folder for everything that is found"),
    trials: int = typer.Option(TRIALS, "--trials", "-n", min=1, help="How many trials in all"),
    engine: str = typer.Option("local", "--engine", "-e", help='"local" processes, or "ray"'),
    address: str | None = typer.Option(
        None, "--address", help="Ray cluster. Default: Ray is started on this machine"
    ),
    workers: int = typer.Option(
        1, "--workers", "-w", min=1, help="Trials at once, one thread each"
    ),
    sampler: str = typer.Option(
        "tpe", "--sampler", "-s", help='"tpe" draws near what was good, "random" anywhere'
    ),
    seed: int = typer.Option(0, "--seed", min=0, help="Seed of the sampler"),
    seeds: int = typer.Option(
        1, "--seeds", min=1, help="Train each trial with so many seeds: its score is the mean"
    ),
    no_prune: bool = typer.Option(
        False, "--no-prune", help="Train all trials to the end, also those below the median"
    ),
    keep_models: bool = typer.Option(
        False, "--keep-models", help="Save the best model of each trial"
    ),
    code: Path | None = typer.Option(None, "--code", "-c", help="Python file to import first"),
) -> None:
    """Search for the settings of a config with which the tasks score best on the dev data: trains with drawn
    values, stops what lags behind, and writes a table of all trials, a figure of what mattered and the best
    config. The same command goes on with a search that was interrupted. Settings of the config can be
    overridden, e.g. --training.max_steps 500
    """
    with show_errors(), interruptible(str(output)):
        import_code(code)
        with show_validation_error(config, hint_fill=False):
            found = sweep(
                config,
                space,
                output,
                trials=trials,
                engine=engine,
                address=address,
                workers=workers,
                sampler=sampler,
                seed=seed,
                seeds=seeds,
                prune=not no_prune,
                keep_models=keep_models,
                code=code,
                overrides=parse_config_overrides(ctx.args),
                on_start=_announce,
                on_trial=_show_trial,
            )
        _show_summary(found)


def _announce(found: Sweep) -> None:
    if found.trials:
        typer.echo(f"Going on after {len(found.trials)} trials that are done", err=True)


def _show_trial(number: int, state: str, report: Report, values: dict[str, Any]) -> None:
    names = _short_names(list(values))
    shown = "  ".join(f"{names[name]}={format_value(value)}" for name, value in values.items())
    if state == "failed":
        shown = f"{report.reason}  {shown}"
    elif state in ("complete", "pruned"):
        shown = f"{100 * report.best:.2f}  ({report.seconds:.0f} s)  {shown}"
    typer.echo(f"Trial {number}: {state}  {shown}")


def _short_names(names: list[str]) -> dict[str, str]:
    """The last part of each name, or all of it if others end alike."""
    ends = [name.split(".")[-1] for name in names]
    return {n: end if ends.count(end) == 1 else n for n, end in zip(names, ends, strict=True)}


def _show_summary(found: Sweep) -> None:
    counts = ", ".join(f"{found.count(s)} {s}" for s in ("complete", "pruned", "failed"))
    if found.running:
        counts += f", {found.running} still running in other processes"
    typer.echo(f"{len(found.trials)} trials: {counts}")
    if found.best is None:
        msg.warn(f"No trial is complete: {found.folder / 'results.csv'} tells why")
        raise typer.Exit(1)
    score = 100 * (score_of(found.best) or 0.0)
    msg.good(
        f"Best: trial {found.best.number}, {score:.2f}. Train with {found.folder / 'best.cfg'}"
    )
    typer.echo(f"All trials: {found.folder / 'results.csv'}")
    typer.echo(f"What mattered: {found.folder / 'sweep.svg'}")
