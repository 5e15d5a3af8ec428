"""Languages by their codes."""

import pytest

from spacy_mtl.languages import find_language


@pytest.mark.parametrize("lang", ["en", "xx", "de"])
def test_a_language_is_found(lang):
    assert find_language(lang).lang == lang


@pytest.mark.parametrize(
    "lang",
    [
        "",
        "qq",
        "null",
        "../en",
        "en/x",
        "en.lex_attrs",
        "lex_attrs",
        "char_classes",
        "\0",
        "a" * 999,
    ],
)
def test_what_is_no_language_is_told_of(lang):
    with pytest.raises(ValueError, match=r"\[E307\] Unknown language"):
        find_language(lang)
