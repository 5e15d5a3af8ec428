"""The task component: what it learns, from which documents, and how it is graded."""

import itertools
import math

import numpy
import pytest
import spacy
from builders import (
    ENCODER,
    SENTIMENT,
    TAGS,
    TOPIC,
    Recorder,
    add_encoder,
    add_task,
    gradients,
    initialize,
    listener,
    make_examples,
    make_pipeline,
    make_trained,
    ngrams,
    numeric_gradient,
    same_weights,
    scores_of,
    step,
    train,
    weights_of,
)
from numpy.testing import assert_allclose, assert_array_equal
from spacy.training import Example
from thinc.api import Adam

THREE_TASKS = [
    ("a good film", {"sentiment/positive": 1.0, "topic/film": 1.0, "tags/fast": 1.0}),
    ("a bad phone", {"sentiment/negative": 1.0, "topic/phone": 1.0, "tags/cheap": 1.0}),
    ("a good phone", {"sentiment/positive": 1.0, "topic/phone": 1.0, "tags/fast": 0.0}),
    ("a bad film", {"sentiment/negative": 1.0, "topic/film": 1.0, "tags/cheap": 0.0}),
]


def make_tagger(**settings):
    nlp = spacy.blank("xx")
    add_encoder(nlp)
    add_task(nlp, "tags", multi_label=True, **settings)
    return nlp


def total_loss(nlp, rows):
    """The loss of all tasks by the definition, in double precision."""
    total = 0.0
    docs = list(nlp.pipe([text for text, _ in rows]))
    for name, pipe in nlp.pipeline:
        if name == "tok2vec":
            continue
        losses = []
        for doc, (_, cats) in zip(docs, rows, strict=True):
            if not any(key.startswith(f"{pipe.task}/") for key in cats):
                continue
            loss = 0.0
            for label in pipe.labels:
                key = f"{pipe.task}/{label}"
                p, t = doc.cats[key], cats.get(key, 0.0)
                if pipe.cfg["multi_label"]:
                    if key in cats or pipe.cfg["missing"] == "zero":
                        loss -= t * math.log(p) + (1 - t) * math.log(1 - p)
                else:
                    loss -= t * math.log(p)
            losses.append(loss)
        if losses:
            total += pipe.cfg["loss_weight"] * sum(losses) / len(losses)
    return total


# Learning


def test_learns_and_reloads(tmp_path):
    nlp = make_trained("sentiment", "topic", rows=SENTIMENT + TOPIC)
    for text, cats in SENTIMENT + TOPIC:
        doc = nlp(text)
        for key, value in cats.items():
            assert doc.cats[key] == pytest.approx(value, abs=0.1)
    scores = nlp.evaluate(make_examples(nlp, SENTIMENT + TOPIC))
    assert scores["sentiment_score"] == scores["topic_acc"] == 1.0
    nlp.to_disk(tmp_path)
    texts = [text for text, _ in SENTIMENT + TOPIC]
    other = spacy.load(tmp_path)
    assert_array_equal(scores_of(nlp, texts), scores_of(other, texts))
    assert_allclose(
        scores_of(nlp, texts), [list(nlp(text).cats.values()) for text in texts], atol=1e-5
    )


def test_learns_independent_labels_and_reloads(tmp_path):
    nlp = make_tagger()
    train(nlp, TAGS, n_steps=60)
    for text, cats in TAGS:
        for key, value in cats.items():
            assert nlp(text).cats[key] == pytest.approx(value, abs=0.1)
    assert nlp.evaluate(make_examples(nlp, TAGS))["tags_acc"] == 1.0
    nlp.to_disk(tmp_path)
    texts = [text for text, _ in TAGS]
    assert_array_equal(scores_of(nlp, texts), scores_of(spacy.load(tmp_path), texts))


@pytest.mark.parametrize(
    "model",
    [
        {"pooling": ["mean"]},
        {"pooling": ["max"], "hidden_width": 6},
        {"ngrams": ngrams()},
        {"tok2vec": ENCODER},
    ],
)
def test_every_kind_of_head_learns(model):
    nlp = make_trained("sentiment", rows=SENTIMENT, model=model)
    assert nlp.evaluate(make_examples(nlp, SENTIMENT))["sentiment_acc"] == 1.0


def test_a_document_annotated_for_three_tasks_teaches_each():
    nlp = make_pipeline("sentiment", "topic")
    add_task(nlp, "tags", multi_label=True, missing="unknown")
    losses = train(nlp, THREE_TASKS, n_steps=60)
    assert all(losses[name] < 0.2 for name in ("sentiment", "topic", "tags"))
    assert {pipe.n_seen for name, pipe in nlp.pipeline if name != "tok2vec"} == {4 * 60}


