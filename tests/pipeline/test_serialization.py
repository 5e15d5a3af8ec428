"""Saving, loading, copying and sharing of components and pipelines."""

import copy
import pickle

import numpy
import pytest
import spacy
from builders import (
    ENCODER,
    SENTIMENT,
    TOPIC,
    add_encoder,
    add_task,
    initialize,
    make_examples,
    make_pipeline,
    make_trained,
    ngrams,
    same_weights,
    scores_of,
    step,
    weights_of,
)
from numpy.testing import assert_array_equal
from spacy.tokens import DocBin
from thinc.api import Adam, Config

ROWS = SENTIMENT + TOPIC
TEXTS = [text for text, _ in ROWS] + ["", "  ", "an unseen phone"]
MODEL = {"hidden_width": 4, "ngrams": ngrams(char_max=3)}


def make(initialized):
    nlp = make_pipeline("sentiment", "topic", model=MODEL)
    if initialized:
        initialize(nlp, ROWS)
    return nlp


def pipeline_to_disk(nlp, folder):
    nlp.to_disk(folder / "nlp")
    return spacy.load(folder / "nlp")


def pipeline_to_bytes(nlp, folder):
    config = Config().from_str(nlp.config.to_str())
    return spacy.util.load_model_from_config(config).from_bytes(nlp.to_bytes())


def pipeline_to_pickle(nlp, folder):
    return pickle.loads(pickle.dumps(nlp))


def components_to_disk(nlp, folder):
    other = make(initialized=False)
    for name, pipe in nlp.pipeline:
        pipe.to_disk(folder / name)
        other.get_pipe(name).from_disk(folder / name)
    return other


def components_to_bytes(nlp, folder):
    other = make(initialized=False)
    for name, pipe in nlp.pipeline:
        other.get_pipe(name).from_bytes(pipe.to_bytes())
    return other


def components_to_pickle(nlp, folder):
    other = make(initialized=False)
    for name, pipe in nlp.pipeline:
        copied = pickle.loads(pickle.dumps(pipe))
        other.get_pipe(name).from_bytes(copied.to_bytes())
    return other


WAYS = [
    pipeline_to_disk,
    pipeline_to_bytes,
    pipeline_to_pickle,
    components_to_disk,
    components_to_bytes,
    components_to_pickle,
]


@pytest.mark.parametrize("way", WAYS)
def test_a_trained_pipeline_predicts_the_same(way, tmp_path):
    nlp = make(initialized=True)
    other = way(nlp, tmp_path)
    assert_array_equal(scores_of(other, TEXTS), scores_of(nlp, TEXTS))


@pytest.mark.parametrize("way", WAYS)
def test_a_fresh_pipeline_can_be_initialized_afterwards(way, tmp_path):
    other = way(make(initialized=False), tmp_path)
    initialize(other, ROWS)
    nlp = make(initialized=True)
    assert_array_equal(scores_of(other, TEXTS), scores_of(nlp, TEXTS))


@pytest.mark.parametrize("way", WAYS)
def test_training_can_go_on_afterwards(way, tmp_path):
    nlp = make(initialized=True)
    other = way(nlp, tmp_path)
    for one in (nlp, other):
        optimizer = Adam(0.01)
        for _ in range(2):
            step(one, make_examples(one, ROWS), optimizer)
    assert_array_equal(scores_of(other, TEXTS), scores_of(nlp, TEXTS))


@pytest.mark.parametrize("way", WAYS)
def test_pending_gradients_do_not_hinder(way, tmp_path):
    nlp = make(initialized=True)
    nlp.update(make_examples(nlp, ROWS), sgd=False)
    other = way(nlp, tmp_path)
    assert_array_equal(scores_of(other, TEXTS), scores_of(nlp, TEXTS))


@pytest.mark.parametrize("way", WAYS)
def test_pending_steps_do_not_hinder(way, tmp_path):
    nlp = make(initialized=True)
    nlp.update(make_examples(nlp, ROWS), sgd=Adam(0.01), exclude=["topic"])
    other = way(nlp, tmp_path)
    assert_array_equal(scores_of(other, TEXTS), scores_of(nlp, TEXTS))


