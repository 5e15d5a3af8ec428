"""Texts that are longer, and words that are longer, than anybody writes; and many that are empty."""

import multiprocessing
import subprocess
import sys

import numpy
import pytest
from builders import SENTIMENT, make_trained

SCRIPT = """
import multiprocessing, sys
import spacy

if __name__ == "__main__":
    method, path = sys.argv[1:]
    multiprocessing.set_start_method(method)
    texts = [f"a good film {number}" for number in range(50)]
    scores = [
        [list(doc.cats.values()) for doc in spacy.load(path).pipe(texts, batch_size=8, n_process=n)]
        for n in (1, 2)
    ]
    assert len(scores[0]) == 50
    assert all(abs(a - b) < 2e-6 for one, two in zip(*scores) for a, b in zip(one, two))
"""


@pytest.fixture(scope="module")
def trained():
    return make_trained("sentiment", rows=SENTIMENT, n_steps=3)


def test_texts_longer_than_the_limit_are_refused(trained):
    with pytest.raises(ValueError, match="E088"):
        trained("a " * (trained.max_length // 2 + 1))
    with pytest.raises(ValueError, match="E088"):
        list(trained.pipe(["a good film", "a " * (trained.max_length // 2 + 1)]))


def test_a_higher_limit(trained, monkeypatch):
    monkeypatch.setattr(trained, "max_length", 2_000_000)
    doc = trained("film plot " * 150_000)
    assert len(doc) == 300_000
    assert doc.tensor.shape[0] == len(doc)
    assert numpy.isfinite(doc.tensor).all()
    assert sum(doc.cats.values()) == pytest.approx(1.0)


def test_a_word_of_a_million_characters(trained):
    doc = trained("a" * trained.max_length)
    assert len(doc) == 1
    assert sum(doc.cats.values()) == pytest.approx(1.0)


def test_many_empty_texts(trained):
    found = {tuple(doc.cats.values()) for doc in trained.pipe([""] * 20_000)}
    assert len(found) == 1


@pytest.mark.slow
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_two_processes_get_what_one_gets(trained, tmp_path, method):
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip("this system has no fork")
    trained.to_disk(tmp_path / "model")
    (tmp_path / "script.py").write_text(SCRIPT, encoding="utf8")
    command = [sys.executable, tmp_path / "script.py", method, tmp_path / "model"]
    subprocess.run(command, check=True, timeout=300)