def test_two_tasks_with_equal_labels_are_kept_apart():
    rows = [
        ("good acting", {"actors/yes": 1.0, "plot/no": 1.0}),
        ("good story", {"actors/no": 1.0, "plot/yes": 1.0}),
        ("nothing at all", {"actors/no": 1.0, "plot/no": 1.0}),
        ("lovely everything", {"actors/yes": 1.0, "plot/yes": 1.0}),
    ]
    nlp = make_trained("actors", "plot", rows=rows, n_steps=60)
    for text, cats in rows:
        assert {key for key, value in nlp(text).cats.items() if value > 0.5} == set(cats)


def test_a_task_with_a_hundredth_of_the_rows_is_learned():
    rows = [(f"{text} {i}", cats) for i in range(50) for text, cats in TOPIC]
    nlp = make_pipeline("sentiment", "topic")
    rows += [SENTIMENT[0], SENTIMENT[3]]
    train(nlp, rows, n_steps=25)
    scores = nlp.evaluate(make_examples(nlp, rows))
    assert scores["sentiment_acc"] == scores["topic_acc"] == 1.0


def test_soft_labels():
    nlp = make_trained(
        "a", rows=[("x", {"a/b": 0.25, "a/c": 0.75}), ("y", {"a/c": 1.0})], n_steps=150
    )
    assert nlp("x").cats["a/b"] == pytest.approx(0.25, abs=0.03)


# Loss and gradient


SETTINGS = list(
    itertools.product([False, True], [None, ngrams(char_max=3)], [0, 5], [["mean"], ["max"]])
)


@pytest.mark.parametrize("multi_label, ngram_part, hidden_width, pooling", SETTINGS)
def test_gradient_of_the_whole_pipeline_equals_the_numeric_one(
    multi_label, ngram_part, hidden_width, pooling
):
    nlp = spacy.blank("xx")
    add_encoder(nlp)
    rows = TAGS if multi_label else SENTIMENT
    task = "tags" if multi_label else "sentiment"
    model = {"ngrams": ngram_part, "hidden_width": hidden_width, "pooling": pooling}
    add_task(nlp, task, multi_label=multi_label, model=model)
    initialize(nlp, rows)
    assert_gradient(nlp, rows)


def test_gradient_of_several_tasks_equals_the_numeric_one():
    nlp = make_pipeline("sentiment", "topic")
    add_task(nlp, "tags", multi_label=True, missing="unknown", loss_weight=0.3)
    rows = SENTIMENT[2:4] + THREE_TASKS + TOPIC[:1]
    initialize(nlp, rows)
    assert_gradient(nlp, rows)


@pytest.mark.parametrize("encoder", [{"depth": 0}, {"ngram_width": 4, "ngram_rows": 50}])
def test_gradient_of_other_encoders_equals_the_numeric_one(encoder):
    nlp = spacy.blank("xx")
    add_encoder(nlp, **encoder)
    add_task(nlp, "sentiment")
    initialize(nlp, SENTIMENT)
    assert_gradient(nlp, SENTIMENT)


def test_gradient_of_an_own_encoder_equals_the_numeric_one():
    nlp = spacy.blank("xx")
    add_task(nlp, "sentiment", model={"tok2vec": ENCODER})
    initialize(nlp, SENTIMENT)
    assert_gradient(nlp, SENTIMENT)


def assert_gradient(nlp, rows):
    """Compare with finite differences along the gradient, and along a random direction."""
    for _, pipe in nlp.pipeline:
        for node in pipe.model.walk():
            if "E" in node.param_names:  # keep away from the kinks of maxout, which lie around 0
                node.set_param("E", node.get_param("E") * 8)
    recorder = gradients(nlp, make_examples(nlp, rows))
    rng = numpy.random.default_rng(0)
    for _, pipe in nlp.pipeline:
        nodes = [(node, name) for node in pipe.model.walk() for name in node.param_names]
        assert nodes
        for (node, name), gradient in zip(nodes, recorder.of(pipe.model), strict=True):
            size = numpy.linalg.norm(gradient)
            noise = rng.normal(size=gradient.shape).astype("f")
            for direction in (gradient / max(size, 1e-8), noise / numpy.linalg.norm(noise)):
                expected = float((gradient * direction).sum())
                for eps in (1e-3, 3e-4, 1e-4):  # a kink nearby needs a smaller step
                    weights = node.get_param(name)
                    found = numeric_gradient(lambda: total_loss(nlp, rows), weights, direction, eps)
                    if expected == pytest.approx(found, rel=0.02, abs=2e-3):
                        break
                else:
                    pytest.fail(f"{node.name} {name}: {expected} instead of {found}")


