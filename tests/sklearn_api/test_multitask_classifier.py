"""A classifier of scikit-learn for one task or several."""

import pickle

import numpy
import pytest
import spacy
from numpy.testing import assert_array_equal
from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from small_texts import FILMS, MOODS, TEXTS, TINY

from spacy_mtl.sklearn import MultitaskClassifier

QUICK = {**TINY, "max_steps": 3}


def test_one_task_is_learned(classifier):
    assert classifier.score(TEXTS, MOODS) == 1.0
    assert_array_equal(classifier.predict(["I love it", "I hate it"]), ["good", "bad"])
    assert classifier.classes_.tolist() == ["bad", "good"]
    assert is_classifier(classifier)


def test_probabilities_are_those_of_the_pipeline(classifier):
    scores = classifier.predict_proba(TEXTS)
    expected = [
        [doc.cats["label/bad"], doc.cats["label/good"]] for doc in classifier.nlp_.pipe(TEXTS)
    ]
    numpy.testing.assert_allclose(scores, expected, rtol=1e-5)
    numpy.testing.assert_allclose(scores.sum(axis=1), 1.0)


def test_several_tasks_come_by_name(two_tasks):
    assert {task: list(classes) for task, classes in two_tasks.classes_.items()} == {
        "mood": ["bad", "good"],
        "film": [False, True],
    }
    predicted = two_tasks.predict(["What a lovely film"])
    assert predicted["mood"].tolist() == ["good"]
    assert predicted["film"].tolist() == [True]
    assert predicted["film"].dtype == bool
    assert two_tasks.predict_proba(TEXTS)["film"].shape == (len(TEXTS), 2)


def test_unknown_labels_are_neither_learned_nor_scored(two_tasks):
    assert two_tasks.nlp_.get_pipe("film").n_seen < two_tasks.nlp_.get_pipe("mood").n_seen
    assert two_tasks.score(TEXTS, {"mood": MOODS, "film": FILMS}) == 1.0
    wrong = ["bad" if mood == "good" else "good" for mood in MOODS]
    assert two_tasks.score(TEXTS, {"mood": wrong, "film": FILMS}) == 0.5
    assert two_tasks.score(TEXTS, {"mood": [*wrong[:1], *[None] * 29]}) == 0.0
    with pytest.raises(ValueError, match="E529"):
        two_tasks.score(TEXTS, {"mood": [None] * 30})
    with pytest.raises(ValueError, match="E541"):
        two_tasks.score(TEXTS, {"weather": MOODS})


@pytest.mark.parametrize(
    "y",
    [
        numpy.asarray([mood == "good" for mood in MOODS]),
        numpy.asarray([int(mood == "good") for mood in MOODS]),
        numpy.asarray([7.0 if mood == "good" else numpy.nan for mood in MOODS[:5]] + [1.0] * 25),
        numpy.asarray(MOODS),
        numpy.asarray(MOODS, dtype=object),
        numpy.asarray([[int(mood == "good")] * 1 for mood in MOODS]).ravel(),
    ],
    ids=lambda y: str(y.dtype),
)
def test_labels_come_back_in_their_type(y):
    model = MultitaskClassifier(**QUICK).fit(TEXTS, y)
    assert model.classes_.dtype == y.dtype
    assert model.predict(TEXTS).dtype == y.dtype


def test_any_number_of_labels_can_apply():
    lists = [
        [*(["film"] if "film" in text else []), mood]
        for text, mood in zip(TEXTS, MOODS, strict=True)
    ]
    model = MultitaskClassifier(**TINY).fit(TEXTS, lists)
    assert model.classes_.tolist() == ["bad", "film", "good"]
    assert model.predict(["What a lovely film"]).tolist() == [[0, 1, 1]]
    assert model.score(TEXTS, lists) == 1.0
    table = numpy.asarray([[label in row for label in model.classes_] for row in lists])
    assert model.score(TEXTS, [[*row, "never seen"] for row in lists]) == 0.0
    other = MultitaskClassifier(**TINY).fit(TEXTS, table.astype(int))
    assert other.classes_.tolist() == [0, 1, 2]
    numpy.testing.assert_allclose(other.predict_proba(TEXTS), model.predict_proba(TEXTS), rtol=1e-4)


def test_absent_keys_are_unknown():
    values = [{"good": 1.0} if mood == "good" else {"good": 0.0, "film": 1.0} for mood in MOODS]
    values[3] = {"film": 0.0}
    values[0] = None
    model = MultitaskClassifier(**QUICK).fit(TEXTS, values)
    assert model.nlp_.get_pipe("label").cfg["missing"] == "unknown"
    assert model.classes_.tolist() == ["film", "good"]
    right = model.predict(TEXTS)
    expected = [
        all(right[row][list(model.classes_).index(key)] == value for key, value in cats.items())
        for row, cats in enumerate(values)
        if cats
    ]
    assert model.score(TEXTS, values) == pytest.approx(numpy.mean(expected))


