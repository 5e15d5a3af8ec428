# ruff: noqa: B008
"""`mtl review`: which labels deserve a second look, and which texts a first one."""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import typer
from spacy.cli._util import import_code
from wasabi import msg

from ..report.review_page import render_review
from ..review.output import as_csv, as_jsonl, as_row, check_outputs
from ..review.proposals import propose_rows
from ..review.rows import TaskRows, read_task
from ..review.suspects import Suspect, review_labels
from ..staging import StagedFiles
from ..training.tables import format_table, shorten
from ._app import mtl_cli, show_errors

HEADER = ("Text", "Task", "Line", "Score", "Label", "Rather")
N_SHOWN = 5
LABEL_WIDTH = 20
INTERRUPTED = 130


@mtl_cli.command("review", no_args_is_help=True)
def review_cli(
    source: Path = typer.Argument(
        ..., metavar="CONFIG_OR_MODEL", help="Config, or folder of a trained pipeline: the encoder"
    ),
    data: Path = typer.Argument(..., help="Data file, or folder with one file for each task"),
    tasks: list[str] = typer.Option(
        ..., "--task", "-t", help="Task to review; several times for several"
    ),
    outputs: list[Path] = typer.Option(
        ..., "--out", "-o", help="File to write: .jsonl (Prodigy), .csv or .html; several times"
    ),
    whole: bool = typer.Option(
        False, "--whole", help="Train whole pipelines by the config, not heads. Takes long"
    ),
    folds: int = typer.Option(5, "--folds", min=2, help="Folds"),
    seeds: int = typer.Option(3, "--seeds", min=1, help="How often heads are trained anew"),
    seed: int = typer.Option(0, "--seed", help="The first seed"),
    split: str = typer.Option("train", "--split", help="What to review of a folder"),
    propose: bool = typer.Option(
        False, "--propose", help="Propose texts to label, though the data has labels too"
    ),
    labelled: Path | None = typer.Option(
        None, "--labelled", help="Labelled rows to learn from, to propose texts without labels"
    ),
    n: int = typer.Option(
        0, "--n", "-n", min=0, help="Write only the first N. 0: all, or 100 proposals"
    ),
    on_error: str = typer.Option(
        "raise", "--on-error", "-e", help='Bad rows: "raise" to stop, "skip" to leave them out'
    ),
    code: Path | None = typer.Option(None, "--code", "-c", help="Python file to import first"),
) -> None:
    """List the labels that deserve a second look, the most suspicious first, with reasons. Each row is
    judged by models that have not seen it. If no row has a label, propose the texts most worth labelling.
    """
    with show_errors():
        import_code(code)
        try:
            suspects = review(
                source,
                data,
                tasks,
                outputs,
                whole=whole,
                folds=folds,
                seeds=seeds,
                seed=seed,
                split=split,
                propose=propose,
                labelled=labelled,
                n=n,
                on_error=on_error,
            )
        except KeyboardInterrupt:
            msg.warn("Interrupted. Folds that are done are kept: the same command goes on.")
            raise typer.Exit(INTERRUPTED) from None
    show_suspects(suspects)
    msg.good(f"Wrote {len(suspects):,} rows: {', '.join(map(str, outputs))}")


def review(
    source: str | Path,
    data: str | Path,
    tasks: Sequence[str],
    outputs: Sequence[str | Path],
    *,
    whole: bool = False,
    folds: int = 5,
    seeds: int = 3,
    seed: int = 0,
    split: str = "train",
    propose: bool = False,
    labelled: str | Path | None = None,
    n: int = 0,
    on_error: str = "raise",
) -> list[Suspect]:
    """Review labels, or propose texts to label, and write the result.

    source (Union[str, Path]): A config, or the folder of a trained pipeline.
    data (Union[str, Path]): A data file, or a folder with one file for each task.
    tasks (Sequence[str]): The tasks.
    outputs (Sequence[Union[str, Path]]): Files to write, .jsonl, .csv or .html. None of them may exist.
    whole (bool): Train whole pipelines by the config.
    folds (int): How many folds.
    seeds (int): How often heads are trained anew.
    seed (int): The first seed.
    split (str): The split to review, if the data is a folder.
    propose (bool): Propose texts to label even if there are labels.
    labelled (Union[str, Path, None]): Labelled rows to learn from, for proposals.
    n (int): How many rows to write. 0 for all, or for 100 proposals.
    on_error (str): What to do with bad rows: "raise" or "skip".
    RETURNS (List[Suspect]): What was written.
    RAISES (ValueError): If a file cannot be read or written, or there is too little to learn from.
    """
    paths = list(map(Path, outputs))
    check_outputs(paths)
    tasks = list(dict.fromkeys(tasks))
    if propose or labelled is not None or _only_unlabelled(data, tasks, split, on_error):
        suspects = propose_rows(
            source, data, tasks, n=n or 100, labelled=labelled, on_error=on_error
        )
        write_review(suspects, paths)
        return suspects
    # Beside the output, so that the same command finds it.
    work = paths[0].with_name(f".{paths[0].name}.folds")
    suspects = review_labels(
        source,
        data,
        tasks,
        whole=whole,
        folds=folds,
        seeds=seeds,
        seed=seed,
        split=split,
        on_error=on_error,
        work=work,
    )
    suspects = suspects[: n or None]
    write_review(suspects, paths)
    shutil.rmtree(work, ignore_errors=True)
    return suspects


def write_review(suspects: Sequence[Suspect], paths: Sequence[Path]) -> None:
    """Write suspects to files.

    suspects (Sequence[Suspect]): The suspects.
    paths (Sequence[Path]): The files, with their format as suffix.
    """
    check_outputs(paths)
    with StagedFiles() as staged:
        for path in paths:
            kind = path.suffix.lower()
            if kind == ".jsonl":
                staged.write(path, as_jsonl(suspects))
            elif kind == ".csv":
                staged.write(path, as_csv(suspects))
            else:
                html = render_review([as_row(suspect) for suspect in suspects])
                staged.write(path, html.encode("utf8", "replace"))


def show_suspects(suspects: Sequence[Suspect]) -> None:
    """Print the first suspects.

    suspects (Sequence[Suspect]): The suspects.
    """
    rows = [
        (
            _printable(item.row.text),
            shorten(item.task, LABEL_WIDTH),
            f"{item.row.line:,}",
            f"{item.score:.2f}",
            shorten(", ".join(item.labels) or "-", LABEL_WIDTH),
            shorten(", ".join(item.suggested) or "-", LABEL_WIDTH),
        )
        for item in suspects[:N_SHOWN]
    ]
    for line in format_table(HEADER, rows):
        typer.echo(line)


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)


def _only_unlabelled(data: str | Path, tasks: Sequence[str], split: str, on_error: str) -> bool:
    def read(raw: bool) -> Iterator[TaskRows]:
        for task in tasks:
            yield read_task(data, task, split=split, raw=raw, on_error=on_error)

    return not any(found.rows for found in read(False)) and any(
        found.unlabelled for found in read(True)
    )
