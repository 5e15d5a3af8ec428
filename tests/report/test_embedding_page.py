"""The page of a map in a browser: hover, lasso, export, many points, hostile texts, small screens."""

import json
import time

import numpy
import pytest

from spacy_mtl.report import plot_embeddings

pytestmark = pytest.mark.browser
pytest.importorskip("plotly", reason="extra plot is not installed")
pytest.importorskip("sklearn", reason="extra plot is not installed")

HOSTILE = [
    "<script>alert(1)</script>",
    "</script><script>alert(2)</script><!--",
    "<img src=x onerror=alert(3)><b>bold</b><br>",
    "\u202eשלום עולם &amp; <a href='javascript:alert(4)'>",
    "👩‍👩‍👧 emoji 🎉",
    "long " * 2000,
    "nul \0, lines \u2028 and \u2029, \r\n\t, quotes \"'",
    "plain",
]
#: Corners of a square, so that every text has its place.
CORNERS = numpy.array([[x, y, 0] for x in (-3, -1, 1, 3) for y in (-1, 1)], dtype="f")


@pytest.fixture
def open_map(open_page, tmp_path):
    """Write a map and open it. The page is ready when the points are drawn."""

    def open_map(*args, rows=None, title="A map", webgl=False, timeout=60000, **options):
        html = plot_embeddings(*args, rows=rows, title=title).to_html()
        (tmp_path / "map.html").write_text(html, encoding="utf8")
        opened = open_page(tmp_path / "map.html", webgl=webgl, **options)
        opened.wait_for_selector("#map[data-ready]", timeout=timeout)
        return opened

    return open_map


def place_of(opened, row, panel=0):
    """Where a point is on the screen."""
    return opened.evaluate(
        """([row, panel]) => {
            const plot = document.getElementById("map"), layout = plot._fullLayout;
            const x = layout[panel ? "xaxis2" : "xaxis"], y = layout[panel ? "yaxis2" : "yaxis"];
            const box = plot.getBoundingClientRect(), own = page.data.panels[panel];
            return [box.left + x._offset + x.d2p(own.x[row]), box.top + y._offset + y.d2p(own.y[row])];
        }""",
        [row, panel],
    )


def hover(opened, row, panel=0):
    x, y = place_of(opened, row, panel)
    opened.mouse.move(x - 40, y - 40)
    opened.mouse.move(x, y, steps=3)
    opened.wait_for_selector("#tip:not([hidden])")
    return opened.text_content("#tip-text"), opened.text_content("#tip-labels")


def lasso(opened, rows, panel=0, margin=15):
    """Drag around points."""
    places = numpy.array([place_of(opened, row, panel) for row in rows])
    (left, top), (right, bottom) = places.min(axis=0) - margin, places.max(axis=0) + margin
    opened.mouse.move(left, top)
    opened.mouse.down()
    for x, y in ((right, top), (right, bottom), (left, bottom), (left, top + 5)):
        opened.mouse.move(x, y, steps=4)
    opened.mouse.up()


def count(opened, number):
    text = f"{number} of {len(HOSTILE)} selected." if number else "Nothing is selected."
    opened.wait_for_function(
        "text => document.getElementById('count').textContent === text", arg=text
    )


def export(opened):
    with opened.expect_download() as download:
        opened.click("#export")
    assert download.value.suggested_filename == "selected.jsonl"
    lines = download.value.path().read_bytes().split(b"\n")
    assert lines.pop() == b""
    return [json.loads(line) for line in lines]


def test_hostile_texts_are_shown_cut_and_exported_whole(open_map):
    opened = open_map(CORNERS, HOSTILE, HOSTILE, title=HOSTILE[1])
    assert opened.locator("#map .scatterlayer .point").count() == len(HOSTILE)
    for row, text in enumerate(HOSTILE):
        shown, label = hover(opened, row)
        if len(text) > 300:
            assert shown == text[:300] + "…"
        else:
            assert shown == text
        assert label.startswith("label: ")
    assert opened.locator("#tip img, #legend img, #legend b, #map a[href]").count() == 0
    opened.fill("#search", " ")
    opened.click("#find")
    lasso(opened, range(len(HOSTILE)))
    count(opened, len(HOSTILE))
    assert export(opened) == [{"text": text, "label": text} for text in HOSTILE]


def test_a_lasso_selects_what_it_encloses(open_map):
    rows = [{"text": text, "cats": {"t/a": 1.0}, "id": i} for i, text in enumerate(HOSTILE)]
    opened = open_map(CORNERS, HOSTILE, ["a", "b"] * 4, rows=rows)
    assert opened.is_disabled("#export")
    lasso(opened, [2, 3])
    count(opened, 2)
    assert opened.locator("#list li").all_text_contents() == HOSTILE[2:4]
    assert export(opened) == rows[2:4]
    opened.keyboard.down("Shift")
    lasso(opened, [7])
    opened.keyboard.up("Shift")
    count(opened, 3)
    opened.fill("#label", " new ")
    assert export(opened) == [{"text": HOSTILE[i], "id": i, "label": "new"} for i in (2, 3, 7)]
    lasso(opened, [0])
    count(opened, 1)
    opened.click("#clear")
    count(opened, 0)


def test_hidden_labels_are_not_selected(open_map):
    opened = open_map(CORNERS, HOSTILE, ["a", "b"] * 4)
    opened.click("#legend button:has-text('b')")
    lasso(opened, range(8))
    count(opened, 4)
    assert {row["label"] for row in export(opened)} == {"a"}
    opened.click("#none")
    lasso(opened, range(8))
    count(opened, 0)


def test_search_selects_texts(open_map):
    opened = open_map(CORNERS, HOSTILE)
    opened.fill("#search", "ALERT")
    opened.press("#search", "Enter")
    count(opened, 4)
    assert export(opened) == [{"text": text} for text in HOSTILE[:4]]


