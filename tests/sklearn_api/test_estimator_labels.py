"""Labels of any type become labels of the pipeline, and back."""

import sys

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

import spacy_mtl.sklearn
from spacy_mtl.sklearn.labels import TASK, read_labels

NAMES = st.text(st.characters(codec="utf-8"), min_size=1).filter(str.strip)
#: NumPy's strings end at their last character that is not NUL.
STRINGS = NAMES.filter(lambda name: not name.endswith("\x00"))
VALUES = st.one_of(
    st.lists(st.one_of(st.none(), STRINGS)),
    st.lists(st.one_of(st.none(), st.integers(-1000, 1000))),
    st.lists(st.one_of(st.none(), st.booleans())),
)


@given(VALUES)
def test_a_value_leads_to_its_class(values):
    labels = read_labels(values, len(values))[TASK]
    known = [value for value in values if value is not None]
    assert labels.classes.tolist() == sorted(set(known))
    assert labels.known.tolist() == [value is not None for value in values]
    table = labels.table(labels.keys)[labels.known]
    assert [labels.classes[row.argmax()] for row in table] == known
    assert (table.sum(axis=1) == 1).all()


@given(st.lists(st.one_of(st.none(), st.lists(STRINGS, max_size=4)), min_size=1))
def test_a_list_leads_to_all_its_labels(values):
    labels = read_labels(values, len(values))[TASK]
    for value, row in zip(values, labels.table(labels.keys), strict=True):
        if value is None:
            assert numpy.isnan(row).all()
        elif labels.multi_label:
            assert {labels.classes[i] for i in row.nonzero()[0]} == set(value)


def test_nan_and_pandas_na_are_unknown():
    assert read_labels([1.0, float("nan"), numpy.float32("nan"), 2.0])[TASK].known.sum() == 2
    pandas = pytest.importorskip("pandas")
    column = pandas.Series(["a", pandas.NA, "b"], dtype="string")
    assert read_labels(column)[TASK].known.tolist() == [True, False, True]


def test_without_scikit_learn_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(ImportError, match=r"E525.*spacy-mtl\[sklearn\]"):
        _ = spacy_mtl.sklearn.SentenceEncoder


def test_unknown_names_are_no_attributes():
    with pytest.raises(AttributeError, match="has no attribute 'Encoder'"):
        _ = spacy_mtl.sklearn.Encoder
    assert "SentenceEncoder" in dir(spacy_mtl.sklearn)


@pytest.mark.parametrize(
    ("values", "dtype", "classes"),
    [
        ([1, None, 0], "Int64", [0, 1]),
        ([True, None, False], "boolean", [False, True]),
        (["b", None, "a"], "category", ["a", "b"]),
        (["b", None, "a"], "string", ["a", "b"]),
    ],
)
def test_columns_of_a_table_keep_their_type(values, dtype, classes):
    pandas = pytest.importorskip("pandas", reason="tables need pandas")
    labels = read_labels(pandas.Series(values, dtype=dtype, index=[7, 8, 9]), 3)[TASK]
    assert labels.classes.tolist() == classes
    assert [type(label) for label in labels.classes.tolist()] == [type(label) for label in classes]
    assert labels.known.tolist() == [True, False, True]


def test_no_tasks_have_no_labels():
    with pytest.raises(ValueError, match="E529"):
        read_labels({}, 2)


def test_messages_show_labels_as_they_were_given():
    with pytest.raises(ValueError, match="one class, 'x'"):
        read_labels(numpy.array(["x", "x"]), 2)[TASK].check()
