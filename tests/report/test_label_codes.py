"""Labels as numbers, and the names that pictures have room for."""

import numpy

from spacy_mtl.report.label_codes import encode_labels, short_names


def test_the_most_frequent_label_comes_first():
    found = encode_labels("gold", ["b", "a", None, "c", "a", "b", "b"])
    assert found.labels == ("b", "a", "c")
    assert found.codes.tolist() == [0, 1, -1, 2, 1, 0, 0]


def test_numbers_are_labels_and_nan_is_none():
    found = encode_labels("", numpy.array([1.0, numpy.nan, 0.0, 1.0]))
    assert found.labels == ("1.0", "0.0")
    assert found.codes.tolist() == [0, -1, 1, 0]
    assert encode_labels("", numpy.array([3, 3])).labels == ("3",)


def test_names_are_short_and_differ():
    names = short_names(["x" * 50 + "1", "x" * 50 + "2", "good"])
    assert names == ["x" * 39 + "…", "x" * 39 + "… (2)", "good"]


def test_names_hold_nothing_that_cannot_be_drawn():
    assert short_names(["a\0b", "c\ud800", "שלום 👍"]) == ["a\ufffdb", "c\ufffd", "שלום 👍"]