@pytest.mark.parametrize("loss_weight", [1.0, 0.25, 0.0])
def test_reported_loss_is_the_cross_entropy(loss_weight):
    nlp = make_pipeline("sentiment", "topic", loss_weight=loss_weight)
    add_task(nlp, "tags", multi_label=True)
    rows = SENTIMENT + THREE_TASKS
    initialize(nlp, rows)
    losses = nlp.update(make_examples(nlp, rows), sgd=False)
    expected = total_loss(nlp, rows)
    assert losses["sentiment"] + losses["topic"] + losses["tags"] == pytest.approx(
        expected, rel=1e-4
    )


def test_loss_weight_scales_the_gradient_of_its_task():
    found = []
    for loss_weight in (1.0, 0.25):
        nlp = make_pipeline("sentiment", loss_weight=loss_weight)
        initialize(nlp, SENTIMENT)
        recorder = gradients(nlp, make_examples(nlp, SENTIMENT))
        found.append([g for _, pipe in nlp.pipeline for g in recorder.of(pipe.model)])
    for full, part in zip(*found, strict=True):
        assert_allclose(part, 0.25 * full, atol=1e-6)


def test_gradient_is_a_mean_not_a_sum():
    nlp = make_pipeline("sentiment")
    initialize(nlp, SENTIMENT)
    once = gradients(nlp, make_examples(nlp, SENTIMENT))
    thrice = gradients(nlp, make_examples(nlp, SENTIMENT * 3))
    for _, pipe in nlp.pipeline:
        for first, second in zip(once.of(pipe.model), thrice.of(pipe.model), strict=True):
            assert_allclose(first, second, atol=1e-5)


def test_mean_is_that_over_the_annotated_documents():
    nlp = make_pipeline("sentiment", "topic")
    initialize(nlp, SENTIMENT + TOPIC)
    alone = nlp.update(make_examples(nlp, SENTIMENT), sgd=False)
    mixed = nlp.update(make_examples(nlp, TOPIC + SENTIMENT), sgd=False)
    assert mixed["sentiment"] == pytest.approx(alone["sentiment"], rel=1e-5)


# What is not annotated


def test_rows_without_the_task_get_no_gradient():
    nlp = make_pipeline("sentiment", "topic")
    initialize(nlp, SENTIMENT + TOPIC)
    examples = make_examples(nlp, [SENTIMENT[0], TOPIC[0], SENTIMENT[3]])
    pipe = nlp.get_pipe("sentiment")
    _, d_scores = pipe.get_loss(examples, numpy.full((3, 2), 0.4, dtype="f"))
    assert d_scores.any(axis=1).tolist() == [True, False, True]


def test_labels_that_are_not_stated_are_false_or_unknown():
    rows = [("fast", {"tags/fast": 1.0}), ("cheap", {"tags/cheap": 1.0})]
    found = {}
    for missing in ("zero", "unknown"):
        nlp = make_tagger(missing=missing)
        initialize(nlp, rows)
        scores = numpy.full((2, 2), 0.5, dtype="f")
        loss, d_scores = nlp.get_pipe("tags").get_loss(make_examples(nlp, rows), scores)
        found[missing] = (loss, d_scores)
    # The labels are sorted: cheap, fast.
    assert found["zero"][0] == pytest.approx(2 * math.log(2))
    assert_allclose(found["zero"][1], [[0.25, -0.25], [-0.25, 0.25]])
    assert found["unknown"][0] == pytest.approx(math.log(2))
    assert_allclose(found["unknown"][1], [[0.0, -0.25], [-0.25, 0.0]])


def test_partial_labels_are_learned_without_harm_to_the_others():
    rows = [*TAGS, *[("fast", {"tags/fast": 1.0})] * 20, ("cheap", {"tags/cheap": 1.0})]
    nlp = make_tagger(missing="unknown")
    train(nlp, rows, n_steps=80)
    assert nlp("slow but cheap").cats["tags/cheap"] > 0.8
    assert nlp("fast").cats["tags/fast"] > 0.9


def test_a_batch_without_the_last_task_still_teaches_the_encoder():
    nlp = make_pipeline("sentiment", "topic")
    initialize(nlp, SENTIMENT + TOPIC)
    before = weights_of(nlp.get_pipe("tok2vec").model)
    step(nlp, make_examples(nlp, SENTIMENT), Adam(0.01))
    assert not same_weights(before, weights_of(nlp.get_pipe("tok2vec").model))


