"""Learning from raw text in spaCy's own training loop, from a config on disk."""

import io
import json
import shutil

import pytest
import spacy
from builders import (
    SENTIMENT,
    initialize,
    make_examples,
    make_vectors,
    same_weights,
    scores_of,
    step,
    weights_of,
)
from numpy.testing import assert_array_equal
from spacy.cli.debug_config import debug_config
from spacy.cli.evaluate import evaluate
from spacy.cli.init_config import fill_config
from spacy.training.initialize import init_nlp
from spacy.training.loop import train
from spacy.util import load_config
from test_lmao_task import KEY, RAW, TEXTS, WORDS, make
from test_training_loop import CONFIG, accuracy, config_path  # noqa: F401
from thinc.api import Adam

from spacy_mtl.cli.baselines import baseline_configs, train_baseline
from spacy_mtl.cli.compare import find_tasks
from spacy_mtl.models.vectors import _load
from spacy_mtl.pipeline.remove_lmao import remove_lmao

LMAO = """
[components.lmao]
factory = "lmao"
vectors = ${paths.targets}

[components.lmao.model]
@architectures = "spacy_mtl.LMAOHead.v1"
target = {"word": 1.0, "document": 0.5}

[components.lmao.model.tok2vec]
@architectures = "spacy_mtl.Tok2VecListener.v1"
width = ${components.tok2vec.model.width}

[corpora]
"""
REMOVE = """
[training.before_to_disk]
@callbacks = "spacy_mtl.remove_lmao.v1"

[training.optimizer]
"""
SAMPLER = """@misc = "spacy_mtl.TaskSampler.v1"
strategy = "weights"
weights = {"sentiment": 1.0, "topic": 1.0, "lmao": 2.0}
"""


@pytest.fixture
def config(config_path):  # noqa: F811
    """The config of the labelled tasks, with raw text beside them."""
    text = CONFIG.replace('"topic"]\n', '"topic", "lmao"]\n', 1)
    text = text.replace("data = null", "data = null\ntargets = null\nraw = null")
    text = text.replace("\n[corpora]\n", LMAO, 1)
    text = text.replace('split = "train"', 'split = "train"\nraw = ${paths.raw}')
    text = text.replace("spacy.ConsoleLogger.v1", "spacy_mtl.MultitaskLogger.v1")
    config_path.write_text(text, encoding="utf8")
    folder = config_path.parent
    make_vectors(*WORDS).to_disk(folder / "vectors")
    lines = [json.dumps({"text": text}) for text in TEXTS * 3]
    (folder / "raw.jsonl").write_text("\n".join(lines), encoding="utf8")
    return config_path


def paths(config):
    return {
        "paths.data": str(config.parent / "data"),
        "paths.targets": str(config.parent / "vectors"),
        "paths.raw": str(config.parent / "raw.jsonl"),
    }


def run(config, output, stdout=None, **overrides):
    settings = {
        **paths(config),
        **{key.replace("__", "."): value for key, value in overrides.items()},
    }
    nlp = init_nlp(load_config(config, overrides=settings, interpolate=False))
    output.mkdir()
    train(nlp, output, stdout=stdout or io.StringIO())
    return nlp


def add_text(config, marker, text):
    content = config.read_text(encoding="utf8")
    assert content.count(marker) == 1
    config.write_text(content.replace(marker, text), encoding="utf8")


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
def test_all_tasks_learn(config, tmp_path, overrides):
    overrides = {"training__max_steps": 60, **overrides}
    trained = run(config, tmp_path / "out", **overrides)
    nlp = spacy.load(tmp_path / "out" / "model-last")
    assert accuracy(nlp) >= 0.9
    assert nlp.meta["performance"]["sentiment_score"] >= 0.8
    assert [key for key in nlp.meta["performance"] if key.startswith("lmao")] == ["lmao_loss"]
    assert trained.get_pipe("lmao").n_seen > 0
    assert all(set(doc._.tasks) == {"sentiment", "topic"} for doc in nlp.pipe(TEXTS))


def test_its_share_of_the_batches_can_be_set(config, tmp_path):
    add_text(config, '@misc = "spacy_mtl.TaskSampler.v1"\n', SAMPLER)
    trained = run(config, tmp_path / "out")
    assert 10 <= trained.get_pipe("lmao").n_updates <= 30


