"""The most frequent words of a raw text."""

import srsly
from pretrain_setup import make_config

from spacy_mtl.training.frequent_words import find_frequent_words


def test_words_are_counted_up_to_a_limit(nlp, tmp_path):
    config = make_config(tmp_path).interpolate()
    rows = [{"text": text} for text in ("a  A b", "b b c", "d d d d d")]
    srsly.write_jsonl(tmp_path / "raw.jsonl", rows)
    assert find_frequent_words(nlp, config, 9) == ["d", "b", "a", "A", "c"]
    assert find_frequent_words(nlp, config, 9, attr="LOWER") == ["d", "b", "a", "c"]
    assert find_frequent_words(nlp, config, 2, counted=7) == ["b", "a"]


def test_words_of_another_reader(nlp, tmp_path):
    config = make_config(tmp_path)
    config["corpora"]["pretrain"] = {
        "@readers": "spacy.PlainTextCorpus.v1",
        "path": str(tmp_path / "raw.txt"),
        "min_length": 0,
        "max_length": 0,
    }
    (tmp_path / "raw.txt").write_text("b a b\nc b a\n")
    assert find_frequent_words(nlp, config, 2) == ["b", "a"]
