# ruff: noqa: B008
"""`mtl report`: a training report that one would rather look at than read."""

from pathlib import Path

import srsly
import typer
from spacy.cli._util import setup_gpu
from wasabi import msg

from ..errors import Errors
from ..report.collect import collect_report
from ..report.contents import Report
from ..report.markdown import render_markdown
from ..report.model_card import add_model_card
from ..report.run_page import render_report
from ..staging import StagedFiles
from ..training.training_log import to_json
from ._app import mtl_cli, show_errors

STDOUT = "-"
#: Formats by the ends of file names.
FORMATS = {"html": "html", "htm": "html", "md": "md", "markdown": "md", "json": "json"}


@mtl_cli.command("report", no_args_is_help=True)
def report_cli(
    run: Path = typer.Argument(..., help="Output folder of a training: training/RUN"),
    out: str = typer.Option(STDOUT, "--out", "-o", help="File to write, or - for stdout"),
    format: str = typer.Option("", "--format", "-f", help="html, md or json. Default: by the file"),
    data: Path | None = typer.Option(
        None, "--data", "-d", help="Folder with one file per task and split. Default: the config's"
    ),
    split: str = typer.Option("", "--split", "-s", help="Default: test, or dev if there is none"),
    baselines: Path | None = typer.Option(
        None, "--baselines", help="Folder of the single-task pipelines. Default: RUN/single"
    ),
    without: Path | None = typer.Option(
        None, "--without", help="Folder of the pipelines without a task. Default: RUN/without"
    ),
    meta: str = typer.Option(
        "", "--meta", "-m", help="Also write a meta.json with a model card, for spacy package"
    ),
    use_gpu: int = typer.Option(-1, "--gpu-id", "-g", help="GPU ID or -1 for CPU"),
) -> None:
    """Write what there is to know about a training: what was trained, learning curves, scores beside
    the single-task baselines, confusions, calibration, thresholds, mistakes, which task helps
    which, a map of the texts, speed and size. A page needs no network; it has figures if the
    extra "plot" is installed. What there is no data for is left out.
    """
    setup_gpu(use_gpu, silent=True)
    with show_errors():
        kind = choose_format(out, format)
        report = collect_report(
            run,
            data=data,
            split=split or None,
            baselines=baselines,
            left_out=without,
            silent=False,
        )
        text = render(report, kind)
        with StagedFiles() as files:
            if out != STDOUT:
                files.write(out, text.encode("utf8", "replace"))
            if meta:
                card = add_model_card(srsly.read_json(Path(report.model) / "meta.json"), report)
                files.write(meta, srsly.json_dumps(card, indent=2).encode("utf8", "replace"))
    if out == STDOUT:
        typer.echo(text, nl=False)
    else:
        msg.good(f"Wrote the report: {out}")
    if meta:
        msg.good(f"Wrote the model card: {meta}")


def choose_format(out: str, name: str = "") -> str:
    """Choose the format of a report.

    out (str): The file that is written, or "-".
    name (str): The name of the format, if one was chosen.
    RETURNS (str): "html", "md" or "json". By default what the name of the file ends on, else "md".
    RAISES (ValueError): If there is no such format.
    """
    if not name and out != STDOUT:
        name = Path(out).suffix.removeprefix(".").lower() or "html"
    kind = FORMATS.get(name.lower() or "md")
    if kind is None:
        raise ValueError(Errors.E747.format(name=name, known="html, md, json"))
    return kind


def render(report: Report, kind: str) -> str:
    """Write a report.

    report (Report): The report.
    kind (str): "html", "md" or "json".
    RETURNS (str): The text.
    """
    if kind == "html":
        return render_report(report)
    if kind == "md":
        return render_markdown(report)
    return srsly.json_dumps(to_json(report.to_dict()), indent=2) + "\n"