def test_the_logger_shows_a_loss_and_no_score(config, tmp_path):
    stdout = io.StringIO()
    run(config, tmp_path / "out", stdout)
    rows = [line.split() for line in stdout.getvalue().splitlines() if line.startswith("lmao")]
    assert rows
    _, seen, loss, *scores = rows[-1]
    assert int(seen) > 0 and float(loss) > 0
    assert not [cell for cell in scores if any(character.isdigit() for character in cell)]
    lines = (tmp_path / "out" / "training.jsonl").read_text(encoding="utf8").splitlines()
    row = json.loads(lines[-1])["tasks"]["lmao"]
    assert row["score"] is None and row["loss"] > 0


def test_commands_of_spacy(config, tmp_path, capsys):
    fill_config(tmp_path / "filled.cfg", config)
    filled = load_config(tmp_path / "filled.cfg")
    assert filled["components"]["lmao"]["mask_prob"] == 0.15
    assert filled["components"]["lmao"]["model"]["nO"] is None
    assert filled["corpora"]["train"]["raw_task"] == "lmao"
    fill_config(tmp_path / "again.cfg", tmp_path / "filled.cfg")
    assert load_config(tmp_path / "again.cfg") == filled
    debug_config(tmp_path / "filled.cfg", overrides=paths(config))
    run(tmp_path / "filled.cfg", tmp_path / "out", **paths_of(config))
    nlp = spacy.load(tmp_path / "out" / "model-last")
    docs = [example.reference for example in make_examples(nlp, SENTIMENT + RAW)]
    spacy.tokens.DocBin(docs=docs).to_disk(tmp_path / "dev.spacy")
    scores = evaluate(str(tmp_path / "out" / "model-last"), tmp_path / "dev.spacy", silent=True)
    assert scores["sentiment_n"] == len(SENTIMENT)


def paths_of(config):
    return {key.replace(".", "__"): value for key, value in paths(config).items()}


def test_same_seed_same_pipeline(config, tmp_path):
    found = [run(config, tmp_path / name) for name in ("first", "second")]
    for (_, first), (_, second) in zip(found[0].pipeline, found[1].pipeline, strict=True):
        assert same_weights(weights_of(first.model), weights_of(second.model))


def test_the_trained_pipeline_needs_no_file_of_the_training(config, tmp_path):
    run(config, tmp_path / "out")
    for name in ("vectors", "data"):
        shutil.rmtree(config.parent / name)
    (config.parent / "raw.jsonl").unlink()
    _load.cache_clear()
    nlp = spacy.load(tmp_path / "out" / "model-best")
    assert nlp.pipe_names == ["tok2vec", "sentiment", "topic", "lmao"]
    assert nlp("the cat").cats
    nlp.to_disk(tmp_path / "copy")
    assert_array_equal(scores_of(spacy.load(tmp_path / "copy"), TEXTS), scores_of(nlp, TEXTS))


# Left out of what is saved


@pytest.mark.parametrize("averages", [False, True])
def test_the_callback_leaves_no_trace(config, tmp_path, averages):
    add_text(config, "\n[training.optimizer]\n", REMOVE)
    settings = {"training__optimizer__use_averages": averages}
    trained = run(config, tmp_path / "out", **settings)
    assert trained.pipe_names == ["tok2vec", "sentiment", "topic", "lmao"]
    for name in ("model-best", "model-last"):
        nlp = spacy.load(tmp_path / "out" / name)
        assert nlp.pipe_names == ["tok2vec", "sentiment", "topic"]
        assert nlp.get_pipe("tok2vec").listening_components == ["sentiment", "topic"]
        folder = tmp_path / "out" / name
        assert not (folder / "lmao").exists()
        saved = load_config(folder / "config.cfg")
        assert saved["corpora"]["train"]["raw"] is None
        for block in saved["corpora"].values():
            assert block.pop("raw_task", "lmao") == "lmao"  # a default of the reader
        del saved["paths"]
        meta = (folder / "meta.json").read_text(encoding="utf8")
        assert "lmao" not in json.dumps(saved).lower() and "lmao" not in meta
    assert accuracy(nlp) >= 0.9


def test_training_goes_on_after_a_pipeline_was_saved(config, tmp_path):
    plain = run(config, tmp_path / "plain")
    add_text(config, "\n[training.optimizer]\n", REMOVE)
    removed = run(config, tmp_path / "removed")
    for name, pipe in plain.pipeline:
        assert same_weights(weights_of(pipe.model), weights_of(removed.get_pipe(name).model))


