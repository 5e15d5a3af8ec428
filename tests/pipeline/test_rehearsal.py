"""`nlp.rehearse`: whatever order spaCy calls the components in, all of them keep their former answers."""

import itertools
import pickle
from collections.abc import Sequence

import numpy
import pytest
import spacy
from builders import (
    ENCODER,
    SENTIMENT,
    TOPIC,
    add_encoder,
    add_task,
    initialize,
    make_examples,
    make_pipeline,
    numeric_gradient,
    same_weights,
    scores_of,
    step,
    weights_of,
)
from spacy.language import Language
from thinc.api import Adam, Model, fix_random_seed

from spacy_mtl.layers.dropout_places import NGRAM_RATE, RATE
from spacy_mtl.layers.layer_groups import layer_groups
from spacy_mtl.pipeline.loss import teacher_cross_entropy
from spacy_mtl.pipeline.soft_targets import soft_targets

ROWS = [*SENTIMENT, *TOPIC]
TEXTS = ["a good plot", "", "the screen of an awful film", "a charger"]
NEW = [("a good film", {"sentiment/negative": 1.0}), ("the plot", {"topic/phone": 1.0})]


def rehearsed(nlp: Language, texts: Sequence[str] = TEXTS, **settings: object) -> dict[str, float]:
    """Rehearse texts once."""
    batch = make_examples(nlp, [(text, {}) for text in texts])
    return nlp.rehearse(batch, sgd=Adam(0.01), **settings)


def started(*tasks: str, steps: int = 3, **settings: object) -> Language:
    """A pipeline that has learned something new since it was told to remember what it knew."""
    nlp = make_pipeline(*(tasks or ("sentiment", "topic")), **settings)
    initialize(nlp, ROWS)
    nlp.resume_training()
    optimizer = Adam(0.01)
    for _ in range(steps):
        step(nlp, make_examples(nlp, NEW), optimizer)
    return nlp


def all_weights(nlp: Language) -> list[numpy.ndarray]:
    return [array for _, pipe in nlp.pipeline for array in weights_of(pipe.model)]


def all_params(model: Model) -> dict:
    return {
        (node.id, name): node.get_param(name).copy()
        for node in model.walk()
        for name in node.param_names
    }


@pytest.fixture
def order(monkeypatch: pytest.MonkeyPatch):
    """Set the order in which spaCy calls the components."""

    def fix(numbers: Sequence[int]) -> None:
        def shuffle(pipes: list) -> None:
            pipes[:] = [pipes[i] for i in numbers]

        monkeypatch.setattr("spacy.language.random.shuffle", shuffle)

    return fix


@pytest.mark.parametrize("numbers", list(itertools.permutations(range(3))))
def test_any_order_is_a_step_towards_the_former_answers(numbers: tuple[int, ...], order) -> None:
    order(numbers)
    nlp, other = started(), started()
    former = list(soft_targets(started(steps=0), TEXTS))
    rehearsed(nlp)
    step(other, make_examples(other, zip(TEXTS, former, strict=True)), Adam(0.01))
    for found, expected in zip(all_weights(nlp), all_weights(other), strict=True):
        numpy.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


def test_answers_come_back() -> None:
    nlp, former = started(steps=20), scores_of(started(steps=0), TEXTS)
    before = abs(scores_of(nlp, TEXTS) - former).max()
    optimizer = Adam(0.01)
    for _ in range(60):
        nlp.rehearse(make_examples(nlp, [(text, {}) for text in TEXTS]), sgd=optimizer)
    after = abs(scores_of(nlp, TEXTS) - former).max()
    assert after < 0.2 * before


def test_update_and_rehearse_in_turn_as_spacy_documents_it() -> None:
    nlp = make_pipeline("sentiment", "topic")
    initialize(nlp, ROWS)
    texts = [text for text, _ in TOPIC]
    former = scores_of(nlp, texts)[:, 2:]
    drifted = {}
    for rehearses in (False, True):
        nlp = make_pipeline("sentiment", "topic")
        initialize(nlp, ROWS)
        optimizer = nlp.resume_training(sgd=Adam(0.01))
        for _ in range(30):
            nlp.update(make_examples(nlp, NEW[:1]), sgd=optimizer)
            if rehearses:
                nlp.rehearse(make_examples(nlp, TOPIC), sgd=optimizer)
        drifted[rehearses] = abs(scores_of(nlp, texts)[:, 2:] - former).max()
    assert drifted[True] < 0.5 * drifted[False]


def test_annotations_of_the_texts_are_not_looked_at() -> None:
    nlp, other = started(), started()
    fix_random_seed(0)
    rehearsed(nlp, [text for text, _ in NEW])
    fix_random_seed(0)
    other.rehearse(make_examples(other, NEW), sgd=Adam(0.01))
    assert same_weights(all_weights(nlp), all_weights(other))