@pytest.mark.parametrize("way", WAYS)
def test_labels_and_task_survive(way, tmp_path):
    nlp = make(initialized=True)
    other = way(nlp, tmp_path)
    for name in ("sentiment", "topic"):
        assert other.get_pipe(name).labels == nlp.get_pipe(name).labels
        assert other.get_pipe(name).task == name


def test_saving_twice_gives_the_same_files(tmp_path):
    nlp = make(initialized=True)
    nlp.to_disk(tmp_path / "first")
    spacy.load(tmp_path / "first").to_disk(tmp_path / "second")
    for name in nlp.pipe_names:
        for file in ("cfg", "model"):
            first, second = (tmp_path / way / name / file for way in ("first", "second"))
            if first.exists() or second.exists():
                assert first.read_bytes() == second.read_bytes()


def test_saving_over_an_earlier_pipeline(tmp_path):
    first, second = make(initialized=True), make(initialized=True)
    step(second, make_examples(second, ROWS), Adam(0.1))
    first.to_disk(tmp_path)
    second.to_disk(tmp_path)
    assert_array_equal(scores_of(spacy.load(tmp_path), TEXTS), scores_of(second, TEXTS))
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_settings_come_from_the_config_when_loading(tmp_path):
    make(initialized=True).to_disk(tmp_path)
    config = {"components": {"topic": {"threshold": 0.7, "loss_weight": 0.1}}}
    pipe = spacy.load(tmp_path, config=config).get_pipe("topic")
    # Older releases of spaCy's config reader round the last digit otherwise.
    assert [pipe.cfg["threshold"], pipe.cfg["loss_weight"]] == pytest.approx([0.7, 0.1], rel=1e-15)


ENCODER_SETTINGS = {"frozen": "embed", "lr_decay": 2.6, "lr_scales": {"window1": 0.5}}
HEAD_SETTINGS = {"frozen": "all", "lr_scale": 0.5}


def assert_settings(nlp):
    for name, settings in (("tok2vec", ENCODER_SETTINGS), ("topic", HEAD_SETTINGS)):
        cfg = nlp.get_pipe(name).cfg
        assert {key: cfg[key] for key in settings} == settings


@pytest.mark.parametrize("way", WAYS)
def test_what_is_frozen_and_the_rates_survive(way, tmp_path):
    nlp = make(initialized=True)
    nlp.get_pipe("tok2vec").cfg.update(ENCODER_SETTINGS)
    nlp.get_pipe("topic").cfg.update(HEAD_SETTINGS)
    found = way(nlp, tmp_path)
    assert_settings(found)
    before = [weights_of(found.get_pipe(name).model) for name in found.pipe_names]
    optimizer = Adam(0.01)
    step(found, make_examples(found, ROWS), optimizer)
    after = [weights_of(found.get_pipe(name).model) for name in found.pipe_names]
    unchanged = [same_weights(*pair) for pair in zip(before, after, strict=True)]
    assert unchanged == [False, False, True]


def test_what_is_frozen_and_the_rates_come_from_the_config(tmp_path):
    nlp = spacy.blank("xx")
    nlp.add_pipe("multitask_tok2vec", name="tok2vec", config={"model": ENCODER, **ENCODER_SETTINGS})
    add_task(nlp, "topic", **HEAD_SETTINGS)
    with pytest.warns(UserWarning, match="W300"):
        initialize(nlp, TOPIC)
    nlp.to_disk(tmp_path)
    assert_settings(spacy.load(tmp_path))
    overrides = {"components.tok2vec.frozen": "none", "components.topic.frozen": "none"}
    other = spacy.load(tmp_path, config=overrides)
    assert [other.get_pipe(name).cfg["frozen"] for name in other.pipe_names] == ["none", "none"]
    assert other.get_pipe("tok2vec").cfg["lr_decay"] == 2.6


def test_what_is_frozen_and_the_rates_are_sourced(tmp_path):
    source = make(initialized=True)
    source.get_pipe("tok2vec").cfg.update(ENCODER_SETTINGS)
    source.get_pipe("topic").cfg.update(HEAD_SETTINGS)
    nlp = spacy.blank("xx")
    for name in source.pipe_names:
        nlp.add_pipe(name, source=source)
    assert_settings(nlp)
    nlp.to_disk(tmp_path)
    assert_settings(spacy.load(tmp_path))


