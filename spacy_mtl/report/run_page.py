"""A training report as a page."""

from markupsafe import Markup

from .contents import Report
from .figure_parts import COLOURS, Figure, format_interval, visible
from .figures import curve_figure, score_figure, task_curve_figure, transfer_figure
from .map_points import map_points
from .page import import_plot, read_static, render_page
from .task_figures import confusion_figure, label_figure, reliability_figure, threshold_figure
from .words import clip, format_bytes, format_percent, summary

TEMPLATE = "run.html"


def render_report(report: Report) -> str:
    """Write a training report as a page. Without the extra "plot" it has tables only.

    report (Report): The report.
    RETURNS (str): The HTML.
    """
    figures, reason = make_figures(report), ""
    try:
        import_plot("plotly.offline")
    except ValueError as error:
        figures, reason = {}, str(error)
    points = None if reason or report.map is None else map_points(report.map)
    return render_page(
        TEMPLATE,
        title=f"Training report: {visible(report.title)}",
        data={"figures": figures, "map": points},
        plotly=not reason,
        run_css=Markup(read_static("run.css")),
        run_js=Markup(read_static("run.js")),
        report=report,
        figures=figures,
        points=points,
        chips=_chips(report),
        has_baselines=any(result.baseline for result in report.results or ()),
        missing=missing_parts(report, reason),
        summary=summary(report),
        curves={curve.task: curve for curve in report.curves.tasks} if report.curves else {},
        interval=format_interval,
        percent=format_percent,
        size=format_bytes,
        clip=clip,
        visible=visible,
    )


def make_figures(report: Report) -> dict[str, Figure]:
    """Make all figures of a report.

    report (Report): The report.
    RETURNS (Dict[str, Figure]): The figures by their names on the page: "scores", "curves", "losses", "transfer",
        and for the task with number i "curve-i", "confusion-i", "labels-i", "reliability-i" and "thresholds-i".
    """
    figures: dict[str, Figure | None] = {}
    if report.results:
        figures["scores"] = score_figure(report.results)
    if report.curves:
        figures["curves"] = curve_figure(report.curves)
        figures["losses"] = curve_figure(report.curves, losses=True)
    if report.transfer:
        figures["transfer"] = transfer_figure(report.transfer)
    for i, result in enumerate(report.results or ()):
        if not result.rows:
            continue
        if report.curves:
            figures[f"curve-{i}"] = task_curve_figure(report.curves, result.name)
        figures[f"confusion-{i}"] = confusion_figure(result)
        figures[f"labels-{i}"] = label_figure(result)
        figures[f"reliability-{i}"] = reliability_figure(result)
        figures[f"thresholds-{i}"] = threshold_figure(result)
    return {name: figure for name, figure in figures.items() if figure is not None}


def _chips(report: Report) -> list[tuple[str, int, str]]:
    """The legend of the learning curves: the task, the number of its colour, and its kind of line."""
    tasks = [curve.task for curve in report.curves.tasks] if report.curves else []
    return [
        (task, i % COLOURS, "solid" if i < COLOURS else "dashed") for i, task in enumerate(tasks)
    ]


def missing_parts(report: Report, reason: str = "") -> dict[str, list[str]]:
    """Tell what is not in a report.

    report (Report): The report.
    reason (str): Why there are no figures, if there are none.
    RETURNS (Dict[str, List[str]]): Parts by the reason why they are missing.
    """
    found = {**report.missing, **({"figures": reason} if reason else {})}
    reasons: dict[str, list[str]] = {}
    for part, why in found.items():
        reasons.setdefault(why, []).append(part)
    return reasons