def test_the_teacher_stays_as_it_is() -> None:
    nlp = started(model={"standardized": True})
    teachers = [pipe._rehearsal_model for _, pipe in nlp.pipeline]
    before = [array for teacher in teachers for array in weights_of(teacher)]
    rehearsed(nlp)
    assert same_weights([array for teacher in teachers for array in weights_of(teacher)], before)


@pytest.mark.parametrize("excluded", ["tok2vec", "sentiment"])
@pytest.mark.parametrize("numbers", [(0, 1, 2), (2, 1, 0)])
def test_excluded_component_stays_as_it_is_and_others_learn(excluded, numbers, order) -> None:
    order(numbers)
    nlp = started()
    before = {name: weights_of(pipe.model) for name, pipe in nlp.pipeline}
    rehearsed(nlp, exclude=[excluded])
    for name, pipe in nlp.pipeline:
        assert same_weights(weights_of(pipe.model), before[name]) == (name == excluded)
    # Nothing of the rehearsal may come after it.
    before = {name: weights_of(pipe.model) for name, pipe in nlp.pipeline}
    for _, pipe in nlp.pipeline:
        pipe.finish_update(Adam(0.01))
    assert same_weights(all_weights(nlp), [array for name in before for array in before[name]])


@pytest.mark.parametrize("frozen", ["all", "embed"])
def test_frozen_layers_of_the_encoder_stay_as_they_are(frozen: str) -> None:
    nlp = started()
    encoder = nlp.get_pipe("tok2vec")
    encoder.cfg["frozen"] = frozen
    below = [group.keys for group in layer_groups(encoder.model) if frozen in ("all", group.name)]
    keys = {key for group in below for key in group}
    before = all_params(encoder.model)
    for _ in range(3):
        rehearsed(nlp)
    after = all_params(encoder.model)
    same = {key for key in before if numpy.array_equal(before[key], after[key])}
    assert same == keys
    assert frozen == "embed" or len(same) == len(before)


def test_frozen_head_stays_as_it_is_and_teaches_the_encoder() -> None:
    nlp = started("sentiment", model={"standardized": True})
    nlp.get_pipe("sentiment").cfg["frozen"] = "all"
    before = {name: weights_of(pipe.model) for name, pipe in nlp.pipeline}
    rehearsed(nlp)
    for name, pipe in nlp.pipeline:
        assert same_weights(weights_of(pipe.model), before[name]) == (name == "sentiment")


def test_disabled_head_stays_as_it_is() -> None:
    nlp = started()
    before = weights_of(nlp.get_pipe("topic").model)
    with nlp.select_pipes(disable=["topic"]):
        rehearsed(nlp)
    assert same_weights(weights_of(nlp.get_pipe("topic").model), before)


def test_head_with_an_encoder_of_its_own() -> None:
    nlp = make_pipeline()
    nlp.remove_pipe("tok2vec")
    add_task(nlp, "sentiment", model={"tok2vec": ENCODER})
    initialize(nlp, SENTIMENT)
    former = scores_of(nlp, TEXTS)
    nlp.resume_training()
    optimizer = Adam(0.01)
    for _ in range(10):
        step(nlp, make_examples(nlp, NEW[:1]), optimizer)
    before = abs(scores_of(nlp, TEXTS) - former).max()
    optimizer = Adam(0.01)
    for _ in range(60):
        nlp.rehearse(make_examples(nlp, [(text, {}) for text in TEXTS]), sgd=optimizer)
    assert abs(scores_of(nlp, TEXTS) - former).max() < 0.3 * before


@pytest.mark.parametrize("multi_label", [False, True])
def test_label_that_is_new_is_left_to_the_data(multi_label: bool) -> None:
    nlp = make_pipeline("sentiment", multi_label=multi_label)
    initialize(nlp, SENTIMENT)
    nlp.resume_training()
    head = nlp.get_pipe("sentiment")
    head.add_label("mixed")
    train_towards = make_examples(nlp, [("a good film", {"sentiment/mixed": 1.0})])
    for _ in range(5):
        step(nlp, train_towards, Adam(0.01))
    before = weights_of(head.model)
    rehearsed(nlp)
    changed = [
        (old[2:], new[2:]) if len(old) == 3 else (old, new)
        for old, new in zip(before, weights_of(head.model), strict=True)
    ]
    assert changed and all(numpy.array_equal(old, new) for old, new in changed)
    assert not same_weights(weights_of(head.model), before)


def test_head_that_was_not_there_has_nothing_to_rehearse() -> None:
    nlp = started("sentiment")
    head = add_task(nlp, "topic")
    examples = make_examples(nlp, TOPIC)
    head.initialize(lambda: examples)
    before = weights_of(head.model)
    losses = rehearsed(nlp)
    assert same_weights(weights_of(head.model), before)
    assert losses["topic"] == 0.0 and losses["sentiment"] > 0.0


def test_batch_without_words() -> None:
    losses = rehearsed(started(), ["", ""])
    assert losses["tok2vec"] == 0.0
    assert all(numpy.isfinite(loss) for loss in losses.values())


