"""Where the parts of a training run lie."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spacy.util import load_config

from ..errors import Errors
from ..training.files import find_task_files
from ..training.single_task import READER
from ..training.trained_tasks import find_tasks_with_data
from ..training.training_log import FILE_NAME

MODELS = ("model-best", "model-last")
CONFIG = "config.cfg"
#: Folders with the pipelines of one task each and of all tasks but one, inside that of the run.
BASELINES = "single"
LEFT_OUT = "without"
SPLITS = ("train", "dev", "test")


@dataclass(frozen=True)
class Run:
    """The parts of a training run.

    folder (Path): The folder of the run.
    model (Path): The pipeline.
    log (Path): The training log. It may not exist.
    baselines (Dict[str, Path]): Pipelines of one task alone, by task.
    left_out (Dict[str, Path]): Pipelines of all tasks but one, by that task.
    """

    folder: Path
    model: Path
    log: Path
    baselines: dict[str, Path]
    left_out: dict[str, Path]


def find_run(
    folder: str | Path,
    *,
    baselines: str | Path | None = None,
    left_out: str | Path | None = None,
) -> Run:
    """Find the parts of a training run.

    folder (Union[str, Path]): The output folder of `spacy train`, or the pipeline in it.
    baselines (Optional[Union[str, Path]]): Where `mtl baselines` wrote. Defaults to `single` in the folder.
    left_out (Optional[Union[str, Path]]): Where `mtl leave-out` wrote. Defaults to `without` in the folder.
    RETURNS (Run): The parts.
    RAISES (ValueError): If there is no pipeline.
    """
    folder = Path(folder)
    candidates = [folder / name for name in MODELS]
    if _is_pipeline(folder):
        candidates, folder = [folder], folder.parent
    model = next(filter(_is_pipeline, candidates), None)
    if model is None:
        raise ValueError(Errors.E740.format(path=folder))
    return Run(
        folder,
        model,
        folder / FILE_NAME,
        _find_pipelines(folder / BASELINES if baselines is None else Path(baselines)),
        _find_pipelines(folder / LEFT_OUT if left_out is None else Path(left_out)),
    )


def find_data(run: Run) -> Path:
    """Find the folder with the data of a run, which its config names.

    run (Run): The run.
    RETURNS (Path): The folder.
    RAISES (ValueError): If the config names none, or it is not there.
    """
    path = next(_named_folders(load_config(run.model / CONFIG, interpolate=True)), None)
    if path is None:
        raise ValueError(Errors.E741.format(path=run.model / CONFIG))
    # A run may be looked at from elsewhere than where it was made.
    roots = [Path(), *run.folder.resolve().parents]
    found = next((root / path for root in roots if (root / path).is_dir()), None)
    if found is None:
        raise ValueError(Errors.E742.format(path=path, config=run.model / CONFIG))
    return found


def choose_split(data: str | Path, tasks: list[str], split: str | None = None) -> str:
    """Choose the split that the results are of.

    data (Union[str, Path]): The folder with the data.
    tasks (List[str]): The tasks.
    split (Optional[str]): The split that is wished. Defaults to "test", or "dev" if there is no test data.
    RETURNS (str): The split.
    RAISES (ValueError): If there is no data of it for any task.
    """
    for name in (split,) if split else ("test", "dev"):
        if set(tasks) & find_tasks_with_data(data, tasks, split=name):
            return name
    shown = " or ".join((split,) if split else ("test", "dev"))
    raise ValueError(Errors.E743.format(split=shown, path=data, found=", ".join(_tasks_of(data))))


def _is_pipeline(folder: Path) -> bool:
    return (folder / "meta.json").is_file() and (folder / CONFIG).is_file()


def _find_pipelines(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        return {}
    names = sorted(path.name for path in folder.iterdir() if path.is_dir())
    found = {name: folder / name / MODELS[0] for name in names}
    return {name: path for name, path in found.items() if _is_pipeline(path)}


def _named_folders(config: dict[str, Any]) -> Iterator[str]:
    """Yield the folders of the readers that this package knows."""
    corpora = config.get("corpora", {})
    for name in ("dev", "train", *corpora):
        block = corpora.get(name)
        if isinstance(block, dict) and block.get("@readers") == READER:
            path = block.get("path")
            if isinstance(path, str) and path:
                yield path


def _tasks_of(data: str | Path) -> list[str]:
    return sorted({task for files in find_task_files(data).values() for task in files}) or ["none"]