def test_a_batch_without_any_task_changes_nothing():
    nlp = make_pipeline("sentiment", "topic")
    initialize(nlp, SENTIMENT + TOPIC)
    optimizer = Adam(0.01)
    step(nlp, make_examples(nlp, SENTIMENT + TOPIC), optimizer)
    before = [weights_of(pipe.model) for _, pipe in nlp.pipeline]
    losses = {}
    step(
        nlp, make_examples(nlp, [("a film", {}), ("x", {"other/y": 1.0})]), optimizer, losses=losses
    )
    assert losses == {"tok2vec": 0.0, "sentiment": 0.0, "topic": 0.0}
    for (_, pipe), weights in zip(nlp.pipeline, before, strict=True):
        assert same_weights(weights, weights_of(pipe.model))


def test_documents_of_other_tasks_do_not_count():
    nlp = make_pipeline("sentiment", "topic")
    initialize(nlp, SENTIMENT + TOPIC)
    for _ in range(2):
        step(nlp, make_examples(nlp, SENTIMENT[:3] + TOPIC[:2]), Adam(0.01))
    step(nlp, make_examples(nlp, TOPIC[:1]), Adam(0.01))
    pipes = [nlp.get_pipe(name) for name in ("sentiment", "topic")]
    assert [(pipe.n_seen, pipe.n_updates) for pipe in pipes] == [(6, 2), (5, 3)]


# Class weights and label smoothing


def loss_of(nlp, rows, scores):
    task = nlp.pipe_names[-1]
    scores = numpy.asarray(scores, dtype="f")
    return nlp.get_pipe(task).get_loss(make_examples(nlp, rows), scores)


def test_explicit_class_weights_scale_loss_and_gradient():
    nlp = make_pipeline("sentiment", class_weights={"positive": 3.0})
    initialize(nlp, SENTIMENT)
    rows = [SENTIMENT[0], SENTIMENT[3]]
    loss, d_scores = loss_of(nlp, rows, [[0.5, 0.5], [0.5, 0.5]])
    assert loss == pytest.approx((3 + 1) / 2 * math.log(2))
    assert_allclose(d_scores, [[0.75, -0.75], [-0.25, 0.25]])


def test_class_weights_of_independent_labels_scale_what_is_true():
    nlp = make_tagger(class_weights={"fast": 3.0})
    initialize(nlp, TAGS)
    loss, d_scores = loss_of(nlp, [TAGS[0], TAGS[3]], [[0.5, 0.5], [0.5, 0.5]])
    assert loss == pytest.approx((1 + 3 + 1 + 1) / 2 * math.log(2))
    assert_allclose(d_scores, [[-0.25, -0.75], [0.25, 0.25]])


@pytest.mark.parametrize("multi_label", [False, True])
def test_balanced_class_weights_equal_those_of_scikit_learn(multi_label):
    utils = pytest.importorskip("sklearn.utils.class_weight")
    gold = ["a"] * 6 + ["b"] * 3 + ["c"]
    rows = [(f"text {label}", {f"task/{x}": float(x == label) for x in "abc"}) for label in gold]
    nlp = spacy.blank("xx")
    add_encoder(nlp)
    add_task(nlp, "task", multi_label=multi_label, class_weights="balanced")
    initialize(nlp, rows)
    found = nlp.get_pipe("task").cfg["label_weights"]
    if multi_label:
        expected = [4 / 6, 7 / 3, 9 / 1]
    else:
        classes = numpy.asarray(["a", "b", "c"])
        expected = utils.compute_class_weight("balanced", classes=classes, y=gold)
    assert_allclose([found[label] for label in "abc"], expected)


def test_balanced_classes_have_the_same_pull():
    rows = [(f"a film {i}", {"task/a": 1.0}) for i in range(9)] + [("a film", {"task/b": 1.0})]
    nlp = make_pipeline("task", class_weights="balanced")
    initialize(nlp, rows)
    _, d_scores = loss_of(nlp, rows, [[0.5, 0.5]] * 10)
    assert_allclose(d_scores.sum(axis=0), [0.0, 0.0], atol=1e-6)


def test_class_weights_survive_saving(tmp_path):
    nlp = make_trained("sentiment", rows=SENTIMENT[:4], class_weights="balanced", n_steps=1)
    nlp.to_disk(tmp_path)
    weights = spacy.load(tmp_path).get_pipe("sentiment").cfg["label_weights"]
    assert weights
    assert weights == pytest.approx(nlp.get_pipe("sentiment").cfg["label_weights"])


