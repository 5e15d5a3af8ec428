"""The component that learns from pairs of texts, beside tasks with labels."""

import pickle
import warnings

import numpy
import pytest
import spacy
from builders import (
    ENCODER,
    SENTIMENT,
    WIDTH,
    gradients,
    initialize,
    make_examples,
    same_weights,
    scores_of,
    step,
    weights_of,
)
from numpy.testing import assert_allclose
from pairs_setup import PAIRS, examples_of, make_pair_pipeline, pair_rows, train_pairs
from spacy.tokens import DocBin
from thinc.api import Adam, Config

LOSSES = ["cosine", "cosent", "in_batch"]


@pytest.fixture(scope="module")
def trained():
    """A pipeline that has learned pairs and sentiment."""
    nlp = make_pair_pipeline("sentiment")
    train_pairs(nlp, pair_rows() + SENTIMENT)
    return nlp


def cosine(nlp, first, second):
    a, b = nlp(first)._.embedding, nlp(second)._.embedding
    return float(a @ b / numpy.linalg.norm(a) / numpy.linalg.norm(b))


@pytest.mark.parametrize("loss", LOSSES)
def test_overfits_and_reloads(loss, tmp_path):
    nlp = make_pair_pipeline(loss=loss)
    train_pairs(nlp, pair_rows())
    alike = [cosine(nlp, a, b) for a, b, score in PAIRS if score > 3]
    unlike = [cosine(nlp, a, b) for a, b, score in PAIRS if score < 2]
    assert min(alike) > max(unlike)
    nlp.to_disk(tmp_path)
    other = spacy.load(tmp_path)
    assert other.get_pipe("sts").cfg == nlp.get_pipe("sts").cfg
    for first, second, _ in PAIRS:
        assert cosine(other, first, second) == cosine(nlp, first, second)


def test_the_score_is_the_rank_correlation_of_the_documents_similarity(trained):
    from scipy.stats import spearmanr

    scores = trained.evaluate(examples_of(trained))
    found = [cosine(trained, first, second) for first, second, _ in PAIRS]
    expected = spearmanr(found, [score for *_, score in PAIRS]).statistic
    assert scores["sts_spearman"] == scores["sts_score"] == pytest.approx(expected)
    assert scores["sts_n"] == len(PAIRS)


def test_without_pairs_there_is_no_score(trained):
    scores = trained.evaluate(make_examples(trained, SENTIMENT))
    assert scores["sts_score"] is None and scores["sts_n"] == 0


def test_pairs_of_one_score_have_no_score(trained):
    pairs = [(first, second, 1.0) for first, second, _ in PAIRS]
    assert trained.evaluate(examples_of(trained, pair_rows(pairs)))["sts_score"] is None


def test_documents_get_nothing_at_prediction(trained):
    doc = trained("a good film")
    assert set(doc._.tasks) == {"sentiment"}


@pytest.mark.parametrize("n_process", [1, 2])
def test_pipe_equals_call(trained, n_process):
    texts = [text for text, _ in pair_rows()] + ["", " "]
    docs = list(trained.pipe(texts, n_process=n_process, batch_size=4))
    for doc, text in zip(docs, texts, strict=True):
        assert_allclose(doc._.embedding, trained(text)._.embedding, atol=1e-6)


@pytest.mark.parametrize("initialized", [True, False])
@pytest.mark.parametrize("way", ["disk", "bytes", "pickle", "component"])
def test_is_saved_and_loaded(trained, way, initialized, tmp_path):
    nlp = trained if initialized else make_pair_pipeline("sentiment")
    if way == "disk":
        nlp.to_disk(tmp_path)
        other = spacy.load(tmp_path)
    elif way == "bytes":
        config = Config().from_str(nlp.config.to_str())
        other = spacy.util.load_model_from_config(config).from_bytes(nlp.to_bytes())
    elif way == "pickle":
        other = pickle.loads(pickle.dumps(nlp))
    else:
        other = make_pair_pipeline("sentiment", score_max=1.0)
        other.get_pipe("sts").from_bytes(nlp.get_pipe("sts").to_bytes())
    assert other.get_pipe("sts").cfg["loss"] == nlp.get_pipe("sts").cfg["loss"]
    if initialized and way != "component":
        rows = [text for text, _ in pair_rows()]
        assert numpy.array_equal(scores_of(nlp, rows), scores_of(other, rows))


