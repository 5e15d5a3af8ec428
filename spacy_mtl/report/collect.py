"""Collects what a training report says. A part that has no data says why it is missing."""

from collections import Counter
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from typing import TypeVar

from spacy.language import Language
from spacy.util import load_config

from ..damage import load_pipeline
from ..errors import Errors
from ..training.corpus import MultitaskCorpus
from ..training.files import check_folder
from ..training.scan import FileScan
from ..training.single_task import FACTORY
from ..training.trained_tasks import find_tasks_with_data
from ..util import listing
from .config_changes import find_changes
from .contents import Report, TaskSize
from .evaluation import evaluate_run
from .predictions import GoldTexts, TaskSettings, pair_tasks, read_gold, task_settings
from .run_files import CONFIG, SPLITS, choose_split, find_data, find_run
from .run_log import read_curves
from .speed import measure_speed

T = TypeVar("T")
PACKAGES = ("spacy-mtl", "spacy", "thinc", "numpy")
OF_PAIRS = "A task of pairs of texts has no labels. Its score, a correlation, is told by: python -m spacy evaluate"
#: Parts that need data.
DATA_PARTS = ("changes", "results", "transfer", "map", "speed")


def collect_report(
    folder: str | Path,
    *,
    data: str | Path | None = None,
    split: str | None = None,
    baselines: str | Path | None = None,
    left_out: str | Path | None = None,
    silent: bool = True,
) -> Report:
    """Collect what there is to say about a training.

    folder (Union[str, Path]): The output folder of `spacy train`, or the pipeline in it.
    data (Optional[Union[str, Path]]): The folder with the data. Defaults to the one in the config.
    split (Optional[str]): The split to evaluate on. Defaults to "test", or "dev" if there is no test data.
    baselines (Optional[Union[str, Path]]): Folder of the pipelines of one task each. Defaults to
        `single` in the folder.
    left_out (Optional[Union[str, Path]]): Folder of the pipelines of all tasks but one. Defaults to
        `without` in the folder.
    silent (bool): Whether to show no progress bar.
    RETURNS (Report): The report.
    RAISES (ValueError): If there is no pipeline, it has no tasks, or there is no data of the split that was
        asked for.
    RAISES (OSError): If the folder with the data that was asked for does not exist.
    """
    run = find_run(folder, baselines=baselines, left_out=left_out)
    nlp = load_pipeline(run.model)
    tasks = task_settings(nlp)
    if not tasks:
        found = listing(nlp.component_names)
        raise ValueError(Errors.E746.format(path=run.model, factory=FACTORY, found=found))
    names = [task.name for task in tasks]
    report = Report(
        title=run.folder.resolve().name,
        model=run.model.as_posix(),
        lang=str(nlp.lang),
        versions={"Python": python_version(), **{name: version(name) for name in PACKAGES}},
        command=f"python -m spacy train {(run.model / CONFIG).as_posix()} --output "
        f"{run.folder.as_posix()}-again",
        pipeline=list(nlp.pipe_names),
        sizes=[],
    )
    pairs = pair_tasks(nlp)
    report.missing.update({f"results of {name}": OF_PAIRS for name in pairs})
    report.curves = _attempt(report, "curves", lambda: read_curves(run.log, [*names, *pairs]))
    # What was asked for has to be there. What is only looked for need not.
    if data is not None:
        place: Path | None = check_folder(data)
    else:
        place = _attempt(report, "data", lambda: find_data(run))
    if split is not None and place is not None:
        choose_split(place, names, split)
    report.sizes = _task_sizes(report, tasks, place)
    if place is None:
        report.missing.update(dict.fromkeys(DATA_PARTS, report.missing["data"]))
        return report
    report.data = place.as_posix()
    config = load_config(run.model / CONFIG)
    report.changes = _attempt(report, "changes", lambda: find_changes(config, place))
    gold = _attempt(report, "results", lambda: _read_gold(report, nlp, tasks, place, split))
    if gold is None or not gold.texts:
        report.missing.update(dict.fromkeys(DATA_PARTS[1:], report.missing.get("results", "")))
        return report
    evaluation = evaluate_run(run, nlp, gold, silent=silent)
    report.results = evaluation.results
    report.transfer = evaluation.transfer
    report.map = evaluation.map
    report.missing.update(evaluation.missing)
    report.speed = measure_speed(nlp, run.model, gold.texts)
    return report


def _attempt(report: Report, part: str, make: Callable[[], T]) -> T | None:
    """Make a part of a report, or note why it cannot be made."""
    try:
        return make()
    except (ValueError, OSError) as error:
        report.missing[part] = str(error)
        return None


def _read_gold(
    report: Report, nlp: Language, tasks: Sequence[TaskSettings], data: Path, split: str | None
) -> GoldTexts:
    names = [task.name for task in tasks]
    report.split = choose_split(data, names, split)
    found = find_tasks_with_data(data, names, split=report.split)
    known = [task for task in tasks if task.name in found]
    gold = read_gold(data, known, split=report.split, lang=str(nlp.lang))
    problems = {name: f"There is no {report.split} data." for name in names if name not in found}
    for name, reason in {**problems, **gold.problems}.items():
        report.missing[f"results of {name}"] = reason
    return gold


def _task_sizes(report: Report, tasks: Sequence[TaskSettings], data: Path | None) -> list[TaskSize]:
    rows: dict[str, dict[str, int]] = {task.name: {} for task in tasks}
    positive: dict[str, Counter[str]] = {}
    for split in SPLITS if data is not None else ():
        scans = _attempt(report, f"rows of {split}", lambda: _scan(data, split, list(rows)))  # noqa: B023
        if scans is None:
            continue
        for task in rows:
            rows[task][split] = sum(scan.rows[task] for scan in scans)
            if split == "train":
                counts = (scan.labels.get(task, Counter()) for scan in scans)
                positive[task] = sum(counts, Counter())
    return [
        TaskSize(
            task.name,
            task.multi_label,
            {
                label: positive[task.name][label] if rows[task.name].get("train") else None
                for label in task.labels
            },
            rows[task.name],
        )
        for task in tasks
    ]


def _scan(data: Path | None, split: str, tasks: list[str]) -> list[FileScan]:
    found = set() if data is None else find_tasks_with_data(data, tasks, split=split)
    known = [task for task in tasks if task in found]
    if data is None or not known:
        return []
    return list(MultitaskCorpus(data, split=split, tasks=known).scans.values())
