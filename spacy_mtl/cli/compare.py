# ruff: noqa: B008
"""`mtl compare`: one table of a multi-task pipeline beside its single-task baselines."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import srsly
import typer
from spacy.cli._util import setup_gpu
from spacy.language import Language
from wasabi import msg

from ..damage import load_pipeline
from ..errors import Errors
from ..score_metric import SCORES
from ..staging import StagedFiles
from ..training.corpus import create_multitask_corpus
from ..training.single_task import FACTORY
from ..training.tables import format_number, format_table
from ..training.trained_tasks import find_tasks, find_tasks_with_data
from ..types import Scores
from ..util import listing
from ._app import mtl_cli, show_errors

HEADER = ("Task", "Rows", "Metric", "Multi-task", "Single-task", "Difference")
SIDES = ("multi_task", "single_task")


@mtl_cli.command("compare", no_args_is_help=True)
def compare_cli(
    model: str = typer.Argument(..., help="Multi-task pipeline: a folder or package"),
    baselines: Path = typer.Argument(..., help="Folder of the single-task pipelines"),
    data: Path = typer.Argument(..., help="Folder with one file per task and split"),
    split: str = typer.Option("test", "--split", "-s", help="Split to evaluate on"),
    output: str = typer.Option("", "--output", "-o", help="JSON file for all scores"),
    use_gpu: int = typer.Option(-1, "--gpu-id", "-g", help="GPU ID or -1 for CPU"),
) -> None:
    """Evaluate a multi-task pipeline and its single-task baselines, and show one table."""
    setup_gpu(use_gpu, silent=use_gpu < 0)
    with show_errors():
        result = compare(model, baselines, data, split=split)
        if output:
            with StagedFiles() as files:
                files.write(output, srsly.json_dumps(result, indent=2).encode("utf8"))
    typer.echo("\n".join(format_comparison(result)))
    if output:
        msg.good(f"Saved all scores: {output}")


def compare(
    model: str | Path, baselines: str | Path, data: str | Path, *, split: str = "test"
) -> dict[str, Any]:
    """Evaluate a multi-task pipeline and its single-task baselines on the same documents.

    model (Union[str, Path]): The multi-task pipeline, a folder or a package.
    baselines (Union[str, Path]): Folder of the single-task pipelines, `<task>/model-best`.
    data (Union[str, Path]): Folder with one file per task and split.
    split (str): The split to evaluate on.
    RETURNS (Dict[str, Any]): `tasks` with rows, metric, both scores, their difference and all other
        scores of each task, and `mean` over the tasks that have both scores. Scores are between 0
        and 1, or None where a pipeline or data is lacking.
    RAISES (ValueError): If the pipeline has no tasks, there are no baselines, or no data.
    """
    nlp = load_pipeline(model)
    tasks = find_tasks(nlp, pairs=True)
    if not tasks:
        found = listing(nlp.component_names)
        raise ValueError(Errors.E320.format(path=model, factory=FACTORY, found=found))
    folders = {task: Path(baselines) / task / "model-best" for task in tasks}
    folders = {task: folder for task, folder in folders.items() if folder.is_dir()}
    if not folders:
        raise ValueError(Errors.E321.format(path=baselines, tasks=listing(tasks)))
    multi = evaluate_tasks(nlp, data, tasks, split=split)
    single: dict[str, Scores] = {}
    for task, folder in folders.items():
        if not multi[task].get("n"):
            continue
        single.update(evaluate_tasks(load_pipeline(folder), data, [task], split=split))
    compared = {task: _compare_task(task, multi[task], single.get(task)) for task in tasks}
    return {
        "model": str(model),
        "baselines": str(baselines),
        "data": str(data),
        "split": split,
        "tasks": compared,
        "mean": _mean(compared.values()),
    }


def evaluate_tasks(
    nlp: Language, data: str | Path, tasks: Iterable[str], *, split: str = "test"
) -> dict[str, Scores]:
    """Evaluate some tasks of a pipeline.

    nlp (Language): The pipeline.
    data (Union[str, Path]): Folder with one file per task and split.
    tasks (Iterable[str]): The tasks.
    split (str): The split to evaluate on.
    RETURNS (Dict[str, Scores]): The scores of each task, without the task's name in their keys.
    RAISES (ValueError): If there is no data of this split for any of the tasks.
    """
    tasks = list(tasks)
    found = find_tasks_with_data(data, tasks, split=split)
    known = [task for task in tasks if task in found]
    if not known:
        shown = listing(sorted(found))
        raise ValueError(
            Errors.E322.format(split=split, path=data, tasks=listing(tasks), found=shown)
        )
    reader = create_multitask_corpus(data, split=split, tasks=known)
    scores = nlp.evaluate(list(reader(nlp)))
    return {task: _scores_of(task, scores) for task in tasks}


def format_comparison(result: Mapping[str, Any]) -> list[str]:
    """Lay out the table of a comparison, in percent.

    result (Mapping[str, Any]): What `compare` returned.
    RETURNS (List[str]): The lines.
    """
    rows = [_cells(task, row) for task, row in result["tasks"].items()]
    lines = format_table(HEADER, [*rows, _cells("mean", result["mean"])])
    return [*lines[:-1], lines[1], lines[-1]]


def _scores_of(task: str, scores: Mapping[str, Any]) -> Scores:
    return {name: scores[f"{task}_{name}"] for name in SCORES if f"{task}_{name}" in scores}


def _compare_task(task: str, multi: Scores, single: Scores | None) -> dict[str, Any]:
    both = {"multi_task": multi.get("score"), "single_task": (single or {}).get("score")}
    return {
        "rows": multi.get("n", 0),
        "metric": multi.get("score_desc", ""),
        **both,
        "difference": _difference(both),
        "multi_task_scores": multi,
        "single_task_scores": single,
    }


def _mean(rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    complete = [row for row in rows if row["difference"] is not None]
    mean: dict[str, Any] = {
        side: sum(row[side] for row in complete) / len(complete) if complete else None
        for side in SIDES
    }
    return {"tasks": len(complete), **mean, "difference": _difference(mean)}


def _difference(scores: Mapping[str, float | None]) -> float | None:
    multi, single = (scores[side] for side in SIDES)
    return None if multi is None or single is None else multi - single


def _cells(name: str, row: Mapping[str, Any]) -> list[str]:
    percent = {key: None if row[key] is None else 100 * row[key] for key in (*SIDES, "difference")}
    return [
        name,
        format_number(row.get("rows"), ",d") if "rows" in row else "",
        row.get("metric", ""),
        *[format_number(percent[side], ".1f") for side in SIDES],
        format_number(percent["difference"], "+.1f"),
    ]
