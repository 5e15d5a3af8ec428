"""The plot of the speed benchmark: growth curves, side by side.

A second is one of the processor's, so that what else ran on the machine does not bend the curves.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

#: Names and colours of the sides. The colours are told apart without red and green.
STYLES = {
    "stock": ("stock spaCy", "#999999"),
    "stock_openblas": ("stock spaCy + OpenBLAS", "#e69f00"),
    "ours_numpy": ("spacy-mtl, NumPy", "#56b4e9"),
    "ours_numba": ("spacy-mtl, numba", "#0072b2"),
}
TITLES = {
    "tasks": ("nlp.pipe: texts a second", "tasks"),
    "length": ("encoder: tokens a second", "tokens in a text"),
    "batch": ("encoder: tokens a second", "texts in a batch"),
}
WIDTH, HEIGHT = 250, 230


def write(section: Mapping[str, Any], path: Path) -> None:
    """Draw the growth curves.

    section (Mapping[str, Any]): The section "growth" of the results.
    path (Path): The file to write, .svg.
    """
    import altair

    titles = [title for title, _ in STYLES.values()]
    colours = altair.Scale(domain=titles, range=[colour for _, colour in STYLES.values()])
    legend = altair.Legend(orient="top", title=None, labelLimit=0)
    panels = []
    for curve, (title, axis) in TITLES.items():
        cases = [case for case in section["cases"].values() if case["curve"] == curve]
        points = [
            {"side": STYLES[side][0], "value": case["value"], "rate": rate}
            for case in cases
            for side, rate in case["cpu_rates"].items()
            if side in STYLES and rate is not None
        ]
        ticks = altair.Axis(values=[case["value"] for case in cases], labelOverlap=True)
        scale = altair.Scale(type="log", nice=False)
        panel = altair.Chart(altair.Data(values=points), width=WIDTH, height=HEIGHT, title=title)
        panels.append(
            panel.mark_line(point=True).encode(
                x=altair.X("value:Q", scale=scale, axis=ticks, title=axis),
                y=altair.Y("rate:Q", title=None),
                color=altair.Color("side:N", scale=colours, legend=legend),
            )
        )
    altair.hconcat(*panels).configure(background="white").save(path)
