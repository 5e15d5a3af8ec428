"""What is frozen stays as it is, bit by bit, and everything else learns."""

import copy
import warnings

import numpy
import pytest
import spacy
from builders import (
    ENCODER,
    SENTIMENT,
    TOPIC,
    WIDTH,
    add_encoder,
    add_task,
    gradients,
    initialize,
    listener,
    make_examples,
    make_vectors,
    same_weights,
    step,
    weights_of,
)
from thinc.api import Adam, Optimizer

from spacy_mtl.layers.layer_groups import layer_groups
from spacy_mtl.layers.param_versions import watch

ROWS = SENTIMENT + TOPIC
N_STEPS = 4
#: Every parameter of the encoder gets a gradient from every batch.
EVERY = {"embed", "ngrams", "window1", "window2"}


def make(*, n_warm=0, word_dropout=0.1, standardized=True, encoder=None, **heads):
    """A pipeline with two heads, after some steps without freezing, and the optimizer."""
    nlp = spacy.blank("xx")
    add_encoder(nlp, depth=2, ngram_width=3, ngram_rows=50, word_dropout=word_dropout)
    for name in ("sentiment", "topic"):
        add_task(nlp, name, model={"standardized": standardized})
    initialize(nlp, ROWS)
    optimizer = Adam(0.01, L2=0.01, use_averages=True)
    for _ in range(n_warm):
        step(nlp, make_examples(nlp, ROWS), optimizer, drop=0.1)
    nlp.get_pipe("tok2vec").cfg.update(encoder or {})
    for name, settings in heads.items():
        nlp.get_pipe(name).cfg.update(settings)
    return nlp, optimizer


def parts_of(nlp):
    """The parameters of the pipeline by component, or group of layers of the encoder."""
    groups = layer_groups(nlp.get_pipe("tok2vec").model)
    parts = {group.name: group.keys for group in groups}
    for name in nlp.pipe_names[1:]:
        model = nlp.get_pipe(name).model
        parts[name] = {(node.id, key) for node in model.walk() for key in node.param_names}
    return parts


def state_of(nlp, optimizer: Optimizer):
    """Copies of everything that a step could change, by parameter."""
    nodes = {node.id: node for _, pipe in nlp.pipeline for node in pipe.model.walk()}
    return {
        key: [
            nodes[key[0]].get_param(key[1]).copy(),
            *(
                copy.deepcopy(kept.get(key))
                for kept in (optimizer.mom1, optimizer.mom2, optimizer.averages)
            ),
            optimizer.nr_update.get(key, 0),
        ]
        for keys in parts_of(nlp).values()
        for key in keys
    }


def changed_parts(nlp, before, after):
    """The parts in which any parameter, moment or average has changed; which have to be all of the part."""
    changed = set()
    for name, keys in parts_of(nlp).items():
        moved = [not same(before[key], after[key]) for key in keys]
        assert all(moved) or not any(moved), name
        if any(moved):
            changed.add(name)
    return changed


def same(first, second):
    return all(numpy.array_equal(a, b) for a, b in zip(first, second, strict=True))


def learn(nlp, optimizer, n_steps=N_STEPS, **settings):
    """Some steps. Returns the parts that they have changed."""
    before = state_of(nlp, optimizer)
    for _ in range(n_steps):
        step(nlp, make_examples(nlp, ROWS), optimizer, drop=0.1, **settings)
    return changed_parts(nlp, before, state_of(nlp, optimizer))


ALL = {"frozen": "all"}
SCENARIOS = {
    "nothing": ({}, EVERY | {"sentiment", "topic"}),
    "everything": ({"encoder": ALL, "sentiment": ALL, "topic": ALL}, set()),
    "encoder": ({"encoder": ALL}, {"sentiment", "topic"}),
    "one head": ({"sentiment": ALL}, EVERY | {"topic"}),
    "both heads": ({"sentiment": ALL, "topic": ALL}, EVERY),
    "embed": ({"encoder": {"frozen": "embed"}}, {"window1", "window2", "sentiment", "topic"}),
    "window1": ({"encoder": {"frozen": "window1"}}, {"window2", "sentiment", "topic"}),
    "window2": ({"encoder": {"frozen": "window2"}}, {"sentiment", "topic"}),
}