def test_label_smoothing_spreads_the_target():
    nlp = make_pipeline("sentiment", label_smoothing=0.2)
    initialize(nlp, SENTIMENT)
    _, d_scores = loss_of(nlp, [SENTIMENT[0]], [[0.1, 0.9]])
    assert_allclose(d_scores, [[0.0, 0.0]], atol=1e-6)
    loss, _ = loss_of(nlp, [SENTIMENT[0]], [[0.25, 0.75]])
    assert loss == pytest.approx(-(0.1 * math.log(0.25) + 0.9 * math.log(0.75)), rel=1e-5)


def test_label_smoothing_of_independent_labels():
    nlp = make_tagger(label_smoothing=0.2)
    initialize(nlp, TAGS)
    _, d_scores = loss_of(nlp, [TAGS[1]], [[0.1, 0.9]])
    assert_allclose(d_scores, [[0.0, 0.0]], atol=1e-6)


def test_smoothed_targets_do_not_leak_into_other_documents():
    nlp = make_pipeline("sentiment", label_smoothing=0.2)
    initialize(nlp, SENTIMENT)
    _, d_scores = loss_of(nlp, [SENTIMENT[0], TOPIC[0]], [[0.5, 0.5]] * 2)
    assert not d_scores[1].any()


def test_extreme_scores_give_a_finite_loss():
    nlp = make_pipeline("sentiment")
    initialize(nlp, SENTIMENT)
    loss, d_scores = loss_of(nlp, [SENTIMENT[0]], [[1.0, 0.0]])
    assert math.isfinite(loss)
    assert_allclose(d_scores, [[1.0, -1.0]])


# Frozen and idle heads


def state_of(pipe, optimizer):
    """Weights, moments and averages of a component."""
    keys = {(node.id, name) for node in pipe.model.walk() for name in node.param_names}
    return [
        *weights_of(pipe.model),
        *(
            table[key].copy()
            for table in (optimizer.mom1, optimizer.mom2, optimizer.averages)
            for key in sorted(table)
            if key in keys
        ),
    ]


@pytest.mark.parametrize("model", [{}, {"hidden_width": 4, "ngrams": ngrams()}])
def test_idle_heads_stay_bit_identical(model):
    nlp = make_pipeline("sentiment", "topic", model=model)
    initialize(nlp, SENTIMENT + TOPIC)
    optimizer = Adam(0.05, L2=0.1, use_averages=True)
    step(nlp, make_examples(nlp, SENTIMENT + TOPIC), optimizer)
    pipe = nlp.get_pipe("topic")
    before = state_of(pipe, optimizer)
    assert len(before) == 4 * len(weights_of(pipe.model))
    for _ in range(10):
        step(nlp, make_examples(nlp, SENTIMENT), optimizer, drop=0.2)
    assert same_weights(before, state_of(pipe, optimizer))


def test_frozen_heads_stay_bit_identical_while_the_encoder_learns():
    nlp = make_trained("sentiment", "topic", rows=SENTIMENT + TOPIC, n_steps=2)
    before = {name: weights_of(pipe.model) for name, pipe in nlp.pipeline}
    optimizer = Adam(0.05, L2=0.1)
    for _ in range(3):
        step(nlp, make_examples(nlp, SENTIMENT + TOPIC), optimizer, exclude=["topic"])
    after = {name: weights_of(pipe.model) for name, pipe in nlp.pipeline}
    assert same_weights(before["topic"], after["topic"])
    assert not same_weights(before["tok2vec"], after["tok2vec"])
    assert not same_weights(before["sentiment"], after["sentiment"])


def test_a_frozen_head_has_no_part_in_the_gradient_of_the_encoder():
    nlp = make_pipeline("sentiment", "topic")
    initialize(nlp, SENTIMENT + TOPIC)
    encoder = nlp.get_pipe("tok2vec").model
    examples = [*make_examples(nlp, SENTIMENT + TOPIC)]
    recorder = Recorder()
    nlp.update(examples, sgd=False, exclude=["topic"])
    nlp.get_pipe("tok2vec").finish_update(recorder)
    with_frozen = recorder.of(encoder)
    alone = make_pipeline("sentiment")
    initialize(alone, SENTIMENT)
    for (_, first), (_, second) in zip(nlp.pipeline, alone.pipeline, strict=False):
        second.model.from_bytes(first.model.to_bytes())
    expected = gradients(alone, make_examples(alone, SENTIMENT + TOPIC))
    for first, second in zip(
        with_frozen, expected.of(alone.get_pipe("tok2vec").model), strict=True
    ):
        assert_allclose(first, second, atol=1e-6)


