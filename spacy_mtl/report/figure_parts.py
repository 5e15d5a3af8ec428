"""What the figures of a training report have in common.

A figure is plotly's data and layout. A colour is a name of the page's theme after an @, e.g. "@accent" or "@series0":
the page puts the colour in when it draws. Text that plotly would read as markup is escaped. Nothing reacts to
dragging, so that a page can be scrolled with a finger on a figure.
"""

import html
from collections.abc import Sequence
from typing import Any

from .contents import Interval
from .palette import SERIES

Figure = dict[str, Any]
#: Characters of a name beside an axis.
NAME_WIDTH = 22
#: Control characters are shown by pictures of them, but for tabs and line breaks.
PICTURES = {code: 0x2400 + code for code in range(32) if chr(code) not in "\t\n\r"}
#: Pixels for one row of names, and for what stands above and below the rows.
ROW_HEIGHT = 34
TITLES = 90
#: Lines of this many series have a colour of their own.
COLOURS = len(SERIES["light"])
#: Above the figure.
LEGEND = {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"}


def visible(text: str) -> str:
    """Make control characters visible.

    text (str): The text.
    RETURNS (str): The text.
    """
    return text.translate(PICTURES)


def plain(text: str, width: int | None = None) -> str:
    """Write text for a place where plotly reads markup.

    text (str): The text.
    width (Optional[int]): The longest result, before it is escaped. None for the whole text. A longer one loses
        its middle, since names often begin alike.
    RETURNS (str): The text, with entities.
    """
    if width is not None and len(text) > width:
        half = width // 2
        text = f"{text[:half]}…{text[half + 1 - width :]}"
    return html.escape(visible(text), quote=False)


def format_interval(interval: Interval | None, *, signed: bool = False) -> str:
    """Write a value and its interval in percent.

    interval (Optional[Interval]): The value.
    signed (bool): Whether a value above 0 gets a sign.
    RETURNS (str): The text, a dash if there is no value.
    """
    if interval is None or interval.value is None:
        return "-"
    spec = "+.1f" if signed else ".1f"
    text = format(100 * interval.value, spec)
    if interval.low is None or interval.high is None:
        return text
    return f"{text} ({100 * interval.low:{spec}} to {100 * interval.high:{spec}})"


def base_layout(height: int, *, legend: bool = True) -> Figure:
    """Start a layout: nothing moves when it is dragged.

    height (int): Height in pixels.
    legend (bool): Whether to show a legend.
    RETURNS (Figure): The layout.
    """
    return {
        "height": height,
        "dragmode": False,
        "showlegend": legend,
        "legend": LEGEND,
        "margin": {"l": 56, "r": 16, "t": 24, "b": 48},
    }


def line_trace(
    name: str, x: Sequence[float], y: Sequence[float | None], digits: str, mode: str = "lines"
) -> Figure:
    """Make a line.

    name (str): Its name.
    x (Sequence[float]): Where its points are.
    y (Sequence[Optional[float]]): Their values.
    digits (str): Format of the values.
    mode (str): "lines" or "markers".
    RETURNS (Figure): The trace.
    """
    return {
        "type": "scatter",
        "mode": mode,
        "name": plain(name, NAME_WIDTH),
        "x": list(x),
        "y": list(y),
        "connectgaps": True,
        "hovertemplate": f"%{{x}}: %{{y:{digits}}}<extra>{plain(name, 60)}</extra>",
    }


def vertical_line(x: float, colour: str) -> Figure:
    """Make a vertical line across a figure.

    x (float): Where it stands.
    colour (str): Its colour.
    RETURNS (Figure): The shape.
    """
    line = {"color": colour, "dash": "dot", "width": 2}
    return {"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper", "line": line}


def share_axis(title: str) -> Figure:
    """Make an axis from 0 to 100 %.

    title (str): Its title.
    RETURNS (Figure): The axis.
    """
    return {"title": {"text": title}, "range": [0, 1], "tickformat": ".0%", "fixedrange": True}


def name_ticks(names: Sequence[str]) -> Figure:
    """Make an axis of names. They stand at numbers, since two names may be the same once they are shortened.

    names (Sequence[str]): The names.
    RETURNS (Figure): The axis.
    """
    return {
        "tickvals": list(range(len(names))),
        "ticktext": [plain(name, NAME_WIDTH) for name in names],
        "fixedrange": True,
        "showgrid": False,
        "zeroline": False,
    }


def name_axis(names: Sequence[str]) -> Figure:
    """Make an axis of names that run from top to bottom.

    names (Sequence[str]): The names.
    RETURNS (Figure): The axis.
    """
    return {**name_ticks(names), "range": [len(names) - 0.5, -0.5]}


def multiply(values: Sequence[float | None], factor: float) -> list[float | None]:
    """Multiply the values that there are.

    values (Sequence[Optional[float]]): The values.
    factor (float): The factor.
    RETURNS (List[Optional[float]]): As many values.
    """
    return [None if value is None else factor * value for value in values]