@pytest.mark.parametrize("n_warm", [0, 3], ids=["from the start", "later"])
@pytest.mark.parametrize("settings, expected", SCENARIOS.values(), ids=SCENARIOS.keys())
def test_only_what_is_not_frozen_changes(settings, expected, n_warm):
    nlp, optimizer = make(n_warm=n_warm, **settings)
    assert learn(nlp, optimizer) == expected
    assert set(nlp("a good film").cats) == set(nlp("").cats)


def test_stock_frozen_head_lets_the_others_train():
    nlp, optimizer = make(n_warm=2)
    assert learn(nlp, optimizer, exclude=["sentiment"]) == EVERY | {"topic"}


def test_stock_frozen_encoder_lets_the_heads_train():
    nlp, optimizer = make(n_warm=2)
    settings = {"exclude": ["tok2vec"], "annotates": ["tok2vec"]}
    assert learn(nlp, optimizer, **settings) == {"sentiment", "topic"}


def test_stock_frozen_encoder_that_does_not_annotate_is_an_error():
    nlp, optimizer = make(n_warm=1)
    with pytest.raises(ValueError, match=r"E204.*annotating_components"):
        learn(nlp, optimizer, exclude=["tok2vec"])


def test_everything_frozen_by_stock_settings_changes_nothing():
    nlp, optimizer = make(n_warm=1)
    assert learn(nlp, optimizer, exclude=list(nlp.pipe_names)) == set()


def test_frozen_and_trained_parts_learn_in_updates_with_an_optimizer():
    nlp, optimizer = make(encoder={"frozen": "embed"}, sentiment=ALL)
    before = state_of(nlp, optimizer)
    for _ in range(N_STEPS):
        nlp.update(make_examples(nlp, ROWS), sgd=optimizer)
    changed = changed_parts(nlp, before, state_of(nlp, optimizer))
    assert changed == {"window1", "window2", "topic"}


def test_a_frozen_head_sends_the_encoder_the_same_gradient():
    found = []
    for settings in ({}, ALL):
        nlp, _ = make(word_dropout=0.0, standardized=False, sentiment=settings)
        recorder = gradients(nlp, make_examples(nlp, SENTIMENT))
        found.append(recorder.of(nlp.get_pipe("tok2vec").model))
        recorded = set(recorder.gradients) & parts_of(nlp)["sentiment"]
        assert bool(recorded) == (settings != ALL)
    assert same(*found)
    assert all(gradient.any() for gradient in found[0])


def test_a_frozen_head_keeps_no_gradient():
    nlp, optimizer = make(sentiment=ALL)
    learn(nlp, optimizer)
    nodes = nlp.get_pipe("sentiment").model.walk()
    kept = [node.get_grad(key) for node in nodes for key in node.grad_names]
    assert kept and not any(gradient.any() for gradient in kept)


@pytest.mark.parametrize("frozen", ["all", "window2"])
def test_a_frozen_encoder_only_predicts(frozen, monkeypatch):
    nlp, _ = make(encoder={"frozen": frozen})
    encoder = nlp.get_pipe("tok2vec")
    monkeypatch.setattr(type(encoder.model), "begin_update", refuse(encoder.model))
    examples = make_examples(nlp, ROWS)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        encoder.update(examples, drop=0.5)
    expected = encoder.predict([example.predicted for example in examples])
    for node in encoder.listeners:
        for found, vectors in zip(node._outputs, expected, strict=True):
            numpy.testing.assert_array_equal(found, vectors)


def refuse(model):
    original = type(model).begin_update

    def begin_update(self, X):
        assert self is not model, "the encoder was asked for a backward pass"
        return original(self, X)

    return begin_update


def test_what_a_frozen_encoder_has_computed_is_not_computed_again():
    nlp, optimizer = make(encoder={"frozen": "window1"})
    nodes = {node.id: node for node in nlp.get_pipe("tok2vec").model.walk()}
    frozen = [nodes[i] for i in {key[0] for key in parts_of(nlp)["window1"]}]
    nlp("a good film")
    before = [server.version for server in watch(frozen)]
    step(nlp, make_examples(nlp, ROWS), optimizer)
    assert [server.version for server in watch(frozen)] == before


