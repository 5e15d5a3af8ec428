"""The figure of a search: which settings mattered, and how good each value was; and its numbers as tables."""

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import Errors
from ..extras import import_extra
from ..staging import write_atomically
from .importance import TOP, ValueScores, find_importance, find_value_scores
from .results import write_table
from .space import Parameter

FIGURE = "sweep"
IMPORTANCE = "importance.csv"
VALUES = "values.csv"
WIDTH, ROW = 420, 20
#: Pixels of a .png for each of the figure's own.
SCALE = 2
#: Characters of a name or value.
NAME_WIDTH = 60
_ACCENT, _TRIAL, _TEXT, _MUTED = "#3656d5", "#8a929c", "#1b1f24", "#57606a"


def import_drawing() -> tuple[Any, Any]:
    """RETURNS (Tuple[ModuleType, ModuleType]): The modules altair and vl_convert. Also checks for what importance
    needs, so that no search ends without a figure."""
    import_extra("sklearn", Errors.E847.format(name="scikit-learn"))
    altair = import_extra("altair", Errors.E847.format(name="altair"))
    return altair, import_extra("vl_convert", Errors.E847.format(name="vl-convert-python"))


def write_figures(folder: Path, space: Sequence[Parameter], trials: Sequence[Any]) -> None:
    """Write the figure and its numbers, if any trial has a score.

    folder (Path): The folder of the search.
    space (Sequence[Parameter]): What was searched.
    trials (Sequence[optuna.FrozenTrial]): The trials.
    """
    values = find_value_scores(space, trials)
    if not values:
        return
    importance = find_importance(space, trials)
    rows = [(name, round(share, 4)) for name, share in importance.items()]
    write_table(folder / IMPORTANCE, ("parameter", "importance"), rows)
    header = ("parameter", "value", "trials", f"mean_of_top_{TOP}", "best", "mean")
    table = [
        (v.parameter, v.value, len(v.scores), v.top, v.scores[0], statistics.fmean(v.scores))
        for v in values
    ]
    write_table(folder / VALUES, header, table)
    searched = {parameter.name for parameter in space if parameter.is_open}
    shown = [value for value in values if value.parameter in searched]
    for kind in ("svg", "png") if shown else ():
        write_atomically(folder / f"{FIGURE}.{kind}", draw(importance, shown, kind))


def draw(importance: Mapping[str, float], values: Sequence[ValueScores], kind: str) -> bytes:
    """Draw the figure.

    importance (Mapping[str, float]): How much each parameter mattered. May be empty.
    values (Sequence[ValueScores]): Scores by parameter and value.
    kind (str): "png" or "svg".
    RETURNS (bytes): The picture.
    """
    altair, convert = import_drawing()
    panels = [_draw_importance(altair, importance)] if importance else []
    names = list(dict.fromkeys(value.parameter for value in values))
    # What mattered most comes first.
    names.sort(key=lambda name: -importance.get(name, 0.0))
    scores = [100 * score for value in values for score in value.scores]
    limits = [min(scores) - 1, max(scores) + 1]
    for name in names:
        own = [value for value in values if value.parameter == name]
        panels.append(_draw_parameter(altair, name, own, limits, is_last=name == names[-1]))
    chart = altair.vconcat(*panels, spacing=14).configure(background="white", padding=12)
    chart = chart.configure_view(stroke="#d0d7de")
    chart = chart.configure_title(
        anchor="start", frame="group", fontSize=13, color=_TEXT, subtitleColor=_MUTED
    )
    chart = chart.configure_axis(labelLimit=0, gridColor="#eef0f3", labelColor=_TEXT)
    with altair.data_transformers.enable("default", max_rows=None):
        spec = chart.to_dict()
    version = ".".join(altair.SCHEMA_VERSION.lstrip("v").split(".")[:2])
    if kind == "png":
        return bytes(convert.vegalite_to_png(spec, vl_version=version, scale=SCALE))
    return str(convert.vegalite_to_svg(spec, vl_version=version)).encode("utf8")


def _draw_importance(altair: Any, importance: Mapping[str, float]) -> Any:
    rows = [{"name": _short(name), "share": share} for name, share in importance.items()]
    title = {
        "text": "What mattered",
        "subtitle": "share of the differences in rank between trials that a setting explains",
    }
    base = altair.Chart(altair.Data(values=rows), width=WIDTH, title=title)
    return (
        base.mark_bar(color=_ACCENT)
        .encode(
            x=altair.X("share:Q", title=None, axis=altair.Axis(format="%")),
            y=altair.Y("name:N", sort=[row["name"] for row in rows], title=None),
        )
        .properties(height=ROW * len(rows))
    )


def _draw_parameter(
    altair: Any, name: str, values: Sequence[ValueScores], limits: list[float], *, is_last: bool
) -> Any:
    order = [_short(value.value) for value in values]
    points = [
        {"value": shown, "score": 100 * score}
        for shown, value in zip(order, values, strict=True)
        for score in value.scores
    ]
    tops = [
        {"value": shown, "score": 100 * value.top}
        for shown, value in zip(order, values, strict=True)
    ]
    axis = altair.Axis(labels=is_last, ticks=is_last)
    text = (
        "score on the dev data, %: each trial, and the mean of the best three" if is_last else None
    )
    x = altair.X(
        "score:Q", title=text, axis=axis, scale=altair.Scale(domain=limits, zero=False, nice=False)
    )
    y = altair.Y("value:N", sort=order, title=None)
    trials = altair.Chart(altair.Data(values=points)).mark_tick(
        color=_TRIAL, thickness=2, height=10, opacity=0.7
    )
    best = altair.Chart(altair.Data(values=tops)).mark_point(
        color=_ACCENT, filled=True, shape="diamond", size=80, opacity=1
    )
    layers = altair.layer(trials.encode(x=x, y=y), best.encode(x=x, y=y))
    return layers.properties(width=WIDTH, height=ROW * len(order), title=_short(name))


def _short(text: str) -> str:
    return text if len(text) <= NAME_WIDTH else f"{text[: NAME_WIDTH - 1]}…"
