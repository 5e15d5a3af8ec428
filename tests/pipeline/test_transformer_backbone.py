"""Heads, freezing, saving and training over a transformer."""

import pickle

import numpy
import pytest
import spacy
from builders import SENTIMENT, TOPIC, make_examples, scores_of, step
from thinc.api import Adam, fix_random_seed
from transformer_setup import WIDTH, make_pipeline, state_of

from spacy_mtl.layers.layer_groups import layer_groups

ROWS = SENTIMENT + TOPIC
TEXTS = ["a good film", "", " ", "the battery", "slow " * 40]
N_STEPS = 3
ENCODER = {"embed", "layer1", "layer2"}
HEADS = {"sentiment", "topic"}


@pytest.fixture
def pipeline(tmp_path):
    def make(**settings):
        fix_random_seed(0)
        nlp = make_pipeline(tmp_path / "model", "sentiment", "topic", **settings)
        nlp.initialize(lambda: make_examples(nlp, ROWS))
        for name in HEADS:  # output layers start at 0, where no gradient passes
            layer = nlp.get_pipe(name).model.get_ref("output_layer")
            shape = layer.get_param("W").shape
            layer.set_param("W", numpy.random.default_rng(0).normal(size=shape).astype("f"))
        return nlp

    return make


def groups_of(nlp):
    return layer_groups(nlp.get_pipe("tok2vec").model)


def snapshot(nlp, optimizer):
    """Everything that a step could change, by the part of the pipeline that it belongs to."""
    transformer = nlp.get_pipe("tok2vec").model.get_ref("transformer")
    shim = transformer.shims[0]
    values = {(shim.id, name): value for name, value in state_of(nlp).items()}
    parts = {group.name: set(group.keys) for group in groups_of(nlp)}
    for name in HEADS:
        model = nlp.get_pipe(name).model
        parts[name] = {(node.id, key) for node in model.walk() for key in node.param_names}
        values |= {
            (node.id, key): node.get_param(key).copy()
            for node in model.walk()
            for key in node.param_names
        }
    kept = (optimizer.mom1, optimizer.mom2, optimizer.averages, optimizer.nr_update)
    return {
        part: {
            key: [values[key], *(numpy.array(state.get(key, 0.0)) for state in kept)]
            for key in keys
        }
        for part, keys in parts.items()
    }


def changed_parts(before, after):
    return {
        part
        for part, keys in before.items()
        for key, values in keys.items()
        if not all(map(numpy.array_equal, values, after[part][key]))
    }


def learn(nlp, *, n_warm=0, **settings):
    """The parts that some steps change."""
    optimizer = Adam(0.001, L2=0.01, use_averages=True)
    for _ in range(n_warm):
        step(nlp, make_examples(nlp, ROWS), optimizer, drop=0.1)
    for name, changed in settings.items():
        nlp.get_pipe(name).cfg.update(changed)
    before = snapshot(nlp, optimizer)
    for _ in range(N_STEPS):
        step(nlp, make_examples(nlp, ROWS), optimizer, drop=0.1)
    return changed_parts(before, snapshot(nlp, optimizer))


def test_layer_groups(pipeline):
    nlp = pipeline()
    groups = groups_of(nlp)
    assert [group.name for group in groups] == ["embed", "layer1", "layer2"]
    names = [sorted(name for _, name in group.keys) for group in groups]
    assert all("embeddings" in name for name in names[0])
    assert all(".layers.0." in name for name in names[1])
    assert all(".layers.1." in name for name in names[2])
    assert sum(map(len, names)) == len(state_of(nlp))


ALL = {"frozen": "all"}
SCENARIOS = {
    "nothing": ({}, ENCODER | HEADS),
    "everything": ({"tok2vec": ALL, "sentiment": ALL, "topic": ALL}, set()),
    "encoder": ({"tok2vec": ALL}, HEADS),
    "one head": ({"sentiment": ALL}, ENCODER | {"topic"}),
    "both heads": ({"sentiment": ALL, "topic": ALL}, ENCODER),
    "embed": ({"tok2vec": {"frozen": "embed"}}, {"layer1", "layer2"} | HEADS),
    "layer1": ({"tok2vec": {"frozen": "layer1"}}, {"layer2"} | HEADS),
    "layer2": ({"tok2vec": {"frozen": "layer2"}}, HEADS),
}


@pytest.mark.parametrize("n_warm", [0, 2], ids=["from the start", "later"])
@pytest.mark.parametrize("settings, expected", SCENARIOS.values(), ids=SCENARIOS.keys())
def test_only_what_is_not_frozen_changes(pipeline, settings, expected, n_warm):
    nlp = pipeline()
    assert learn(nlp, n_warm=n_warm, **settings) == expected
    assert set(nlp("a good film").cats) == set(nlp("").cats)


def test_frozen_and_annotating_as_spacy_does_it(pipeline):
    nlp = pipeline()
    optimizer = Adam(0.001)
    before = snapshot(nlp, optimizer)
    for _ in range(N_STEPS):
        examples = make_examples(nlp, ROWS)
        step(nlp, examples, optimizer, exclude=["tok2vec"], annotates=["tok2vec"])
    assert changed_parts(before, snapshot(nlp, optimizer)) == HEADS


