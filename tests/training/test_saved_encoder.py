"""Encoders that move from one pipeline into others."""

import numpy
import pytest
import spacy
import srsly
from builders import (
    ENCODER,
    SENTIMENT,
    TOPIC,
    add_encoder,
    add_task,
    initialize,
    make_examples,
    make_pipeline,
    make_vectors,
    same_weights,
    step,
    weights_of,
)
from spacy.language import DEFAULT_CONFIG_PRETRAIN_PATH
from spacy.training.initialize import init_nlp
from spacy.util import load_config
from thinc.api import Adam

from spacy_mtl import load_encoder, save_encoder

TEXT = "a good film"


def make(*tasks, rows=SENTIMENT, seed=1, **settings):
    nlp = spacy.blank("xx")
    add_encoder(nlp, **settings)
    for task in tasks or ["sentiment"]:
        add_task(nlp, task)
    initialize(nlp, rows, seed=seed)
    return nlp


def vectors_of(nlp):
    return nlp.get_pipe("tok2vec").predict([nlp.make_doc(TEXT)])[0]


@pytest.fixture
def saved(tmp_path):
    nlp = make()
    save_encoder(nlp, tmp_path / "encoder")
    return nlp, tmp_path / "encoder"


def test_into_a_pipeline_with_other_tasks(saved):
    nlp, path = saved
    other = make("topic", rows=TOPIC, seed=2)
    before = weights_of(other.get_pipe("topic").model)
    assert not numpy.array_equal(vectors_of(other), vectors_of(nlp))
    assert load_encoder(path, other) is other.get_pipe("tok2vec").model
    numpy.testing.assert_array_equal(vectors_of(other), vectors_of(nlp))
    assert same_weights(weights_of(other.get_pipe("topic").model), before)


def test_settings_of_dropout_stay_those_of_the_pipeline(saved):
    other = make(word_dropout=0.3)
    load_encoder(saved[1], other)
    rates = [
        node.attrs["word_dropout"]
        for node in other.get_pipe("tok2vec").model.walk()
        if "word_dropout" in node.attrs
    ]
    assert rates == [0.3]


def test_into_a_pipeline_that_is_not_initialized(saved):
    nlp, path = saved
    other = make_pipeline("topic")
    load_encoder(path, other)
    initialize(other, TOPIC)
    numpy.testing.assert_array_equal(vectors_of(other), vectors_of(nlp))
    initialize(other, TOPIC)  # from then on as always
    assert not numpy.array_equal(vectors_of(other), vectors_of(nlp))


def test_into_a_pipeline_without_an_encoder(saved):
    nlp, path = saved
    other = spacy.blank("xx")
    load_encoder(path, other)
    assert other.pipe_names == ["tok2vec"]
    numpy.testing.assert_array_equal(vectors_of(other), vectors_of(nlp))
    add_task(other, "topic")
    initialize(other, TOPIC)
    numpy.testing.assert_array_equal(vectors_of(other), vectors_of(nlp))
    step(other, make_examples(other, TOPIC), Adam(0.01))
    assert not numpy.array_equal(vectors_of(other), vectors_of(nlp))


def test_alone(saved):
    nlp, path = saved
    (vectors,) = load_encoder(path).predict([nlp.make_doc(TEXT)])
    numpy.testing.assert_array_equal(vectors, vectors_of(nlp))


def test_a_model_that_is_in_no_pipeline(tmp_path, saved):
    nlp, _ = saved
    model = nlp.get_pipe("tok2vec").model
    save_encoder(model, tmp_path / "known", config=ENCODER)
    (vectors,) = load_encoder(tmp_path / "known").predict([nlp.make_doc(TEXT)])
    numpy.testing.assert_array_equal(vectors, vectors_of(nlp))
    save_encoder(model, tmp_path / "unknown")
    with pytest.raises(ValueError, match=r"E449.*unknown"):
        load_encoder(tmp_path / "unknown")
    other = make()
    load_encoder(tmp_path / "unknown", other)
    numpy.testing.assert_array_equal(vectors_of(other), vectors_of(nlp))