@pytest.mark.parametrize("loss", LOSSES)
def test_the_encoder_gets_the_gradient_of_one_graph(loss):
    shared = make_pair_pipeline(loss=loss)
    model = {
        "@architectures": "spacy_mtl.SentenceEncoder.v1",
        "pooling": ["mean"],
        "tok2vec": {**ENCODER},
    }
    alone = make_pair_pipeline(loss=loss, model=model)
    initialize(shared, pair_rows())
    initialize(alone, pair_rows())
    encoder = shared.get_pipe("tok2vec").model
    own = alone.get_pipe("sts").model.get_ref("tok2vec")
    own.from_bytes(encoder.to_bytes())
    found = gradients(shared, examples_of(shared)).of(encoder)
    expected = gradients(alone, examples_of(alone)).of(own)
    assert any(gradient.any() for gradient in found)
    for a, b in zip(found, expected, strict=True):
        assert_allclose(a, b, atol=1e-6)


def test_a_step_without_pairs_changes_nothing_of_it():
    nlp = make_pair_pipeline(
        "sentiment",
        model={
            "@architectures": "spacy_mtl.SentenceEncoder.v1",
            "tok2vec": {**ENCODER},
        },
    )
    initialize(nlp, pair_rows() + SENTIMENT)
    optimizer = Adam(0.1)
    step(nlp, examples_of(nlp), optimizer)
    before = weights_of(nlp.get_pipe("sts").model)
    step(nlp, make_examples(nlp, SENTIMENT), optimizer)
    assert same_weights(before, weights_of(nlp.get_pipe("sts").model))


def test_a_step_of_pairs_leaves_other_heads_alone():
    nlp = make_pair_pipeline("sentiment")
    initialize(nlp, pair_rows() + SENTIMENT)
    optimizer = Adam(0.1)
    step(nlp, make_examples(nlp, SENTIMENT), optimizer)
    before = weights_of(nlp.get_pipe("sentiment").model)
    encoder = weights_of(nlp.get_pipe("tok2vec").model)
    step(nlp, examples_of(nlp), optimizer)
    assert same_weights(before, weights_of(nlp.get_pipe("sentiment").model))
    assert not same_weights(encoder, weights_of(nlp.get_pipe("tok2vec").model))


def test_pairs_that_teach_nothing_leave_the_encoder_as_it_is():
    nlp = make_pair_pipeline(loss="cosent")
    initialize(nlp, pair_rows())
    optimizer = Adam(0.1)
    step(nlp, examples_of(nlp), optimizer)
    before = weights_of(nlp.get_pipe("tok2vec").model)
    same = pair_rows([(first, second, 3.0) for first, second, _ in PAIRS])
    step(nlp, examples_of(nlp, same), optimizer)
    assert same_weights(before, weights_of(nlp.get_pipe("tok2vec").model))


def test_the_loss_weight_scales_loss_and_gradient():
    found = []
    for weight in (1.0, 2.0):
        nlp = make_pair_pipeline(loss_weight=weight)
        initialize(nlp, pair_rows())
        losses = {}
        recorder = gradients(nlp, examples_of(nlp), losses=losses)
        found.append((losses["sts"], recorder.of(nlp.get_pipe("tok2vec").model)))
    (loss, single), (doubled, double) = found
    assert doubled == pytest.approx(2 * loss)
    for a, b in zip(single, double, strict=True):
        assert_allclose(2 * a, b, atol=1e-6)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize(
    "pairs",
    [
        [("", "", 5.0), ("a", "b", 1.0)],
        [("", "a film", 5.0), ("  ", "b", 0.0)],
        [("the same", "the same", 5.0), ("the same", "the same", 4.0), ("a", "b", 0.0)],
        [("a film", "a movie", 5.0)],
        [("emoji 🎬", "x" * 500, 2.0), ("a\u200bb", "c", 3.0)],
    ],
)
def test_odd_pairs_give_finite_steps(loss, pairs):
    nlp = make_pair_pipeline(loss=loss)
    initialize(nlp, pair_rows())
    losses = {}
    step(nlp, examples_of(nlp, pair_rows(pairs)), Adam(0.01), losses=losses)
    assert numpy.isfinite(losses["sts"])
    for weights in weights_of(nlp.get_pipe("tok2vec").model):
        assert numpy.isfinite(weights).all()


