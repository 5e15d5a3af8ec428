import re
from dataclasses import replace

from spacy_mtl.report.contents import Mistake
from spacy_mtl.report.markdown import escape, markdown_table, render_markdown
from spacy_mtl.report.model_card import add_model_card


def test_has_the_numbers_of_all_parts(report):
    text = render_markdown(report)
    for result in report.results:
        assert f"| {result.name} | {result.rows}" in text
        assert f"{100 * result.score.value:.1f}" in text
    for part in ("Scores on test", "What was trained", "Which task helps which", "Speed and size"):
        assert f"## {part}" in text
    assert report.command in text
    assert "What is not here" not in text


def test_tables_have_equal_rows(report):
    tables = re.split(r"\n(?!\|)", render_markdown(report))
    for table in tables:
        rows = [line for line in table.splitlines() if line.startswith("|")]
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) <= 1


def test_what_users_write_is_no_markup():
    assert escape("<script>") == "\\<script\\>"
    assert escape("a | b\n# c") == "a \\| b &#35; c"
    assert escape("@someone #12 `x` [a](b)") == "&#64;someone &#35;12 \\`x\\` \\[a\\](b)"
    assert escape("https://example.org") == "https&#58;//example.org"


def test_a_mistake_stays_in_its_line(report):
    mistake = Mistake("one\n\n</details>\n# two\0", ["a|b"], [], 0.5)
    hostile = replace(report, results=[replace(report.results[0], mistakes=[mistake])])
    (line,) = [line for line in render_markdown(hostile).splitlines() if "details\\>" in line]
    assert (
        line
        == '- "one \\</details\\> &#35; two\u2400" (annotated a\\|b, predicted none, 50.0 % sure)'
    )


def test_missing_parts_are_named_by_their_reasons(report):
    poor = replace(report, results=None, curves=None, transfer=None, speed=None, changes=None)
    poor.missing = {"curves": "no log", "speed": "no data", "results": "no data"}
    text = render_markdown(poor)
    assert "- curves: no log" in text
    assert "- speed, results: no data" in text


def test_table():
    assert markdown_table(("a", "b"), [("1", "2")]) == [
        "| a | b |",
        "| --- | ---: |",
        "| 1 | 2 |",
        "",
    ]


def test_the_card_keeps_what_the_meta_says(report):
    meta = {"name": "x", "description": "Mine.", "notes": "Careful.", "performance": {"a": 1}}
    card = add_model_card(meta, report)
    assert card["description"] == "Mine."
    assert card["notes"].startswith("Careful.\n\n### Model card")
    assert card["performance"] == {"a": 1}
    assert meta["notes"] == "Careful."
    assert "3 text classifiers" in add_model_card({}, report)["description"]


def test_the_card_has_the_scores(report):
    notes = add_model_card({}, report)["notes"]
    for result in report.results:
        assert f"{100 * result.score.value:.1f} (" in notes
    assert report.command in notes


def test_a_card_without_results(report):
    poor = replace(report, results=None, speed=None)
    assert "Scores" not in add_model_card({}, poor)["notes"].split("It takes")[0]


def test_nothing_turns_the_direction_of_a_table():
    assert escape("\u202eleft\x00 \u2067x") == "\ufffdleft\ufffd \ufffdx"
