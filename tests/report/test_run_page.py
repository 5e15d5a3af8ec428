"""The page of a training report: its figures, and what a browser makes of it."""

import json
import re
from dataclasses import replace

import numpy
import pytest
from run_setup import HOSTILE, ROWS

from spacy_mtl.report import run_page
from spacy_mtl.report.contents import (
    Calibration,
    Change,
    Confusion,
    Curve,
    Curves,
    EmbeddingMap,
    Interval,
    LabelResult,
    Mistake,
    TaskResult,
)
from spacy_mtl.report.map_points import map_points
from spacy_mtl.report.page import write_page
from spacy_mtl.report.run_page import make_figures, render_report

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
#: All figures are drawn once as many have a plot in them.
DRAWN = """() => [...document.querySelectorAll("[data-figure], #map")].every((e) => e.querySelector(".main-svg"))"""


@pytest.fixture
def path(report, tmp_path):
    pytest.importorskip("plotly", reason="extra plot is not installed")
    return write_page(tmp_path / "report.html", render_report(report))


def make_result(name, labels=("a", "b"), rows=10, texts=()):
    n = len(labels)
    return TaskResult(
        name=name,
        rows=rows,
        metric="macro_f",
        score=Interval(0.5, 0.4, 0.6),
        baseline=None,
        difference=None,
        others={"acc": 0.5, "macro_f": 0.5, "micro_f": 0.5, "macro_auc": None},
        labels=[LabelResult(label, rows, 1, 1, 1, 0.5, 0.5, 0.5) for label in labels],
        confusion=Confusion(list(labels), numpy.eye(n, dtype=int).tolist()),
        calibration=Calibration([0.0, 0.5, 1.0], [0.4, None], [0.5, None], [rows, 0], 0.1),
        thresholds=None,
        mistakes=[Mistake(text, [labels[0]], [labels[-1]], 0.9) for text in texts],
    )


def make_curves(tasks, n=50):
    values = [i / n for i in range(n)]
    curves = [Curve(task, values, values, values, values) for task in tasks]
    return Curves(list(range(n)), values, n - 1, 10.0, 1000, curves)


@pytest.fixture
def hostile(report):
    """A report in which all that users write is hostile."""
    names = [*HOSTILE, "</details></script>", "=HYPERLINK(1)", "%{x} {{ 7 * 7 }}"]
    results = [make_result("one", labels=names, texts=names), make_result("two", texts=names)]
    vectors = numpy.random.default_rng(0).normal(size=(len(names), 4))
    return replace(
        report,
        title=names[0],
        model=names[1],
        results=results,
        changes=[Change(name, name, None) for name in names],
        curves=make_curves(["one", "two"]),
        map=EmbeddingMap(names, vectors, {"one": [*names[:-1], None]}),
        missing=dict(zip(names, names, strict=True)),
    )


def test_figures_are_plotlys(report):
    graph_objects = pytest.importorskip("plotly.graph_objects", reason="extra plot is missing")
    figures = make_figures(report)
    for figure in figures.values():
        text = json.dumps(figure)
        graph_objects.Figure(json.loads(re.sub(r'"@\w+"', '"#123456"', text)))
    assert {"scores", "curves", "losses", "transfer"} < set(figures)
    for i, task in enumerate(ROWS):
        assert (f"confusion-{i}" in figures) == (task != "tags")
        assert (f"thresholds-{i}" in figures) == (task == "tags")
        assert {f"labels-{i}", f"reliability-{i}", f"curve-{i}"} < set(figures)


def test_figures_hold_the_numbers(report):
    figures = make_figures(report)
    own, alone = figures["scores"]["data"]
    assert own["x"] == [100 * result.score.value for result in report.results]
    assert alone["x"] == [100 * result.baseline.value for result in report.results]
    lows = [100 * result.score.low for result in report.results]
    assert numpy.subtract(own["x"], own["error_x"]["arrayminus"]) == pytest.approx(lows)
    assert figures["confusion-0"]["data"][0]["text"] == report.results[0].confusion.counts


def test_without_the_extra_there_are_tables_only(report, monkeypatch):
    def fail(name):
        raise ValueError("E640")

    monkeypatch.setattr(run_page, "import_plot", fail)
    html = render_report(report)
    assert 'class="figure"' not in html
    assert "figures: E640" in html
    assert "macro_f" in html
    assert len(html) < 200_000


def test_what_is_missing_is_said(report):
    html = render_report(
        replace(report, results=None, curves=None, transfer=None, map=None, missing={"x": "why"})
    )
    assert "x: why" in html
    assert 'class="figure"' not in html


def test_a_map_needs_texts():
    assert map_points(EmbeddingMap(["a", "b"], numpy.ones((2, 3)), {})) is None


def test_a_map_shows_a_sample_of_many_texts(monkeypatch):
    monkeypatch.setattr("spacy_mtl.report.map_points.POINTS", 10)
    vectors = numpy.random.default_rng(0).normal(size=(30, 3))
    labels = [None, *(f"label {i}" for i in range(29))]
    points = map_points(EmbeddingMap([str(i) for i in range(30)], vectors, {"one": labels}))
    assert len(points["x"]) == len(points["texts"]) == 10
    assert points["total"] == 30


