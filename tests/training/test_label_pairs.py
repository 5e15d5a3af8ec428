import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_mtl.training.label_pairs import LabelPairs, cats_table, draw_pairs, label_codes

LABELS = st.lists(st.sampled_from(["a", "b", "c", None]), max_size=30)
CATS = st.lists(
    st.dictionaries(st.sampled_from("abc"), st.sampled_from([0, 1, 0.2, 0.9, True])),
    min_size=1,
    max_size=30,
)


def draw(labels, seed=0, **options):
    return draw_pairs(labels, rng=numpy.random.default_rng(seed), **options)


def are_alike(left, right):
    return any(left[key] >= 0.5 and right.get(key, 0) >= 0.5 for key in left)


def are_unlike(left, right):
    shared = left.keys() & right.keys()
    differ = any((left[key] >= 0.5) != (right[key] >= 0.5) for key in shared)
    return differ and not are_alike(left, right)


@given(labels=LABELS, n_neg=st.integers(0, 4), seed=st.integers(0, 5))
def test_pairs_of_labels_are_what_they_say(labels, n_neg, seed):
    left, right, scores = draw(numpy.array(labels, dtype=object), seed, n_neg=n_neg)
    for i, j, score in zip(left, right, scores, strict=True):
        assert i != j
        assert labels[i] is not None and labels[j] is not None
        assert (labels[i] == labels[j]) == bool(score)
    with_partner = [x for x in labels if x is not None and labels.count(x) > 1]
    assert scores.sum() == len(with_partner)
    if len(set(labels) - {None}) > 1:
        assert len(left) == len(with_partner) * (1 + n_neg)


@given(cats=CATS, n_neg=st.integers(0, 4), seed=st.integers(0, 5))
def test_pairs_of_cats_are_judged_by_known_labels_only(cats, n_neg, seed):
    left, right, scores = draw(cats, seed, n_neg=n_neg)
    for i, j, score in zip(left, right, scores, strict=True):
        assert i != j
        assert are_alike(cats[i], cats[j]) if score else are_unlike(cats[i], cats[j])
    partners = [any(are_alike(x, y) for y in cats if y is not x) for x in cats]
    assert scores.sum() == sum(partners)
    assert (scores == 0).sum() <= n_neg * scores.sum()


@given(cats=CATS)
def test_comparison_of_cats_is_that_of_the_rules(cats):
    rows = numpy.arange(len(cats))
    alike, unlike = LabelPairs(cats).compare(rows, rows)
    for i in rows:
        for j in rows:
            assert alike[i, j] == are_alike(cats[i], cats[j])
            assert unlike[i, j] == are_unlike(cats[i], cats[j])


def test_comparison_of_labels_leaves_out_the_unknown():
    rows = numpy.arange(3)
    alike, unlike = LabelPairs(["a", None, "b"]).compare(rows, rows)
    assert alike.tolist() == [[True, False, False], [False] * 3, [False, False, True]]
    assert unlike.tolist() == [[False, False, True], [False] * 3, [True, False, False]]


def test_all_partners_and_all_others_are_drawn():
    labels = numpy.array([0, 0, 0, 1, 1, 2])
    pairs = {(i, j, s) for seed in range(60) for i, j, s in zip(*draw(labels, seed), strict=True)}
    alike = {(i, j) for i, j, s in pairs if s}
    assert alike == {
        (i, j) for i in range(6) for j in range(6) if i != j and labels[i] == labels[j]
    }
    unlike = {(i, j) for i, j, s in pairs if not s}
    assert unlike == {(i, j) for i in range(5) for j in range(6) if labels[i] != labels[j]}


@pytest.mark.parametrize("labels", [numpy.array([5, 5, -1, -1, -1]), [{"x": 1}] * 3 + [{"x": 0}]])
def test_number_of_pairs_is_what_was_asked_for(labels):
    left, _, scores = draw(labels, n_pairs=17, n_neg=2)
    assert scores.sum() == 17
    assert len(left) == 17 * 3


def test_same_seed_draws_the_same_pairs():
    labels = numpy.array([0, 1] * 20)
    first, second = draw(labels, 3), draw(labels, 3)
    assert all((a == b).all() for a, b in zip(first, second, strict=True))
    assert any((a != b).any() for a, b in zip(first, draw(labels, 4), strict=True))


@pytest.mark.parametrize(
    "labels", [[], ["a"], ["a", "b"], [None, None], [{}], [{"x": 1}], [{"x": 0}] * 3]
)
def test_without_two_rows_alike_there_are_no_pairs(labels):
    assert [len(part) for part in draw(labels)] == [0, 0, 0]
    assert not LabelPairs(labels).can_teach()


def test_a_row_alone_with_its_label_is_not_its_own_partner():
    left, right, scores = draw(["a", "a", "single"], n_neg=3)
    assert 2 not in left
    assert 2 in right[scores == 0]


def test_one_label_for_all_gives_no_unlike_pairs():
    _, _, scores = draw(["a"] * 4, n_neg=3)
    assert scores.tolist() == [1.0] * 4


def test_negative_numbers_are_labels_as_any_other():
    assert label_codes([-1, 1, -1]).tolist() == [0, 1, 0]


def test_subset_and_known_rows_follow_the_labels():
    pairs = LabelPairs([{"a": 1}, {}, {"a": 0}, {"b": 1}])
    assert pairs.known().tolist() == [0, 2, 3]
    assert pairs.subset(numpy.array([1, 3])).known().tolist() == [1]
    assert LabelPairs(["x", None, "y"]).subset(numpy.array([1, 2])).known().tolist() == [1]


def test_rows_of_the_same_known_labels_have_one_pattern():
    patterns = LabelPairs([{"a": 1}, {"a": 1, "b": 0}, {"a": 0.8}, {"a": 0}]).patterns()
    assert patterns[0] == patterns[2]
    assert len(set(patterns.tolist())) == 3


@pytest.mark.parametrize(
    "bad", [{"a": 2}, {"a": "yes"}, {"a": None}, {"a": float("nan")}, {3: 1}, "a", None]
)
def test_bad_row_of_cats_is_named(bad):
    with pytest.raises(ValueError, match=r"E552.*y\[1\]"):
        LabelPairs([{"a": 1}, bad])


def test_table_of_cats_marks_what_is_unknown():
    names, values = cats_table([{"b": 1}, {"a": 0}])
    assert names == ["a", "b"]
    numpy.testing.assert_array_equal(values, [[numpy.nan, 1], [0, numpy.nan]])