def test_arrays_without_texts_export_their_rows(open_map):
    opened = open_map(CORNERS, None, [0, 1] * 4)
    assert hover(opened, 5) == ("row 5", "label: 1")
    lasso(opened, [4, 5])
    count(opened, 2)
    assert export(opened) == [{"row": 4, "label": "0"}, {"row": 5, "label": "1"}]


def test_a_choice_of_labels(open_map):
    labels = {"gold": ["a", None] * 4, "predicted": ["x"] * 8}
    opened = open_map(CORNERS, HOSTILE, labels)
    assert opened.locator("#legend button").all_inner_texts() == ["a\n4", "no label\n4"]
    assert hover(opened, 1)[1] == "gold: no label · predicted: x"
    opened.select_option("#colouring", label="predicted")
    assert opened.locator("#legend button").all_inner_texts() == ["x\n8"]


def test_a_selection_shows_in_both_pictures(open_map):
    moved = CORNERS[:, [1, 0, 2]]
    opened = open_map({"before": CORNERS, "after": moved}, HOSTILE)
    assert "before" in opened.text_content("#map .annotation >> nth=0")
    lasso(opened, [1, 3], panel=1)
    opened.wait_for_function("document.getElementById('count').textContent.includes('selected.')")
    chosen = "document.getElementById('map').data.map(trace => trace.selectedpoints)"
    first, second = opened.evaluate(chosen)
    assert first == second
    assert {1, 3} <= set(first)


@pytest.mark.parametrize("webgl", [True, False])
def test_50_000_points(open_map, webgl):
    n, width = 50_000, 8
    rng = numpy.random.default_rng(0)
    labels = rng.integers(6, size=n)
    X = (rng.normal(size=(6, width)) * 3)[labels] + rng.normal(size=(n, width))
    texts = [f"text number {i} " + "word " * 15 for i in range(n)]
    start = time.perf_counter()
    opened = open_map(X.astype("f"), texts, [f"label {i}" for i in labels], webgl=webgl)
    loaded = time.perf_counter() - start
    kind = "document.getElementById('map').data[0].type"
    assert opened.evaluate(kind) == ("scattergl" if webgl else "scatter")
    assert opened.is_visible("#notice") is not webgl
    if webgl:
        # A browser that draws nothing leaves all pixels as they were.
        drawn = """() => new Promise(done => requestAnimationFrame(() => {
            Plotly.redraw("map").then(() => {
                const gl = document.querySelector("#map .gl-canvas-context").getContext("webgl");
                const { drawingBufferWidth: w, drawingBufferHeight: h } = gl;
                const pixels = new Uint8Array(4 * w * h);
                gl.readPixels(0, 0, w, h, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
                let count = 0;
                for (let i = 3; i < pixels.length; i += 4) count += pixels[i] > 0;
                done(count);
            });
        }))"""
        assert opened.evaluate(drawn) > 10_000
    start = time.perf_counter()
    lasso(opened, [0], margin=60)
    opened.wait_for_function(
        "!document.getElementById('count').textContent.startsWith('Nothing')", timeout=60000
    )
    selected = time.perf_counter() - start
    found = export(opened)
    assert 0 < len(found) < n
    assert texts[0] in {row["text"] for row in found}
    assert loaded < 60 and selected < 60


def test_many_labels_have_a_look_of_their_own(open_map):
    n = 50
    X = numpy.random.default_rng(0).normal(size=(2 * n, 3)).astype("f")
    opened = open_map(X, None, [f"label {i % n}" for i in range(2 * n)])
    looks = opened.evaluate(
        "document.getElementById('map').data.map(t => t.marker.color + t.marker.symbol)"
    )
    assert len(looks) == 41 and len(set(looks)) == 41
    assert opened.locator("#legend button").last.inner_text() == "10 other labels\n20"


def test_a_phone(open_map):
    opened = open_map(
        {"before": CORNERS, "after": -CORNERS},
        HOSTILE,
        [f"a long label number {i}" for i in range(8)],
        viewport={"width": 390, "height": 844},
        has_touch=True,
    )
    assert opened.evaluate("document.documentElement.scrollWidth") == 390
    boxes = opened.evaluate(
        "[...document.querySelectorAll('#map .nsewdrag')].map(e => e.getBoundingClientRect().top)"
    )
    assert len(boxes) == 2 and boxes[0] < boxes[1]
    x, y = place_of(opened, 0)
    opened.touchscreen.tap(x, y)
    opened.wait_for_selector("#tip:not([hidden])")
    box = opened.locator("#tip").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 390


def test_a_finger_draws_a_lasso(open_map):
    opened = open_map(
        CORNERS, HOSTILE, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    opened.evaluate("document.getElementById('map').scrollIntoView()")
    (x, y), margin = place_of(opened, 2), 20
    corners = [(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -0.5)]
    touches = [{"x": x + margin * dx, "y": y + margin * dy} for dx, dy in corners]
    session = opened.context.new_cdp_session(opened)
    for kind, touch in zip(["touchStart"] + ["touchMove"] * 4, touches, strict=True):
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [touch]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    count(opened, 1)
    assert export(opened) == [{"text": HOSTILE[2]}]


def test_points_follow_the_theme(open_map):
    opened = open_map(CORNERS, HOSTILE, ["a", "b"] * 4, color_scheme="light")
    colour = "document.getElementById('map').data[0].marker.color"
    swatch = "document.querySelector('#legend path').getAttribute('fill')"
    light = opened.evaluate(colour)
    opened.emulate_media(color_scheme="dark")
    opened.wait_for_function(f"{colour} !== '{light}' && {swatch} === {colour}")
