"""Bad settings, data and pipelines: one clear error each, before any time is spent."""

import errno
import re
import warnings
from pathlib import Path

import numpy
import pytest
import spacy
from builders import (
    ENCODER,
    SENTIMENT,
    TAGS,
    TOPIC,
    add_encoder,
    add_task,
    initialize,
    listener,
    make_examples,
    make_pipeline,
    ngrams,
    scores_of,
    step,
)
from thinc.api import Adam, Model

ROWS = SENTIMENT + TOPIC


def fail(code, *parts):
    """Expect an error with a code, and parts of its text in any order."""
    pattern = rf"\[{code}\]" + "".join(f"(?=.*{re.escape(str(part))})" for part in parts)
    return pytest.raises(ValueError, match=rf"(?s){pattern}")


def init(nlp, rows):
    examples = make_examples(nlp, rows)
    nlp.initialize(lambda: examples)


# The pipeline around a component


def test_no_encoder():
    nlp = spacy.blank("xx")
    add_task(nlp, "sentiment")
    with fail("E210", "'sentiment'", "'tok2vec'", "multitask_tok2vec"):
        init(nlp, SENTIMENT)


def test_encoder_of_another_name():
    nlp = spacy.blank("xx")
    add_encoder(nlp, "encoder")
    add_task(nlp, "sentiment")
    with fail("E210", "'sentiment'", "'tok2vec'", "encoder, sentiment"):
        init(nlp, SENTIMENT)


def test_encoder_after_its_listener():
    nlp = spacy.blank("xx")
    add_task(nlp, "sentiment")
    add_encoder(nlp)
    with fail("E210", "sentiment, tok2vec", "before 'sentiment'"):
        init(nlp, SENTIMENT)


def test_any_encoder_has_to_exist_too():
    nlp = spacy.blank("xx")
    add_task(nlp, "sentiment", model={"tok2vec": listener(upstream="*")})
    with fail("E210", "'sentiment'"):
        init(nlp, SENTIMENT)


def test_a_head_with_its_own_encoder_needs_none():
    nlp = spacy.blank("xx")
    add_task(nlp, "sentiment", model={"tok2vec": ENCODER})
    init(nlp, SENTIMENT)


@pytest.mark.parametrize("encoder", [{"width": 12}, {"width": 12, "ngram_width": 4}])
def test_wrong_width(encoder):
    nlp = spacy.blank("xx")
    add_encoder(nlp, **encoder)
    add_task(nlp, "sentiment")
    with fail("E211", "'sentiment'", "'tok2vec'", "width 8", "width = 12", "components.tok2vec"):
        init(nlp, SENTIMENT)


def test_wrong_width_of_the_second_head():
    nlp = make_pipeline("sentiment")
    add_task(nlp, "topic", model={"tok2vec": listener(width=4)})
    with fail("E211", "'topic'"):
        init(nlp, ROWS)


def test_two_components_of_one_task():
    nlp = make_pipeline("sentiment")
    add_task(nlp, "other", task="sentiment")
    with fail("E228", "'sentiment'", "'other'"):
        init(nlp, SENTIMENT)


# The [training] block


def make_with(**training):
    nlp = make_pipeline("sentiment", "topic")
    nlp.config["training"].update(training)
    return nlp


def init_frozen(nlp, rows):
    """Initialize as `spacy train` does, where frozen components are disabled."""
    with nlp.select_pipes(disable=nlp.config["training"]["frozen_components"]):
        init(nlp, rows)


@pytest.mark.parametrize("rate", [2, 1.0, -0.1])
def test_dropout_that_is_no_probability(rate):
    with fail("E217", rate, "[training]"):
        init(make_with(dropout=rate), ROWS)


@pytest.mark.parametrize("name", ["tok2vec", "sentiment"])
@pytest.mark.parametrize("rate", [2, 1.0, -0.1, float("nan")])
def test_dropout_of_an_update_that_is_no_probability(name, rate):
    nlp = make_pipeline("sentiment")
    init(nlp, SENTIMENT)
    with fail("E217", f"'{name}'"):
        nlp.get_pipe(name).update(make_examples(nlp, SENTIMENT), drop=rate)


