"""The page of a review in a real browser: keys, clicks, progress, downloads, hostile texts, many rows."""

import json

import pytest

from spacy_mtl.report.review_page import render_review

pytestmark = pytest.mark.browser
HOSTILE = [
    "<script>alert(1)</script></script><img src=x onerror=alert(2)>",
    "\u202eright to left \u05e9\u05dc\u05d5\u05dd",
    "\U0001f469\u200d\U0001f4bb " * 20,
    "x" * 10000,
    "nul \0 byte \x1b[31m",
    "",
    "{{ braces }} &amp; &lt;",
]
LABELS = ["anger", "joy", "<b>bold</b>"]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "color_scheme": "dark"}


def make_row(i, *, text=None, multiple=False, labels=("anger",), suggested=("joy",)):
    text = HOSTILE[i % len(HOSTILE)] if text is None else text
    example = {"text": HOSTILE[0], "labels": ["joy"], "path": "x", "line": 3, "similarity": 0.8}
    return {
        "text": text,
        "options": [{"id": label, "text": label} for label in LABELS],
        "accept": list(labels),
        "config": {"choice_style": "multiple" if multiple else "single"},
        "meta": {
            "task": "mood" if multiple else "emotion",
            "file": "data/<i>.jsonl",
            "line": i + 1,
            "score": 0.9,
            "flagged": i < 2,
            "labels": list(labels),
            "suggested": list(suggested),
            "probabilities": dict.fromkeys(LABELS, 0.3),
            "reasons": [{"name": "low_margin", "text": "About '<b>as</b>' likely"}],
            "agreeing": [],
            "disagreeing": [example],
        },
    }


@pytest.fixture
def review_page(tmp_path, open_page):
    def show(rows, **options):
        path = tmp_path / "review.html"
        path.write_text(render_review(rows), "utf8", "replace")
        return open_page(path, **options)

    return show


def press(page, keys):
    for key in keys:
        page.keyboard.press(key)


def decided(page):
    return page.evaluate("[...review.decisions]")


def test_keys_decide_move_and_undo(review_page):
    page = review_page([make_row(i) for i in range(8)])
    press(page, "ac2x")
    assert decided(page) == [
        [0, {"answer": "accept", "accept": ["anger"]}],
        [1, {"answer": "accept", "accept": ["joy"]}],
        [2, {"answer": "accept", "accept": ["joy"]}],
        [3, {"answer": "reject"}],
    ]
    press(page, "sk")
    assert page.locator("#place").inner_text().startswith("5 of 8")
    press(page, "uu")
    assert [i for i, _ in decided(page)] == [0, 1]
    assert page.locator("#place").inner_text().startswith("3 of 8")


def test_clicks_do_the_same(review_page):
    page = review_page([make_row(i) for i in range(4)])
    page.locator("#accept").click()
    page.locator("#suggest").click()
    page.locator(".label").nth(2).click()
    assert [decision["accept"] for _, decision in decided(page)] == [
        ["anger"],
        ["joy"],
        ["<b>bold</b>"],
    ]
    page.locator(".item").nth(1).click()
    assert page.locator("#place").inner_text().startswith("2 of 4")
    assert "joy" in page.locator("#state").inner_text()


def test_several_labels_are_chosen_and_then_accepted(review_page):
    page = review_page([make_row(i, multiple=True) for i in range(3)])
    press(page, "23a")
    press(page, "1a")
    found = [decision["accept"] for _, decision in decided(page)]
    assert found == [LABELS, []]


def test_texts_without_labels_need_one(review_page):
    page = review_page([make_row(i, labels=()) for i in range(3)])
    assert page.locator("#accept").is_disabled()
    press(page, "ac")
    assert [decision["accept"] for _, decision in decided(page)] == [["joy"]]
    assert page.title() == "Texts to label"


def test_progress_is_kept_and_other_reviews_have_their_own(review_page, tmp_path):
    page = review_page([make_row(i) for i in range(5)])
    press(page, "axcu")
    page.reload()
    assert [i for i, _ in decided(page)] == [0, 1]
    assert page.locator("#place").inner_text().startswith("3 of 5")
    (tmp_path / "review.html").write_text(render_review([make_row(0, text="other")]), "utf8")
    page.reload()
    assert decided(page) == []


