"""Check labelled data before training: a folder, or the corpora of a config."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from spacy.util import SimpleFrozenDict, load_config
from thinc.api import Config

from ..errors import Errors
from ..util import listing
from .data_checks import Findings, find_errors, find_warnings, imbalance
from .data_stats import SplitStats, TaskStats, collect_stats
from .files import DataPath, TaskFiles, find_task_files, resolve_files
from .single_task import PAIR_FACTORY

READER = "spacy_mtl.MultitaskCorpus.v1"
FACTORY = "textcat_multitask"


@dataclass
class DataReport:
    """What was found in the data.

    source (str): The folder or config.
    tasks (Dict[str, TaskStats]): What the data of each task holds.
    errors (List[str]): What would make training fail. Each names its task first.
    warnings (List[str]): What may make training or its scores worse.
    """

    source: str
    tasks: dict[str, TaskStats] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """RETURNS (Dict[str, Any]): The report as plain values, e.g. for JSON."""
        data = asdict(self)
        for name, stats in self.tasks.items():
            data["tasks"][name]["labels"] = stats.labels
            data["tasks"][name]["imbalance"] = imbalance(stats)
        return data


def debug_data(
    path: str | Path,
    *,
    tasks: Collection[str] | None = None,
    overrides: Mapping[str, Any] = SimpleFrozenDict(),
    require_test: bool = False,
) -> DataReport:
    """Check labelled data.

    path (Union[str, Path]): A folder, see `find_task_files`, or a config (.cfg) whose corpora are
        checked.
    tasks (Optional[Collection[str]]): The tasks to check. None for all.
    overrides (Mapping[str, Any]): Values that replace those of the config, e.g.
        {"paths.train": "assets/mydata"}.
    require_test (bool): Whether a task without test data is an error.
    RETURNS (DataReport): What was found.
    RAISES (ValueError): If there is no data to check.
    """
    path = Path(path)
    config = None
    if path.suffix == ".cfg":
        config = load_config(path, overrides=dict(overrides), interpolate=True)
        files, known = _config_files(path, config)
    else:
        if overrides:
            raise ValueError(Errors.E144.format(name=listing(overrides), path=path))
        files = find_task_files(path)
        known = {task for by_task in files.values() for task in by_task}
    stats = collect_stats(files, known_tasks=known, tasks=tasks)
    missing = sorted(set(tasks or ()) - set(stats))
    if missing:
        raise ValueError(
            Errors.E117.format(
                missing=listing(missing), path=path, split="any", found=listing(sorted(known))
            )
        )
    report = DataReport(str(path), stats)
    for name, task in stats.items():
        report.errors += [f"{name}: {text}" for text in find_errors(task)]
        if require_test and "test" not in task.splits:
            report.errors.append(f"{name}: {Findings.MISSING.format(split='test')}")
        report.warnings += [f"{name}: {text}" for text in find_warnings(task)]
    if config is not None:
        _check_components(report, config, tasks)
    return report


def _config_files(path: Path, config: Config) -> tuple[TaskFiles, set[str]]:
    files: TaskFiles = {}
    known: set[str] = set()
    train: DataPath | None = None
    for split in ("train", "dev"):
        name = str(config.get("training", {}).get(f"{split}_corpus") or f"corpora.{split}")
        block = _block(config, name)
        if block.get("@readers") != READER:
            found = block.get("@readers", "no such block")
            raise ValueError(Errors.E140.format(path=path, name=name, reader=READER, found=found))
        data = block.get("path")
        if not data:
            raise ValueError(Errors.E141.format(path=path, name=name))
        files[split], more = resolve_files(data, split=block.get("split"), tasks=block.get("tasks"))
        known.update(more)
        train = data if split == "train" else train
    # A config has no test corpus, but the folder of the train split usually has the files.
    if isinstance(train, str) and Path(train).is_dir():
        wanted = {task for by_task in files.values() for task in by_task}
        folder = Path(train)
        try:
            test = find_task_files(folder.parent if folder.name == "train" else folder)
        except ValueError:
            test = {}
        files["test"] = {t: path for t, path in test.get("test", {}).items() if t in wanted}
    return {split: by_task for split, by_task in files.items() if by_task}, known


def _block(config: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    block: Any = config
    for part in name.split("."):
        block = block.get(part, {}) if isinstance(block, Mapping) else {}
    return block if isinstance(block, Mapping) else {}


def _check_components(report: DataReport, config: Config, tasks: Collection[str] | None) -> None:
    for name in config.get("nlp", {}).get("pipeline", []):
        block = _block(config, f"components.{name}")
        if block.get("factory") not in (FACTORY, PAIR_FACTORY):
            continue
        task = block.get("task") or name
        if tasks is not None and task not in tasks:
            continue
        if task not in report.tasks:
            report.errors.append(Errors.E142.format(name=name, task=task))
            continue
        labels = _block(config, f"initialize.components.{name}").get("labels")
        if isinstance(labels, list):
            train = report.tasks[task].splits.get("train", SplitStats()).labels
            unknown = [label for label in train if label not in map(str, labels)]
            if unknown:
                report.errors.append(
                    Errors.E143.format(name=name, task=task, labels=listing(unknown))
                )