def test_warns_if_there_was_no_resume_training() -> None:
    nlp = make_pipeline("sentiment")
    initialize(nlp, SENTIMENT)
    with pytest.warns(UserWarning, match="W310.*resume_training"):
        assert rehearsed(nlp) == {"tok2vec": 0.0, "sentiment": 0.0}


def test_refuses_a_head_whose_encoder_was_disabled() -> None:
    nlp = make_pipeline("sentiment")
    initialize(nlp, SENTIMENT)
    with nlp.select_pipes(disable=["tok2vec"]):
        nlp.resume_training()
        with pytest.raises(ValueError, match=r"E435.*'sentiment'.*resume_training"):
            rehearsed(nlp)


def test_refuses_a_head_that_got_another_encoder() -> None:
    nlp = started("sentiment")
    nlp.replace_listeners("tok2vec", "sentiment", ["model.tok2vec"])
    with pytest.raises(ValueError, match="E435"):
        rehearsed(nlp)


def test_open_step_of_an_update_is_taken_before() -> None:
    nlp, other = started(), started()
    for pipeline in (nlp, other):
        pipeline.update(make_examples(pipeline, NEW), sgd=Adam(0.01), exclude=["topic"])
    other("a film")
    numpy.testing.assert_array_equal(
        weights_of(nlp.get_pipe("topic").model)[0], weights_of(other.get_pipe("topic").model)[0]
    )
    for pipeline in (nlp, other):
        rehearsed(pipeline)
    for found, expected in zip(all_weights(nlp), all_weights(other), strict=True):
        numpy.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


def test_pipeline_with_teachers_can_be_pickled_and_saved(tmp_path) -> None:
    nlp = started()
    assert pickle.loads(pickle.dumps([pipe for _, pipe in nlp.pipeline]))
    nlp.to_disk(tmp_path / "saved")
    loaded = spacy.load(tmp_path / "saved")
    numpy.testing.assert_array_equal(scores_of(loaded, TEXTS), scores_of(nlp, TEXTS))


def test_stock_components_fail_with_a_shared_encoder() -> None:
    nlp = spacy.blank("xx")
    nlp.add_pipe("tok2vec")
    listener = {"@architectures": "spacy.Tok2VecListener.v1", "width": 96, "upstream": "tok2vec"}
    model = {
        "@architectures": "spacy.TextCatReduce.v1",
        "exclusive_classes": True,
        "use_reduce_first": False,
        "use_reduce_last": False,
        "use_reduce_max": False,
        "use_reduce_mean": True,
        "tok2vec": listener,
    }
    nlp.add_pipe("textcat", config={"model": model})
    rows = [("a good film", {"x": 1.0, "y": 0.0}), ("a bad film", {"x": 0.0, "y": 1.0})]
    nlp.initialize(lambda: make_examples(nlp, rows))
    nlp.resume_training()
    with pytest.raises(ValueError, match="E203"):
        rehearsed(nlp, [text for text, _ in rows])


@pytest.mark.parametrize("multi_label", [False, True])
def test_nothing_to_learn_from_equal_answers(multi_label: bool) -> None:
    answers = numpy.asarray([[0.9, 0.1], [0.3, 0.7]], dtype="f")
    loss, gradient = teacher_cross_entropy(answers, answers, multi_label=multi_label)
    numpy.testing.assert_allclose(gradient, 0.0, atol=1e-7)
    assert loss > 0.0


def test_single_label_gradient_is_that_of_the_labels_the_teacher_knows() -> None:
    logits = numpy.asarray([[0.3, -0.2, 0.8]])
    targets = numpy.asarray([[0.7, 0.3]])

    def compute() -> tuple[float, numpy.ndarray]:
        scores = numpy.exp(logits) / numpy.exp(logits).sum()
        return teacher_cross_entropy(scores, targets, multi_label=False)

    _, gradient = compute()
    assert gradient[0, 2] == 0.0
    direction = numpy.asarray([[0.5, -1.0, 2.0]])
    slope = numeric_gradient(lambda: compute()[0], logits, direction)
    assert slope == pytest.approx(float((gradient * direction).sum()), abs=1e-4)


def test_dropout_of_the_update_before_is_over():
    nlp = spacy.blank("xx")
    encoder = add_encoder(nlp, ngram_width=2, ngram_rows=20)
    add_task(nlp, "sentiment")
    initialize(nlp, SENTIMENT)
    encoder.cfg["drop_mult"] = 1.0
    nlp.resume_training()
    step(nlp, make_examples(nlp, SENTIMENT), Adam(0.01))
    assert min(_dropout_of(encoder.model)) > 0.0
    rehearsed(nlp)
    assert _dropout_of(encoder.model) == {0.0}


def _dropout_of(model: Model) -> set[float]:
    rates = (RATE, NGRAM_RATE)
    return {node.attrs[rate] for node in model.walk() for rate in rates if rate in node.attrs}