def test_other_architectures(tmp_path):
    config = {"@architectures": "spacy.HashEmbedCNN.v2", "width": 8, "depth": 1}
    config |= {"embed_size": 60, "window_size": 1, "maxout_pieces": 2, "subword_features": True}
    config |= {"pretrained_vectors": None}
    nlp, other = spacy.blank("xx"), spacy.blank("xx")
    for pipeline in (nlp, other):
        pipeline.add_pipe("tok2vec", config={"model": config})
        pipeline.initialize()
    save_encoder(nlp, tmp_path / "encoder")
    load_encoder(tmp_path / "encoder", other)
    numpy.testing.assert_array_equal(vectors_of(other), vectors_of(nlp))
    blank = spacy.blank("xx")
    load_encoder(tmp_path / "encoder", blank)
    assert blank.get_pipe_meta("tok2vec").factory == "tok2vec"


CONFIG = """
[nlp]
lang = "xx"
pipeline = ["tok2vec", "sentiment"]
[components]
[components.tok2vec]
factory = "multitask_tok2vec"
[components.tok2vec.model]
@architectures = "spacy_mtl.HashEmbedCNN.v1"
width = 8
depth = 1
embed_size = 60
maxout_pieces = 2
[components.sentiment]
factory = "textcat_multitask"
[components.sentiment.model]
@architectures = "spacy_mtl.TaskHead.v1"
exclusive_classes = true
[components.sentiment.model.tok2vec]
@architectures = "spacy_mtl.Tok2VecListener.v1"
width = 8
[corpora]
[corpora.train]
@readers = "spacy_mtl.MultitaskCorpus.v1"
path = ${paths.data}
split = "train"
[corpora.dev]
@readers = "spacy_mtl.MultitaskCorpus.v1"
path = ${paths.data}
split = "train"
[paths]
data = null
encoder = null
[training]
seed = 0
gpu_allocator = null
[initialize]
"""
CALLBACK = """
[initialize.before_init]
@callbacks = "spacy_mtl.load_encoder.v1"
path = ${paths.encoder}
"""
FROZEN = """[training]
frozen_components = ["tok2vec"]
annotating_components = ["tok2vec"]
"""


@pytest.fixture
def from_config(tmp_path, saved):
    """Initialize a pipeline of a config as `spacy train` does."""
    folder = tmp_path / "data" / "train"
    folder.mkdir(parents=True)
    rows = [{"text": text, "label": next(iter(cats))[10:]} for text, cats in SENTIMENT]
    srsly.write_jsonl(folder / "sentiment.jsonl", rows)

    def init(text, *, pretraining=False):
        (tmp_path / "config.cfg").write_text(text)
        overrides = {"paths.data": str(folder.parent), "paths.encoder": str(saved[1])}
        config = load_config(tmp_path / "config.cfg", overrides=overrides)
        if pretraining:
            config = load_config(DEFAULT_CONFIG_PRETRAIN_PATH).merge(config)
        return init_nlp(config)

    return init


@pytest.mark.parametrize("training", ["[training]\n", FROZEN], ids=["trained", "frozen"])
def test_callback_of_a_config(training, saved, from_config):
    nlp = from_config(CONFIG.replace("[training]\n", training) + CALLBACK)
    numpy.testing.assert_array_equal(vectors_of(nlp), vectors_of(saved[0]))
    assert nlp(TEXT).cats


def test_one_line_freezes_what_the_callback_loads(saved, from_config, recwarn):
    frozen = 'factory = "multitask_tok2vec"\nfrozen = "all"\n'
    nlp = from_config(CONFIG.replace('factory = "multitask_tok2vec"\n', frozen) + CALLBACK)
    encoder = nlp.get_pipe("tok2vec").model
    before = weights_of(nlp.get_pipe("sentiment").model)
    sgd = Adam(0.01)
    for _ in range(3):
        step(nlp, make_examples(nlp, SENTIMENT), sgd)
    assert same_weights(weights_of(encoder), weights_of(saved[0].get_pipe("tok2vec").model))
    assert not same_weights(weights_of(nlp.get_pipe("sentiment").model), before)
    assert not [found for found in recwarn if "W300" in str(found.message)]


def test_frozen_without_the_callback_is_refused(from_config):
    with pytest.raises(ValueError, match="E212"):
        from_config(CONFIG.replace("[training]\n", FROZEN))


def test_pipeline_of_a_callback_loads_without_the_file(tmp_path, saved, from_config):
    from_config(CONFIG + CALLBACK).to_disk(tmp_path / "trained")
    saved[1].unlink()
    nlp = spacy.load(tmp_path / "trained")
    numpy.testing.assert_array_equal(vectors_of(nlp), vectors_of(saved[0]))


