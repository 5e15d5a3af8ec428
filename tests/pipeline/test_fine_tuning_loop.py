"""Freezing, rates and unfreezing in spaCy's own training loop, on a pipeline that was trained before."""

import json

import numpy
import pytest
import spacy
from builders import SENTIMENT, TOPIC, make_trained, same_weights, weights_of
from spacy.training.initialize import init_nlp
from spacy.training.loop import train
from spacy.util import load_config_from_str

from spacy_mtl.layers.layer_groups import layer_groups

CONFIG = """
[paths]
data = "{folder}/data"
source = "{folder}/source"

[nlp]
lang = "xx"
pipeline = ["tok2vec", "sentiment", "topic"]

[components]

[components.tok2vec]
source = ${{paths.source}}

[components.sentiment]
source = ${{paths.source}}

[components.topic]
{topic}

[corpora]

[corpora.train]
@readers = "spacy_mtl.MultitaskCorpus.v1"
path = ${{paths.data}}
split = "train"
stream = {stream}

[corpora.dev]
@readers = "spacy_mtl.MultitaskCorpus.v1"
path = ${{paths.data}}
split = "dev"

[training]
seed = 0
gpu_allocator = null
train_corpus = "corpora.train"
dev_corpus = "corpora.dev"
max_epochs = {max_epochs}
max_steps = 12
eval_frequency = 4
patience = 0
dropout = 0.1
{training}

[training.batcher]
@batchers = "spacy_mtl.batch_by_task.v1"
size = 4

[training.batcher.sampler]
@misc = "spacy_mtl.TaskSampler.v1"
strategy = "round_robin"

[training.optimizer]
@optimizers = "Adam.v1"
learn_rate = 0.01
use_averages = true
L2 = 0.01

[training.logger]
@loggers = "spacy.ConsoleLogger.v1"

{blocks}
"""
SOURCED = "source = ${paths.source}"
FRESH = """factory = "textcat_multitask"
[components.topic.model]
@architectures = "spacy_mtl.TaskHead.v1"
exclusive_classes = true
pooling = ["mean"]
[components.topic.model.tok2vec]
@architectures = "spacy_mtl.Tok2VecListener.v1"
width = 8
upstream = "tok2vec"
"""
SETTINGS = """
[initialize]
[initialize.before_init]
@callbacks = "spacy_mtl.fine_tune.v1"
[initialize.before_init.settings]
"""
UNFREEZING = """
[training.before_update]
@callbacks = "spacy_mtl.gradual_unfreezing.v1"
"""
ENCODER = {"embed", "window1"}
EVERY = ENCODER | {"sentiment", "topic"}


@pytest.fixture
def folder(tmp_path):
    """A trained pipeline, and data."""
    for task, rows in (("sentiment", SENTIMENT), ("topic", TOPIC)):
        for split in ("train", "dev"):
            path = tmp_path / "data" / task / f"{split}.jsonl"
            path.parent.mkdir(parents=True, exist_ok=True)
            lines = [{"text": text, "label": next(iter(cats)).split("/")[1]} for text, cats in rows]
            path.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf8")
    make_trained("sentiment", "topic", rows=SENTIMENT + TOPIC).to_disk(tmp_path / "source")
    return tmp_path


def run(folder, *, topic=SOURCED, training="", blocks="", max_epochs=0, stream="false"):
    """What training has changed, by component and group of layers, and the pipeline it has saved."""
    text = CONFIG.format(
        folder=folder.as_posix(),
        topic=topic,
        training=training,
        blocks=blocks,
        max_epochs=max_epochs,
        stream=stream,
    )
    nlp = init_nlp(load_config_from_str(text))
    (folder / "out").mkdir()
    train(nlp, folder / "out")
    found = spacy.load(folder / "out" / "model-last")
    before, after = (
        weights_by_part(pipeline) for pipeline in (spacy.load(folder / "source"), found)
    )
    changed = {
        name
        for name in before
        if [array.shape for array in before[name]] != [array.shape for array in after[name]]
        or not same_weights(before[name], after[name])
    }
    scores = [list(doc.cats.values()) for doc in found.pipe(["a good film", "", "the battery"])]
    assert numpy.isfinite(scores).all()
    return changed, found


