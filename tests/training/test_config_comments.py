import pytest
from old_releases import OLD_CONFECTION
from thinc.api import Config

from spacy_mtl.training.config_comments import read_comments, write_with_comments

TEXT = """\
# The top.
# Two lines.
[paths]
# Where it is.
model = "x"
other = null

# The parts.
[a]

[a.b]
# A number.
n = 1
"""


def test_finds_comments_of_sections_and_settings():
    assert read_comments(TEXT) == {
        ("paths", ""): "# The top.\n# Two lines.",
        ("paths", "model"): "# Where it is.",
        ("a", ""): "# The parts.",
        ("a.b", "n"): "# A number.",
    }


@pytest.mark.skipif(OLD_CONFECTION, reason="older releases sort sections by their names")
def test_what_was_read_is_written_again():
    assert write_with_comments(Config().from_str(TEXT), read_comments(TEXT)) == TEXT


def test_comments_change_no_value():
    config = Config({"a": {"x": "${b.y}", "c": {"n": "# no comment"}}, "b": {"y": [1, "[z]"]}})
    text = write_with_comments(config, {("a", "x"): "# Why.", ("a.c", ""): "# What."})
    assert Config().from_str(text, interpolate=False) == config
    assert text.count("# ") == 3


def test_sections_stand_below_those_that_they_belong_to():
    config = Config({"a": {"b": {"c": {"n": 1}}}, "d": {"e": {"n": 1}}})
    lines = write_with_comments(config, {}).splitlines()
    sections = [line for line in lines if line.startswith("[")]
    assert sections == ["[a]", "[a.b]", "[a.b.c]", "[d]", "[d.e]"]


def test_a_comment_without_a_setting_is_left_out():
    text = write_with_comments(Config({"a": {"x": 1}}), {("a", "y"): "# Gone."})
    assert "Gone" not in text
