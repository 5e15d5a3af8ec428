# ruff: noqa: B008
"""`mtl add-task`: one task more for a trained pipeline, and what it costs the old ones."""

import io
import sys
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import srsly
import typer
from spacy.cli._util import parse_config_overrides, setup_gpu
from spacy.language import Language
from spacy.training.initialize import init_nlp
from spacy.training.loop import train
from spacy.util import load_config
from wasabi import msg

from ..damage import load_pipeline
from ..errors import Errors, Warnings
from ..pipeline.copy_components import load_trained
from ..staging import StagedFiles
from ..training.add_task_comments import REHEARSAL_TEXTS
from ..training.add_task_config import Plan, render_added_task
from ..training.add_task_data import TaskData, find_old_data, read_task
from ..training.add_task_report import Outcome, format_outcomes, to_json
from ..training.scenarios import AUTO, choose_rehearsal, choose_scenario
from ..training.splitting import parse_shares
from ..util import listing, validate_task_name
from ._app import mtl_cli, show_errors
from ._files import INTERRUPTED
from .add_task_measure import Former, measure
from .init_config import RESERVED

ENCODER_FACTORY = "multitask_tok2vec"
#: Names in the output folder.
CONFIG, CORPUS, TRAINING, REPORT = "config.cfg", "corpus", "training", "report.json"
ACCEPTED, REJECTED = "model-best", "rejected"
#: Points of 100 that an old task may lose, and the least agreement with its former decisions in percent.
MAX_LOSS = 0.5
MIN_AGREEMENT = 95.0
SHARES = "0.8,0.2"