@pytest.mark.browser
@pytest.mark.parametrize(("viewport", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")])
def test_every_figure_is_drawn(open_page, path, viewport, scheme):
    opened = open_page(path, viewport=viewport, color_scheme=scheme)
    opened.click("#open-all")
    opened.wait_for_function(DRAWN)
    wide = opened.evaluate("document.documentElement.scrollWidth")
    assert wide <= viewport["width"]
    colours = opened.evaluate(
        "JSON.stringify([...document.querySelectorAll('.js-plotly-plot')].map((e) => [e.data.map((t) => [t.line, t.marker,"
        " t.colorscale, t.error_x]), e.layout.shapes]))"
    )
    assert '"@' not in colours


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast(open_page, path, scheme):
    opened = open_page(path, color_scheme=scheme)
    script = """() => {
      const parse = (c) => c.match(/[\\d.]+/g).map(Number);
      const light = (c) => parse(c).slice(0, 3).map((v) => v / 255)
        .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
      const behind = (e) => {
        for (; e; e = e.parentElement) {
          const colour = parse(getComputedStyle(e).backgroundColor);
          if (colour.length < 4 || colour[3] > 0) return getComputedStyle(e).backgroundColor;
        }
        return getComputedStyle(document.body).backgroundColor;
      };
      return [...document.querySelectorAll("main *:not(svg *)")]
        .filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()))
        .map((e) => {
          const [a, b] = [light(getComputedStyle(e).color), light(behind(e))].sort((x, y) => y - x);
          return [(a + 0.05) / (b + 0.05), e.outerHTML.slice(0, 80)];
        }).filter(([contrast]) => contrast < 4.5);
    }"""
    assert opened.evaluate(script) == []


@pytest.mark.browser
def test_tasks_open_with_the_keyboard(open_page, path):
    opened = open_page(path)
    second = opened.locator("details.task").nth(1)
    second.locator("summary").focus()
    opened.keyboard.press("Enter")
    second.locator(".main-svg").first.wait_for()
    assert second.get_attribute("open") is not None


@pytest.mark.browser
def test_tasks_stand_out_by_keyboard_and_mouse(open_page, path):
    opened = open_page(path)
    opened.wait_for_selector("[data-figure=curves] .main-svg")
    opacity = (
        "document.querySelector('[data-figure=curves]').data.map((trace) => trace.opacity ?? 1)"
    )
    opened.locator(".chip").nth(1).focus()
    opened.keyboard.press("Space")
    opened.wait_for_function(f"{opacity}[0] < 1")
    assert opened.evaluate(opacity) == [0.12, 1, 0.12, 1]
    opened.locator(".chip").nth(1).click()
    opened.wait_for_function(f"{opacity}[0] === 1")


@pytest.mark.browser
def test_the_mouse_finds_numbers_in_figures(open_page, path):
    opened = open_page(path)
    opened.wait_for_selector("[data-figure=confusion-0] .main-svg")
    plot = opened.locator("[data-figure=confusion-0] .nsewdrag").first
    plot.scroll_into_view_if_needed()
    plot.hover()
    opened.locator("[data-figure=confusion-0] .hoverlayer .hovertext").wait_for()


@pytest.mark.browser
def test_the_map_changes_its_colours(open_page, path):
    opened = open_page(path)
    opened.wait_for_selector("#map .main-svg")
    names = "document.getElementById('map').data.map((trace) => trace.name)"
    assert opened.evaluate(names) == list(ROWS)
    opened.select_option("#map-task", label="label of topic")
    opened.wait_for_function(f"{names}.includes('phone')")


@pytest.mark.browser
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_hostile_texts_are_only_text(open_page, hostile, tmp_path, viewport):
    pytest.importorskip("plotly", reason="extra plot is not installed")
    written = write_page(tmp_path / "report.html", render_report(hostile))
    opened = open_page(written, viewport=viewport)
    opened.click("#open-all")
    opened.wait_for_function(DRAWN)
    shown = opened.locator(".mistakes .text").all_text_contents()
    assert HOSTILE[0] in shown
    assert HOSTILE[1] in shown
    assert "nul \u2400 end" in shown
    assert any("9,000 more characters" in text for text in shown)
    assert opened.locator("main script, main img").count() == 0
    assert opened.evaluate("document.documentElement.scrollWidth") <= viewport["width"]


@pytest.mark.browser
@pytest.mark.parametrize("webgl", [True, False])
def test_many_rows_and_tasks_stay_usable(open_page, report, tmp_path, webgl):
    pytest.importorskip("plotly", reason="extra plot is not installed")
    n, tasks = 20_000, [f"task-{i}" for i in range(20)]
    texts = [f"{i} some words that make a text as long as a short message is" for i in range(n)]
    rng = numpy.random.default_rng(0)
    labels = {
        task: [f"label {x}" if x < 20 else None for x in rng.integers(100, size=n)]
        for task in tasks
    }
    large = replace(
        report,
        results=[
            make_result(task, [f"label {i}" for i in range(20)], n, texts[:20]) for task in tasks
        ],
        curves=make_curves(tasks, 200),
        transfer=None,
        map=EmbeddingMap(texts, rng.normal(size=(n, 16)), labels),
    )
    written = write_page(tmp_path / "report.html", render_report(large))
    assert written.stat().st_size < 20_000_000
    opened = open_page(written, webgl=webgl)
    opened.wait_for_function(DRAWN.replace("[data-figure], #map", "#map"), timeout=20_000)
    opened.select_option("#map-task", label="label of task-3")
    names = "document.getElementById('map').data.map((trace) => trace.name)"
    opened.wait_for_function(f"{names}.includes('label 7')", timeout=10_000)
    assert opened.locator("#map-note").is_visible() != webgl
    opened.locator("details.task summary").nth(19).click()
    opened.locator("[data-figure=confusion-19] .main-svg").first.wait_for()
