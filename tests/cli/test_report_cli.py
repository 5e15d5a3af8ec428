import json

import pytest
import srsly
from spacy.cli.package import generate_readme
from typer.testing import CliRunner

from spacy_mtl.cli import mtl_cli
from spacy_mtl.cli import report as report_module
from spacy_mtl.cli.report import choose_format


def run(*arguments):
    return CliRunner().invoke(mtl_cli, ["report", *map(str, arguments)])


@pytest.fixture(scope="module")
def finished(trained):
    """The folder of a run: a pipeline with baselines elsewhere."""
    return [trained / "multi", "--baselines", trained / "single"]


def test_writes_a_page_and_a_model_card(finished, tmp_path):
    page, meta = tmp_path / "new" / "report.html", tmp_path / "meta.json"
    result = run(*finished, "--out", page, "--meta", meta)
    assert result.exit_code == 0, result.output
    html = page.read_text(encoding="utf8")
    assert html.startswith("<!DOCTYPE html>")
    assert "sentiment" in html
    readme = generate_readme(srsly.read_json(meta))
    assert "Model card" in readme
    assert "text classifiers on one shared encoder: mood, sentiment, topic." in readme
    assert sorted(path.name for path in tmp_path.rglob("*.*")) == ["meta.json", "report.html"]


def test_writes_markdown_to_the_terminal(finished):
    result = run(*finished)
    assert result.exit_code == 0, result.output
    assert "## Scores on test" in result.stdout
    assert "| mood |" in result.stdout


def test_writes_json(finished, tmp_path):
    assert run(*finished, "--out", tmp_path / "report.json").exit_code == 0
    found = json.loads((tmp_path / "report.json").read_text(encoding="utf8"))
    assert [result["name"] for result in found["results"]] == ["mood", "sentiment", "topic"]
    assert found["results"][0]["baseline"]["value"] is not None


def test_a_wrong_folder_gives_one_clear_error(tmp_path):
    result = run(tmp_path / "nowhere", "--out", tmp_path / "report.html")
    assert result.exit_code == 1
    assert "E740" in result.output
    assert "Traceback" not in result.output
    assert not (tmp_path / "report.html").exists()


def test_an_interrupted_run_leaves_the_old_page(finished, tmp_path, monkeypatch):
    page = tmp_path / "report.html"
    page.write_text("old")

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(report_module, "add_model_card", interrupt)
    assert run(*finished, "--out", page, "--meta", tmp_path / "meta.json").exit_code != 0
    assert page.read_text() == "old"
    assert list(tmp_path.iterdir()) == [page]


@pytest.mark.parametrize(
    ("out", "name", "expected"),
    [
        ("-", "", "md"),
        ("-", "html", "html"),
        ("x.md", "", "md"),
        ("x.HTML", "", "html"),
        ("x.json", "md", "md"),
        ("x", "", "html"),
    ],
)
def test_format(out, name, expected):
    assert choose_format(out, name) == expected


def test_unknown_format():
    with pytest.raises(ValueError, match=r"E747.*pdf"):
        choose_format("report.pdf")