@pytest.mark.parametrize("frozen", ["embed", "window1", "window2"])
def test_layers_above_the_frozen_ones_get_the_same_gradient(frozen):
    found = {}
    for setting in ("none", frozen):
        nlp, _ = make(word_dropout=0.0, encoder={"frozen": setting})
        model = nlp.get_pipe("tok2vec").model
        recorder = gradients(nlp, make_examples(nlp, ROWS))
        names = {
            (node.id, key): i for i, node in enumerate(model.walk()) for key in node.param_names
        }
        found[setting] = {
            (name, names[key], key[1]): recorder.gradients[key]
            for name, keys in parts_of(nlp).items()
            for key in keys & set(recorder.gradients)
            if name in EVERY
        }
    above = {"embed": {"window1", "window2"}, "window1": {"window2"}, "window2": set()}[frozen]
    assert {name for name, *_ in found[frozen]} == above
    for key, gradient in found[frozen].items():
        numpy.testing.assert_array_equal(gradient, found["none"][key])


def test_the_backward_pass_of_frozen_layers_is_left_out():
    nlp, _ = make(encoder={"frozen": "window1"})
    nlp.update(make_examples(nlp, ROWS), sgd=False)
    nlp.get_pipe("tok2vec").finish_update(Adam(0.01))
    parts = parts_of(nlp)
    nodes = {node.id: node for node in nlp.get_pipe("tok2vec").model.walk()}
    assert not any(nodes[i].has_grad(key) for i, key in parts["embed"] | parts["window1"])
    assert all(nodes[i].has_grad(key) for i, key in parts["window2"])


def test_a_stock_encoder_in_the_component_can_be_frozen_by_layer():
    nlp = spacy.blank("xx")
    model = {"@architectures": "spacy.HashEmbedCNN.v2", "width": WIDTH, "depth": 2}
    model |= {"embed_size": 60, "window_size": 1, "maxout_pieces": 2}
    model |= {"subword_features": True, "pretrained_vectors": None}
    config = {"model": model, "frozen": "window1"}
    nlp.add_pipe("multitask_tok2vec", name="tok2vec", config=config)
    add_task(nlp, "topic")
    with pytest.warns(UserWarning, match="W300"):
        initialize(nlp, TOPIC)
    optimizer = Adam(0.01)
    before = state_of(nlp, optimizer)
    for _ in range(N_STEPS):
        step(nlp, make_examples(nlp, TOPIC), optimizer)
    assert changed_parts(nlp, before, state_of(nlp, optimizer)) == {"window2", "topic"}


def test_freezing_for_now_is_no_setting():
    nlp, optimizer = make()
    encoder = nlp.get_pipe("tok2vec")
    settings = copy.deepcopy(encoder.cfg)
    encoder.freeze("window1")
    assert learn(nlp, optimizer) == {"window2", "sentiment", "topic"}
    encoder.freeze("none")
    assert learn(nlp, optimizer) == EVERY | {"sentiment", "topic"}
    assert encoder.cfg == settings


def test_freezing_for_now_never_unfreezes_what_the_settings_freeze():
    nlp, optimizer = make(encoder={"frozen": "window1"})
    nlp.get_pipe("tok2vec").freeze("none")
    assert learn(nlp, optimizer) == {"window2", "sentiment", "topic"}


def test_what_is_frozen_between_an_update_and_its_step_stays():
    nlp, optimizer = make()
    before = state_of(nlp, optimizer)
    nlp.update(make_examples(nlp, ROWS), sgd=False)
    nlp.get_pipe("tok2vec").freeze("window1")
    for _, pipe in nlp.pipeline:
        pipe.finish_update(optimizer)
    changed = changed_parts(nlp, before, state_of(nlp, optimizer))
    assert changed == {"window2", "sentiment", "topic"}
    assert learn(nlp, optimizer) == {"window2", "sentiment", "topic"}


