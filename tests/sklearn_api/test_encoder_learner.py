"""The estimators that train a whole encoder: from pairs of texts, and from labels."""

import pickle

import numpy
import pytest
import spacy
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from spacy_mtl.sklearn import EncoderLearner, EncoderTuner

LEFT = ["a good film", "the actor and the plot", "really lovely acting", "fast and cheap"] * 3
RIGHT = ["a great movie", "a slow battery", "wonderful to watch", "an awful waste of time"] * 3
SCORES = [5.0, 0.0, 4.0, 1.0] * 3
TEXTS = ["good film", "great film", "lovely film", "bad day", "awful day", "boring day"] * 2
LABELS = ["up", "up", "up", "down", "down", "down"] * 2
TINY = {
    "width": 16,
    "depth": 1,
    "n_epochs": 8,
    "learning_rate": 0.005,
    "progress": False,
    "random_state": 0,
}


@pytest.fixture(scope="module")
def learner():
    return EncoderLearner(**TINY).fit(LEFT, RIGHT, SCORES)


@pytest.fixture(scope="module")
def tuner():
    return EncoderTuner(**TINY).fit(TEXTS, LABELS)


def weights_of(nlp):
    return nlp.get_pipe("tok2vec").model.to_bytes()


@pytest.mark.parametrize("loss", ["cosine", "cosent", "in_batch"])
def test_learns_what_is_similar(loss):
    learner = EncoderLearner(loss=loss, **TINY).fit(LEFT, RIGHT, SCORES)
    found = learner.similarity(LEFT[:4], RIGHT[:4])
    assert min(found[[0, 2]]) > max(found[[1, 3]])


def test_the_similarity_is_that_of_the_documents(learner):
    found = learner.similarity(LEFT[:4], RIGHT[:4])
    for value, first, second in zip(found, LEFT, RIGHT, strict=False):
        a, b = learner.nlp_(first)._.embedding, learner.nlp_(second)._.embedding
        assert value == pytest.approx(a @ b / numpy.linalg.norm(a) / numpy.linalg.norm(b), abs=1e-5)


def test_the_score_is_a_rank_correlation(learner):
    assert 0.5 < learner.score(LEFT, RIGHT, SCORES) <= 1.0
    assert numpy.isnan(learner.score(LEFT, RIGHT, [1.0] * len(LEFT)))


def test_vectors_of_texts(learner):
    vectors = learner.transform(["", "a good film", "emoji 🎬"])
    assert vectors.shape == (3, 16) and vectors.dtype == numpy.float32
    assert not vectors[0].any() and vectors[1].any()
    assert learner.transform([]).shape == (0, 16)


def test_an_empty_text_is_similar_to_nothing(learner):
    assert learner.similarity(["", ""], ["", "a film"]).tolist() == [0.0, 0.0]


def test_one_seed_gives_one_result(learner):
    again = EncoderLearner(**TINY).fit(LEFT, RIGHT, SCORES)
    assert numpy.array_equal(again.transform(LEFT), learner.transform(LEFT))


@pytest.mark.parametrize("way", ["pickle", "disk"])
def test_is_saved(learner, way, tmp_path):
    if way == "pickle":
        other = pickle.loads(pickle.dumps(learner))
    else:
        learner.to_disk(tmp_path)
        other = EncoderLearner(str(tmp_path), **TINY)
        other.nlp_ = spacy.load(tmp_path)
    assert numpy.array_equal(other.transform(LEFT), learner.transform(LEFT))


def test_a_clone_is_not_fitted(learner):
    other = clone(learner)
    assert other.get_params() == learner.get_params()
    with pytest.raises(NotFittedError):
        other.transform(LEFT)


def test_a_pipeline_that_is_given_stays_as_it_was(learner):
    nlp = learner.nlp_
    before, names = weights_of(nlp), list(nlp.component_names)
    tuned = EncoderTuner(nlp, **TINY).fit(TEXTS, LABELS)
    assert weights_of(nlp) == before and nlp.component_names == names
    assert weights_of(tuned.nlp_) != before and tuned.nlp_.component_names == names
    EncoderLearner(nlp, **TINY).partial_fit(LEFT, RIGHT, SCORES)
    assert weights_of(nlp) == before


def test_partial_fit_goes_on(learner):
    other = pickle.loads(pickle.dumps(learner))
    before = weights_of(other.nlp_)
    other.partial_fit(LEFT, RIGHT, SCORES)
    first = weights_of(other.nlp_)
    optimizer = other._optimizer
    other.partial_fit(LEFT, RIGHT, SCORES)
    assert before != first != weights_of(other.nlp_)
    assert other._optimizer is optimizer


def test_partial_fit_starts_from_nothing():
    learner = EncoderLearner(**TINY)
    for _ in range(40):
        learner.partial_fit(LEFT, RIGHT, SCORES)
    assert learner.score(LEFT, RIGHT, SCORES) > 0.7


def test_partial_fit_keeps_the_range_of_scores():
    learner = EncoderLearner(**TINY).partial_fit(LEFT, RIGHT, SCORES)
    with pytest.raises(ValueError, match=r"E590.*score 9.*from 0 to 5"):
        learner.partial_fit(["a"], ["b"], [9.0])
    wide = EncoderLearner(score_range=(-1, 9), **TINY).partial_fit(["a"], ["b"], [9.0])
    wide.partial_fit(["a"], ["b"], [-1])


def test_pairs_that_are_all_alike():
    learner = EncoderLearner(loss="in_batch", **TINY).fit(LEFT[:4], RIGHT[:4])
    assert learner.similarity(LEFT[:1], RIGHT[:1]) > learner.similarity(LEFT[:1], RIGHT[1:2])


@pytest.mark.parametrize(
    "values, message",
    [
        ((LEFT, RIGHT[:2], SCORES), r"E585.*12 texts.*and 2"),
        (([], [], []), "E588"),
        ((LEFT, RIGHT, SCORES[:2]), r"E586.*shape \(2,\)"),
        ((LEFT, RIGHT, ["a"] * 12), "E586"),
        ((LEFT, RIGHT, [numpy.nan] * 12), r"E586.*nan"),
        ((LEFT, RIGHT, None), "E587"),
        ((LEFT, RIGHT, [2] * 12), r"E589.*score 2"),
        (("abc", RIGHT, SCORES), "E526"),
        (([1, 2], ["a", "b"], [0, 1]), "E527"),
    ],
)
def test_bad_pairs_are_named(values, message):
    with pytest.raises(ValueError, match=message):
        EncoderLearner(**TINY).fit(*values)


@pytest.mark.parametrize(
    "settings",
    [{"loss": "triplet"}, {"n_epochs": 0}, {"batch_size": 0}, {"score_range": (1, 0)}],
)
def test_bad_settings_are_named(settings):
    with pytest.raises(ValueError, match=next(iter(settings))):
        EncoderLearner(**{**TINY, **settings}).fit(LEFT, RIGHT, SCORES)
