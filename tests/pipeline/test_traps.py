"""Traps of spaCy's multi-task training. Where it is cheap, a test first shows that the stock parts
fall into the trap, and then that ours do not."""

import inspect
import pickle
import shutil

import numpy
import pytest
import spacy
from builders import (
    ENCODER,
    SENTIMENT,
    TAGS,
    TOPIC,
    WIDTH,
    add_encoder,
    add_task,
    gradients,
    head,
    initialize,
    listener,
    make_examples,
    make_pipeline,
    make_trained,
    ngrams,
    same_weights,
    scores_of,
    step,
    weights_of,
    words,
)
from numpy.testing import assert_allclose
from spacy.cli.find_threshold import find_threshold
from spacy.pipeline.tok2vec import Tok2Vec
from spacy.pipeline.tok2vec import Tok2VecListener as SpacyTok2VecListener
from spacy.tokens import DocBin
from spacy.training.pretrain import create_pretraining_model
from spacy.util import registry
from spacy.vectors import Vectors
from thinc.api import Adam

from spacy_mtl.layers.listener import Tok2VecListener

ROWS = SENTIMENT + TOPIC
STOCK_ENCODER = {
    "@architectures": "spacy.HashEmbedCNN.v2",
    "width": WIDTH,
    "depth": 1,
    "embed_size": 60,
    "window_size": 1,
    "maxout_pieces": 2,
    "subword_features": True,
    "pretrained_vectors": None,
}


def make_stock(*tasks, factory="textcat"):
    """spaCy's own encoder and text classifiers."""
    nlp = spacy.blank("xx")
    nlp.add_pipe("tok2vec", config={"model": STOCK_ENCODER})
    for task in tasks:
        model = {
            "@architectures": "spacy.TextCatReduce.v1",
            "exclusive_classes": factory == "textcat",
            "use_reduce_first": False,
            "use_reduce_last": False,
            "use_reduce_max": False,
            "use_reduce_mean": True,
            "tok2vec": {"@architectures": "spacy.Tok2VecListener.v1", "width": WIDTH},
        }
        nlp.add_pipe(factory, name=task, config={"model": model})
    return nlp


def make_ours_on_stock(*tasks):
    """Our task components after spaCy's own encoder."""
    nlp = spacy.blank("xx")
    nlp.add_pipe("tok2vec", config={"model": STOCK_ENCODER})
    for task in tasks:
        add_task(nlp, task)
    return nlp


def encoder_of(nlp):
    return nlp.get_pipe("tok2vec").model


# 1. The last listener owns the backward pass


def learns(nlp, rows, **settings):
    before = weights_of(encoder_of(nlp))
    step(nlp, make_examples(nlp, rows), Adam(0.01), **settings)
    return not same_weights(before, weights_of(encoder_of(nlp)))


def test_1_stock_encoder_learns_nothing_if_its_last_listener_is_frozen():
    nlp = make_stock("first", "last")
    initialize(nlp, [("a film", {"yes": 1.0, "no": 0.0}), ("bad", {"yes": 0.0, "no": 1.0})])
    rows = [("a film", {"yes": 1.0, "no": 0.0})]
    assert learns(nlp, rows)
    assert not learns(nlp, rows, exclude=["last"])


def test_1_encoder_learns_if_its_last_listener_is_frozen():
    nlp = make_pipeline("sentiment", "topic")
    initialize(nlp, ROWS)
    assert learns(nlp, ROWS, exclude=["topic"])
    assert learns(nlp, ROWS, exclude=["sentiment"])


def test_1_encoder_learns_if_its_last_listener_skips_the_batch():
    nlp = make_pipeline("sentiment", "topic")
    initialize(nlp, ROWS)
    assert learns(nlp, SENTIMENT)
    assert learns(nlp, TOPIC)


