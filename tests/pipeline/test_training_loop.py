"""The components in spaCy's own training loop, from a config on disk."""

import json

import pytest
import spacy
from builders import SENTIMENT, TOPIC, same_weights, weights_of
from spacy.training.initialize import init_nlp
from spacy.training.loop import train
from spacy.util import load_config

CONFIG = """
[paths]
data = null

[system]
seed = 0

[nlp]
lang = "xx"
pipeline = ["tok2vec", "sentiment", "topic"]

[components]

[components.tok2vec]
factory = "multitask_tok2vec"

[components.tok2vec.model]
@architectures = "spacy_mtl.HashEmbedCNN.v1"
width = 8
depth = 1
embed_size = 60

[components.sentiment]
factory = "textcat_multitask"

[components.sentiment.model]
@architectures = "spacy_mtl.TaskHead.v1"
exclusive_classes = true
pooling = ["mean", "max"]

[components.sentiment.model.tok2vec]
@architectures = "spacy_mtl.Tok2VecListener.v1"
width = ${components.tok2vec.model.width}

[components.topic]
factory = "textcat_multitask"

[components.topic.model]
@architectures = "spacy_mtl.TaskHead.v1"
exclusive_classes = true
pooling = ["mean"]

[components.topic.model.tok2vec]
@architectures = "spacy_mtl.Tok2VecListener.v1"
width = ${components.tok2vec.model.width}

[corpora]

[corpora.train]
@readers = "spacy_mtl.MultitaskCorpus.v1"
path = ${paths.data}
split = "train"

[corpora.dev]
@readers = "spacy_mtl.MultitaskCorpus.v1"
path = ${paths.data}
split = "dev"

[training]
seed = ${system.seed}
gpu_allocator = null
train_corpus = "corpora.train"
dev_corpus = "corpora.dev"
max_epochs = 0
max_steps = 40
eval_frequency = 20
patience = 0
dropout = 0.1

[training.batcher]
@batchers = "spacy_mtl.batch_by_task.v1"
size = 4

[training.batcher.sampler]
@misc = "spacy_mtl.TaskSampler.v1"

[training.optimizer]
@optimizers = "Adam.v1"
learn_rate = 0.02

[training.logger]
@loggers = "spacy.ConsoleLogger.v1"

[training.score_weights]
sentiment_score = 0.5
topic_score = 0.5

[initialize]

[initialize.components]

[initialize.components.sentiment]
labels = ["negative", "positive"]

[initialize.components.topic]
labels = ["film", "phone"]
"""


@pytest.fixture
def config_path(tmp_path):
    """A config and its data."""
    for task, rows in (("sentiment", SENTIMENT), ("topic", TOPIC)):
        for split in ("train", "dev"):
            path = tmp_path / "data" / task / f"{split}.jsonl"
            path.parent.mkdir(parents=True, exist_ok=True)
            lines = [{"text": text, "label": next(iter(cats)).split("/")[1]} for text, cats in rows]
            path.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf8")
    path = tmp_path / "config.cfg"
    path.write_text(CONFIG, encoding="utf8")
    return path


def run(config_path, output, **overrides):
    settings = {
        "paths.data": str(config_path.parent / "data"),
        **{key.replace("__", "."): value for key, value in overrides.items()},
    }
    nlp = init_nlp(load_config(config_path, overrides=settings, interpolate=False))
    output.mkdir()
    train(nlp, output)
    return spacy.load(output / "model-last")


def accuracy(nlp):
    rows = SENTIMENT + TOPIC
    hits = [nlp(text).cats[key] > 0.5 for text, cats in rows for key in cats]
    return sum(hits) / len(hits)


@pytest.mark.parametrize(
    "overrides",
    [
        {},
        {"training__accumulate_gradient": 2},
        {"training__max_epochs": -1, "corpora__train__stream": True},
        {"training__optimizer__use_averages": True},
    ],
    ids=["in memory", "accumulated", "streamed", "averaged"],
)
def test_training_learns_all_tasks(config_path, tmp_path, overrides):
    nlp = run(config_path, tmp_path / "out", **overrides)
    assert accuracy(nlp) >= 0.9
    assert nlp.meta["performance"]["sentiment_score"] >= 0.8


def test_same_seed_same_pipeline(config_path, tmp_path):
    found = [run(config_path, tmp_path / name) for name in ("first", "second")]
    for (_, first), (_, second) in zip(found[0].pipeline, found[1].pipeline, strict=True):
        assert same_weights(weights_of(first.model), weights_of(second.model))


def test_training_with_a_frozen_encoder_and_a_frozen_head(config_path, tmp_path):
    first = run(config_path, tmp_path / "first")
    source = str(tmp_path / "first" / "model-last")
    text = config_path.read_text(encoding="utf8")
    for name in ("tok2vec", "sentiment"):
        start = text.index(f"[components.{name}]")
        end = text.index("[components.topic]" if name == "sentiment" else "[components.sentiment]")
        text = text[:start] + f'[components.{name}]\nsource = "{source}"\n\n' + text[end:]
    text = text.replace("${components.tok2vec.model.width}", "8")
    text = text.replace(
        "[training]\n",
        "[training]\nfrozen_components = ['tok2vec', 'sentiment']\n"
        "annotating_components = ['tok2vec']\n".replace("'", '"'),
    )
    start = text.index("[initialize.components.sentiment]")
    text = text[:start] + text[text.index("[initialize.components.topic]") :]
    config_path.write_text(text, encoding="utf8")
    second = run(config_path, tmp_path / "second")
    for name in ("tok2vec", "sentiment"):
        models = [weights_of(nlp.get_pipe(name).model) for nlp in (first, second)]
        assert same_weights(*models)
    assert accuracy(second) >= 0.9


def test_a_fresh_encoder_cannot_be_frozen(config_path, tmp_path):
    with pytest.raises(ValueError, match=r"E212.*'tok2vec'"):
        run(config_path, tmp_path / "out", training__frozen_components=["tok2vec"])


def test_dropout_out_of_range_is_found_before_training(config_path, tmp_path):
    # Older releases of confection refuse a whole number themselves.
    with pytest.raises(ValueError, match=r"E217.*2|dropout\s+value is not a valid float"):
        run(config_path, tmp_path / "out", training__dropout=2)
