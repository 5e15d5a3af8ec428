"""A pipeline's scores as targets to learn from."""

from itertools import count, islice

import pytest
from builders import SENTIMENT, TOPIC, initialize, make_pipeline

from spacy_mtl.pipeline.soft_targets import soft_targets

TEXTS = ["a good plot", "", "the screen"]


@pytest.fixture
def nlp():
    nlp = make_pipeline("sentiment", "topic")
    initialize(nlp, [*SENTIMENT, *TOPIC])
    return nlp


def test_equal_what_the_pipeline_says(nlp):
    assert list(soft_targets(nlp, TEXTS)) == [doc.cats for doc in nlp.pipe(TEXTS)]


def test_only_the_tasks_that_are_wanted(nlp):
    (cats,) = soft_targets(nlp, TEXTS[:1], ["topic"])
    assert list(cats) == ["topic/film", "topic/phone"]
    assert sum(cats.values()) == pytest.approx(1.0)


def test_disabled_components_run_and_stay_disabled(nlp):
    expected = list(soft_targets(nlp, TEXTS, ["topic"]))
    with nlp.select_pipes(disable=["tok2vec", "topic"]):
        assert list(soft_targets(nlp, TEXTS, ["topic"])) == expected
        assert nlp.pipe_names == ["sentiment"]


def test_stream_without_end(nlp):
    texts = (f"a good film {i}" for i in count())
    assert len(list(islice(soft_targets(nlp, texts, batch_size=4), 10))) == 10


@pytest.mark.parametrize("tasks", [["topic", "mood"], []])
def test_names_tasks_that_are_unknown_at_once(nlp, tasks):
    with pytest.raises(ValueError, match=r"E436.*sentiment, topic"):
        soft_targets(nlp, TEXTS, tasks)