# Labels


def test_labels_are_those_of_the_data_sorted():
    nlp = make_pipeline("sentiment", "topic")
    initialize(nlp, TOPIC + SENTIMENT)
    assert nlp.get_pipe("sentiment").labels == ("negative", "positive")
    assert nlp.get_pipe("topic").labels == ("film", "phone")


def test_labels_given_at_initialization_keep_their_order():
    nlp = make_pipeline("sentiment")
    nlp.config["initialize"]["components"]["sentiment"] = {
        "labels": ["positive", "neutral", "negative"]
    }
    nlp.initialize(lambda: make_examples(nlp, SENTIMENT))
    assert nlp.get_pipe("sentiment").labels == ("positive", "neutral", "negative")
    assert len(nlp("good").cats) == 3


def test_label_data_initializes_another_component():
    nlp = make_pipeline("sentiment")
    initialize(nlp, SENTIMENT)
    other = make_pipeline("sentiment")
    examples = make_examples(other, SENTIMENT)
    labels = nlp.get_pipe("sentiment").label_data
    other.get_pipe("sentiment").initialize(lambda: examples, nlp=other, labels=labels)
    assert other.get_pipe("sentiment").labels == nlp.get_pipe("sentiment").labels


def test_changed_data_is_read_again():
    rows = list(SENTIMENT)
    nlp = make_pipeline("sentiment")

    def get_examples():
        return make_examples(nlp, rows)

    nlp.initialize(get_examples)
    rows.append(("so so", {"sentiment/neutral": 1.0}))
    nlp.initialize(get_examples)
    assert "neutral" in nlp.get_pipe("sentiment").labels


def test_changed_data_is_read_again_by_another_pipeline():
    rows = list(SENTIMENT)
    first, second = make_pipeline("sentiment"), make_pipeline("sentiment")

    def get_examples():
        return make_examples(first, rows)

    first.initialize(get_examples)
    rows.append(("so so", {"sentiment/neutral": 1.0}))
    second.initialize(get_examples)
    assert "neutral" in second.get_pipe("sentiment").labels


def test_the_data_is_read_once_for_all_tasks():
    nlp = make_pipeline("sentiment", "topic")
    to_the_end = []

    def get_examples():
        yield from make_examples(nlp, SENTIMENT + TOPIC)
        to_the_end.append(1)

    nlp.initialize(get_examples)
    assert len(to_the_end) == 2  # once by the encoder, which is spaCy's doing


def test_data_that_is_no_examples_is_refused():
    nlp = make_pipeline("sentiment")
    with pytest.raises(TypeError, match="E978"):
        nlp.get_pipe("sentiment").initialize(lambda: [nlp.make_doc("a film")], nlp=nlp)


@pytest.mark.parametrize("model", [{}, {"hidden_width": 4, "ngrams": ngrams()}])
@pytest.mark.parametrize("multi_label", [False, True])
def test_added_labels_leave_the_old_ones_in_proportion(model, multi_label):
    nlp = spacy.blank("xx")
    add_encoder(nlp)
    name, rows = ("tags", TAGS) if multi_label else ("sentiment", SENTIMENT)
    add_task(nlp, name, multi_label=multi_label, model=model)
    train(nlp, rows)
    texts = [text for text, _ in rows]
    before = scores_of(nlp, texts)
    assert nlp.get_pipe(name).add_label("third") == 1
    after = scores_of(nlp, texts)
    assert after.shape == (len(rows), 3)
    ratio = after[:, :2] / before
    assert_allclose(ratio, ratio[:, :1] * numpy.ones((1, 2)), rtol=1e-3)
    assert (after[:, 2] < 0.2).all()


def test_an_added_label_is_learned_and_the_old_ones_kept(tmp_path):
    nlp = make_trained("sentiment", rows=SENTIMENT)
    nlp.get_pipe("sentiment").add_label("neutral")
    rows = [*SENTIMENT, ("it is a thing", {"sentiment/neutral": 1.0})]
    optimizer = Adam(0.02)
    for _ in range(40):
        step(nlp, make_examples(nlp, rows), optimizer)
    assert nlp.evaluate(make_examples(nlp, rows))["sentiment_acc"] == 1.0
    nlp.to_disk(tmp_path)
    texts = [text for text, _ in rows]
    assert_array_equal(scores_of(spacy.load(tmp_path), texts), scores_of(nlp, texts))