def test_a_step_that_waits_is_taken_before_freezing():
    nlp, optimizer = make()
    before = state_of(nlp, optimizer)
    nlp.update(make_examples(nlp, ROWS), sgd=optimizer, exclude=["topic"])
    nlp.get_pipe("tok2vec").freeze("all")
    assert changed_parts(nlp, before, state_of(nlp, optimizer)) == EVERY | {"sentiment"}


def test_averages_of_late_starters_start_from_their_weights():
    nlp, optimizer = make()
    encoder = nlp.get_pipe("tok2vec")
    keys = parts_of(nlp)["window2"]
    before = state_of(nlp, optimizer)
    encoder.freeze("all")
    learn(nlp, optimizer)
    encoder.freeze("window1")
    learn(nlp, optimizer, n_steps=1)
    after = state_of(nlp, optimizer)
    for key in keys:
        weights, averaged = after[key][0], optimizer.averages[key]
        step_size = numpy.abs(weights - before[key][0]).max()
        assert 0 < numpy.abs(averaged - weights).max() <= step_size


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"frozen": "window3"}, r"E400.*'tok2vec'.*window3.*embed, ngrams, window1, window2\."),
        ({"lr_scales": {"layer1": 0.1}}, r"E400.*lr_scales.*layer1"),
    ],
)
def test_unknown_groups_are_listed_beside_the_known_ones(settings, message):
    nlp = spacy.blank("xx")
    config = {"model": {**ENCODER, "depth": 2, "ngram_width": 2}, **settings}
    nlp.add_pipe("multitask_tok2vec", name="tok2vec", config=config)
    add_task(nlp, "topic")
    with pytest.raises(ValueError, match=message):
        initialize(nlp, TOPIC)


def test_freezing_an_unknown_group_is_an_error_and_changes_nothing():
    nlp, optimizer = make()
    with pytest.raises(ValueError, match="E400"):
        nlp.get_pipe("tok2vec").freeze("window9")
    assert learn(nlp, optimizer) == EVERY | {"sentiment", "topic"}


@pytest.mark.parametrize(
    "factory, settings",
    [
        ("multitask_tok2vec", {"lr_decay": 0.5}),
        ("multitask_tok2vec", {"lr_scales": {"embed": 0.0}}),
        ("textcat_multitask", {"frozen": "embed"}),
        ("textcat_multitask", {"lr_scale": 0.0}),
        ("textcat_multitask", {"lr_scale": -1.0}),
    ],
)
def test_values_out_of_range_are_errors(factory, settings):
    with pytest.raises(ValueError, match="E225.*" + next(iter(settings))):
        spacy.blank("xx").add_pipe(factory, config=settings)


@pytest.mark.parametrize("frozen", ["tok2vec", "topic"])
def test_freezing_random_weights_warns(frozen):
    nlp = spacy.blank("xx")
    add_encoder(nlp)
    add_task(nlp, "topic")
    nlp.get_pipe(frozen).cfg["frozen"] = "all"
    with pytest.warns(UserWarning, match=f"W300.*{frozen}"):
        initialize(nlp, TOPIC)


def test_a_task_of_raw_text_learns_on_a_frozen_encoder():
    nlp = spacy.blank("xx")
    add_encoder(nlp)
    vectors = make_vectors("a", "good", "film", "bad")
    nlp.vocab.vectors = vectors.vocab.vectors
    model = {"@architectures": "spacy_mtl.LMAOHead.v1", "tok2vec": listener()}
    nlp.add_pipe("lmao", config={"model": model, "mask_prob": 0.5})
    rows = [("a good film", {"lmao/raw": 1.0}), ("a bad film", {"lmao/raw": 1.0})]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the vectors would be saved
        initialize(nlp, rows)
    optimizer = Adam(0.01)
    before = [weights_of(pipe.model) for _, pipe in nlp.pipeline]
    nlp.get_pipe("tok2vec").freeze("all")
    for _ in range(N_STEPS):
        step(nlp, make_examples(nlp, rows), optimizer)
    after = [weights_of(pipe.model) for _, pipe in nlp.pipeline]
    assert [same_weights(*pair) for pair in zip(before, after, strict=True)] == [True, False]