def test_lower_layers_learn_more_slowly(pipeline):
    nlp = pipeline(encoder={"lr_decay": 10.0})
    first = state_of(nlp)
    step(nlp, make_examples(nlp, ROWS), Adam(0.001))
    moved = {name: numpy.abs(value - first[name]).max() for name, value in state_of(nlp).items()}
    scales = [max(moved[name] for _, name in group.keys) for group in groups_of(nlp)]
    # The first step of Adam is as long as the learning rate.
    numpy.testing.assert_allclose(scales, [1e-6, 1e-5, 1e-4], rtol=0.15)


def test_gradients_of_all_heads_reach_the_transformer(pipeline):
    nlp = pipeline()

    def gradients(rows):
        nlp.update(make_examples(nlp, rows), sgd=False, drop=0.0)
        found = {}

        def keep(key, weights, gradient, **_):
            found[key] = gradient.copy()
            return weights, gradient

        for _, pipe in nlp.pipeline:
            pipe.finish_update(keep)
        return found

    shim = nlp.get_pipe("tok2vec").model.get_ref("transformer").shims[0]
    key = (shim.id, "curated_encoder.layers.0.mha.input.weight")
    alone = [gradients(rows)[key] for rows in (SENTIMENT, TOPIC)]
    both = gradients([(text, {**cats, "topic/film": 1.0}) for text, cats in SENTIMENT])[key]
    assert all(numpy.abs(gradient).max() > 0 for gradient in alone)
    assert not numpy.allclose(both, alone[0], atol=1e-6)


def test_learns_its_rows_and_survives_saving(pipeline, tmp_path):
    nlp = pipeline()
    optimizer = Adam(0.003)
    for _ in range(60):
        step(nlp, make_examples(nlp, ROWS), optimizer, drop=0.0)
    scores = nlp.evaluate(make_examples(nlp, ROWS))
    assert scores["sentiment_acc"] == scores["topic_acc"] == 1.0
    expected = scores_of(nlp, TEXTS)
    nlp.to_disk(tmp_path / "saved")
    loaded = spacy.load(tmp_path / "saved")
    numpy.testing.assert_allclose(scores_of(loaded, TEXTS), expected, atol=1e-6)
    copied = spacy.util.load_model_from_config(nlp.config, auto_fill=True)
    copied.from_bytes(nlp.to_bytes())
    numpy.testing.assert_allclose(scores_of(copied, TEXTS), expected, atol=1e-6)


def test_pipe_equals_call_and_embeds(pipeline):
    nlp = pipeline()
    for doc, text in zip(nlp.pipe(TEXTS), TEXTS, strict=True):
        alone = nlp(text)
        assert doc.tensor.shape == (len(doc), WIDTH)
        numpy.testing.assert_allclose(doc.tensor, alone.tensor, atol=1e-5)
        numpy.testing.assert_allclose(doc._.embedding, alone._.embedding, atol=1e-5)
        assert doc.cats == pytest.approx(alone.cats, abs=1e-4)


def test_component_can_be_pickled(pipeline):
    nlp = pipeline()
    doc = nlp("a good film")
    encoder = pickle.loads(pickle.dumps(nlp.get_pipe("tok2vec")))
    numpy.testing.assert_array_equal(encoder.predict([doc])[0], doc.tensor)


def test_batch_without_tokens(pipeline):
    nlp = pipeline()
    rows = [("", {"sentiment/positive": 1.0}), ("", {"topic/film": 1.0})]
    before = state_of(nlp)
    step(nlp, make_examples(nlp, rows), Adam(0.01))
    after = state_of(nlp)
    assert all(map(numpy.array_equal, before.values(), after.values()))


def test_idle_transformer_does_not_drift(pipeline):
    nlp = pipeline()
    optimizer = Adam(0.01, L2=0.1)
    step(nlp, make_examples(nlp, ROWS), optimizer)
    before = state_of(nlp)
    for _ in range(3):
        nlp.get_pipe("tok2vec").finish_update(optimizer)
    assert all(map(numpy.array_equal, before.values(), state_of(nlp).values()))


def test_frozen_transformer_with_trained_weights_is_no_cause_for_a_warning(pipeline, recwarn):
    pipeline(encoder={"frozen": "all"})
    assert not any("W300" in str(warning.message) for warning in recwarn)


def test_averages_are_used_and_saved(pipeline, tmp_path):
    nlp = pipeline(encoder={"frozen": "embed"})
    optimizer = Adam(0.01, use_averages=True)
    for _ in range(4):
        step(nlp, make_examples(nlp, ROWS), optimizer)
    learned = state_of(nlp)
    with nlp.use_params(optimizer.averages):
        averaged = state_of(nlp)
        expected = scores_of(nlp, TEXTS)
        nlp.to_disk(tmp_path / "saved")
    shim = nlp.get_pipe("tok2vec").model.get_ref("transformer").shims[0]
    for name, value in averaged.items():
        average = optimizer.averages.get((shim.id, name), learned[name])
        numpy.testing.assert_array_equal(value, average)
    assert any(not numpy.array_equal(averaged[name], learned[name]) for name in learned)
    assert all(map(numpy.array_equal, state_of(nlp).values(), learned.values()))
    loaded = spacy.load(tmp_path / "saved")
    numpy.testing.assert_allclose(scores_of(loaded, TEXTS), expected, atol=1e-6)