def test_an_encoder_saved_without_settings_loads(tmp_path):
    nlp = make(initialized=True)
    nlp.to_disk(tmp_path)
    (tmp_path / "tok2vec" / "cfg").write_text("{}", encoding="utf8")
    assert spacy.load(tmp_path).get_pipe("tok2vec").cfg["frozen"] == "none"


def test_excluded_components_are_left_out(tmp_path):
    make(initialized=True).to_disk(tmp_path)
    nlp = spacy.load(tmp_path, exclude=["topic"])
    assert set(nlp("a film")._.tasks) == {"sentiment"}


def test_deep_copies_are_independent():
    nlp = make(initialized=True)
    model = copy.deepcopy(nlp.get_pipe("topic").model)
    before = weights_of(model)
    step(nlp, make_examples(nlp, ROWS), Adam(0.1))
    assert same_weights(before, weights_of(model))


@pytest.mark.filterwarnings("ignore:.*fork.*")
def test_several_processes_give_the_same_scores():
    nlp = make(initialized=True)
    expected = scores_of(nlp, TEXTS)
    tuples = [(text, i) for i, text in enumerate(TEXTS)]
    found = list(nlp.pipe(tuples, as_tuples=True, n_process=2, batch_size=3))
    assert [i for _, i in found] == list(range(len(TEXTS)))
    numpy.testing.assert_allclose(
        [list(doc.cats.values()) for doc, _ in found], expected, atol=1e-5
    )
    for doc, _ in found:
        assert set(doc._.tasks) == {"sentiment", "topic"}
        assert doc._.embedding.shape == (8,)


def test_docs_survive_a_docbin():
    nlp = make(initialized=True)
    docs = list(nlp.pipe(TEXTS))
    data = DocBin(docs=docs, attrs=["ORTH", "SPACY"]).to_bytes()
    for doc, other in zip(docs, DocBin().from_bytes(data).get_docs(nlp.vocab), strict=True):
        assert other.cats == pytest.approx(doc.cats)
        assert other._.tasks.keys() == doc._.tasks.keys()


def test_docs_survive_pickle_with_scores_and_embedding():
    nlp = make(initialized=True)
    doc = nlp("a good film")
    other = pickle.loads(pickle.dumps(doc))
    assert other._.tasks == doc._.tasks
    assert_array_equal(other._.embedding, doc._.embedding)


# Sharing


def test_components_sourced_from_another_pipeline():
    source = make_trained("sentiment", "topic", rows=ROWS)
    nlp = spacy.blank("xx")
    nlp.add_pipe("tok2vec", source=source)
    nlp.add_pipe("topic", source=source)
    expected = [source(text).cats["topic/film"] for text in TEXTS]
    numpy.testing.assert_allclose([nlp(t).cats["topic/film"] for t in TEXTS], expected, atol=1e-5)


def test_a_sourced_component_under_another_name_keeps_its_task(tmp_path):
    source = make_trained("sentiment", "topic", rows=ROWS, n_steps=1)
    nlp = spacy.blank("xx")
    nlp.add_pipe("tok2vec", source=source)
    nlp.add_pipe("topic", source=source, name="subject")
    assert set(nlp("a film")._.tasks) == {"topic"}
    nlp.to_disk(tmp_path)
    assert set(spacy.load(tmp_path)("a film")._.tasks) == {"topic"}


def test_a_task_added_to_a_trained_pipeline_leaves_frozen_ones_alone():
    nlp = make_trained("sentiment", rows=SENTIMENT)
    expected = scores_of(nlp, TEXTS)
    frozen = ["tok2vec", "sentiment"]
    nlp.config["training"]["frozen_components"] = frozen
    nlp.config["training"]["annotating_components"] = ["tok2vec"]
    add_task(nlp, "topic")
    with nlp.select_pipes(disable=frozen):
        nlp.initialize(lambda: make_examples(nlp, TOPIC))
    optimizer = Adam(0.05)
    losses = []
    for _ in range(30):
        found = {}
        examples = make_examples(nlp, TOPIC)
        step(nlp, examples, optimizer, losses=found, exclude=frozen, annotates=["tok2vec"])
        losses.append(found["topic"])
    assert losses[-1] < losses[0] / 2
    assert_array_equal(scores_of(nlp, TEXTS)[:, :2], expected)