@pytest.mark.parametrize("rows", [SENTIMENT, TOPIC, ROWS])
def test_1_our_heads_teach_a_stock_encoder_also_when_the_last_is_idle(rows):
    nlp = make_ours_on_stock("sentiment", "topic")
    assert type(nlp.get_pipe("tok2vec")) is Tok2Vec
    initialize(nlp, ROWS)
    assert learns(nlp, rows)


def test_1_gradient_is_the_same_whichever_head_is_last():
    first, second = make_pipeline("sentiment", "topic"), make_pipeline("topic", "sentiment")
    initialize(first, ROWS)
    initialize(second, ROWS)
    for name, pipe in first.pipeline:
        second.get_pipe(name).model.from_bytes(pipe.model.to_bytes())
    found = [
        gradients(nlp, make_examples(nlp, ROWS)).of(encoder_of(nlp)) for nlp in (first, second)
    ]
    for a, b in zip(*found, strict=True):
        assert_allclose(a, b, atol=1e-6)


# 2. Idle heads drift


def test_2_a_step_without_a_gradient_moves_a_thinc_model():
    nlp = make_pipeline("sentiment")
    initialize(nlp, SENTIMENT)
    optimizer = Adam(0.05, L2=0.1)
    step(nlp, make_examples(nlp, SENTIMENT), optimizer)
    model = nlp.get_pipe("sentiment").model
    before = weights_of(model)
    model.finish_update(optimizer)
    assert not same_weights(before, weights_of(model))


@pytest.mark.parametrize("name", ["tok2vec", "sentiment"])
def test_2_a_step_without_a_gradient_leaves_our_components_alone(name):
    nlp = make_pipeline("sentiment")
    initialize(nlp, SENTIMENT)
    optimizer = Adam(0.05, L2=0.1, use_averages=True)
    step(nlp, make_examples(nlp, SENTIMENT), optimizer)
    pipe = nlp.get_pipe(name)
    before = weights_of(pipe.model), pickle.dumps(optimizer.averages), dict(optimizer.nr_update)
    for _ in range(10):
        pipe.finish_update(optimizer)
    after = weights_of(pipe.model), pickle.dumps(optimizer.averages), dict(optimizer.nr_update)
    assert same_weights(before[0], after[0])
    assert before[1:] == after[1:]


def test_2_the_encoder_stays_when_no_head_learns():
    nlp = make_pipeline("sentiment")
    initialize(nlp, SENTIMENT)
    optimizer = Adam(0.05, L2=0.1)
    step(nlp, make_examples(nlp, SENTIMENT), optimizer)
    before = weights_of(encoder_of(nlp))
    for rows, settings in ((TOPIC, {}), (SENTIMENT, {"exclude": ["sentiment"]})):
        step(nlp, make_examples(nlp, rows), optimizer, **settings)
        assert same_weights(before, weights_of(encoder_of(nlp)))


# 3. Stock textcat cannot share

BOTH = [
    ("a good film", {"sentiment/positive": 1.0, "topic/film": 1.0}),
    ("a bad phone", {"sentiment/negative": 1.0, "topic/phone": 1.0}),
]


def test_3_stock_textcat_refuses_two_tasks_on_one_document():
    with pytest.raises(ValueError, match="E895"):
        initialize(make_stock("sentiment", "topic"), BOTH)


def test_3_stock_textcats_learn_the_labels_of_all_tasks():
    nlp = make_stock("sentiment", "topic")
    initialize(nlp, ROWS)
    assert len(nlp.get_pipe("topic").labels) == 4


def test_3_each_task_has_its_own_labels_and_scores():
    nlp = make_pipeline("sentiment", "topic")
    initialize(nlp, BOTH)
    assert nlp.get_pipe("topic").labels == ("film", "phone")
    scores = nlp.evaluate(make_examples(nlp, BOTH))
    assert {"sentiment_score", "topic_score"} <= set(scores)
    assert not [key for key in scores if key.startswith("cats_")]