@pytest.mark.parametrize("frozen", [["tok2vec"], ["topic"], ["tok2vec", "sentiment"]])
def test_freezing_what_was_never_trained(frozen):
    nlp = make_with(frozen_components=frozen, annotating_components=["tok2vec"])
    with fail("E212", f"'{frozen[0]}'", "frozen_components"):
        init_frozen(nlp, ROWS)


def test_a_frozen_encoder_that_does_not_annotate():
    nlp = make_pipeline("sentiment", "topic")
    initialize(nlp, ROWS)
    nlp.config["training"]["frozen_components"] = ["tok2vec"]
    with fail("E213", "'tok2vec'", "'sentiment'", 'annotating_components = ["tok2vec"]'):
        init_frozen(nlp, ROWS)


def test_a_frozen_encoder_that_annotates():
    nlp = make_with(frozen_components=["tok2vec"], annotating_components=["tok2vec"])
    initialize(nlp, ROWS)
    init_frozen(nlp, ROWS)


def test_an_encoder_that_did_not_see_the_batch():
    nlp = make_pipeline("sentiment")
    init(nlp, SENTIMENT)
    with fail("E204", "'tok2vec'", "annotating_components"):
        nlp.update(make_examples(nlp, SENTIMENT), sgd=False, exclude=["tok2vec"])


def test_a_gradient_after_the_step():
    nlp = make_pipeline("sentiment")
    init(nlp, SENTIMENT)
    encoder = nlp.get_pipe("tok2vec")
    examples = make_examples(nlp, SENTIMENT)
    encoder.update(examples)
    outputs, backprop = encoder.listeners[0].begin_update([eg.predicted for eg in examples])
    backprop(outputs)
    encoder.finish_update(Adam(0.01))
    with fail("E216", "'tok2vec'", "finish_update"):
        backprop(outputs)


def test_score_weights_that_leave_a_task_out():
    nlp = make_with(score_weights={"sentiment_score": 1.0})
    with pytest.warns(UserWarning, match="W202.*topic_score.*'topic'"):
        init(nlp, ROWS)


