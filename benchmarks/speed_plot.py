"""The plot of the speed benchmark: growth curves as one SVG, without any library.

A second is one of the processor's, so that what else ran on the machine does not bend the curves.
"""

import math
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

PANEL, HEIGHT, LEFT, TOP, GAP, BOTTOM = 270, 230, 62, 66, 66, 60
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
Point = tuple[float, float]


def write(section: Mapping[str, Any], path: Path) -> None:
    """Draw the growth curves.

    section (Mapping[str, Any]): The section "growth" of the results.
    path (Path): The file to write.
    """
    width = LEFT + len(TITLES) * PANEL + (len(TITLES) - 1) * GAP + 30
    height = TOP + HEIGHT + BOTTOM
    shapes = [f'<rect width="{width}" height="{height}" fill="white"/>', *_legend()]
    for number, (curve, (title, axis)) in enumerate(TITLES.items()):
        cases = [case for case in section["cases"].values() if case["curve"] == curve]
        left = LEFT + number * (PANEL + GAP)
        shapes += [f'<g transform="translate({left},{TOP})">', *_panel(cases, title, axis), "</g>"]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" font-family="sans-serif" font-size="12">'
    )
    path.write_text("\n".join([head, *shapes, "</svg>"]) + "\n", encoding="utf8")


def _legend() -> list[str]:
    shapes = []
    for number, (name, colour) in enumerate(STYLES.values()):
        x = LEFT + number * 220
        shapes.append(f'<line x1="{x}" x2="{x + 24}" y1="20" y2="20" {_stroke(colour)}/>')
        shapes.append(_text(x + 30, 24, name))
    return shapes


def _panel(cases: Sequence[Mapping[str, Any]], title: str, axis: str) -> list[str]:
    values = [case["value"] for case in cases]
    rates = [case["cpu_rates"] for case in cases]
    largest = max(rate[side] or 0 for rate in rates for side in STYLES)
    step = _tick_step(largest)
    top = step * math.ceil(largest / step)
    first, last = math.log(min(values)), math.log(max(values))

    def place(value: float, rate: float) -> Point:
        share = (math.log(value) - first) / (last - first)
        return share * PANEL, HEIGHT * (1 - rate / top)

    shapes = [_text(0, -14, title, weight="bold")]
    for number in range(round(top / step) + 1):
        y = place(values[0], number * step)[1]
        shapes.append(f'<line x1="0" x2="{PANEL}" y1="{y:.1f}" y2="{y:.1f}" stroke="#dddddd"/>')
        shapes.append(_text(-6, y + 4, f"{number * step:,.0f}", anchor="end"))
    for value in values:
        x = place(value, 0)[0]
        shapes.append(_text(x, HEIGHT + 18, f"{value:,}", anchor="middle"))
    shapes.append(_text(PANEL / 2, HEIGHT + 42, axis, anchor="middle"))
    for side, (_, colour) in STYLES.items():
        pairs = zip(values, rates, strict=True)
        points = [place(value, rate[side]) for value, rate in pairs if rate[side] is not None]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        shapes.append(f'<polyline points="{line}" fill="none" {_stroke(colour)}/>')
        shapes += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in points]
    return shapes


def _tick_step(largest: float) -> float:
    """Choose a distance of ticks, 1, 2 or 5 times a power of ten, that makes four to eight of them."""
    power = 10.0 ** math.floor(math.log10(largest / 4))
    return max(factor * power for factor in (1, 2, 5) if factor * power <= largest / 4)


def _stroke(colour: str) -> str:
    return f'stroke="{colour}" stroke-width="2"'


def _text(x: float, y: float, text: str, *, anchor: str = "start", weight: str = "normal") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {place} font-weight="{weight}">{escape(text)}</text>'