def test_3_documents_without_the_task_are_no_negatives():
    nlp = make_pipeline("sentiment", "topic")
    initialize(nlp, ROWS)
    alone = nlp.evaluate(make_examples(nlp, SENTIMENT))
    mixed = nlp.evaluate(make_examples(nlp, ROWS))
    assert mixed["sentiment_n"] == len(SENTIMENT)
    for key in ("sentiment_macro_f", "sentiment_micro_p", "sentiment_acc", "sentiment_macro_auc"):
        assert mixed[key] == alone[key]
    assert alone["topic_score"] is None


# 4. Gradients are summed over the batch


def norm_of(nlp, rows, name):
    recorder = gradients(nlp, make_examples(nlp, rows))
    found = recorder.of(nlp.get_pipe(name).model)
    return float(numpy.sqrt(sum(numpy.square(gradient).sum() for gradient in found)))


def test_4_gradient_of_stock_textcat_grows_with_the_batch():
    nlp = make_stock("only")
    rows = [("a film", {"yes": 1.0, "no": 0.0}), ("bad", {"yes": 0.0, "no": 1.0})]
    initialize(nlp, rows)
    assert norm_of(nlp, rows * 4, "only") == pytest.approx(4 * norm_of(nlp, rows, "only"), rel=0.01)


@pytest.mark.parametrize("name", ["sentiment", "tok2vec"])
def test_4_ours_does_not(name):
    nlp = make_pipeline("sentiment", "topic")
    initialize(nlp, ROWS)
    assert norm_of(nlp, ROWS * 4, name) == pytest.approx(norm_of(nlp, ROWS, name), rel=1e-3)


def test_4_the_share_of_a_task_in_the_batch_is_no_weight():
    nlp = make_pipeline("sentiment", "topic")
    initialize(nlp, ROWS)
    few = norm_of(nlp, SENTIMENT + TOPIC, "sentiment")
    many = norm_of(nlp, SENTIMENT * 10 + TOPIC, "sentiment")
    assert many == pytest.approx(few, rel=1e-3)


# 5. Streams: labels are not all in the first examples


def test_5_labels_of_a_stream_come_from_the_config():
    nlp = make_pipeline("sentiment", "topic")
    nlp.config["training"]["max_epochs"] = -1
    nlp.config["initialize"]["components"]["topic"] = {"labels": ["film", "phone"]}
    nlp.initialize(lambda: make_examples(nlp, SENTIMENT))
    losses = {}
    step(nlp, make_examples(nlp, TOPIC), Adam(0.01), losses=losses)
    assert losses["topic"] > 0


def test_5_a_batch_in_another_order_is_still_the_same_step():
    found = []
    for rows in (ROWS, sorted(ROWS, key=lambda row: len(row[0]))):
        nlp = make_pipeline("sentiment", "topic")
        initialize(nlp, ROWS)
        found.append(gradients(nlp, make_examples(nlp, rows)).of(encoder_of(nlp)))
    for a, b in zip(*found, strict=True):
        assert_allclose(a, b, atol=1e-5)


# 6. nlp.update finishes the encoder before its listeners


def changes_in_first_update(nlp, rows):
    initialize(nlp, rows)
    before = weights_of(encoder_of(nlp))
    nlp.update(make_examples(nlp, rows), sgd=Adam(0.01))
    return not same_weights(before, weights_of(encoder_of(nlp)))


def test_6_stock_encoder_is_one_step_late():
    rows = [("a film", {"yes": 1.0, "no": 0.0}), ("bad", {"yes": 0.0, "no": 1.0})]
    assert not changes_in_first_update(make_stock("only"), rows)


@pytest.mark.parametrize("tasks", [["sentiment"], ["sentiment", "topic"]])
def test_6_ours_is_not(tasks):
    assert changes_in_first_update(make_pipeline(*tasks), ROWS)


@pytest.mark.parametrize("rows", [SENTIMENT, TOPIC])
def test_6_an_idle_head_does_not_hold_the_step_up(rows):
    nlp = make_pipeline("sentiment", "topic")
    initialize(nlp, ROWS)
    before = weights_of(encoder_of(nlp))
    nlp.update(make_examples(nlp, rows), sgd=Adam(0.01))
    assert not same_weights(before, weights_of(encoder_of(nlp)))