def test_an_encoder_can_be_frozen_after_it_was_trained():
    nlp = make_pipeline("sentiment", "topic")
    initialize(nlp, ROWS)
    optimizer = Adam(0.02)
    step(nlp, make_examples(nlp, ROWS), optimizer)
    before = weights_of(nlp.get_pipe("tok2vec").model)
    frozen = {"exclude": ["tok2vec"], "annotates": ["tok2vec"]}
    for rows in (ROWS, SENTIMENT, ROWS):  # the same batch again, and one without topics
        losses = {}
        step(nlp, make_examples(nlp, rows), optimizer, losses=losses, **frozen)
        assert losses["sentiment"] > 0
    assert same_weights(before, weights_of(nlp.get_pipe("tok2vec").model))


def test_replaced_listeners_predict_the_same_and_learn_alone(tmp_path):
    nlp = make_trained("sentiment", "topic", rows=ROWS)
    expected = scores_of(nlp, TEXTS)
    nlp.replace_listeners("tok2vec", "topic", ["model.tok2vec"])
    numpy.testing.assert_allclose(scores_of(nlp, TEXTS), expected, atol=1e-6)
    before = weights_of(nlp.get_pipe("tok2vec").model)
    step(nlp, make_examples(nlp, TOPIC), Adam(0.01))
    assert same_weights(before, weights_of(nlp.get_pipe("tok2vec").model))
    nlp.to_disk(tmp_path)
    assert_array_equal(scores_of(spacy.load(tmp_path), TEXTS), scores_of(nlp, TEXTS))


def test_a_replaced_listener_can_be_sourced_without_the_encoder():
    source = make_trained("sentiment", "topic", rows=ROWS)
    expected = [source(text).cats["topic/film"] for text in TEXTS]
    source.replace_listeners("tok2vec", "topic", ["model.tok2vec"])
    nlp = spacy.blank("xx")
    nlp.add_pipe("topic", source=source)
    numpy.testing.assert_allclose([nlp(t).cats["topic/film"] for t in TEXTS], expected, atol=1e-5)


def test_selected_pipes_run_alone():
    nlp = make_trained("sentiment", "topic", rows=ROWS)
    expected = nlp("a good film").cats
    with nlp.select_pipes(enable=["tok2vec", "topic"]):
        found = nlp("a good film").cats
    assert found == {key: value for key, value in expected.items() if key.startswith("topic/")}


def test_a_head_without_its_encoder_warns():
    nlp = make_trained("sentiment", rows=SENTIMENT)
    with nlp.select_pipes(enable=["sentiment"]), pytest.warns(UserWarning, match="W201.*tok2vec"):
        nlp("a good film")


def test_averaged_weights_come_and_go():
    nlp = make_pipeline("sentiment", "topic")
    initialize(nlp, ROWS)
    optimizer = Adam(0.05, use_averages=True)
    for _ in range(5):
        step(nlp, make_examples(nlp, ROWS), optimizer)
    before = scores_of(nlp, TEXTS)
    with nlp.use_params(optimizer.averages):
        assert not numpy.array_equal(scores_of(nlp, TEXTS), before)
    assert_array_equal(scores_of(nlp, TEXTS), before)


def test_an_own_encoder_survives(tmp_path):
    nlp = spacy.blank("xx")
    add_task(nlp, "topic", model={"tok2vec": {**ENCODER, "ngram_width": 3}})
    initialize(nlp, TOPIC)
    nlp.to_disk(tmp_path)
    assert_array_equal(scores_of(spacy.load(tmp_path), TEXTS), scores_of(nlp, TEXTS))


def test_an_encoder_with_ngrams_survives(tmp_path):
    nlp = spacy.blank("xx")
    add_encoder(nlp, ngram_width=3)
    add_task(nlp, "topic")
    initialize(nlp, TOPIC)
    for other in (pipeline_to_disk(nlp, tmp_path), pipeline_to_pickle(nlp, tmp_path)):
        assert_array_equal(scores_of(other, TEXTS), scores_of(nlp, TEXTS))
