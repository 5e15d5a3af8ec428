import pickle

import numpy
import pytest
import spacy
from builders import (
    SENTIMENT,
    TOPIC,
    WIDTH,
    add_encoder,
    add_task,
    initialize,
    make_examples,
    make_trained,
    make_vectors,
    same_weights,
    scores_of,
    weights_of,
)
from spacy.util import registry

from spacy_mtl.pipeline.copy_components import copy_components, create_copy_components_v1

TEXTS = ["a good film", "the battery of the year", ""]
COPIED = ["tok2vec", "sentiment"]


@pytest.fixture
def source(tmp_path):
    """The folder of a trained pipeline."""
    make_trained("sentiment", rows=SENTIMENT).to_disk(tmp_path / "source")
    return str(tmp_path / "source")


def make_pipeline(**settings):
    nlp = spacy.blank("xx")
    add_encoder(nlp)
    for task in ("sentiment", "topic"):
        add_task(nlp, task, **settings)
    return nlp


def block(source, components, **settings):
    return {
        "@callbacks": "spacy_mtl.copy_components.v1",
        "source": source,
        "components": components,
        **settings,
    }


def start(nlp, source, rows, *, frozen=()):
    """Initialize a pipeline, as `spacy train` does it."""
    nlp.config["initialize"]["before_init"] = block(source, COPIED, shared=True)
    nlp.config["initialize"]["after_init"] = block(source, COPIED)
    with nlp.select_pipes(disable=list(frozen)):
        nlp.initialize(lambda: make_examples(nlp, rows))
    return nlp


def test_components_predict_as_before(source):
    nlp = start(make_pipeline(), source, [*SENTIMENT, *TOPIC])
    old = spacy.load(source)
    for name in COPIED:
        assert same_weights(
            weights_of(nlp.get_pipe(name).model), weights_of(old.get_pipe(name).model)
        )
    # The heads of an encoder are one matrix product, which rounds differently from that of one head.
    assert numpy.allclose(scores_of(nlp, TEXTS)[:, :2], scores_of(old, TEXTS), atol=1e-6)


def test_components_without_data_are_there_when_the_others_look(source):
    nlp = start(make_pipeline(), source, TOPIC, frozen=["sentiment"])
    assert nlp.get_pipe("sentiment").labels == ("negative", "positive")
    assert numpy.isfinite(scores_of(nlp, TEXTS)).all()


def test_settings_are_those_of_the_config(source):
    nlp = start(make_pipeline(label_smoothing=0.1), source, [*SENTIMENT, *TOPIC])
    assert nlp.get_pipe("sentiment").cfg["label_smoothing"] == 0.1


def test_vocabulary_and_tokenizer_come_along(tmp_path):
    old = make_vectors("good", "bad")
    old.tokenizer.add_special_case("goodbad", [{"ORTH": "good"}, {"ORTH": "bad"}])
    add_encoder(old, pretrained_vectors=True)
    add_task(old, "sentiment")
    initialize(old, SENTIMENT)
    old.to_disk(tmp_path / "old")
    nlp = spacy.blank("xx")
    add_encoder(nlp, pretrained_vectors=True)
    for task in ("sentiment", "topic"):
        add_task(nlp, task)
    start(nlp, str(tmp_path / "old"), [*SENTIMENT, *TOPIC])
    assert (nlp.vocab.vectors.data == old.vocab.vectors.data).all()
    assert [token.text for token in nlp("goodbad")] == ["good", "bad"]
    assert (nlp("goodbad").tensor == old("goodbad").tensor).all()


def test_the_trained_pipeline_stays_as_it_is(source):
    before = spacy.load(source).to_bytes()
    start(make_pipeline(), source, [*SENTIMENT, *TOPIC])
    assert spacy.load(source).to_bytes() == before


def test_survives_pickle(source):
    callback = pickle.loads(pickle.dumps(create_copy_components_v1(source, COPIED)))
    nlp = make_pipeline()
    callback(nlp)
    assert nlp.get_pipe("sentiment").labels == ("negative", "positive")


def test_is_found_by_its_name(source):
    callback = registry.resolve({"callback": block(source, COPIED)})["callback"]
    nlp = make_pipeline()
    callback(nlp)
    assert nlp.get_pipe("tok2vec").model.get_dim("nO") == WIDTH


def test_components_that_keep_no_state(source):
    old = spacy.load(source)
    old.add_pipe("merge_noun_chunks", first=True)
    old.to_disk(source)
    nlp = make_pipeline()
    nlp.add_pipe("merge_noun_chunks", first=True)
    copy_components(nlp, source=source, components=["merge_noun_chunks", *COPIED])
    assert nlp.get_pipe("sentiment").labels == ("negative", "positive")


def test_no_such_component(source):
    with pytest.raises(ValueError, match=r"\[E470\].*topic.*tok2vec, sentiment"):
        copy_components(make_pipeline(), source=source, components=["tok2vec", "topic"])


def test_another_model(source):
    nlp = spacy.blank("xx")
    add_encoder(nlp, width=2 * WIDTH)
    with pytest.raises(ValueError, match=r"\[E471\].*'tok2vec'"):
        copy_components(nlp, source=source, components=["tok2vec"])


@pytest.mark.parametrize("damage", [False, True])
def test_no_trained_pipeline(source, tmp_path, damage):
    path = tmp_path / "none"
    if damage:
        path = tmp_path / "source"
        (path / "tok2vec" / "model").write_bytes(b"x")
    with pytest.raises(ValueError, match=r"\[E461\]"):
        copy_components(make_pipeline(), source=str(path), components=COPIED)