def test_6_a_step_that_waits_for_a_frozen_head_is_taken_with_the_next_batch():
    nlp = make_pipeline("sentiment", "topic")
    initialize(nlp, ROWS)
    optimizer = Adam(0.01)
    before = weights_of(encoder_of(nlp))
    for _ in range(2):
        nlp.update(make_examples(nlp, ROWS), sgd=optimizer, exclude=["topic"])
    assert not same_weights(before, weights_of(encoder_of(nlp)))


# 7. Batch ids


def test_7_permuted_batches_are_told_apart(nlp):
    first, second = words(nlp, "a b", "c d"), words(nlp, "c d", "a b")
    assert SpacyTok2VecListener.get_batch_id(first) == SpacyTok2VecListener.get_batch_id(second)
    assert Tok2VecListener.get_batch_id(first) != Tok2VecListener.get_batch_id(second)


# 8. Batches without tokens


def test_8_stock_encoder_fails_on_a_batch_without_tokens():
    nlp = make_stock("only")
    initialize(nlp, [("a film", {"yes": 1.0, "no": 0.0}), ("bad", {"yes": 0.0, "no": 1.0})])
    Ys, backprop = encoder_of(nlp).begin_update([nlp.make_doc("")])
    with pytest.raises(IndexError):
        backprop(Ys)


@pytest.mark.parametrize("encoder", [{}, {"depth": 0}, {"ngram_width": 4}, {"maxout_pieces": 1}])
def test_8_ours_does_not(encoder):
    nlp = spacy.blank("xx")
    add_encoder(nlp, **encoder)
    add_task(nlp, "sentiment", model={"hidden_width": 3, "ngrams": ngrams()})
    add_task(nlp, "topic", model={"tok2vec": {**ENCODER, **encoder}})
    initialize(nlp, ROWS)
    losses = {}
    rows = [("", SENTIMENT[0][1]), ("", {**SENTIMENT[-1][1], **TOPIC[0][1]})]
    step(nlp, make_examples(nlp, rows), Adam(0.01), losses=losses)
    assert numpy.isfinite(list(losses.values())).all()
    assert numpy.isfinite(scores_of(nlp, ["", "a film"])).all()


# 10. Frozen and pretrained encoders


def test_10_freezing_a_fresh_encoder_is_said_early():
    nlp = make_pipeline("sentiment")
    nlp.config["training"]["frozen_components"] = ["tok2vec"]
    nlp.config["training"]["annotating_components"] = ["tok2vec"]
    with (
        nlp.select_pipes(disable=["tok2vec"]),
        pytest.raises(ValueError, match=r"E212.*'tok2vec'"),
    ):
        nlp.initialize(lambda: make_examples(nlp, SENTIMENT))


def test_10_a_frozen_encoder_that_annotates_teaches_the_heads():
    nlp = make_pipeline("sentiment")
    initialize(nlp, SENTIMENT)
    before = weights_of(encoder_of(nlp)), weights_of(nlp.get_pipe("sentiment").model)
    settings = {"exclude": ["tok2vec"], "annotates": ["tok2vec"]}
    step(nlp, make_examples(nlp, SENTIMENT), Adam(0.01), **settings)
    assert same_weights(before[0], weights_of(encoder_of(nlp)))
    assert not same_weights(before[1], weights_of(nlp.get_pipe("sentiment").model))


def test_10_an_encoder_may_learn_and_annotate():
    nlp = make_pipeline("sentiment", "topic")
    initialize(nlp, ROWS)
    assert learns(nlp, ROWS, annotates=["tok2vec"])


# 11. spacy pretrain looks for names


