# ruff: noqa: B008
"""`mtl predict`: the labels of texts for each task of a pipeline."""

import json
from collections.abc import Sequence
from typing import Any

import typer
from wasabi import msg, table

from ..damage import load_pipeline
from ..errors import Errors
from ..inference.predictor import PREDICTED, Predictions, Predictor, predict_file
from ..inference.rows import STREAM
from ._app import mtl_cli, show_errors, split_names
from ._files import (
    BatchSize,
    Format,
    ModelName,
    NProcess,
    OnError,
    Overwrite,
    Tasks,
    TextField,
    Threshold,
    announce,
    interruptible,
    report_skipped,
)


@mtl_cli.command("predict", no_args_is_help=True)
def predict_cli(
    model: ModelName,
    source: str | None = typer.Argument(
        None,
        metavar="[TEXTS]",
        help="File with texts: .jsonl, .csv, .tsv or .txt, also with .gz; - for standard input",
    ),
    output: str = typer.Argument(
        STREAM, metavar="[OUT.jsonl]", help="File to write. Default: standard output"
    ),
    text: list[str] = typer.Option([], "--text", "-x", help="A text. Can be given several times"),
    tasks: Tasks = "",
    threshold: Threshold = None,
    all_scores: bool = typer.Option(False, "--scores", help="Give the scores of all labels"),
    as_json: bool = typer.Option(
        False, "--json", help="JSON lines for a single --text too, instead of a table"
    ),
    text_field: TextField = "text",
    kind: Format = None,
    batch_size: BatchSize = None,
    n_process: NProcess = 1,
    on_error: OnError = "raise",
    overwrite: Overwrite = False,
) -> None:
    """Predict the labels of texts: a table for one --text, and JSON lines for several or for a file, with
    all fields of each row and one more, "predicted".

    A run to a file that was interrupted goes on where it stopped if the same command is given again.
    """
    with show_errors(), interruptible(output):
        if text and source is not None:
            raise ValueError(Errors.E635)
        if not text and source is None:
            raise ValueError(Errors.E634)
        names = split_names(tasks)
        if source is None:
            predictor = Predictor(
                load_pipeline(model),
                tasks=names,
                threshold=threshold,
                all_scores=all_scores,
                batch_size=batch_size,
            )
            show_predictions(text, predictor(text), as_json=as_json or len(text) > 1)
            return
        report = predict_file(
            load_pipeline(model),
            source,
            output,
            tasks=names,
            threshold=threshold,
            all_scores=all_scores,
            kind=kind,
            text_field=text_field,
            batch_size=batch_size,
            n_process=n_process,
            on_error=on_error,
            overwrite=overwrite,
            on_start=announce,
        )
    report_skipped(report)
    if output != STREAM:
        msg.good(f"Wrote the labels of {report.rows:,} texts: {output}")


def show_predictions(
    texts: Sequence[str], predictions: Sequence[Predictions], *, as_json: bool
) -> None:
    """Print what is predicted.

    texts (Sequence[str]): The texts.
    predictions (Sequence[Dict[str, Dict[str, Any]]]): What is predicted for each.
    as_json (bool): Whether to print JSON lines instead of a table for each text.
    """
    for text, predicted in zip(texts, predictions, strict=True):
        if as_json:
            typer.echo(json.dumps({"text": text, PREDICTED: predicted}, ensure_ascii=False))
        else:
            typer.echo(format_predictions(predicted))


def format_predictions(predicted: Predictions) -> str:
    """Lay out what is predicted for a text.

    predicted (Dict[str, Dict[str, Any]]): What is predicted, by task.
    RETURNS (str): The table.
    """
    rows: list[tuple[str, str, str]] = []
    for task, found in predicted.items():
        chosen = found["labels"] if "labels" in found else {found["label"]: found["score"]}
        scores: Any = found.get("scores", chosen)
        name = task
        for label in sorted(scores, key=scores.__getitem__, reverse=True) or [None]:
            mark = " *" if "scores" in found and label in chosen else ""
            score = f"{scores[label]:.3f}" if label in scores else ""
            rows.append((name, f"{'-' if label is None else label}{mark}", score))
            name = ""
    return table(rows, header=("Task", "Label", "Score"), divider=True, aligns=("l", "l", "r"))
