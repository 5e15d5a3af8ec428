"""A training run with everything that a report can tell about, on a few texts."""

from pathlib import Path

import pytest
from run_setup import ROWS, write_data, write_log, write_pipeline

from spacy_mtl.report.collect import collect_report
from spacy_mtl.report.contents import Report


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output folder of a training, with baselines, pipelines without a task, and the data beside it."""
    root = tmp_path_factory.mktemp("report")
    data = write_data(root / "data")
    run = root / "run"
    write_pipeline(run / "model-best", data, list(ROWS), 20)
    for task in ROWS:
        others = [other for other in ROWS if other != task]
        write_pipeline(run / "single" / task / "model-best", data, [task], 2)
        write_pipeline(run / "without" / task / "model-best", data, others, 2)
    write_log(run / "training.jsonl")
    return run


@pytest.fixture(scope="session")
def report(run_folder: Path) -> Report:
    """What there is to say about that run."""
    return collect_report(run_folder)
