import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_mtl.util import (
    is_annotated,
    join_key,
    listing,
    split_key,
    task_cats,
    tasks_of,
    validate_task_name,
)

NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9_-]*", fullmatch=True)
LABELS = st.text(min_size=1)


@given(NAMES, LABELS)
def test_keys_split_into_what_they_were_joined_from(task, label):
    assert split_key(join_key(task, label)) == (task, label)


def test_keys_split_at_the_first_slash():
    assert split_key("task/a/b") == ("task", "a/b")


@pytest.mark.parametrize("key", ["label", "/label", "task/", "", "1task/label", "a b/label", "/"])
def test_keys_that_name_no_task(key):
    assert split_key(key) is None


@given(st.dictionaries(st.tuples(NAMES, LABELS), st.floats(0, 1)))
def test_grouping_loses_nothing(values):
    cats = {join_key(task, label): value for (task, label), value in values.items()}
    grouped = tasks_of(cats)
    assert {
        (task, label): value for task, rows in grouped.items() for label, value in rows.items()
    } == values
    for task, rows in grouped.items():
        assert task_cats(cats, task) == rows
        assert is_annotated(cats, task)


def test_tasks_with_a_common_beginning_are_kept_apart():
    cats = {"topic/a": 1.0, "topic-2/b": 1.0}
    assert task_cats(cats, "topic") == {"a": 1.0}
    assert not is_annotated(cats, "top")


def test_keys_without_a_task_are_left_out():
    assert tasks_of({"POSITIVE": 1.0, "topic/a": 0.5}) == {"topic": {"a": 0.5}}


@pytest.mark.parametrize("name", ["a", "Sentiment", "stance-2", "a_b", "A1"])
def test_valid_names(name):
    assert validate_task_name(name) == name


@pytest.mark.parametrize("name", ["", "a/b", "1a", "-a", "a b", "é", "a\n", None, 3])
def test_invalid_names_are_refused_with_the_name(name):
    with pytest.raises(ValueError, match="E001") as error:
        validate_task_name(name)
    assert repr(name) in str(error.value)


@pytest.mark.parametrize(
    "items, expected",
    [([], "none"), (["a", 1], "a, 1"), (range(5), "0, 1, 2 and 2 more")],
)
def test_lists_are_cut_to_a_readable_length(items, expected):
    assert listing(items, limit=3) == expected


def test_task_cannot_take_the_name_of_the_tokenizers_scores():
    with pytest.raises(ValueError, match="E002"):
        validate_task_name("token")
