"""Embeddings as a picture to show, .png or .svg."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy
from thinc.types import Floats2d

from .label_codes import LabelCodes, short_names
from .page import import_plot
from .palette import MAX_LABELS, SERIES, SHAPES, UNLABELLED

WIDTH, HEIGHT = 460, 400
#: Pixels of a .png for each of the picture's own.
SCALE = 2
#: More points are covered by others, and take minutes to draw.
MAX_POINTS = 10_000
_OTHERS = "other labels"
_NONE = "no label"
#: Pixels that a name takes.
_NAME_SIZE = (90, 18)
_TEXT = "#1b1f24"
_MUTED = "#57606a"


class Panel(NamedTuple):
    """One of the pictures side by side: its name, points `(n, 2)`, and how they were found."""

    name: str
    points: Floats2d
    note: str


def draw_picture(panels: Sequence[Panel], colouring: LabelCodes, title: str, kind: str) -> bytes:
    """Draw points coloured by their labels, with the name of each label in the midst of its points.

    panels (Sequence[Panel]): The pictures side by side.
    colouring (LabelCodes): The labels.
    title (str): The title.
    kind (str): "png" or "svg".
    RETURNS (bytes): The picture.
    """
    altair = import_plot("altair")
    convert = import_plot("vl_convert")
    names, shown = _looks(colouring)
    charts = [_draw_panel(altair, panel, names, shown) for panel in panels]
    chart = altair.hconcat(*charts, title=short_names([title], 100)[0])
    chart = (
        chart.configure_view(stroke="#d0d7de")
        .configure_title(anchor="start", fontSize=15, color=_TEXT)
        .configure_legend(labelLimit=300, labelFontSize=12, symbolOpacity=1, symbolSize=80)
    )
    with altair.data_transformers.enable("default", max_rows=None):
        spec = chart.to_dict()
    version = ".".join(altair.SCHEMA_VERSION.lstrip("v").split(".")[:2])
    if kind == "png":
        return convert.vegalite_to_png(spec, vl_version=version, scale=SCALE)
    return convert.vegalite_to_svg(spec, vl_version=version).encode("utf8")


def _looks(colouring: LabelCodes) -> tuple[list[str], Any]:
    """The names in the legend, and which of them each text has."""
    names = short_names(colouring.labels[:MAX_LABELS])
    shown = colouring.codes.copy()
    n_others = len(colouring.labels) - len(names)
    if n_others:
        shown[shown >= len(names)] = len(names)
        names.append(f"{_OTHERS} ({n_others})")
    if (shown < 0).any():
        shown[shown < 0] = len(names)
        names.append(_NONE)
    return names, shown


def _draw_panel(altair: Any, panel: Panel, names: list[str], shown: Any) -> Any:
    n = len(shown)
    points = [
        {"x": round(x, 5), "y": round(y, 5), "label": names[code]}
        for (x, y), code in zip(panel.points.tolist(), shown.tolist(), strict=True)
    ]
    # The last drawn lies on top: not always the last label.
    order = numpy.random.default_rng(0).permutation(n)[:MAX_POINTS].tolist()
    note = panel.note if n <= MAX_POINTS else f"{panel.note}; {MAX_POINTS:,} of {n:,} points"
    n_labels = sum(name != _NONE and not name.startswith(_OTHERS) for name in names)
    theme = SERIES["light"]
    greys = [UNLABELLED["light"]] * (len(names) - n_labels)
    colours = [theme[i % len(theme)] for i in range(n_labels)] + greys
    shapes = [SHAPES[i // len(theme) % len(SHAPES)] for i in range(n_labels)]
    shapes += [SHAPES[0]] * len(greys)
    legend = altair.Legend(title=None, columns=math.ceil(len(names) / 20), symbolLimit=0)
    axis = altair.Axis(labels=False, ticks=False, grid=True, gridColor="#eef0f3", title=None)
    scale = altair.Scale(zero=False, nice=False, padding=12)
    base = altair.Chart().encode(
        x=altair.X("x:Q", axis=axis, scale=scale), y=altair.Y("y:Q", axis=axis, scale=scale)
    )
    one = names == [_NONE]
    colour = altair.Color(
        "label:N",
        scale=altair.Scale(domain=names, range=colours if not one else [theme[0]]),
        legend=None if one else legend,
    )
    shape = altair.Shape(
        "label:N",
        scale=altair.Scale(domain=names, range=shapes),
        legend=None if one else legend,
    )
    size, opacity = (70, 0.75) if n <= 500 else (28, 0.6) if n <= 5000 else (10, 0.4)
    marks = base.mark_point(filled=True, size=size, opacity=opacity, strokeWidth=0)
    marks = marks.encode(color=colour, shape=shape)
    layers = [marks.properties(data=altair.Data(values=[points[i] for i in order]))]
    if 1 < n_labels <= len(theme):
        middle = _name_tags(panel.points, shown, names[:n_labels])
        text = base.encode(text="name:N").properties(data=altair.Data(values=middle))
        style = {"fontSize": 13, "fontWeight": "bold"}
        halo = text.mark_text(**style, stroke="white", strokeWidth=4, strokeJoin="round")
        layers += [halo, text.mark_text(**style, color=_TEXT)]
    # A subtitle below nothing is not drawn.
    if panel.name:
        heading = {"text": panel.name, "subtitle": note, "subtitleColor": _MUTED, "fontSize": 13}
    else:
        heading = {"text": note, "color": _MUTED, "fontSize": 11, "fontWeight": "normal"}
    return altair.layer(*layers).properties(width=WIDTH, height=HEIGHT, title=heading)


def _name_tags(points: Floats2d, shown: Any, names: list[str]) -> list[dict[str, Any]]:
    """The names of labels in the midst of their points, pushed apart so that all can be read."""
    dx, dy = numpy.ptp(points, axis=0) * _NAME_SIZE / (WIDTH, HEIGHT)
    middle = [numpy.median(points[shown == i], axis=0).tolist() for i in range(len(names))]
    tags: list[dict[str, Any]] = []
    for (x, y), name in sorted(zip(middle, names, strict=True), key=lambda item: item[0][1]):
        for other in sorted(tags, key=lambda tag: tag["y"]):
            if abs(x - other["x"]) < dx and abs(y - other["y"]) < dy:
                y = other["y"] + dy
        tags.append({"x": x, "y": y, "name": name})
    return tags
