import pytest
import spacy
from builders import (
    ENCODER,
    SENTIMENT,
    TOPIC,
    add_encoder,
    add_task,
    initialize,
    listener,
    make_examples,
    same_weights,
    step,
    weights_of,
)
from spacy.util import registry
from thinc.api import Adam

from spacy_mtl.layers.layer_groups import layer_groups
from spacy_mtl.pipeline.unfreezing import create_gradual_unfreezing_v1

ROWS = SENTIMENT + TOPIC


def make(**settings):
    """A pipeline whose encoder has three levels of layers, and four groups."""
    nlp = spacy.blank("xx")
    add_encoder(nlp, depth=2, ngram_width=3, ngram_rows=50)
    for name in ("sentiment", "topic"):
        add_task(nlp, name)
    initialize(nlp, ROWS)
    nlp.get_pipe("tok2vec").cfg.update(settings)
    return nlp


def weights_by_group(nlp):
    model = nlp.get_pipe("tok2vec").model
    nodes = {node.id: node for node in model.walk()}
    groups = {
        group.name: [nodes[i].get_param(key).copy() for i, key in sorted(group.keys)]
        for group in layer_groups(model)
    }
    return groups | {"topic": weights_of(nlp.get_pipe("topic").model)}


def changes(nlp, callback, infos):
    """What each step has changed, as spaCy's loop calls the callback and takes a step."""
    optimizer = Adam(0.01, use_averages=True)
    found = []
    for info in infos:
        before = weights_by_group(nlp)
        callback(nlp, info)
        step(nlp, make_examples(nlp, ROWS), optimizer)
        after = weights_by_group(nlp)
        found.append({name for name in before if not same_weights(before[name], after[name])})
    return found


STAGES = [
    {"topic"},
    {"topic", "window2"},
    {"topic", "window2", "window1"},
    {"topic", "window2", "window1", "embed", "ngrams"},
]


def test_heads_first_and_then_one_group_every_few_steps_from_the_top():
    callback = create_gradual_unfreezing_v1(every=2, unit="steps")
    infos = [{"step": i, "epoch": 0} for i in range(10)]
    expected = [STAGES[min(i // 2, 3)] for i in range(10)]
    assert changes(make(), callback, infos) == expected


def test_a_group_every_epoch():
    callback = create_gradual_unfreezing_v1(every=1)
    infos = [{"step": i, "epoch": i // 2} for i in range(6)]
    assert changes(make(), callback, infos) == [STAGES[i // 2] for i in range(6)]


def test_what_the_config_freezes_is_never_unfrozen():
    callback = create_gradual_unfreezing_v1(every=1, unit="steps")
    infos = [{"step": i, "epoch": 0} for i in range(5)]
    found = changes(make(frozen="window1"), callback, infos)
    assert found == [STAGES[0], *[STAGES[1]] * 4]


def test_training_that_starts_again_begins_with_the_heads():
    nlp = make()
    for _ in range(2):
        callback = create_gradual_unfreezing_v1(every=1, unit="steps")
        infos = [{"step": i, "epoch": 0} for i in range(4)]
        assert changes(nlp, callback, infos) == STAGES


def test_settings_do_not_change():
    nlp = make()
    before = nlp.config.to_str()
    callback = create_gradual_unfreezing_v1(every=1, unit="steps")
    changes(nlp, callback, [{"step": 0, "epoch": 0}])
    assert nlp.config.to_str() == before
    assert nlp.get_pipe("tok2vec").cfg["frozen"] == "none"


def test_encoders_are_found_by_what_they_are():
    nlp = spacy.blank("xx")
    config = {"model": ENCODER}
    nlp.add_pipe("multitask_tok2vec", name="shared", config=config)
    add_task(nlp, "topic", model={"tok2vec": listener(upstream="shared")})
    initialize(nlp, TOPIC)
    before = weights_of(nlp.get_pipe("shared").model)
    create_gradual_unfreezing_v1(every=5, unit="steps")(nlp, {"step": 0, "epoch": 0})
    step(nlp, make_examples(nlp, TOPIC), Adam(0.01))
    assert same_weights(before, weights_of(nlp.get_pipe("shared").model))


def test_without_an_encoder_of_ours_is_an_error():
    nlp = spacy.blank("xx")
    nlp.add_pipe("tok2vec")
    callback = create_gradual_unfreezing_v1(every=1)
    with pytest.raises(ValueError, match=r"E402.*tok2vec.*multitask_tok2vec"):
        callback(nlp, {"step": 0, "epoch": 0})


@pytest.mark.parametrize(
    "settings, message",
    [({"every": 0}, "E401.*every"), ({"every": 1, "unit": "words"}, "E401.*unit.*steps, epochs")],
)
def test_arguments_out_of_range_are_errors(settings, message):
    with pytest.raises(ValueError, match=message):
        registry.callbacks.get("spacy_mtl.gradual_unfreezing.v1")(**settings)