@pytest.mark.parametrize("name", ["localStorage", "sessionStorage"])
def test_the_newest_of_both_stores_counts(name, review_page):
    page = review_page([make_row(i) for i in range(5)])
    press(page, "a")
    stored = "store => Object.entries(store).find(([key]) => key.startsWith('spacy-mtl-review-'))"
    key, value = page.evaluate(f"({stored})({name})")
    newer = {"saved": json.loads(value)["saved"] + 1, "rows": [[3, {"answer": "reject"}]]}
    # What a store holds at the time of loading is set here, as browsers fill the first one in the background.
    earlier = json.dumps([[2, {"answer": "reject"}]])
    texts = [(json.dumps(newer), [3]), ("{", []), ("", []), ('{"saved": 1}', []), (earlier, [2])]
    for text, wanted in texts:
        fill = f"localStorage.clear(); sessionStorage.clear(); {name}.setItem({key!r}, {text!r});"
        page.add_init_script(fill)
        page.reload()
        assert [i for i, _ in decided(page)] == wanted
    assert not page.is_visible("#notice")


def test_a_browser_that_keeps_nothing_says_so(review_page):
    page = review_page([make_row(i) for i in range(5)])
    page.add_init_script("Storage.prototype.setItem = () => { throw new DOMException('full'); };")
    page.reload()
    assert "download them" in page.locator("#notice").inner_text()
    press(page, "a")
    assert [i for i, _ in decided(page)] == [0]
    assert page.is_visible("#notice")


def test_the_downloaded_file_holds_all_rows(review_page):
    rows = [make_row(i) for i in range(8)]
    page = review_page(rows)
    assert page.locator("#download").is_disabled()
    press(page, "2x")
    with page.expect_download() as found:
        page.locator("#download").click()
    assert found.value.suggested_filename == "review.jsonl"
    lines = found.value.path().read_text("utf8").split("\n")
    got = [json.loads(line) for line in lines if line]
    assert [row["text"] for row in got] == [row["text"] for row in rows]
    assert [row["answer"] for row in got] == ["accept", "reject", *["ignore"] * 6]
    assert got[0]["accept"] == ["joy"]
    assert got[0]["meta"]["file"] == "data/<i>.jsonl"


def test_filters_show_what_is_left(review_page):
    page = review_page([make_row(i) for i in range(6)])
    page.select_option("#filter", "flagged")
    assert page.locator("#place").inner_text().startswith("1 of 2")
    page.select_option("#filter", "open")
    press(page, "aa")
    assert page.locator("#place").inner_text().startswith("1 of 4")
    press(page, "aaaa")
    assert page.locator("#empty").is_visible()
    assert not page.locator("#current").is_visible()
    press(page, "asxcjk1")
    page.select_option("#filter", "decided")
    assert page.locator("#place").inner_text().startswith("1 of 6")


@pytest.mark.parametrize("options", [{}, PHONE], ids=["desktop", "phone"])
def test_hostile_texts_stay_texts(review_page, options):
    rows = [make_row(i) for i in range(len(HOSTILE))]
    page = review_page(rows, **options)
    for i, text in enumerate(HOSTILE):
        shown = page.locator("#text").text_content()
        if "\0" not in text and text:
            assert shown == text, i
        overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert overflow <= 0
        page.keyboard.press("j")
    assert page.locator("main img, main b").count() == 0


def test_touch_on_a_phone(review_page):
    page = review_page([make_row(i) for i in range(3)], **PHONE)
    page.locator("#suggest").tap()
    assert [i for i, _ in decided(page)] == [0]
    box = page.locator("#accept").bounding_box()
    assert box["height"] >= 40
    assert box["y"] + box["height"] <= 844


def test_twenty_thousand_rows_stay_usable(review_page):
    page = review_page([make_row(i, text=f"text {i}") for i in range(20_000)])
    assert page.locator(".item").count() < 60
    seconds = page.evaluate(
        """() => { const start = performance.now();
        for (let i = 0; i < 50; i++) document.dispatchEvent(new KeyboardEvent("keydown", {key: i % 2 ? "a" : "j"}));
        return (performance.now() - start) / 50000; }"""
    )
    assert seconds < 0.1
    page.locator("#list").evaluate("list => { list.scrollTop = 10000 * 56; }")
    page.wait_for_function("document.querySelector('.item').style.top > ''")
    page.get_by_text("text 10003", exact=True).click()
    assert page.locator("#text").inner_text() == "text 10003"


def test_a_review_without_rows_says_so(review_page):
    page = review_page([])
    assert page.locator("#empty").is_visible()
    press(page, "ajkcxsu1d")
    assert decided(page) == []
