"""Learning from a few rows at a time."""

import subprocess
import sys
from itertools import count, islice

import numpy
import pytest
import spacy
from builders import (
    SENTIMENT,
    TAGS,
    TOPIC,
    add_encoder,
    add_task,
    initialize,
    make_examples,
    make_pipeline,
    same_weights,
    scores_of,
    weights_of,
)
from spacy.training.loop import train_while_improving
from thinc.api import Adam, fix_random_seed

import spacy_mtl
from spacy_mtl import partial_fit

MOODS = [(text, next(iter(cats)).partition("/")[2]) for text, cats in SENTIMENT]
TOPICS = [(text, next(iter(cats)).partition("/")[2]) for text, cats in TOPIC]


def make(**settings):
    nlp = make_pipeline("sentiment", "topic", **settings)
    initialize(nlp, [*SENTIMENT, *TOPIC])
    nlp.config["training"]["dropout"] = 0.2
    return nlp


def all_weights(nlp):
    return [array for _, pipe in nlp.pipeline for array in weights_of(pipe.model)]


def train_as_spacy(nlp, batches, optimizer, **settings):
    """Take the steps of spaCy's own loop."""
    fix_random_seed(0)
    list(
        train_while_improving(
            nlp,
            optimizer,
            ((0, batch) for batch in batches),
            lambda: (0.0, {}),
            dropout=0.2,
            eval_frequency=1000,
            accumulate_gradient=1,
            patience=0,
            max_steps=0,
            before_update=None,
            **{"exclude": [], "annotating_components": [], **settings},
        )
    )


@pytest.mark.parametrize("frozen", [[], ["tok2vec"], ["sentiment"]])
def test_takes_the_steps_of_spacys_training_bit_by_bit(frozen):
    nlp, other = make(), make()
    rounds = [SENTIMENT[:4], TOPIC[:4], SENTIMENT[4:]]
    annotating = [name for name in frozen if name == "tok2vec"]
    batches = [make_examples(other, rows) for rows in rounds]
    optimizer, rates = Adam(0.01, use_averages=True), [0.01, 0.02, 0.03, 0.04, 0.05]
    optimizer.schedules = {"learn_rate": iter(rates)}
    settings = {"exclude": frozen, "annotating_components": annotating}
    train_as_spacy(other, batches, optimizer, **settings)
    expected, averages = all_weights(other), optimizer.averages

    optimizer = Adam(0.01, use_averages=True)
    optimizer.schedules = {"learn_rate": iter(rates)}
    fix_random_seed(0)
    data = {"sentiment": MOODS, "topic": TOPICS}
    settings = {"exclude": frozen, "annotates": annotating}
    losses = partial_fit(nlp, data, batch_size=4, sgd=optimizer, **settings)
    assert same_weights(all_weights(nlp), expected)
    assert len(optimizer.averages) == len(averages) > 0
    pairs = zip(optimizer.averages.values(), averages.values(), strict=True)
    assert all(numpy.array_equal(found, average) for found, average in pairs)
    assert losses["topic"] > 0.0


def test_calls_go_on_with_the_optimizer_of_the_pipeline():
    nlp, other = make(), make()
    nlp._optimizer = other._optimizer = None
    fix_random_seed(0)
    for rows in (MOODS[:3], MOODS[3:]):
        partial_fit(nlp, {"sentiment": rows})
    fix_random_seed(0)
    partial_fit(other, {"sentiment": MOODS}, batch_size=3)
    assert nlp._optimizer is not None
    assert same_weights(all_weights(nlp), all_weights(other))


def test_learns():
    nlp = make()
    optimizer = Adam(0.02)
    for _ in range(30):
        partial_fit(nlp, {"sentiment": MOODS, "topic": TOPICS}, sgd=optimizer, drop=0.0)
    assert all(nlp(text).cats[f"sentiment/{label}"] > 0.8 for text, label in MOODS)