def test_a_known_label_is_not_added_again():
    nlp = make_pipeline("sentiment")
    initialize(nlp, SENTIMENT)
    assert nlp.get_pipe("sentiment").add_label("positive") == 0
    assert nlp.get_pipe("sentiment").labels == ("negative", "positive")


def test_labels_may_hold_any_characters():
    labels = ["a/b", "ü 😀", "x.y", "task/x", "[section]", "1"]
    rows = [(f"text {i}", {f"task/{label}": 1.0}) for i, label in enumerate(labels)]
    nlp = make_trained("task", rows=rows, n_steps=1)
    assert set(nlp("text").cats) == {f"task/{label}" for label in labels}
    assert set(nlp("text")._.tasks["task"]) == set(labels)


# How a step is taken


@pytest.mark.parametrize("rows", [SENTIMENT + TOPIC, THREE_TASKS])
def test_both_ways_of_updating_take_the_same_steps(rows):
    first, second = make_pipeline("sentiment", "topic"), make_pipeline("sentiment", "topic")
    optimizers = [Adam(0.02, L2=0.01), Adam(0.02, L2=0.01)]
    for nlp in (first, second):
        initialize(nlp, rows)
    batches = [rows, rows[::-1], rows[:1], rows[-1:], rows]
    for batch in batches:
        first.update(make_examples(first, batch), sgd=optimizers[0])
        optimizers[0].step_schedules()
        step(second, make_examples(second, batch), optimizers[1])
        for (_, a), (_, b) in zip(first.pipeline, second.pipeline, strict=True):
            assert same_weights(weights_of(a.model), weights_of(b.model))


def test_gradients_of_parts_of_a_batch_add_up():
    nlp = make_pipeline("sentiment", "topic")
    initialize(nlp, SENTIMENT + TOPIC)
    whole = gradients(nlp, make_examples(nlp, SENTIMENT[:4] + TOPIC))
    recorder = Recorder()
    parts = (SENTIMENT[:2] + TOPIC[:2], SENTIMENT[2:4] + TOPIC[2:])
    for part in parts:
        nlp.update(make_examples(nlp, part), sgd=False)
    for _, pipe in nlp.pipeline:
        pipe.finish_update(recorder)
        for first, second in zip(whole.of(pipe.model), recorder.of(pipe.model), strict=True):
            assert_allclose(2 * first, second, atol=1e-5)


def test_each_component_can_take_its_own_step():
    first, second = make_pipeline("sentiment", "topic"), make_pipeline("sentiment", "topic")
    optimizers = [Adam(0.02), Adam(0.02)]
    for nlp in (first, second):
        initialize(nlp, THREE_TASKS)
    for _ in range(3):
        step(first, make_examples(first, THREE_TASKS), optimizers[0])
        examples = make_examples(second, THREE_TASKS)
        for _, pipe in second.pipeline:
            pipe.update(examples, sgd=optimizers[1])
    for (_, a), (_, b) in zip(first.pipeline, second.pipeline, strict=True):
        assert same_weights(weights_of(a.model), weights_of(b.model))


def test_dropout_reaches_training_alone():
    nlp = make_trained("sentiment", rows=SENTIMENT, n_steps=2)
    losses = {
        nlp.update(make_examples(nlp, SENTIMENT), sgd=False, drop=0.5)["sentiment"]
        for _ in range(3)
    }
    assert len(losses) == 3
    assert_array_equal(scores_of(nlp, ["a film"]), scores_of(nlp, ["a film"]))


# Strange texts

STRANGE = {
    "empty": "",
    "space": " ",
    "newlines": "\n\n \t",
    "one token": "x",
    "emoji": "😀 👨‍👩‍👧 🏳️‍🌈",
    "nul": "a\x00b \x00",
    "one long word": "x" * 50_000,
    "right to left": "שלום עולם",
    "combining": "e\u0301" * 50,
}


@pytest.mark.parametrize("text", STRANGE.values(), ids=STRANGE)
@pytest.mark.parametrize("multi_label", [False, True])
def test_strange_texts_train_and_predict(text, multi_label):
    nlp = spacy.blank("xx")
    add_encoder(nlp, ngram_width=3)
    add_task(nlp, "task", multi_label=multi_label, model={"ngrams": ngrams(char_max=4)})
    rows = [(text, {"task/a": 1.0}), ("other", {"task/b": 1.0})]
    losses = train(nlp, rows, n_steps=2)
    assert math.isfinite(losses["task"])
    step(nlp, make_examples(nlp, rows[:1]), Adam(0.01))
    assert numpy.isfinite(scores_of(nlp, [text, "", text])).all()
    assert all(numpy.isfinite(weights).all() for weights in weights_of(nlp.get_pipe("task").model))


