"""Figures of one task of a training report."""

from itertools import pairwise

from .contents import TaskResult
from .figure_parts import (
    LEGEND,
    ROW_HEIGHT,
    TITLES,
    Figure,
    base_layout,
    line_trace,
    name_axis,
    name_ticks,
    plain,
    share_axis,
    vertical_line,
)

#: Cells of a larger matrix have no room for their numbers.
LARGEST_WITH_NUMBERS = 12


def confusion_figure(result: TaskResult) -> Figure | None:
    """Show which label was taken for which, as shares of the label's rows.

    result (TaskResult): The task.
    RETURNS (Optional[Figure]): The figure, or None if the task has any number of labels.
    """
    if result.confusion is None:
        return None
    labels, counts = result.confusion.labels, result.confusion.counts
    shares = [[count / max(1, sum(row)) for count in row] for row in counts]
    small = len(labels) <= LARGEST_WITH_NUMBERS
    return {
        "data": [
            {
                "type": "heatmap",
                "z": shares,
                "customdata": [
                    [[plain(gold, 60), plain(guess, 60), count] for guess, count in pairs]
                    for gold, row in zip(labels, counts, strict=True)
                    for pairs in [list(zip(labels, row, strict=True))]
                ],
                "text": counts,
                "texttemplate": "%{text}" if small else "",
                "hovertemplate": "annotated %{customdata[0]}<br>predicted %{customdata[1]}<br>"
                "%{customdata[2]} rows, %{z:.0%} of the annotated<extra></extra>",
                "colorscale": [[0, "@background"], [1, "@accent"]],
                "zmin": 0,
                "zmax": 1,
                "showscale": False,
                "xgap": 1,
                "ygap": 1,
            }
        ],
        "layout": {
            **base_layout(TITLES + 60 + max(150, 30 * len(labels)), legend=False),
            "xaxis": {**name_ticks(labels), "title": {"text": "predicted"}, "tickangle": -45},
            "yaxis": {
                **name_ticks(labels),
                "title": {"text": "annotated"},
                "autorange": "reversed",
            },
        },
    }


def label_figure(result: TaskResult) -> Figure:
    """Show how many rows of each label were found, missed and given wrongly.

    result (TaskResult): The task.
    RETURNS (Figure): The figure.
    """
    parts = (("found", "@series0"), ("missed", "@series1"), ("wrong", "@series2"))
    return {
        "data": [
            {
                "type": "bar",
                "orientation": "h",
                "name": {"wrong": "given wrongly"}.get(part, part),
                "x": [getattr(label, part) for label in result.labels],
                "y": list(range(len(result.labels))),
                "marker": {"color": colour},
                "hovertemplate": "%{x} rows<extra>%{fullData.name}</extra>",
            }
            for part, colour in parts
        ],
        "layout": {
            **base_layout(TITLES + 30 + ROW_HEIGHT * len(result.labels)),
            "barmode": "stack",
            "legend": {**LEGEND, "traceorder": "normal"},
            "xaxis": {"title": {"text": "rows"}, "fixedrange": True},
            "yaxis": name_axis([label.label for label in result.labels]),
        },
    }


def reliability_figure(result: TaskResult) -> Figure:
    """Show how often predictions of a confidence are right, and how many there are.

    result (TaskResult): The task.
    RETURNS (Figure): The figure.
    """
    calibration = result.calibration
    total = max(1, sum(calibration.counts))
    edges = calibration.edges
    middles = [(low + high) / 2 for low, high in pairwise(edges)]
    return {
        "data": [
            {
                "type": "bar",
                "name": "share of predictions",
                "x": middles,
                "y": [count / total for count in calibration.counts],
                "customdata": calibration.counts,
                "width": [0.95 * (edges[1] - edges[0])] * len(middles),
                "marker": {"color": "@line"},
                "hovertemplate": "%{customdata} predictions<extra></extra>",
            },
            {
                "type": "scatter",
                "mode": "lines",
                "name": "if trustworthy",
                "x": [0, 1],
                "y": [0, 1],
                "line": {"color": "@muted", "dash": "dot", "width": 2},
                "hoverinfo": "skip",
            },
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": "right",
                "x": calibration.confidence,
                "y": calibration.accuracy,
                "connectgaps": True,
                "line": {"color": "@series0", "width": 2},
                "marker": {"size": 8},
                "hovertemplate": "confidence %{x:.0%}, right %{y:.0%}<extra></extra>",
            },
        ],
        "layout": {
            **base_layout(300),
            "xaxis": {**share_axis("probability" if result.thresholds else "confidence")},
            "yaxis": {**share_axis("share that is right")},
        },
    }


def threshold_figure(result: TaskResult) -> Figure | None:
    """Show precision, recall and F by threshold.

    result (TaskResult): The task.
    RETURNS (Optional[Figure]): The figure, or None if the task has one label a text.
    """
    found = result.thresholds
    if found is None:
        return None
    average, *labels = found.curves
    lines = [
        ("mean precision", average.precision, {"color": "@series1", "dash": "dash", "width": 2}),
        ("mean recall", average.recall, {"color": "@series2", "dash": "dot", "width": 2}),
        ("mean F", average.f, {"color": "@series0", "width": 4}),
    ]
    traces = [
        {
            **line_trace(f"F of {curve.label}", found.grid, curve.f, ".2f"),
            "line": {"color": "@line", "width": 1},
            "showlegend": False,
        }
        for curve in labels
    ]
    traces += [{**line_trace(name, found.grid, y, ".2f"), "line": line} for name, y, line in lines]
    return {
        "data": traces,
        "layout": {
            **base_layout(300),
            "xaxis": share_axis("threshold"),
            "yaxis": share_axis(""),
            "shapes": [vertical_line(found.current, "@muted")],
        },
    }
