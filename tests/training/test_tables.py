import pytest

from spacy_mtl.training.tables import format_number, format_table, shorten


def test_numbers_are_aligned_to_the_right():
    lines = format_table(["NAME", "N"], [["a", "1,000"], ["long name", "2"]])
    assert lines == [
        "NAME           N",
        "---------  -----",
        "a          1,000",
        "long name      2",
    ]


def test_first_column_is_shortened_in_a_wide_table():
    lines = format_table(["NAME", "N"], [["x" * 50, "1,000"], ["y", "2"]], max_width=20)
    assert lines[2] == "x" * 10 + "...  1,000"
    assert lines[3] == "y" + " " * 18 + "2"


def test_table_without_rows():
    assert format_table(["NAME", "N"], []) == ["NAME  N", "----  -"]


@pytest.mark.parametrize("width,expected", [(9, "long text"), (8, "long ..."), (2, ".."), (0, "")])
def test_shorten(width, expected):
    assert shorten("long text", width) == expected


def test_missing_number_is_a_dash():
    assert (format_number(None, ".2f"), format_number(0.126, ".2f")) == ("-", "0.13")