def test_a_text_of_100_000_tokens_trains_and_predicts():
    nlp = make_pipeline("task", model={"ngrams": ngrams()})
    rows = [("long", {"task/a": 1.0}), ("other", {"task/b": 1.0})]
    initialize(nlp, rows)
    doc = spacy.tokens.Doc(nlp.vocab, words=["word", "other"] * 50_000)
    example = Example.from_dict(doc, {"cats": {"task/a": 1.0}})
    step(nlp, [example], Adam(0.01))
    scored = nlp(doc.copy())
    assert numpy.isfinite(list(scored.cats.values())).all()


def test_a_batch_of_empty_texts_trains_the_head_alone():
    nlp = make_pipeline("task")
    rows = [("", {"task/a": 1.0}), ("", {"task/b": 1.0}), ("", {"task/a": 1.0})]
    initialize(nlp, [*rows, ("x", {"task/b": 1.0})])
    before = [weights_of(pipe.model) for _, pipe in nlp.pipeline]
    losses = {}
    step(nlp, make_examples(nlp, rows), Adam(0.01), losses=losses)
    assert losses["task"] > 0
    assert same_weights(before[0], weights_of(nlp.get_pipe("tok2vec").model))
    assert not same_weights(before[1], weights_of(nlp.get_pipe("task").model))


def test_a_pipeline_that_first_sees_only_empty_texts():
    nlp = make_pipeline("task")
    rows = [*[("", {"task/a": 1.0})] * 15, ("word", {"task/b": 1.0})]
    train(nlp, rows, n_steps=30)
    assert nlp("word").cats["task/b"] > 0.5 > nlp("").cats["task/b"]


def test_no_documents():
    nlp = make_pipeline("sentiment")
    initialize(nlp, SENTIMENT)
    assert list(nlp.pipe([])) == []
    assert nlp.get_pipe("sentiment").predict([]).shape == (0, 2)
    assert nlp.get_pipe("sentiment").update([]) == {"sentiment": 0.0}
    assert nlp.get_pipe("tok2vec").update([]) == {"tok2vec": 0.0}


# What the documents get


def test_tasks_and_embedding_are_read_from_the_document():
    nlp = make_trained("sentiment", "topic", rows=SENTIMENT + TOPIC, n_steps=1)
    doc = nlp("a good film")
    assert set(doc._.tasks) == {"sentiment", "topic"}
    assert doc._.tasks["topic"]["film"] == doc.cats["topic/film"]
    assert_allclose(doc._.embedding, doc.tensor.mean(axis=0))
    assert nlp("")._.embedding.tolist() == [0.0] * 8


def test_scores_do_not_erase_those_of_others():
    nlp = make_trained("sentiment", rows=SENTIMENT, n_steps=1)
    doc = nlp.make_doc("a film")
    doc.cats = {"POSITIVE": 0.3, "topic/film": 0.2}
    assert nlp(doc).cats.items() >= {"POSITIVE": 0.3, "topic/film": 0.2}.items()


def test_scores_are_plain_floats():
    nlp = make_trained("sentiment", rows=SENTIMENT, n_steps=1)
    assert {type(value) for value in nlp("a film").cats.values()} == {float}


def test_task_name_defaults_to_that_of_the_component():
    nlp = spacy.blank("xx")
    add_encoder(nlp)
    first = add_task(nlp, "head")
    second = add_task(nlp, "other_head", task="sentiment")
    assert (first.task, second.task) == ("head", "sentiment")


def test_heads_may_listen_to_encoders_of_any_name():
    nlp = spacy.blank("xx")
    add_encoder(nlp, "shared")
    add_task(nlp, "sentiment", model={"tok2vec": listener(upstream="shared")})
    add_task(nlp, "topic", model={"tok2vec": listener(upstream="*")})
    train(nlp, SENTIMENT + TOPIC)
    scores = nlp.evaluate(make_examples(nlp, SENTIMENT + TOPIC))
    assert scores["sentiment_acc"] == scores["topic_acc"] == 1.0


def test_two_encoders_stay_apart():
    nlp = spacy.blank("xx")
    add_encoder(nlp, "first")
    add_encoder(nlp, "second")
    add_task(nlp, "sentiment", model={"tok2vec": listener(upstream="first")})
    initialize(nlp, SENTIMENT)
    before = weights_of(nlp.get_pipe("second").model)
    step(nlp, make_examples(nlp, SENTIMENT), Adam(0.01))
    assert same_weights(before, weights_of(nlp.get_pipe("second").model))
