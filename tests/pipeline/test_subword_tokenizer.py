"""Texts keep every character, and pipelines carry their subwords."""

import json
import pickle
import sys
from functools import partial
from pathlib import Path

import pytest
import spacy
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from spacy.language import Language

tokenizers = pytest.importorskip("tokenizers", reason='needs the extra "subword"')

from spacy_mtl.pipeline.subword_tokenizer import SubwordTokenizer  # noqa: E402
from spacy_mtl.training.subwords import train_subwords  # noqa: E402

TEXTS = ["The weather is unbelievable today", "believe me, whether or not", "a readable table"] * 4
SENTENCE = "Unbelievable!  The tables\n"


def blank(path: object) -> Language:
    tokenizer = {"@tokenizers": "spacy_mtl.SubwordTokenizer.v1", "path": path}
    return spacy.blank("en", config={"nlp": {"tokenizer": tokenizer}})


def words(nlp: Language, text: str = SENTENCE) -> list[str]:
    return [token.text_with_ws for token in nlp(text)]


def train(folder: Path) -> Path:
    raw = folder / "raw.jsonl"
    rows = [json.dumps({"text": text}) + "\n" for text in TEXTS]
    raw.write_text("".join(rows), encoding="utf8")
    train_subwords(raw, folder / "subwords.json", vocab_size=100)
    return folder / "subwords.json"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(tmp_path_factory.mktemp("subwords"))


@pytest.fixture(scope="module")
def nlp(path: Path) -> Language:
    return blank(str(path))


@pytest.fixture(scope="module")
def others() -> list[SubwordTokenizer]:
    """Tokenizers of other makes, which mark, normalise, skip or repeat what they read."""
    made = []
    pre, normal, models = tokenizers.pre_tokenizers, tokenizers.normalizers, tokenizers.models
    for pre_tokenizer, normalizer, model, trainer in (
        (pre.ByteLevel(), None, models.BPE(), tokenizers.trainers.BpeTrainer),
        (
            pre.Metaspace(),
            normal.NFKC(),
            models.Unigram(),
            partial(tokenizers.trainers.UnigramTrainer, unk_token="[UNK]"),
        ),
        (
            pre.BertPreTokenizer(),
            normal.BertNormalizer(),
            models.WordPiece(unk_token="[UNK]"),
            tokenizers.trainers.WordPieceTrainer,
        ),
        (pre.Whitespace(), normal.Strip(), models.BPE(), tokenizers.trainers.BpeTrainer),
    ):
        tokenizer = tokenizers.Tokenizer(model)
        tokenizer.pre_tokenizer = pre_tokenizer
        if normalizer is not None:
            tokenizer.normalizer = normalizer
        options = {"vocab_size": 100, "show_progress": False, "special_tokens": ["[UNK]"]}
        tokenizer.train_from_iterator(TEXTS, trainer(**options))
        tokenizer.enable_truncation(3)
        tokenizer.enable_padding(length=20)
        ours = SubwordTokenizer(spacy.blank("xx").vocab)
        made.append(ours.from_bytes(tokenizer.to_str().encode("utf8")))
    return made


unicode_texts = st.one_of(
    st.text(),
    st.text(alphabet=" \t\n\u00a0\u2028aB"),
    st.text(alphabet="İß\u0301\u200d👩🏽\U0001f469\x00漢e [UNK]"),
)


@given(text=unicode_texts)
@example(text="")
@example(text="   ")
@example(text="  two  spaces \n and more  ")
@example(text="\x00 NUL\x00")
@example(text="e\u0301a\u0300\u0301 \u0301")
@example(text="👩🏽‍🚀 İstanbul ﷺ [UNK]")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_texts_keep_every_character(
    nlp: Language, others: list[SubwordTokenizer], text: str
) -> None:
    assert nlp.make_doc(text).text == text
    for tokenizer in others:
        assert tokenizer(text).text == text


