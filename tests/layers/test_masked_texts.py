"""Texts with marks for hidden words."""

import pytest
import spacy

from spacy_mtl.layers.masked_texts import MASK, mask_text

TEXTS = [
    f"a {MASK} film",
    f"{MASK} film",
    f"a {MASK}",
    MASK,
    f"I like {MASK}, not {MASK}!",
    f'("{MASK}")',
    f"{MASK}{MASK} {MASK}",
    f"It can't {MASK}n't un{MASK}able",
    f"  a  {MASK}  film\n{MASK}\n ",
    f"wow-{MASK}-wow http://{MASK}.org",
]


@pytest.fixture
def english():
    return spacy.blank("en")


@pytest.mark.parametrize("text", TEXTS)
def test_each_mark_is_one_token(english, text):
    doc, places = mask_text(text, english.vocab, english.make_doc)
    assert doc.text == text
    assert [token.i for token in doc if token.text == MASK] == places
    assert len(places) == text.count(MASK)
    assert not any(MASK in token.text for token in doc if token.i not in places)


@pytest.mark.parametrize("mark", [" {}, ", " {} ", " ({}) ", "  {}  "])
def test_the_other_tokens_are_those_of_a_text_with_a_word(english, mark):
    text = "I can't see" + mark + "there, isn't it?"
    doc, (place,) = mask_text(text.format(MASK), english.vocab, english.make_doc)
    expected = english.make_doc(text.format("word"))
    assert [token.whitespace_ for token in doc] == [token.whitespace_ for token in expected]
    for attr in ("text", "norm_", "shape_"):
        found = [getattr(token, attr) for token in doc]
        wanted = [getattr(token, attr) for token in expected]
        del found[place], wanted[place]
        assert found == wanted


def test_a_text_without_a_mark(english):
    for text in ("a film", ""):
        doc, places = mask_text(text, english.vocab, english.make_doc)
        assert (doc.text, places) == (text, [])
