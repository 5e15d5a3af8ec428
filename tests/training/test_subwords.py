import json
import sys
from pathlib import Path

import pytest

tokenizers = pytest.importorskip("tokenizers", reason='needs the extra "subword"')

from spacy_mtl.training.subwords import train_subwords  # noqa: E402

# Each of the last characters occurs as often as the others.
TEXTS = [*["The table, the tablet and the Tables"] * 3, *"αβγδεζηθικλμνξοπρστυφχψω" * 2]


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    path = tmp_path / "raw.jsonl"
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in TEXTS), encoding="utf8")
    return path


def vocabulary(path: Path) -> set[str]:
    return set(tokenizers.Tokenizer.from_file(str(path)).get_vocab())


def test_frequent_words_become_subwords(raw: Path, tmp_path: Path) -> None:
    report = train_subwords(raw, tmp_path / "out.json")
    assert {"the", "table"} <= vocabulary(tmp_path / "out.json")
    assert (report.texts, report.size) == (len(TEXTS), len(vocabulary(tmp_path / "out.json")))


def test_case_is_kept_apart_if_asked_for(raw: Path, tmp_path: Path) -> None:
    train_subwords(raw, tmp_path / "out.json", lower=False)
    assert {"the", "The"} <= vocabulary(tmp_path / "out.json")


def test_size_is_not_exceeded(tmp_path: Path) -> None:
    raw = tmp_path / "raw.txt"
    raw.write_text("".join(chr(0x4E00 + i % 900) + "a\n" for i in range(1800)), encoding="utf8")
    assert train_subwords(raw, tmp_path / "out.json", vocab_size=100).size == 100


def test_rare_pairs_are_not_joined(raw: Path, tmp_path: Path) -> None:
    train_subwords(raw, tmp_path / "out.json", min_count=4)
    found = vocabulary(tmp_path / "out.json")
    assert "the" in found  # six times
    assert "and" not in found  # three times


def test_same_texts_give_the_same_file(raw: Path, tmp_path: Path) -> None:
    for name in "ab":
        train_subwords(raw, tmp_path / name, vocab_size=100)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("option", [{"vocab_size": 99}, {"min_count": 0}])
def test_settings_are_checked(raw: Path, tmp_path: Path, option: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=rf"E515.*'{next(iter(option))}'"):
        train_subwords(raw, tmp_path / "out.json", **option)


def test_existing_file_is_kept_unless_asked_for(raw: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.json"
    output.write_text("mine")
    with pytest.raises(FileExistsError, match="E513"):
        train_subwords(raw, output)
    assert output.read_text() == "mine"
    train_subwords(raw, output, overwrite=True)
    assert "the" in vocabulary(output)


def test_texts_are_never_overwritten(raw: Path) -> None:
    with pytest.raises(ValueError, match="E517"):
        train_subwords(raw, raw, overwrite=True)


def test_nothing_is_written_without_texts(tmp_path: Path) -> None:
    raw = tmp_path / "raw.jsonl"
    raw.write_text('{"text": " "}\n')
    with pytest.raises(ValueError, match="E514"):
        train_subwords(raw, tmp_path / "out.json")
    assert not (tmp_path / "out.json").exists()


def test_bad_rows_are_listed(tmp_path: Path) -> None:
    raw = tmp_path / "raw.jsonl"
    raw.write_text('{"text": "a"}\n{"txt": "b"}\n')
    with pytest.raises(ValueError, match=r"E183(.|\n)*raw\.jsonl:2"):
        train_subwords(raw, tmp_path / "out.json")


def test_missing_library_is_named_with_its_extra(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(ValueError, match=r"E510.*spacy-mtl\[subword\]"):
        train_subwords(raw, tmp_path / "out.json")