def test_complete_settings_warn_of_nothing():
    nlp = make_with(score_weights={"sentiment_score": 0.5, "topic_score": 0.5}, dropout=0.2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        init(nlp, ROWS)


# Pretrained weights


def make_pretrained(tmp_path, *, saved=None, pretraining=True):
    source = make_pipeline("sentiment")
    source.remove_pipe("tok2vec")
    add_encoder(source, **(saved or {}))
    source.get_pipe("tok2vec").model.initialize(X=[source.make_doc("some words")])
    path = tmp_path / "model.bin"
    path.write_bytes(source.get_pipe("tok2vec").model.to_bytes())
    nlp = make_pipeline("sentiment")
    nlp.config["initialize"]["init_tok2vec"] = str(path)
    if pretraining:
        nlp.config["pretraining"] = spacy.util.load_config(
            spacy.language.DEFAULT_CONFIG_PRETRAIN_PATH
        )["pretraining"]
        nlp.config["corpora"]["pretrain"] = {"@readers": "spacy.JsonlCorpus.v1", "path": None}
    return nlp, source, path


def test_pretrained_weights_are_used(tmp_path):
    nlp, source, _ = make_pretrained(tmp_path)
    init(nlp, SENTIMENT)
    docs = [nlp.make_doc("some words")]
    found, expected = (one.get_pipe("tok2vec").predict(docs)[0] for one in (nlp, source))
    numpy.testing.assert_array_equal(found, expected)


def test_pretrained_weights_without_the_pretraining_block(tmp_path):
    nlp, _, path = make_pretrained(tmp_path, pretraining=False)
    with fail("E214", path, "[pretraining]"):
        init(nlp, SENTIMENT)


def test_pretrained_weights_of_another_shape(tmp_path):
    nlp, _, path = make_pretrained(tmp_path, saved={"embed_size": 90})
    with fail("E215", path, "'tok2vec'", "(90, 8)", "(60, 8)"):
        init(nlp, SENTIMENT)


def test_pretrained_weights_of_another_depth(tmp_path):
    nlp, _, path = make_pretrained(tmp_path, saved={"depth": 3})
    with fail("E215", path, "layers"):
        init(nlp, SENTIMENT)


# Settings of a component


@pytest.mark.parametrize(
    "setting, value",
    [
        ("threshold", 1.5),
        ("threshold", -0.1),
        ("missing", "negative"),
        ("loss_weight", -1.0),
        ("label_smoothing", 1.0),
        ("label_smoothing", -0.1),
        ("class_weights", "sqrt"),
        ("class_weights", {"positive": -1.0}),
    ],
)
def test_settings_out_of_range(setting, value):
    with fail("E225", "'sentiment'", setting):
        make_pipeline("sentiment", **{setting: value})


@pytest.mark.parametrize("task", ["a/b", "1a", "a b"])
def test_task_names_that_cannot_be_told_from_labels(task):
    with fail("E001", task):
        make_pipeline("sentiment", task=task)


def test_an_unknown_metric_is_found_early():
    with fail("E162", "macroF"):
        init(make_pipeline("sentiment", score_metric="macroF"), SENTIMENT)


def test_a_metric_of_an_unknown_label_is_found_early():
    with fail("E163", "neutral"):
        init(make_pipeline("sentiment", score_metric="f:neutral"), SENTIMENT)


@pytest.mark.parametrize("multi_label", [True, False])
def test_model_and_component_disagree_about_the_labels(multi_label):
    nlp = spacy.blank("xx")
    add_encoder(nlp)
    with fail("E227", "'sentiment'", f"multi_label = {multi_label}", "exclusive_classes"):
        model = {"exclusive_classes": multi_label}
        add_task(nlp, "sentiment", multi_label=multi_label, model=model)


def test_class_weights_of_unknown_labels():
    with fail("E226", "'sentiment'", "neutral", "negative, positive"):
        init(make_pipeline("sentiment", class_weights={"neutral": 2.0}), SENTIMENT)


# Labels and data


@pytest.mark.parametrize("label", ["", None, 3, "a\ud800"])
def test_labels_that_are_no_texts(label):
    nlp = make_pipeline("sentiment")
    with fail("E230", "'sentiment'", repr(label)):
        nlp.get_pipe("sentiment").add_label(label)


def test_prediction_without_labels():
    nlp = spacy.blank("xx")
    pipe = add_task(nlp, "sentiment")
    with fail("E232", "'sentiment'"):
        pipe.predict([nlp.make_doc("a film")])


def test_no_data_for_the_task():
    nlp = make_pipeline("sentiment", "topic")
    with fail("E220", "'topic'", "sentiment"):
        init(nlp, SENTIMENT)


def test_data_without_task_names():
    nlp = make_pipeline("sentiment")
    with fail("E220", "'sentiment'", "none"):
        init(nlp, [("a film", {"POSITIVE": 1.0})])


def test_one_label_only():
    nlp = make_pipeline("sentiment")
    with fail("E221", "'sentiment'", "positive", "2 labels"):
        init(nlp, SENTIMENT[:3])


def test_one_independent_label_is_enough():
    nlp = spacy.blank("xx")
    add_encoder(nlp)
    add_task(nlp, "tags", multi_label=True)
    init(nlp, [("fast", {"tags/fast": 1.0}), ("slow", {"tags/fast": 0.0})])
    assert nlp.get_pipe("tags").labels == ("fast",)


@pytest.mark.parametrize(
    "cats",
    [
        {"sentiment/positive": 1.0, "sentiment/negative": 1.0},
        {"sentiment/positive": 0.0},
        {"sentiment/positive": 0.0, "sentiment/negative": 0.0},
        {"sentiment/positive": 0.5},
    ],
)
def test_not_exactly_one_true_label(cats):
    nlp = make_pipeline("sentiment")
    with fail("E222", "'sentiment'", "some text", "1 such", "multi_label = true"):
        init(nlp, [*SENTIMENT, ("some text", cats)])


def test_labels_that_were_not_listed():
    nlp = make_pipeline("sentiment")
    nlp.config["initialize"]["components"]["sentiment"] = {"labels": ["positive", "neutral"]}
    with fail("E223", "'sentiment'", "negative", "positive, neutral"):
        init(nlp, SENTIMENT)


@pytest.mark.parametrize("value", [2.0, -0.5, float("nan")])
def test_values_out_of_range(value):
    nlp = spacy.blank("xx")
    add_encoder(nlp)
    add_task(nlp, "tags", multi_label=True)
    with fail("E224", "'tags'", "'fast'", value, "some text"):
        init(nlp, [*TAGS, ("some text", {"tags/fast": value})])


@pytest.mark.parametrize("where", ["sentiment", "tok2vec"])
def test_weights_that_are_no_numbers(where):
    nlp = make_pipeline("sentiment")
    initialize(nlp, SENTIMENT)
    for node in nlp.get_pipe(where).model.walk():
        for name in node.param_names:
            node.get_param(name)[:] = numpy.nan
    with fail("E229", "'sentiment'", "nan"):
        step(nlp, make_examples(nlp, SENTIMENT), Adam(0.01))


def test_streams_may_hold_their_tasks_back():
    nlp = make_with(max_epochs=-1)
    labels = {"labels": ["film", "phone"]}
    nlp.config["initialize"]["components"]["topic"] = labels
    init(nlp, SENTIMENT)
    assert nlp.get_pipe("topic").labels == ("film", "phone")


def test_streams_without_labels_of_a_task_not_seen():
    with fail("E220", "'topic'"):
        init(make_with(max_epochs=-1), SENTIMENT)


def test_balanced_weights_of_a_stream_warn():
    nlp = make_pipeline("sentiment", class_weights="balanced")
    nlp.config["training"]["max_epochs"] = -1
    with pytest.warns(UserWarning, match="W203.*'sentiment'.*6 documents"):
        init(nlp, SENTIMENT)


# Saving


def files_of(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def raise_no_space(*args, **kwargs):
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("name", ["tok2vec", "sentiment"])
@pytest.mark.parametrize("moment", ["before", "while writing", "half a file"])
def test_disk_full(name, moment, tmp_path, monkeypatch):
    nlp = make_pipeline("sentiment", model={"ngrams": ngrams()})
    initialize(nlp, SENTIMENT)
    nlp.to_disk(tmp_path)
    expected, before = scores_of(nlp, ["a film"]), files_of(tmp_path)
    step(nlp, make_examples(nlp, SENTIMENT), Adam(0.1))

    def write_half(self, path):
        Path(path).write_bytes(self.to_bytes()[:100])
        raise_no_space()

    if moment == "before":
        monkeypatch.setattr(Path, "mkdir", raise_no_space)
    else:
        monkeypatch.setattr(
            Model, "to_disk", raise_no_space if moment == "while writing" else write_half
        )
    with pytest.raises(OSError, match=rf"E231.*'{name}'.*No space left.*unchanged") as error:
        nlp.get_pipe(name).to_disk(tmp_path / name)
    assert error.value.errno == errno.ENOSPC
    monkeypatch.undo()
    assert files_of(tmp_path) == before
    numpy.testing.assert_array_equal(scores_of(spacy.load(tmp_path), ["a film"]), expected)


def test_disk_full_while_saving_the_pipeline(tmp_path, monkeypatch):
    nlp = make_pipeline("sentiment")
    initialize(nlp, SENTIMENT)
    nlp.to_disk(tmp_path)
    before = files_of(tmp_path)
    step(nlp, make_examples(nlp, SENTIMENT), Adam(0.1))
    monkeypatch.setattr(Model, "to_disk", raise_no_space)
    with pytest.raises(OSError, match="E231"):
        nlp.to_disk(tmp_path)
    assert files_of(tmp_path) == before


def test_a_folder_that_is_a_file(tmp_path):
    nlp = make_pipeline("sentiment")
    initialize(nlp, SENTIMENT)
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OSError, match="E231"):
        nlp.get_pipe("sentiment").to_disk(tmp_path / "file")
    assert (tmp_path / "file").read_text() == "mine"


def test_nothing_is_left_beside_a_saved_component(tmp_path):
    nlp = make_pipeline("sentiment")
    initialize(nlp, SENTIMENT)
    nlp.get_pipe("sentiment").to_disk(tmp_path / "new" / "folder")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["folder"]