@mtl_cli.command(
    "add-task",
    no_args_is_help=True,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def add_task_cli(
    ctx: typer.Context,
    model: str = typer.Argument(..., help="Trained pipeline: a folder or package"),
    data: Path = typer.Argument(..., help="Folder with the task's files, or its train file"),
    name: str = typer.Option(..., "--name", "-n", help="Name of the new task"),
    output: Path = typer.Option(None, "--output", "-o", help="New folder. Default: training/NAME"),
    old_data: Path = typer.Option(None, "--old-data", help="What is left of the old tasks' data"),
    dev: Path = typer.Option(None, "--dev", help="File with dev rows"),
    test: Path = typer.Option(None, "--test", help="File with test rows"),
    scenario: str = typer.Option(AUTO, "--scenario", "-s", help="frozen, gradual or full"),
    rehearse: str = typer.Option(
        AUTO, "--rehearse", "-r", help="none, distill, interleave or both"
    ),
    max_loss: float = typer.Option(
        MAX_LOSS, "--max-loss", min=0.0, help="Points that an old task with dev data may lose"
    ),
    min_agreement: float = typer.Option(
        MIN_AGREEMENT,
        "--min-agreement",
        min=0.0,
        max=100.0,
        help="Percent of the new texts on which an old task without dev data has to decide as before",
    ),
    split: str = typer.Option(SHARES, "--split", help="Shares of train, dev and test"),
    max_steps: int = typer.Option(
        0, "--max-steps", min=0, help="Training steps. 0: chosen by the size of the data"
    ),
    config_only: bool = typer.Option(
        False,
        "--config-only",
        help="Write the config and the rows, to look at them, and do not train",
    ),
    seed: int = typer.Option(0, "--seed", min=0, help="Random seed, also of the split"),
    use_gpu: int = typer.Option(-1, "--gpu-id", "-g", help="GPU ID or -1 for CPU"),
) -> None:
    """Add a task to a trained pipeline: write a config, train, and evaluate the new task and the old
    ones before and after. If an old task lost too much, the result is kept as OUTPUT/rejected and
    the exit code is 1. Settings of the config can be overridden, e.g. --training.dropout 0.2
    """
    setup_gpu(use_gpu, silent=use_gpu < 0)
    output = output or Path("training") / name
    with show_errors():
        try:
            result = add_task(
                model,
                data,
                name=name,
                output=output,
                dev=dev,
                test=test,
                old_data=old_data,
                scenario=scenario,
                rehearse=rehearse,
                max_loss=max_loss,
                min_agreement=min_agreement,
                split=split,
                max_steps=max_steps or None,
                config_only=config_only,
                seed=seed,
                overrides=parse_config_overrides(ctx.args),
                use_gpu=use_gpu,
                silent=False,
            )
        except KeyboardInterrupt as error:
            msg.warn(f"Interrupted, and not evaluated. Kept: {listing(_kept(output))}")
            if (output / CONFIG).exists():
                typer.echo(f"Start again with: python -m spacy train {output / CONFIG}")
            raise typer.Exit(INTERRUPTED) from error
    if config_only:
        msg.good(f"Wrote the config {output / CONFIG}. To train: python -m spacy train CONFIG")
        return
    typer.echo("\n".join(["", *format_outcomes(result)]))
    lost = [outcome.task for outcome in result if not outcome.is_accepted]
    if lost:
        msg.fail(f"Rejected, because too much was lost by: {listing(lost)}", f"{output / REJECTED}")
        raise typer.Exit(1)
    msg.good(f"Saved the pipeline: {output / ACCEPTED}")


def add_task(
    model: str | Path,
    data: str | Path,
    *,
    name: str,
    output: str | Path,
    dev: str | Path | None = None,
    test: str | Path | None = None,
    old_data: str | Path | None = None,
    scenario: str = AUTO,
    rehearse: str = AUTO,
    max_loss: float = MAX_LOSS,
    min_agreement: float = MIN_AGREEMENT,
    split: str | Sequence[float] = SHARES,
    max_steps: int | None = None,
    config_only: bool = False,
    seed: int = 0,
    overrides: Mapping[str, Any] | None = None,
    use_gpu: int = -1,
    silent: bool = True,
) -> list[Outcome]:
    """Add a task to a trained pipeline, which stays as it is, and evaluate all tasks before and after.

    model (Union[str, Path]): The trained pipeline, a folder or a package.
    data (Union[str, Path]): A folder with files of the task, or the file with training rows.
    name (str): Name of the new task.
    output (Union[str, Path]): A new folder: for `config.cfg`, the rows (`corpus`), the `training`, the
        `report.json`, and the pipeline, which is `model-best` or, if an old task lost too much,
        `rejected`.
    dev (Optional[Union[str, Path]]): The file with dev rows, instead of one in the folder.
    test (Optional[Union[str, Path]]): The file with test rows, instead of one in the folder.
    old_data (Optional[Union[str, Path]]): A folder with what is left of the data of old tasks.
    scenario (str): "frozen", "gradual", "full", or "auto" for the one that fits the size of the data.
    rehearse (str): "none", "distill", "interleave", "both", or "auto".
    max_loss (float): Points of 100 that an old task with dev data may lose.
    min_agreement (float): Percent of the new task's texts on which an old task without dev data has to
        decide as before.
    split (Union[str, Sequence[float]]): Shares of train, dev and test, to divide training rows by.
    max_steps (Optional[int]): Number of training steps. Chosen by the size of the data if not set.
    config_only (bool): Whether to write `config.cfg` and the rows, and not to train.
    seed (int): Seed of the division and of the training.
    overrides (Optional[Mapping[str, Any]]): Values that replace those of the config, by dotted name.
    use_gpu (int): ID of the GPU, or -1 for CPU.
    silent (bool): Whether to leave out the table of the training.
    RETURNS (List[Outcome]): The new task and the old ones, before and after. Empty if nothing was trained.
    RAISES (ValueError): If the pipeline, the name, the data or an option does not fit.
    """
    output = Path(output)
    _check_output(output, str(model))
    nlp = load_trained(str(model))
    encoder = _find_encoder(nlp, str(model))
    former = Former.of(nlp)
    _check_name(name, nlp, former, str(model))
    held_out = {part: Path(path) for part, path in (("dev", dev), ("test", test)) if path}
    task = read_task(Path(data), name, shares=parse_shares(split), held_out=held_out, seed=seed)
    old = None if old_data is None else find_old_data(Path(old_data), former.tasks, new=name)
    chosen = choose_scenario(task.summary.n_train, scenario)
    has_old_data = old is not None and bool(old.tasks("train"))
    rehearsal = choose_rehearsal(chosen, has_old_data, rehearse)
    if rehearse not in (AUTO, rehearsal):
        warnings.warn(Warnings.W315.format(mode=rehearse), stacklevel=2)
    if rehearsal in ("interleave", "both") and not has_old_data:
        reason = "no --old-data" if old is None else f"{old.folder} has no training rows"
        raise ValueError(Errors.E466.format(mode=rehearsal, reason=reason))
    plan = Plan(
        model=str(model),
        task=task.summary,
        corpus=output / CORPUS,
        encoder=encoder,
        width=nlp.get_pipe(encoder).model.get_dim("nO"),  # type: ignore[attr-defined]
        old_tasks=former.tasks,
        scenario=chosen,
        rehearsal=rehearsal,
        old_data=old,
        max_steps=max_steps,
        seed=seed,
    )
    _warn_unkept(plan, nlp)
    if not silent:
        _show(plan)
    former.remember(nlp, task.texts, old)
    _write(output, plan, nlp, task, former, overrides or {})
    if config_only:
        return []
    _train(output, use_gpu=use_gpu, silent=silent)
    best = output / TRAINING / "model-best"
    outcomes = measure(
        load_pipeline(best), task, former, old, max_loss=max_loss, min_agreement=min_agreement
    )
    accepted = all(outcome.is_accepted for outcome in outcomes)
    with StagedFiles() as files:
        report = {
            "accepted": accepted,
            "scenario": chosen.name,
            "rehearsal": rehearsal,
            "tasks": to_json(outcomes),
        }
        files.write(output / REPORT, srsly.json_dumps(report, indent=2).encode("utf8"))
    best.rename(output / (ACCEPTED if accepted else REJECTED))
    return outcomes


def _check_output(output: Path, model: str) -> None:
    trained = Path(model).resolve()
    if trained.exists() and trained in (output.resolve(), *output.resolve().parents):
        raise ValueError(Errors.E464.format(path=output, model=model))
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise ValueError(Errors.E463.format(path=output))


def _find_encoder(nlp: Language, model: str) -> str:
    for name in nlp.component_names:
        if nlp.get_pipe_meta(name).factory == ENCODER_FACTORY:
            return name
    found = listing(nlp.component_names)
    raise ValueError(Errors.E462.format(path=model, factory=ENCODER_FACTORY, found=found))


def _check_name(name: str, nlp: Language, former: Former, model: str) -> None:
    validate_task_name(name)
    if name in RESERVED:
        raise ValueError(Errors.E305.format(name=name))
    if name in (*nlp.component_names, *former.tasks):
        found = listing(nlp.component_names)
        raise ValueError(Errors.E460.format(path=model, name=name, found=found))


def _warn_unkept(plan: Plan, nlp: Language) -> None:
    encoder: Any = nlp.get_pipe(plan.encoder)
    readers = [name for name in encoder.listening_components if name not in plan.old_tasks.values()]
    if plan.scenario.trains_encoder and readers:
        text = Warnings.W316.format(names=listing(readers), factory="textcat_multitask")
        warnings.warn(text, stacklevel=3)


def _show(plan: Plan) -> None:
    msg.info(
        f"'{plan.task.name}' has {plan.task.n_train:,} training rows. Scenario {plan.scenario.name}: "
        f"{plan.scenario.summary}. Rehearsal {plan.rehearsal}: {REHEARSAL_TEXTS[plan.rehearsal]}."
    )


def _write(
    output: Path,
    plan: Plan,
    nlp: Language,
    task: TaskData,
    former: Former,
    overrides: Mapping[str, Any],
) -> None:
    text = render_added_task(plan, nlp.config.interpolate(), overrides)
    with StagedFiles() as files:
        files.write(output / CONFIG, text.encode("utf8"))
        for split, rows in former.add_targets(task, plan.distilled).items():
            files.write(plan.corpus / f"{plan.task.name}.{split}.jsonl", rows)


def _train(output: Path, *, use_gpu: int, silent: bool) -> None:
    """The steps of `spacy train`, with the config as it was written."""
    nlp = init_nlp(load_config(output / CONFIG, interpolate=False), use_gpu=use_gpu)
    (output / TRAINING).mkdir(exist_ok=True)
    streams = [io.StringIO(), io.StringIO()] if silent else [sys.stdout, sys.stderr]
    train(nlp, output / TRAINING, use_gpu=use_gpu, stdout=streams[0], stderr=streams[1])


def _kept(output: Path) -> list[str]:
    places = (CONFIG, CORPUS, f"{TRAINING}/model-best", f"{TRAINING}/model-last")
    return [str(output / place) for place in places if (output / place).exists()]
