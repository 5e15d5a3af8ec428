"""What is frozen stays as it is, bit by bit, and everything else learns."""

import copy

import numpy
import pytest
import spacy
from builders import (
    SENTIMENT,
    TOPIC,
    add_encoder,
    add_task,
    initialize,
    make_examples,
    step,
)
from thinc.api import Adam, Optimizer

from spacy_mtl.layers.layer_groups import layer_groups

ROWS = SENTIMENT + TOPIC
N_STEPS = 4
#: Every parameter of the encoder gets a gradient from every batch.
EVERY = {"embed", "ngrams", "window1", "window2"}


def make(*, n_warm=0, encoder=None, **heads):
    """A pipeline with two heads, the optimizer, and what it has learned in some steps without freezing."""
    nlp = spacy.blank("xx")
    add_encoder(nlp, depth=2, ngram_width=3, ngram_rows=50, word_dropout=0.1)
    for name in ("sentiment", "topic"):
        add_task(nlp, name, model={"standardized": True})
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