def weights_by_part(nlp):
    model = nlp.get_pipe("tok2vec").model
    nodes = {node.id: i for i, node in enumerate(model.walk())}
    order = list(model.walk())
    parts = {
        group.name: [
            order[i].get_param(key) for i, key in sorted((nodes[i], key) for i, key in group.keys)
        ]
        for group in layer_groups(model)
    }
    return parts | {name: weights_of(nlp.get_pipe(name).model) for name in ("sentiment", "topic")}


def settings(**components):
    lines = [
        f"[initialize.before_init.settings.{name}]\n{line}\n" for name, line in components.items()
    ]
    return SETTINGS + "".join(lines)


ALL = 'frozen = "all"'


@pytest.mark.parametrize(
    "components, expected",
    [
        ({"tok2vec": ALL, "sentiment": ALL, "topic": ALL}, set()),
        ({"tok2vec": ALL}, {"sentiment", "topic"}),
        ({"tok2vec": 'frozen = "embed"'}, EVERY - {"embed"}),
        ({"sentiment": ALL}, EVERY - {"sentiment"}),
        ({"sentiment": ALL, "topic": ALL}, ENCODER),
        ({"tok2vec": ALL, "sentiment": ALL}, {"topic"}),
    ],
)
def test_only_what_is_not_frozen_changes(folder, components, expected):
    assert run(folder, blocks=settings(**components))[0] == expected


@pytest.mark.parametrize(
    "frozen, expected",
    [
        (["sentiment"], EVERY - {"sentiment"}),
        (["tok2vec"], {"sentiment", "topic"}),
        (["tok2vec", "sentiment", "topic"], set()),
    ],
)
def test_stock_settings_freeze_whole_components(folder, frozen, expected):
    training = f"frozen_components = {json.dumps(frozen)}\n"
    training += 'annotating_components = ["tok2vec"]' if "tok2vec" in frozen else ""
    assert run(folder, training=training)[0] == expected


@pytest.mark.parametrize("topic, message", [(SOURCED, "E204"), (FRESH, "E213")])
def test_a_stock_frozen_encoder_has_to_annotate(folder, topic, message):
    with pytest.raises(ValueError, match=f"{message}.*annotating_components"):
        run(folder, topic=topic, training='frozen_components = ["tok2vec"]')


def test_a_new_head_on_a_frozen_encoder_needs_no_annotating(folder):
    blocks = settings(tok2vec=ALL, sentiment=ALL)
    changed, nlp = run(folder, topic=FRESH, blocks=blocks)
    assert changed == {"topic"}
    assert nlp.get_pipe("tok2vec").cfg["frozen"] == "all"


@pytest.mark.parametrize(
    "every, expected",
    [(100, EVERY - ENCODER), (10, EVERY - {"embed"}), (4, EVERY)],
)
@pytest.mark.parametrize("max_epochs, stream", [(0, "false"), (-1, "true")])
def test_layers_are_unfrozen_by_and_by(folder, every, expected, max_epochs, stream):
    blocks = UNFREEZING + f'every = {every}\nunit = "steps"\n'
    changed, nlp = run(folder, blocks=blocks, max_epochs=max_epochs, stream=stream)
    assert changed == expected
    assert nlp.get_pipe("tok2vec").cfg["frozen"] == "none"


def test_layers_are_unfrozen_by_epochs(folder):
    assert run(folder, blocks=UNFREEZING + "every = 1\n")[0] == EVERY


def test_evaluation_right_after_unfreezing_does_not_see_empty_averages(folder):
    _, nlp = run(folder, blocks=UNFREEZING + 'every = 12\nunit = "steps"\n')
    source = spacy.load(folder / "source")
    parts = (weights_by_part(pipeline)["window1"] for pipeline in (source, nlp))
    for before, after in zip(*parts, strict=True):
        assert 0 < numpy.abs(before - after).max() < 0.05