def test_a_table_is_one_column_per_task():
    pandas = pytest.importorskip("pandas")
    y = pandas.DataFrame({"mood": MOODS, "film": FILMS})
    model = MultitaskClassifier(**TINY)
    assert cross_val_score(model, TEXTS, y, cv=KFold(2)).mean() > 0.5
    assert set(model.fit(TEXTS, y).predict(TEXTS)) == {"mood", "film"}


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (MOODS[:-1], "X has 30 rows and y has 29"),
        ({"mood": MOODS, "film": FILMS[:-1]}, r"y\['film'\] has 29"),
        (["good"] * 30, "All 30 known labels of 'label' are of one class"),
        ([None] * 30, "E529"),
        ({"a b": MOODS}, "E001"),
        ({"tok2vec": MOODS}, "E305"),
        ([*MOODS[:-1], ["good"]], "lists, single values"),
        ([*MOODS[:-1], 3], "E531"),
        ([*MOODS[:-1], ""], "E533"),
        ([*MOODS[:-1], "\ud800"], "E533"),
        ([{"good": 2.0}] * 30, "Row 0 of y"),
        (numpy.asarray([[0, 1, 2]] * 30), "Row 0 of y.*found"),
        (numpy.linspace(0, 1, 30), "continuous"),
        (None, "requires y to be passed"),
    ],
)
def test_labels_are_checked(y, message):
    with pytest.raises(ValueError, match=message):
        MultitaskClassifier(**QUICK).fit(TEXTS, y)


def test_no_texts_are_refused():
    with pytest.raises(ValueError, match="empty"):
        MultitaskClassifier().fit([], [])
    with pytest.raises(NotFittedError):
        MultitaskClassifier().predict(TEXTS)


def test_odd_texts_are_classified(classifier):
    odd = ["", " ", "😀", "a\x00b", "x" * 1000]
    assert numpy.isfinite(classifier.predict_proba(odd)).all()
    assert classifier.predict([]).shape == (0,)
    assert classifier.predict_proba(iter([""])).shape == (1, 2)


def test_a_search_over_a_grid_finds_the_better():
    search = GridSearchCV(MultitaskClassifier(**TINY), {"max_steps": [1, 40]}, cv=2)
    search.fit(TEXTS, MOODS)
    assert search.best_params_ == {"max_steps": 40}
    assert search.predict(["I love it"]).tolist() == ["good"]


@pytest.mark.slow
def test_a_search_can_use_other_processes():
    search = GridSearchCV(MultitaskClassifier(**QUICK), {"dropout": [0.1]}, cv=2, n_jobs=2)
    assert search.fit(TEXTS, MOODS).best_estimator_.classes_.tolist() == ["bad", "good"]


def test_the_pickle_and_the_saved_pipeline_are_the_same(classifier, tmp_path):
    loaded = pickle.loads(pickle.dumps(classifier))
    assert_array_equal(loaded.predict_proba(TEXTS), classifier.predict_proba(TEXTS))
    classifier.to_disk(tmp_path / "new" / "model")
    doc = spacy.load(tmp_path / "new" / "model")("I love it")
    assert doc._.tasks["label"]["good"] == pytest.approx(
        classifier.predict_proba(["I love it"])[0, 1], rel=1e-5
    )


def test_two_processes_give_the_same(classifier):
    two = pickle.loads(pickle.dumps(classifier)).set_params(n_process=2, batch_size=7)
    numpy.testing.assert_allclose(
        two.predict_proba(TEXTS), classifier.predict_proba(TEXTS), rtol=1e-3
    )


def test_learning_goes_on(two_tasks):
    learner = clone(two_tasks).set_params(learn_rate=0.01)
    for _ in range(8):
        learner.partial_fit(TEXTS, MOODS)
    assert learner.score(TEXTS, MOODS) == 1.0
    before = learner.predict_proba(["Where is my parcel?"])[0]
    for _ in range(20):
        learner.partial_fit(["Where is my parcel?"] * 8, ["parcel"] * 8)
    assert learner.classes_.tolist() == ["bad", "good", "parcel"]
    assert learner.predict_proba(["Where is my parcel?"])[0, 2] > 0.5
    assert before.shape == (2,)


def test_classes_can_be_announced():
    learner = MultitaskClassifier(**TINY)
    learner.partial_fit(["a", "b"], ["x", "x"], classes=["x", "y", "z"])
    assert learner.classes_.tolist() == ["x", "y", "z"]
    learner = MultitaskClassifier(**TINY)
    learner.partial_fit(["a"], {"t": ["x"]}, classes={"t": ["x", "y"]})
    assert learner.partial_fit(["a"], {"u": [1]}, classes={"u": [0, 1]}).classes_["u"].tolist() == [
        0,
        1,
    ]
    assert learner.nlp_.pipe_names == ["tok2vec", "t", "u"]


def test_a_single_class_is_no_start():
    with pytest.raises(ValueError, match=r"E530.*in classes"):
        MultitaskClassifier(**TINY).partial_fit(["a"], ["x"])
    with pytest.raises(ValueError, match="E529"):
        MultitaskClassifier(**TINY).partial_fit(["a"], [None])


def test_lists_of_later_texts_leave_no_label_open():
    learner = MultitaskClassifier(**TINY)
    learner.partial_fit(TEXTS[:2], [["a", "b"], []])
    learner.partial_fit(TEXTS[:2], [["a"], ["c"]])
    assert learner.classes_.tolist() == ["a", "b", "c"]


def test_a_trained_pipeline_learns_on(two_tasks):
    model = MultitaskClassifier(two_tasks.nlp_, **QUICK).fit(TEXTS, {"mood": MOODS})
    assert model.score(TEXTS, {"mood": MOODS}) == 1.0
    assert list(model.predict(TEXTS)) == ["mood"]
    with pytest.raises(ValueError, match="E537"):
        MultitaskClassifier(two_tasks.nlp_, **QUICK).fit(TEXTS, {"mood": [["a"], ["b"]] * 15})


def test_the_same_seed_gives_the_same_probabilities(classifier):
    again = clone(classifier).fit(TEXTS, MOODS)
    assert_array_equal(again.predict_proba(TEXTS), classifier.predict_proba(TEXTS))
    again.fit(TEXTS, MOODS)
    assert_array_equal(again.predict_proba(TEXTS), classifier.predict_proba(TEXTS))