@pytest.mark.parametrize("whole", [True, False])
def test_settings_of_the_config_are_used_unless_given(whole):
    nlp = make()
    nlp.config["training"]["frozen_components"] = ["sentiment"] if whole else "${vars.frozen}"
    nlp.config["vars"] = {"frozen": ["sentiment"]}
    before = weights_of(nlp.get_pipe("sentiment").model)
    partial_fit(nlp, {"sentiment": MOODS})
    assert same_weights(weights_of(nlp.get_pipe("sentiment").model), before)
    partial_fit(nlp, {"sentiment": MOODS}, exclude=[])
    assert not same_weights(weights_of(nlp.get_pipe("sentiment").model), before)


def test_all_forms_of_labels_say_the_same():
    forms = (
        [("fast and cheap", ["fast", "cheap"]), ("slow", ["cheap"])],
        [("fast and cheap", {"fast": 1.0, "cheap": 1}), ("slow", {"fast": 0, "cheap": True})],
        [("fast and cheap", ("fast", "cheap")), ("slow", {"tags/fast": 0.0, "tags/cheap": 1.0})],
    )
    found = []
    for rows in forms:
        nlp = make_pipeline("tags", multi_label=True, missing="unknown")
        initialize(nlp, TAGS)
        partial_fit(nlp, {"tags": rows}, drop=0.0)
        found.append(all_weights(nlp))
    assert same_weights(found[0], found[1]) and same_weights(found[0], found[2])


def test_stream_is_read_a_batch_at_a_time():
    nlp = make()
    read = []

    def stream():
        for i in islice(count(), 10):
            read.append(i)
            yield MOODS[i % len(MOODS)]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        partial_fit(nlp, {"sentiment": stream()}, batch_size=2)
    assert len(read) == 10
    assert nlp.get_pipe("sentiment").n_updates == 5


def test_new_words_are_forgotten():
    nlp = make()
    n_strings = len(nlp.vocab.strings)
    for i in range(20):
        rows = [(f"word{i}a{j} word{i}b{j}", "positive") for j in range(20)]
        partial_fit(nlp, {"sentiment": rows})
    assert len(nlp.vocab.strings) == n_strings
    assert numpy.isfinite(scores_of(nlp, ["word1a1 word3b2", "a good film"])).all()


def test_inside_a_memory_zone():
    nlp = make()
    with nlp.memory_zone():
        assert partial_fit(nlp, {"sentiment": MOODS})["sentiment"] > 0.0
    assert nlp("a good film").cats


@pytest.mark.parametrize(
    "data, message",
    [
        ({"mood": [("a", "b")]}, "E437.*mood.*sentiment, topic"),
        ({"sentiment": [("a", "mixed")]}, "E439.*Row 1.*'mixed'.*negative, positive"),
        ({"sentiment": [MOODS[0], ("a", {"x/y": 1.0})]}, "E439.*Row 2.*'x/y'"),
        ({"sentiment": [("a", None)]}, "E439.*Row 1"),
        ({"sentiment": ["text"]}, "E439.*Row 1.*'text'"),
        ({"sentiment": [(3, "positive")]}, "E439.*Row 1"),
        ({"sentiment": [("a", ["positive", "negative"])]}, "E222"),
    ],
)
def test_names_what_cannot_be_learned(data, message):
    with pytest.raises(ValueError, match=message):
        partial_fit(make(), data)


@pytest.mark.parametrize("has_head", [False, True])
def test_pipeline_has_to_be_initialized(has_head):
    nlp = spacy.blank("xx")
    if has_head:
        add_encoder(nlp)
        add_task(nlp, "sentiment")
    with pytest.raises(ValueError, match="E438.*initialize" if has_head else "E437"):
        partial_fit(nlp, {"sentiment": MOODS})


def test_public_names_are_found_and_cost_nothing_before():
    assert set(spacy_mtl.__all__) <= set(dir(spacy_mtl))
    assert all(callable(getattr(spacy_mtl, name)) for name in spacy_mtl.__all__)
    with pytest.raises(AttributeError, match="no attribute 'partial'"):
        spacy_mtl.partial  # noqa: B018
    code = (
        "import sys, spacy_mtl; "
        "sys.exit(any(name == 'spacy' or name.startswith('spacy_mtl.') for name in sys.modules))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