@given(text=unicode_texts)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_token_mixes_words_and_spaces(nlp: Language, text: str) -> None:
    for token in nlp.make_doc(text):
        assert token.is_space or not any(map(str.isspace, token.text))


def test_words_are_split_into_known_parts(nlp: Language) -> None:
    pieces = words(nlp, "The unreadable weathers")
    assert pieces[0] == "The "
    assert len(pieces) > 3
    known = nlp.tokenizer.model.get_vocab()
    assert all(piece.strip().lower() in known for piece in pieces)


def test_spaces_follow_the_rules_of_spacy(nlp: Language) -> None:
    text = " a  a\n\n a "
    assert words(nlp, text) == [token.text_with_ws for token in spacy.blank("en")(text)]


def test_unknown_characters_are_one_token(nlp: Language) -> None:
    assert words(nlp, "a 漢字漢字 a") == ["a ", "漢字漢字 ", "a"]


def test_pipe_equals_call(nlp: Language) -> None:
    docs = nlp.tokenizer.pipe([SENTENCE, "", *TEXTS[:3]], batch_size=2)
    assert [doc.text for doc in docs] == [SENTENCE, "", *TEXTS[:3]]


@pytest.mark.parametrize("way", ["disk", "bytes", "pickle"])
def test_saved_pipeline_needs_the_file_no_more(tmp_path: Path, way: str) -> None:
    path = train(tmp_path)
    nlp = blank(str(path))
    expected, data = words(nlp), nlp.to_bytes()
    nlp.to_disk(tmp_path / "nlp")
    path.unlink()
    if way == "disk":
        other = spacy.load(tmp_path / "nlp")
    elif way == "bytes":
        other = blank(str(path)).from_bytes(data)
    else:
        other = pickle.loads(pickle.dumps(nlp))
    assert words(other) == expected
    assert other.to_bytes(exclude=["vocab"]) == nlp.to_bytes(exclude=["vocab"])


def test_saved_subwords_win_over_a_file_that_has_changed(tmp_path: Path, path: Path) -> None:
    copy = tmp_path / "subwords.json"
    copy.write_bytes(path.read_bytes())
    nlp = blank(str(copy))
    expected = words(nlp)
    nlp.to_disk(tmp_path / "nlp")
    other = tokenizers.Tokenizer(tokenizers.models.BPE())
    copy.write_text(other.to_str(), encoding="utf8")
    assert words(spacy.load(tmp_path / "nlp")) == expected


def test_two_processes_give_the_same_tokens(nlp: Language) -> None:
    docs = list(nlp.pipe(TEXTS, n_process=2, batch_size=3))
    assert [[t.text for t in doc] for doc in docs] == [[t.text for t in nlp(x)] for x in TEXTS]


def test_pipeline_without_subwords_is_saved_and_loaded(tmp_path: Path) -> None:
    blank(None).to_disk(tmp_path / "nlp")
    nlp = spacy.load(tmp_path / "nlp")
    assert nlp.to_bytes() == blank(None).from_bytes(nlp.to_bytes()).to_bytes()


@pytest.mark.parametrize("missing", [None, "no/such/file.json"])
def test_missing_file_is_named_before_training(missing: str | None) -> None:
    nlp = blank(missing)
    for use in (nlp.initialize, lambda: nlp("text")):
        with pytest.raises(ValueError, match=rf"E512.*path = {missing!r}"):
            use()


@pytest.mark.parametrize("data", [b"{}", b"\x80\x02", b'{"version": "1.0"}'])
def test_file_with_something_else_is_named(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "other.json"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"E511.*other\.json"):
        blank(str(path))


def test_missing_library_is_named_with_its_extra(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(ValueError, match=r"E510.*spacy-mtl\[subword\]"):
        blank(str(path))


def test_features_of_words_are_there(nlp: Language) -> None:
    token = nlp("Weather")[0]
    assert token.norm_ == token.text.lower()
    assert token.shape_[0] == "X"
