"""Self-contained pages: what is in the file, and what a browser makes of it."""

import json
import re
import sys

import numpy
import pytest
from jinja2 import ChoiceLoader, DictLoader
from markupsafe import Markup

from spacy_mtl.report import page as page_module
from spacy_mtl.report.page import import_plot, render_page, to_plain, write_page

HOSTILE = [
    "<script>alert(1)</script>",
    "</script><script>alert(2)</script>",
    "<!-- <script>",
    "<img src=x onerror=alert(3)>",
    "nul \0 end",
    "line \u2028 paragraph \u2029 end",
    "\u202eright to left \u05e9\u05dc\u05d5\u05dd",
    "\U0001f469\u200d\U0001f4bb family",
    "\"quotes\" 'and' &amp; {{ braces }}",
    "\ud800 alone",
]


@pytest.fixture
def template(monkeypatch):
    """Make a template known under the name `test.html`."""

    def add(**blocks):
        parts = [f"{{% block {name} %}}{text}{{% endblock %}}" for name, text in blocks.items()]
        loader = DictLoader({"test.html": "{% extends 'page.html' %}" + "".join(parts)})
        environment = page_module._environment.__wrapped__()
        environment.loader = ChoiceLoader([loader, environment.loader])
        monkeypatch.setattr(page_module, "_environment", lambda: environment)
        return "test.html"

    return add


def read_data(html):
    (text,) = re.findall(r'<script type="application/json" id="page-data">(.*?)</script>', html)
    return json.loads(text)


def test_data_is_read_back_whatever_it_holds():
    html = render_page(title="t", data={"texts": HOSTILE}, plotly=False)
    assert read_data(html) == {"texts": HOSTILE}
    assert "alert(1)</script>" not in html


def test_titles_and_values_are_escaped(template):
    name = template(content="{{ text }}|{{ markup }}")
    html = render_page(name, title="<b>&", plotly=False, text="<i>", markup=Markup("<em>yes</em>"))
    assert "<title>&lt;b&gt;&amp;</title>" in html
    assert "&lt;i&gt;|<em>yes</em>" in html


def test_numbers_and_arrays_become_json():
    value = {1: numpy.float32(0.5), "a": numpy.array([1.0, numpy.nan]), "b": (1, float("inf"))}
    assert to_plain(value) == {"1": 0.5, "a": [1.0, None], "b": [1, None]}


def test_a_page_names_nothing_in_the_network():
    html = render_page(title="t", plotly=False)
    assert not re.findall(r"https?:|//[a-z]+\.|@import", html)


def test_a_page_is_written_once(tmp_path):
    path = write_page(tmp_path / "new" / "page.html", "one")
    with pytest.raises(ValueError, match="E641"):
        write_page(path, "two")
    assert path.read_text() == "one"
    write_page(path, "two \ud800", overwrite=True)
    assert path.read_text() == "two ?"


def test_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "plotly.offline", None)
    page_module._plotly_js.cache_clear()
    with pytest.raises(ValueError, match=r'E640.*pip install "spacy-mtl\[plot\]"'):
        render_page(title="t")
    assert import_plot("json").loads("1") == 1


@pytest.mark.browser
def test_hostile_texts_are_only_text(open_page, template, tmp_path):
    name = template(
        content="<ul>{% for text in texts %}<li class='text'>{{ text }}</li>{% endfor %}</ul>"
    )
    html = render_page(name, title=HOSTILE[1], data=HOSTILE, plotly=False, texts=HOSTILE)
    opened = open_page(write_page(tmp_path / "page.html", html))
    assert opened.title() == HOSTILE[1]
    shown = opened.locator("li").all_text_contents()
    assert shown[:4] == HOSTILE[:4]
    assert opened.evaluate("page.data.length") == len(HOSTILE)
    assert opened.evaluate("page.data[4]") == HOSTILE[4]
    assert opened.evaluate("page.data[5]") == HOSTILE[5]


@pytest.mark.browser
def test_a_figure_follows_the_theme(open_page, template, tmp_path):
    pytest.importorskip("plotly", reason="extra plot is not installed")
    name = template(
        content="<div id='plot' class='plot'></div>",
        script="page.draw('plot', {data: [{x: [1, 2], y: [1, 2]}], layout: {}});",
    )
    html = render_page(name, title="A figure")
    opened = open_page(write_page(tmp_path / "page.html", html), color_scheme="light")
    opened.wait_for_selector("#plot .scatterlayer .point")
    background = "getComputedStyle(document.querySelector('#plot .main-svg')).backgroundColor"
    line = "getComputedStyle(document.querySelector('#plot .js-line')).stroke"
    light = [opened.evaluate(background), opened.evaluate(line)]
    opened.emulate_media(color_scheme="dark")
    opened.wait_for_function(f"{background} !== '{light[0]}' && {line} !== '{light[1]}'")


@pytest.mark.browser
def test_a_page_may_not_use_the_network(open_page, tmp_path):
    html = render_page(title="t", plotly=False)
    opened = open_page(write_page(tmp_path / "page.html", html))
    sent = opened.evaluate("fetch('https://example.org').then(() => true, () => false)")
    assert not sent
    assert open_page.faults
    assert all("Content Security Policy" in fault for fault in open_page.faults)
    open_page.faults.clear()


@pytest.mark.browser
def test_a_download_has_the_bytes_of_the_text(open_page, tmp_path):
    html = render_page(title="t", data=["é\0\u2028\n"], plotly=False)
    opened = open_page(write_page(tmp_path / "page.html", html))
    with opened.expect_download() as download:
        opened.evaluate("page.download('rows.jsonl', page.data[0])")
    assert download.value.suggested_filename == "rows.jsonl"
    assert download.value.path().read_bytes() == "é\0\u2028\n".encode()


@pytest.mark.browser
def test_a_phone_does_not_scroll_sideways(open_page, template, tmp_path):
    name = template(content="<p class='text'>{{ 'word' * 300 }}</p>")
    html = render_page(name, title="title" * 40, plotly=False)
    opened = open_page(
        write_page(tmp_path / "page.html", html), viewport={"width": 390, "height": 800}
    )
    assert opened.evaluate("document.documentElement.scrollWidth") == 390