def test_the_saved_config_trains_without_raw_text(config, tmp_path):
    add_text(config, "\n[training.optimizer]\n", REMOVE)
    add_text(config, '@misc = "spacy_mtl.TaskSampler.v1"\n', SAMPLER)
    run(config, tmp_path / "first")
    shutil.rmtree(config.parent / "vectors")
    (config.parent / "raw.jsonl").unlink()
    run(tmp_path / "first" / "model-last" / "config.cfg", tmp_path / "second", **paths_of(config))
    assert accuracy(spacy.load(tmp_path / "second" / "model-last")) >= 0.9


def test_a_pipeline_without_it_is_returned_as_it_is():
    nlp = spacy.blank("xx")
    assert remove_lmao(nlp) is nlp


def test_removing_leaves_the_given_pipeline_alone(tmp_path):
    make_vectors(*WORDS).to_disk(tmp_path / "vectors")
    nlp = make(tmp_path / "vectors", "sentiment")
    initialize(nlp, SENTIMENT + RAW)
    nlp.config["training"]["annotating_components"] = ["lmao"]
    before = nlp.config.to_str()
    other = remove_lmao(nlp)
    assert other.pipe_names == ["tok2vec", "sentiment"]
    assert other.get_pipe("tok2vec") is nlp.get_pipe("tok2vec")
    assert nlp.pipe_names == ["tok2vec", "sentiment", "lmao"]
    assert nlp.config.to_str() == before
    assert "lmao" in nlp.get_pipe("tok2vec").listening_components
    assert other.config["training"]["annotating_components"] == []
    encoder = weights_of(nlp.get_pipe("tok2vec").model)
    step(nlp, make_examples(nlp, [("the cat", KEY)]), Adam(0.01))
    assert not same_weights(encoder, weights_of(nlp.get_pipe("tok2vec").model))


# Beside the tasks alone


def test_a_task_alone_has_no_raw_text(config, tmp_path):
    add_text(config, '@misc = "spacy_mtl.TaskSampler.v1"\n', SAMPLER)
    configs = baseline_configs(config, overrides=paths(config))
    assert set(configs) == {"sentiment", "topic"}
    for task, alone in configs.items():
        assert alone["nlp"]["pipeline"] == ["tok2vec", task]
        assert alone["training"]["max_steps"] == 10  # of 40, half of which go to raw text
    train_baseline(configs["topic"], tmp_path / "topic")
    assert spacy.load(tmp_path / "topic" / "model-best").pipe_names == ["tok2vec", "topic"]


def test_it_is_no_task_to_compare(config, tmp_path):
    run(config, tmp_path / "out")
    nlp = spacy.load(tmp_path / "out" / "model-last")
    assert find_tasks(nlp) == ["sentiment", "topic"]


# Bad input


@pytest.mark.parametrize(
    "overrides, message",
    [
        ({"paths__targets": "missing"}, r"E281.*'lmao'"),
        ({"paths__raw": "missing.jsonl"}, r"E184.*missing\.jsonl"),
        ({"paths__raw": None}, r"E284.*'lmao'.*sentiment, topic"),
        ({"corpora__train__raw_task": "words"}, r"E284.*'lmao'.*words"),
        (
            {"paths__raw": None, "training__max_epochs": -1, "corpora__train__stream": True},
            r"E284.*'lmao'.*sentiment, topic",
        ),
        ({"components__lmao__model__tok2vec__width": 9}, r"E211.*'lmao'"),
        ({"training__frozen_components": ["lmao"]}, r"E212.*'lmao'"),
    ],
)
def test_mistakes_are_found_before_training(config, tmp_path, overrides, message):
    with pytest.raises((ValueError, OSError), match=message):
        run(config, tmp_path / "out", **overrides)


def test_rows_for_a_component_that_is_missing(config, tmp_path):
    text = config.read_text(encoding="utf8").replace(', "lmao"]', "]")
    start, end = text.index("[components.lmao]"), text.index("[corpora]")
    config.write_text(text[:start] + text[end:], encoding="utf8")
    run(config, tmp_path / "out")
    assert (tmp_path / "out" / "model-last").is_dir()
