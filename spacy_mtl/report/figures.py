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
    traces = [
        _score_trace(
            "this pipeline", results, [r.score for r in results], "@series0", -0.12 * bool(alone)
        )
    ]
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


def curve_figure(curves: Curves, *, losses: bool = False) -> Figure:
    """Show how scores on the dev data, or losses, went in training.

    curves (Curves): The curves.
    losses (bool): Whether to show losses instead of scores.
    RETURNS (Figure): The figure. The lines of the tasks come first, in their order.
    """
    factor, digits = (1.0, ".3f") if losses else (100.0, ".1f")
    traces: list[Figure] = []
    for i, curve in enumerate(curves.tasks):
        values = curve.smooth_losses if losses else curve.smooth_scores
        dash = DASHES[i // COLOURS % len(DASHES)]
        line = {"color": f"@series{i % COLOURS}", "dash": dash, "width": 2}
        points = multiply(values, factor)
        traces.append({**line_trace(curve.task, curves.steps, points, digits), "line": line})
    if not losses and len(curves.tasks) > 1:
        mean = line_trace("weighted mean", curves.steps, multiply(curves.scores, factor), digits)
        traces.append({**mean, "line": {"color": "@text", "width": 4}})
    return {
        "data": traces,
        "layout": {
            **base_layout(340, legend=False),
            "xaxis": {"title": {"text": "step"}, "fixedrange": True},
            "yaxis": _loss_axis() if losses else _score_axis(),
            "shapes": [] if losses else _best_step(curves),
        },
    }


def task_curve_figure(curves: Curves, task: str) -> Figure:
    """Show how the score and the loss of one task went in training.

    curves (Curves): The curves.
    task (str): The task.
    RETURNS (Figure): The figure.
    """
    curve = next(curve for curve in curves.tasks if curve.task == task)
    steps = curves.steps
    points = line_trace("score", steps, multiply(curve.scores, 100.0), ".1f", "markers")
    scores = line_trace("dev score", steps, multiply(curve.smooth_scores, 100.0), ".1f")
    losses = line_trace("loss", steps, curve.smooth_losses, ".3f")
    return {
        "data": [
            {**losses, "yaxis": "y2", "line": {"color": "@series1", "dash": "dash", "width": 2}},
            {**scores, "line": {"color": "@series0", "width": 3}},
            {**points, "marker": {"color": "@series0", "size": 5}, "showlegend": False},
        ],
        "layout": {
            **base_layout(300),
            "xaxis": {"title": {"text": "step"}, "fixedrange": True},
            "yaxis": _score_axis(),
            "yaxis2": {
                **_loss_axis(),
                "overlaying": "y",
                "side": "right",
                "tickmode": "auto",
                "showgrid": False,
            },
            "shapes": _best_step(curves),
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
        "marker": {"color": colour, "size": 11, "symbol": "diamond" if offset > 0 else "circle"},
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


def _score_axis() -> Figure:
    return {"title": {"text": "dev score, %"}, "fixedrange": True}


def _loss_axis() -> Figure:
    return {"title": {"text": "loss"}, "fixedrange": True, "rangemode": "tozero"}


def _best_step(curves: Curves) -> list[Figure]:
    return [] if curves.best_step is None else [vertical_line(curves.best_step, "@muted")]
