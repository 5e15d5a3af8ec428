"""Figures of a training report about all tasks together."""

from collections.abc import Iterable, Sequence

from .contents import Curves, Interval, TaskResult, Transfer
from .figure_parts import (
    COLOURS,
    ROW_HEIGHT,
    TITLES,
    Figure,
    base_layout,
    format_interval,
    line_trace,
    multiply,
    name_axis,
    name_ticks,
    plain,
    vertical_line,
)

DASHES = ("solid", "dash", "dot", "dashdot")
#: Cells of a larger matrix have no room for their numbers.
LARGEST_WITH_NUMBERS = 8


def score_figure(results: Sequence[TaskResult]) -> Figure:
    """Show the score of each task with its interval, beside that of a pipeline for this task alone.

    results (Sequence[TaskResult]): The tasks.
    RETURNS (Figure): The figure.
    """
    alone = [result for result in results if result.baseline is not None]
    traces = [_score_trace("this pipeline", results, [r.score for r in results], "@series0", -0.12)]
    if alone:
        rows = [results.index(result) for result in alone]
        scores = [result.baseline or Interval(None) for result in alone]
        traces.append(_score_trace("task alone", alone, scores, "@series1", 0.12, rows))
    return {
        "data": traces,
        "layout": {
            **base_layout(TITLES + ROW_HEIGHT * len(results), legend=bool(alone)),
            "xaxis": {"title": {"text": "score, %"}, "fixedrange": True},
            "yaxis": name_axis([result.name for result in results]),
        },
    }


def curve_figure(curves: Curves, *, losses: bool = False, only: str | None = None) -> Figure:
    """Show how scores on the dev data, or losses, went in training.

    curves (Curves): The curves.
    losses (bool): Whether to show losses instead of scores.
    only (Optional[str]): A task, to show it alone, with the points that its curve smooths.
    RETURNS (Figure): The figure. Each line has the task's name as its `name`.
    """
    traces: list[Figure] = []
    factor = 1.0 if losses else 100.0
    digits = ".3f" if losses else ".1f"
    tasks = [curve for curve in curves.tasks if only in (None, curve.task)]
    for i, curve in enumerate(tasks):
        values = curve.smooth_losses if losses else curve.smooth_scores
        raw = curve.losses if losses else curve.scores
        if only is not None:
            traces.append(
                line_trace("measured", curves.steps, multiply(raw, factor), digits, "markers")
            )
            traces[-1]["marker"] = {"color": "@muted", "size": 5}
        traces.append(line_trace(curve.task, curves.steps, multiply(values, factor), digits))
        traces[-1]["line"] = {
            "color": f"@series{i % COLOURS}",
            "dash": DASHES[i // COLOURS % len(DASHES)],
            "width": 2,
        }
    if not losses and only is None and len(tasks) > 1:
        mean = line_trace("weighted mean", curves.steps, multiply(curves.scores, factor), digits)
        traces.append({**mean, "line": {"color": "@text", "width": 4}})
    shapes = []
    if curves.best_step is not None and not losses:
        shapes = [vertical_line(curves.best_step, "@muted")]
    return {
        "data": traces,
        "layout": {
            **base_layout(340 if only is None else 260, legend=only is None),
            "hovermode": "closest",
            "xaxis": {"title": {"text": "step"}, "fixedrange": True},
            "yaxis": {
                "title": {"text": "loss" if losses else "dev score, %"},
                "fixedrange": True,
                "rangemode": "tozero" if losses else "normal",
            },
            "shapes": shapes,
        },
    }


def transfer_figure(transfer: Transfer) -> Figure:
    """Show what each task gains from another.

    transfer (Transfer): The gains.
    RETURNS (Figure): The figure.
    """
    values = [
        [None if cell is None or cell.value is None else 100 * cell.value for cell in row]
        for row in transfer.gains
    ]
    largest = max((abs(v) for row in values for v in row if v is not None), default=1.0) or 1.0
    small = len(transfer.tasks) <= LARGEST_WITH_NUMBERS
    return {
        "data": [
            {
                "type": "heatmap",
                "z": values,
                "customdata": [
                    [
                        [plain(helper, 60), plain(task, 60), format_interval(cell, signed=True)]
                        for task, cell in zip(transfer.tasks, row, strict=True)
                    ]
                    for helper, row in zip(transfer.helpers, transfer.gains, strict=True)
                ],
                "text": [
                    [
                        "" if v is None or c is None else f"{v:+.1f}{'*' if c.is_clear else ''}"
                        for v, c in zip(row, cells, strict=True)
                    ]
                    for row, cells in zip(values, transfer.gains, strict=True)
                ],
                "texttemplate": "%{text}" if small else "",
                "hovertemplate": "%{customdata[1]} gains %{customdata[2]} points from "
                "%{customdata[0]}<extra></extra>",
                "colorscale": [[0, "@bad"], [0.5, "@background"], [1, "@good"]],
                "zmin": -largest,
                "zmax": largest,
                "hoverongaps": False,
                "colorbar": {"title": {"text": "points"}, "thickness": 12},
                "xgap": 1,
                "ygap": 1,
            }
        ],
        "layout": {
            **base_layout(TITLES + 60 + max(150, ROW_HEIGHT * len(transfer.helpers)), legend=False),
            "xaxis": {
                **name_ticks(transfer.tasks),
                "title": {"text": "this task gains"},
                "tickangle": -45,
            },
            "yaxis": {
                **name_ticks(transfer.helpers),
                "title": {"text": "from this task"},
                "autorange": "reversed",
            },
        },
    }


def _score_trace(
    name: str,
    results: Sequence[TaskResult],
    scores: Sequence[Interval],
    colour: str,
    offset: float,
    rows: Iterable[int] | None = None,
) -> Figure:
    values = multiply([score.value for score in scores], 100.0)
    lows = multiply([score.low for score in scores], 100.0)
    highs = multiply([score.high for score in scores], 100.0)
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": values,
        "y": [row + offset for row in (range(len(results)) if rows is None else rows)],
        "customdata": [
            [plain(result.name), plain(result.metric), format_interval(score)]
            for result, score in zip(results, scores, strict=True)
        ],
        "marker": {"color": colour, "size": 11, "symbol": "circle" if offset < 0 else "diamond"},
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [_gap(high, value) for high, value in zip(highs, values, strict=True)],
            "arrayminus": [_gap(value, low) for value, low in zip(values, lows, strict=True)],
            "color": colour,
            "thickness": 2,
            "width": 5,
        },
        "hovertemplate": "%{customdata[0]}: %{customdata[1]} %{customdata[2]}"
        f"<extra>{name}</extra>",
    }


def _gap(above: float | None, below: float | None) -> float:
    return 0.0 if above is None or below is None else above - below