def test_11_pretraining_finds_the_encoder_by_name_and_class(tmp_path):
    nlp = make_pipeline("sentiment")
    default = spacy.util.load_config(spacy.language.DEFAULT_CONFIG_PRETRAIN_PATH)["pretraining"]
    settings = registry.resolve(
        {
            **default,
            "objective": {
                "@architectures": "spacy.PretrainCharacters.v1",
                "maxout_pieces": 1,
                "hidden_size": 8,
                "n_characters": 1,
            },
        }
    )
    for layer in ("", "tok2vec"):
        settings = {**settings, "component": "sentiment" if layer else "tok2vec", "layer": layer}
        model = create_pretraining_model(nlp, settings)
        assert encoder_of(nlp) in list(model.walk())


# 12. doc.vector


def test_12_the_embedding_is_that_of_the_encoder_also_with_vectors():
    nlp = make_trained("sentiment", rows=SENTIMENT, n_steps=1)
    data = numpy.ones((1, 5), dtype="f")
    nlp.vocab.vectors = Vectors(strings=nlp.vocab.strings, data=data, keys=["film"], name="v")
    doc = nlp("a film")
    assert doc.vector.shape == (5,)
    assert_allclose(doc._.embedding, doc.tensor.mean(axis=0))


# 13. What is lost on the way


def test_13_getters_store_nothing_in_the_document():
    nlp = make_trained("sentiment", rows=SENTIMENT, n_steps=1)
    doc = nlp("a film")
    assert doc._.tasks and doc._.embedding.size
    assert not doc.user_data
    bin_ = DocBin(docs=[doc])
    (other,) = DocBin().from_bytes(bin_.to_bytes()).get_docs(nlp.vocab)
    assert other._.tasks["sentiment"] == pytest.approx(doc._.tasks["sentiment"])


def test_13_no_forward_function_is_a_closure():
    nlp = spacy.blank("xx")
    add_encoder(nlp, ngram_width=3)
    add_task(nlp, "sentiment", model={"hidden_width": 3, "ngrams": ngrams()})
    for _, pipe in nlp.pipeline:
        for node in pipe.model.walk():
            assert inspect.isfunction(node._func)
            assert "<locals>" not in node._func.__qualname__
        pickle.dumps(pipe.model)


# 14. Commands of spaCy


def test_14_the_threshold_can_be_searched_for(tmp_path):
    nlp = spacy.blank("xx")
    add_encoder(nlp)
    add_task(nlp, "tags", multi_label=True)
    initialize(nlp, TAGS)
    nlp.to_disk(tmp_path / "nlp")
    DocBin(docs=[example.reference for example in make_examples(nlp, TAGS)]).to_disk(
        tmp_path / "dev.spacy"
    )
    found = find_threshold(
        tmp_path / "nlp",
        tmp_path / "dev.spacy",
        pipe_name="tags",
        threshold_key="threshold",
        scores_key="tags_micro_f",
        n_trials=5,
        silent=True,
    )
    best, score, all_scores = found
    assert len(set(all_scores.values())) > 1
    assert score == max(all_scores.values())
    loaded = spacy.load(tmp_path / "nlp", config={"components": {"tags": {"threshold": best}}})
    assert loaded.evaluate(make_examples(loaded, TAGS))["tags_micro_f"] == pytest.approx(score)


def test_14_a_package_needs_only_nlp_and_components(tmp_path):
    nlp = make_trained("sentiment", rows=SENTIMENT, n_steps=2)
    nlp.to_disk(tmp_path)
    path = tmp_path / "config.cfg"
    config = spacy.util.load_config(path)
    for block in set(config) - {"nlp", "components"}:
        del config[block]
    config.to_disk(path)
    texts = [text for text, _ in SENTIMENT]
    assert_allclose(scores_of(spacy.load(tmp_path), texts), scores_of(nlp, texts))
    shutil.rmtree(tmp_path)


def test_14_models_have_the_parts_that_debug_model_reads():
    for config in (head(), head(tok2vec=ENCODER, hidden_width=3), head(ngrams=ngrams())):
        model = registry.resolve({"model": config})["model"]
        assert model.has_ref("tok2vec") and model.has_ref("output_layer")
    assert isinstance(registry.resolve({"model": listener()})["model"], SpacyTok2VecListener)