def test_equal_texts_are_no_negatives_of_each_other():
    nlp = make_pair_pipeline(loss="in_batch")
    initialize(nlp, pair_rows())
    losses = {}
    pairs = [("a film", "a movie", 5.0), ("a film", "the film", 5.0), ("the film", "it", 5.0)]
    step(nlp, examples_of(nlp, pair_rows(pairs)), Adam(0.01), losses=losses)
    assert losses["sts"] == pytest.approx(0.0, abs=1e-6)


def test_the_order_of_a_batch_does_not_matter():
    found = []
    for order in (1, -1):
        nlp = make_pair_pipeline()
        initialize(nlp, pair_rows())
        losses = {}
        step(nlp, examples_of(nlp, pair_rows()[::order]), Adam(0.01), losses=losses)
        found.append(losses["sts"])
    assert found[0] == pytest.approx(found[1])


def test_sides_that_are_alone_are_named_once():
    nlp = make_pair_pipeline()
    initialize(nlp, pair_rows())
    with pytest.warns(UserWarning, match=r"W340.*5 of 5"):
        nlp.update(examples_of(nlp, pair_rows()[:10:2]), sgd=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nlp.update(examples_of(nlp, pair_rows()[:10:2]), sgd=False)


def test_pairs_survive_a_docbin(trained):
    docs = DocBin(docs=[example.reference for example in examples_of(trained)])
    read = list(DocBin().from_bytes(docs.to_bytes()).get_docs(trained.vocab))
    rows = [(doc.text, doc.cats) for doc in read]
    found = trained.evaluate(make_examples(trained, rows[::-1]))
    assert found["sts_score"] == trained.evaluate(examples_of(trained))["sts_score"]


@pytest.mark.parametrize(
    "settings",
    [
        {"loss": "triplet"},
        {"scale": 0.0},
        {"score_min": 5.0},
        {"score_max": float("nan")},
        {"loss_weight": -1.0},
    ],
)
def test_bad_settings_are_named(settings):
    with pytest.raises(ValueError, match=next(iter(settings)).replace("score_min", "score_max")):
        make_pair_pipeline(**settings)


def test_scores_out_of_range_are_named():
    nlp = make_pair_pipeline(score_max=1.0)
    with pytest.raises(ValueError, match=r"E575.*score 5.*from 0 to 1"):
        nlp.initialize(lambda: examples_of(nlp))


def test_a_task_without_pairs_is_named():
    nlp = make_pair_pipeline("sentiment")
    with pytest.raises(ValueError, match=r"E576.*sentiment"):
        nlp.initialize(lambda: make_examples(nlp, SENTIMENT))


def test_labels_are_no_pairs():
    nlp = make_pair_pipeline()
    rows = [("a", {"sts/yes": 1.0}), ("b", {"sts/no": 1.0})]
    with pytest.raises(ValueError, match=r"E577.*yes, no"):
        nlp.initialize(lambda: make_examples(nlp, rows))


def test_lone_sides_are_no_training_data():
    nlp = make_pair_pipeline()
    with pytest.raises(ValueError, match="E578"):
        nlp.initialize(lambda: examples_of(nlp, pair_rows()[::2]))


def test_an_encoder_of_another_width_is_named():
    nlp = make_pair_pipeline(
        model={
            "@architectures": "spacy_mtl.SentenceEncoder.v1",
            "tok2vec": {
                "@architectures": "spacy_mtl.Tok2VecListener.v1",
                "width": WIDTH + 1,
                "upstream": "tok2vec",
            },
        }
    )
    with pytest.raises(ValueError, match="E211"):
        nlp.initialize(lambda: examples_of(nlp))