def test_init_tok2vec(saved, from_config):
    text = CONFIG.replace("[initialize]", "[initialize]\ninit_tok2vec = ${paths.encoder}")
    nlp = from_config(text, pretraining=True)
    numpy.testing.assert_array_equal(vectors_of(nlp), vectors_of(saved[0]))


def make_with_vectors():
    nlp = make_vectors("a", "good", "film")
    add_encoder(nlp, pretrained_vectors=True)
    add_task(nlp, "sentiment")
    initialize(nlp, SENTIMENT)
    return nlp


def test_static_vectors_have_to_be_there(tmp_path):
    nlp, path = make_with_vectors(), tmp_path / "encoder"
    save_encoder(nlp, path)
    for other in (spacy.blank("xx"), make_vectors("a", width=3)):
        with pytest.raises(
            ValueError, match=r"E446.*width 5.*width (0|3) .*\[initialize\] vectors"
        ):
            load_encoder(path, other)
    other = make_vectors("a", "good", "film")
    load_encoder(path, other)
    numpy.testing.assert_array_equal(vectors_of(other), vectors_of(nlp))


@pytest.mark.parametrize("training", ["[training]\n", FROZEN], ids=["trained", "frozen"])
def test_callback_without_static_vectors_fails_clearly(tmp_path, saved, training, from_config):
    save_encoder(make_with_vectors(), saved[1])
    text = CONFIG.replace("embed_size = 60", "embed_size = 60\npretrained_vectors = true")
    nlp = from_config(text.replace("[training]\n", training) + CALLBACK)
    with pytest.raises(ValueError, match=r"E257.*width 5.*width 0"):
        nlp(TEXT)


@pytest.mark.parametrize(
    "settings, reason",
    [
        ({"width": 16}, "width is 8 there and 16 here"),
        (
            {"depth": 2, "embed_size": 70},
            "depth is 1 there and 2 here; embed_size is 60 there and 70",
        ),
        ({"ngram_width": 2}, "ngram_width is 0 there and 2 here"),
    ],
)
def test_names_settings_that_differ(saved, settings, reason):
    other = make_pipeline("sentiment")
    other.remove_pipe("tok2vec")
    add_encoder(other, **settings)
    with pytest.raises(ValueError, match=f"E447.*'tok2vec': {reason}"):
        load_encoder(saved[1], other)


def test_names_shapes_that_differ_and_changes_nothing(tmp_path, saved):
    save_encoder(make("sentiment").get_pipe("tok2vec").model, tmp_path / "model")
    other = spacy.blank("xx")
    add_encoder(other, embed_size=70)
    add_task(other, "sentiment", model={"tok2vec": {**listener_config(), "width": 8}})
    initialize(other, SENTIMENT)
    before = weights_of(other.get_pipe("tok2vec").model)
    with pytest.raises(ValueError, match=r"E447.*60"):
        load_encoder(tmp_path / "model", other)
    assert same_weights(weights_of(other.get_pipe("tok2vec").model), before)


def listener_config():
    return {"@architectures": "spacy_mtl.Tok2VecListener.v1", "upstream": "tok2vec"}


def test_warns_of_another_language(saved):
    with pytest.warns(UserWarning, match="W311.*'xx'.*'en'"):
        load_encoder(saved[1], spacy.blank("en"))


def test_names_the_encoders_there_are(tmp_path, saved):
    nlp, path = saved
    add_encoder(nlp, "second")
    for call in (save_encoder, lambda nlp, path, **kwargs: load_encoder(path, nlp, **kwargs)):
        with pytest.raises(ValueError, match=r"E448.*tok2vec, second"):
            call(nlp, path)
        with pytest.raises(ValueError, match=r"E448.*'third'"):
            call(nlp, path, component="third")
    save_encoder(nlp, tmp_path / "first", component="tok2vec")
    with pytest.raises(ValueError, match=r"E448.*none"):
        save_encoder(spacy.blank("xx"), path)


def test_refuses_an_encoder_without_weights(tmp_path):
    with pytest.raises(ValueError, match="E445"):
        save_encoder(make_pipeline(), tmp_path / "encoder")
    assert not list(tmp_path.iterdir())


def test_disabled_encoder_is_found(tmp_path):
    nlp = make()
    with nlp.select_pipes(disable=["tok2vec"]):
        save_encoder(nlp, tmp_path / "encoder")
    assert (tmp_path / "encoder").is_file()
