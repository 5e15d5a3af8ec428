import pytest
import spacy
from builders import SENTIMENT, TOPIC, make_trained, same_weights, weights_of

from spacy_mtl.pipeline.fine_tune import create_fine_tune_v1


@pytest.fixture
def nlp():
    source = make_trained("sentiment", "topic", rows=SENTIMENT + TOPIC, n_steps=1)
    nlp = spacy.blank("xx")
    for name in source.pipe_names:
        nlp.add_pipe(name, source=source)
    return nlp


def test_settings_are_changed_in_components_and_config(nlp, tmp_path):
    encoder = {"frozen": "embed", "lr_decay": 2.6, "lr_scales": {"window1": 0.5}}
    create_fine_tune_v1(settings={"tok2vec": encoder, "topic": {"frozen": "all"}})(nlp)
    nlp.to_disk(tmp_path)
    for found in (nlp, spacy.load(tmp_path)):
        config = found.config["components"]
        assert {key: config["tok2vec"][key] for key in encoder} == encoder
        assert {key: found.get_pipe("tok2vec").cfg[key] for key in encoder} == encoder
        assert config["topic"]["frozen"] == found.get_pipe("topic").cfg["frozen"] == "all"
        assert config["sentiment"]["frozen"] == "none"


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"tok2vek": {"frozen": "all"}}, r"E403.*'tok2vek'.*Pipeline: tok2vec, sentiment"),
        ({"tok2vek": {}}, "E403.*'tok2vek'"),
        ({"topic": {"lr_decay": 2.0}}, r"E403.*'topic'.*lr_decay.*frozen, lr_scale"),
        ({"topic": {"task": "other"}}, r"E403.*'topic'.*task"),
        ({"topic": {"frozen": "window1"}}, "E225.*topic.*frozen"),
        ({"tok2vec": {"lr_decay": 0.0}}, "E225.*tok2vec.*lr_decay"),
    ],
)
def test_what_does_not_exist_or_fit_is_an_error(nlp, settings, message):
    before = nlp.config.to_str()
    with pytest.raises(ValueError, match=message):
        create_fine_tune_v1(settings=settings)(nlp)
    assert nlp.config.to_str() == before


CONFIG = """
[nlp]
lang = "xx"
pipeline = ["tok2vec", "topic"]

[components]

[components.tok2vec]
source = "{source}"
frozen = "window1"

[components.topic]
source = "{source}"

[initialize]

[initialize.before_init]
@callbacks = "spacy_mtl.fine_tune.v1"

[initialize.before_init.settings]

[initialize.before_init.settings.tok2vec]
frozen = "all"
"""


def test_sourced_components_take_settings_from_the_callback_alone(nlp, tmp_path):
    nlp.to_disk(tmp_path)
    config = spacy.util.load_config_from_str(CONFIG.format(source=tmp_path.as_posix()))
    other = spacy.util.load_model_from_config(config, auto_fill=True)
    # spaCy does not look at what stands beside `source`.
    assert other.get_pipe("tok2vec").cfg["frozen"] == "none"
    with other.select_pipes(disable=["tok2vec", "topic"]):
        other.initialize()
    assert other.get_pipe("tok2vec").cfg["frozen"] == "all"
    for name in other.pipe_names:
        models = [weights_of(found.get_pipe(name).model) for found in (nlp, other)]
        assert same_weights(*models)
