"""What a search writes: a folder for each trial, the table of all, and the best config."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..staging import write_atomically
from .space import Parameter
from .study import parse_values, score_of, state_of
from .trial import Report

TRIALS = "trials"
CONFIG = "config.cfg"
SCORES = "scores.json"
RESULTS = "results.csv"
BEST = "best.cfg"


def trial_folder(folder: Path, number: int) -> Path:
    """Get the folder of a trial.

    folder (Path): The folder of the search.
    number (int): The number of the trial.
    RETURNS (Path): The folder.
    """
    return folder / TRIALS / str(number)


def start_trial(folder: Path, number: int, config: str) -> None:
    """Write the config of a trial.

    folder (Path): The folder of the search.
    number (int): The number of the trial.
    config (str): The config.
    """
    write_atomically(trial_folder(folder, number) / CONFIG, config.encode("utf8"))


def finish_trial(folder: Path, report: Report) -> None:
    """Write what came of a trial.

    folder (Path): The folder of the search.
    report (Report): The last report of the trial.
    """
    failed = report.state == "failed"
    found = {
        "state": report.state,
        "score": None if failed else report.best,
        "scores": report.scores,
        "evaluations": report.evaluations,
        "seconds": round(report.seconds, 2),
        "steps": report.steps,
        **({"reason": report.reason, "details": report.details} if failed else {}),
        "warnings": report.warnings,
    }
    text = json.dumps(found, indent=2, ensure_ascii=False)
    write_atomically(trial_folder(folder, report.number) / SCORES, text.encode("utf8", "replace"))


def write_results(folder: Path, space: Sequence[Parameter], trials: Sequence[Any]) -> Any:
    """Write the table of all trials, and the config of the best one.

    folder (Path): The folder of the search.
    space (Sequence[Parameter]): What was searched.
    trials (Sequence[optuna.FrozenTrial]): The trials.
    RETURNS (Optional[optuna.FrozenTrial]): The best trial, None if there is none.
    """
    scored = {name: None for trial in trials for name in (trial.user_attrs.get("scores") or {})}
    names = [parameter.name for parameter in space]
    header = ["trial", "state", "score", *scored, *names, "seconds", "steps", "same_as", "reason"]
    rows = []
    for trial in trials:
        attrs = trial.user_attrs
        values = parse_values(list(space), trial.params)
        scores = attrs.get("scores") or {}
        rows.append(
            [
                *(trial.number, state_of(trial), score_of(trial)),
                *(scores.get(name) for name in scored),
                *(format_value(values[name]) if name in values else None for name in names),
                *(attrs.get(key) for key in ("seconds", "steps", "same_as", "reason")),
            ]
        )
    write_table(folder / RESULTS, header, rows)
    complete = [trial for trial in trials if state_of(trial) == "complete"]
    if not complete:
        return None
    best = max(complete, key=lambda trial: (score_of(trial), -trial.number))
    source = trial_folder(folder, best.user_attrs.get("same_as", best.number)) / CONFIG
    if source.is_file():
        write_atomically(folder / BEST, source.read_bytes())
    return best


def write_table(path: Path, header: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Write a table as CSV.

    path (Path): The file.
    header (Sequence[str]): The names of the columns.
    rows (Sequence[Sequence[Any]]): The rows. None is an empty cell.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    write_atomically(path, text.getvalue().encode("utf8", "replace"))


def format_value(value: Any) -> str:
    """Write a value as it stands in a config.

    value (Any): The value.
    RETURNS (str): The text. Texts come without quotation marks.
    """
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
