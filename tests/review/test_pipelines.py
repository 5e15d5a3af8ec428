"""The encoder of a review has not learned the labels that are reviewed."""

import io
import logging

import numpy
import pytest
import spacy
from review_data_small import flipped_rows, write_rows
from spacy.training.initialize import init_nlp
from spacy.training.loop import train
from spacy.util import load_config

from spacy_mtl.cli.init_config import init_config
from spacy_mtl.review.pipelines import load_unbiased, open_source

TEXTS = ["good film", "bad plot and scene", ""]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    root = tmp_path_factory.mktemp("seen")
    for split, seed in (("train", 1), ("dev", 2)):
        rows = flipped_rows("sentiment", 40, seed=seed)[0]
        write_rows(root / "data" / split / "sentiment.jsonl", rows)
    text = init_config(root / "data", width=32, depth=1, max_steps=6)
    (root / "c.cfg").write_text(text, encoding="utf8")
    (root / "out").mkdir()
    nlp = init_nlp(load_config(root / "c.cfg", interpolate=True))
    train(nlp, root / "out", stdout=io.StringIO(), stderr=io.StringIO())
    return root


def encode(nlp):
    tok2vec = nlp.get_pipe("tok2vec")
    return numpy.vstack(tok2vec.predict([nlp.make_doc(text) for text in TEXTS[:2]]))


def seen_texts(root):
    return [row["text"] for row in flipped_rows("sentiment", 40, seed=1)[0]]


def test_an_encoder_that_saw_the_rows_begins_anew_and_says_so(trained, caplog):
    source = open_source(trained / "out" / "model-best")
    with caplog.at_level(logging.WARNING, logger="spacy"):
        nlp = load_unbiased(source, "sentiment", seen_texts(trained))
    assert "W355" in caplog.text and "40 of these 40 texts" in caplog.text
    before = load_unbiased(open_source(trained / "c.cfg"), "sentiment", seen_texts(trained))
    assert numpy.allclose(encode(nlp), encode(before))
    assert not numpy.allclose(encode(nlp), encode(spacy.load(trained / "out" / "model-best")))


def test_an_encoder_that_saw_other_rows_or_tasks_stays(trained, caplog):
    path = trained / "out" / "model-best"
    with caplog.at_level(logging.WARNING, logger="spacy"):
        for task, texts in (("sentiment", TEXTS), ("emotion", seen_texts(trained))):
            nlp = load_unbiased(open_source(path), task, texts)
            assert numpy.allclose(encode(nlp), encode(spacy.load(path)))
    assert "W355" not in caplog.text


def test_training_data_that_is_gone_may_have_been_the_same(trained, tmp_path, caplog):
    source = open_source(trained / "out" / "model-best")
    for corpus in source.config["corpora"].values():
        corpus["path"] = str(tmp_path / "gone")
    with caplog.at_level(logging.WARNING, logger="spacy"):
        load_unbiased(source, "sentiment", TEXTS)
    assert "cannot be found any more" in caplog.text


@pytest.mark.parametrize("name", ["none.cfg", "data"])
def test_what_is_no_pipeline_is_named(trained, name):
    with pytest.raises(OSError, match="E701"):
        open_source(trained / name)
