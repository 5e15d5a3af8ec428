"""Tokenizers that remember more than spaCy's, and take as long runs as they like."""

import pickle

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st

SETTINGS = {"@tokenizers": "spacy_mtl.Tokenizer.v2"}
PIECES = [
    "!",
    "(",
    "...",
    ".",
    "a",
    "film",
    "don't",
    "10km",
    ":-)",
    "http://a.b/c",
    "-",
    "\u201c",
    " ",
    "\n",
]


def make(lang="en", **given):
    return spacy.blank(lang, config={"nlp": {"tokenizer": {**SETTINGS, **given}}})


def parts(doc):
    return [(token.text, token.whitespace_, token.norm_, token.idx) for token in doc]


@pytest.fixture(scope="module")
def plain():
    return spacy.blank("en")


@pytest.fixture(scope="module")
def nlp():
    return make()


@pytest.fixture(scope="module")
def short():
    return make(max_run=8)


@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join))
def test_tokens_are_those_of_spacy(plain, nlp, text):
    assert parts(nlp.make_doc(text)) == parts(plain.make_doc(text))


@given(st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=60).map("".join)))
def test_the_text_stays_as_it_is(short, text):
    doc = short.make_doc(text)
    assert doc.text == text
    assert all(text[token.idx :].startswith(token.text) for token in doc)


@given(
    before=st.sampled_from(["", "a good film", "(so)", "it's "]),
    mark=st.sampled_from("!?,()\u201c\N{PILE OF POO}"),
    length=st.integers(1, 40),
    after=st.sampled_from(["", " ", " and don't", "\n x"]),
)
def test_runs_of_one_mark_have_the_same_tokens_too(plain, short, before, mark, length, after):
    text = before + mark * length + after
    if len(before) < 8:
        assert parts(short.make_doc(text)) == parts(plain.make_doc(text))


@pytest.mark.parametrize(
    "mark", ["!", "(", ")", "\N{PILE OF POO}", "...", "a!", "http://", "don't"]
)
def test_a_long_run_takes_no_time(nlp, mark):
    # With spaCy's own tokenizer some of these take hours.
    text = f"so {mark * 100_000} and on"
    assert nlp.make_doc(text).text == text


def test_the_limit_is_kept(nlp, short):
    for word, pieces in (("a" * 1000, 1), ("a" * 1001, 2), ("a" * 3000, 3)):
        assert [len(token) for token in nlp.make_doc(f"x {word}")][1:] == [1000] * (pieces - 1) + [
            len(word) - 1000 * (pieces - 1)
        ]
    assert [token.text for token in short.make_doc("12345678 abcdefghijk")] == [
        "12345678",
        "abcdefgh",
        "ijk",
    ]


@pytest.mark.parametrize("save", ["bytes", "disk", "pickle"])
def test_is_the_same_after_saving(short, save, tmp_path):
    short.tokenizer.add_special_case("gimme", [{"ORTH": "gim"}, {"ORTH": "me"}])
    if save == "pickle":
        other = pickle.loads(pickle.dumps(short))
    elif save == "disk":
        short.to_disk(tmp_path)
        other = spacy.load(tmp_path)
    else:
        other = make(max_run=8).from_bytes(short.to_bytes())
    text = "gimme abcdefghijklmnopqrst !!!!!!!!!!!!! it's"
    assert parts(other.make_doc(text)) == parts(short.make_doc(text))
    assert other.tokenizer.max_run == 8
    assert other.tokenizer.max_cache_size == short.tokenizer.max_cache_size


def test_long_runs_are_cut_between_marks(nlp):
    word = "ab" * 200
    pieces = list(nlp.tokenizer._pieces(f"{word}!!{word}!{word}!!{word}"))
    assert pieces == [f"{word}!", f"!{word}!{word}!", f"!{word}"]


def test_what_is_no_longer_than_the_limit_is_not_cut(nlp):
    text = "!" * 1000 + " " + "?" * 1001
    assert [len(piece) for piece in nlp.tokenizer._pieces(text)] == [1101, *[100] * 9, 1]


def test_no_limit_at_all_is_told_of():
    with pytest.raises(ValueError, match=r"E286.*max_run.*0"):
        make(max_run=0)
