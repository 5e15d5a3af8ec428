"""The file that says what to search."""

import pytest

from spacy_mtl.sweep.space import draw_values, place_values, read_space


class Draws:
    """Draws what it is told to."""

    def __init__(self, **given):
        self.given = given

    def suggest_categorical(self, name, choices):
        assert self.given[name] in choices
        return self.given[name]

    def suggest_int(self, name, low, high, *, log, step):
        return self.given[name]

    suggest_float = suggest_int


def test_reads_choices_and_ranges(space_path):
    space = read_space(
        space_path("a.b: {choices: [1e-4, null, x]}\n# Comment\nc: {low: 1, high: 9, step: 2}\n")
    )
    assert [parameter.name for parameter in space] == ["a.b", "c"]
    assert space[0].choices == (0.0001, None, "x")
    assert (space[1].low, space[1].high, space[1].step, space[1].is_int) == (1, 9, 2, True)
    assert [parameter.line for parameter in space] == [1, 3]


def test_a_range_of_whole_numbers_may_be_one_of_fractions(space_path):
    (parameter,) = read_space(space_path("a: {low: 0, high: 1, int: false}"))
    assert not parameter.is_int
    assert isinstance(parameter.high, float)


def test_several_places_get_one_value(space_path):
    space = read_space(space_path("size: {paths: [a.b, c.d], choices: [1, 2]}"))
    assert place_values(space, {"size": 2}) == {"a.b": 2, "c.d": 2}


def test_a_value_is_multiplied_by_another(space_path):
    space = read_space(
        space_path("a: {choices: [0.5]}\nratio: {paths: [b], choices: [1.0, 1.1], times: a}")
    )
    assert place_values(space, {"a": 0.5, "ratio": 1.1}) == {"a": 0.5, "b": 0.55}


def test_a_parameter_without_effect_is_not_drawn(space_path):
    text = "a: {choices: [x, y]}\nb: {low: 1, high: 2, when: {a: [x]}}\nc: {choices: [1], when: {b: [2]}}"
    space = read_space(space_path(text))
    assert draw_values(space, Draws(a="y")) == {"a": "y"}
    assert draw_values(space, Draws(a="x", b=1)) == {"a": "x", "b": 1}
    assert draw_values(space, Draws(a="x", b=2, c=1)) == {"a": "x", "b": 2, "c": 1}


def test_choices_may_be_lists(space_path):
    (parameter,) = read_space(space_path("pooling: {choices: [[mean], [mean, max]]}"))
    assert parameter.draw(Draws(pooling='["mean", "max"]')) == ["mean", "max"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "E840.*expected a mapping"),
        ("- a", "E840.*expected a mapping"),
        ("a: [", "E840.*line 1"),
        ("a: {choices: [1]}\na: {choices: [2]}", "E840.*line 2.*duplicate"),
        ("\x00", "E840"),
        ("a: 0.1", "E841.*line 1.*'a'.*expected {choices"),
        ("1: {choices: [1]}", "E841.*no text"),
        ("\na: {choice: [1]}", "E841.*line 2.*unknown: choice"),
        ("a: {choices: []}", "no list of values"),
        ("a: {choices: [1, 1]}", "given twice"),
        ("a: {choices: [.nan]}", "no finite number"),
        ("a: {choices: [2020-01-01]}", "no value of a config"),
        ("a: {choices: [1], low: 1}", "beside low"),
        ("a: {low: 1}", "high is missing"),
        ("a: {low: x, high: 1}", "low is no number"),
        ("a: {low: 2, high: 1}", "not below"),
        (f"a: {{low: 1, high: {10**400}}}", "high is no number"),
        (f"a: {{low: 1, high: {'1' * 4301}}}", "E840.*4301 digits"),
        ("a: {low: 0, high: 1, log: true}", "begins above 0"),
        ("a: {low: 1, high: 9, log: true, step: 2}", "exclude each other"),
        ("a: {low: 1, high: 2, step: 0}", "step is no number above 0"),
        ("a: {low: 0.5, high: 2, int: true}", "whole numbers"),
        ("a: {low: 1, high: 2, log: 1}", "log is neither"),
        ("a: {paths: [], choices: [1]}", "paths is no list"),
        ("a: {choices: [1]}\nb: {paths: [a], choices: [1]}", "a is set twice"),
        ("a: {choices: [1], times: b}", "times names no parameter above"),
        ("a: {choices: [x]}\nb: {choices: [1], times: a}", "times needs numbers"),
        ("a: {choices: [1], when: {b: [1]}}", "when names no parameter above"),
        ("b: {choices: [1]}\na: {choices: [1], when: {b: [2]}}", "'b' is never 2"),
        ("b: {choices: [1]}\na: {choices: [1], when: {b: 1}}", "no list of values for 'b'"),
    ],
)
def test_names_what_is_wrong(space_path, text, message):
    with pytest.raises(ValueError, match=f"(?s){message}"):
        read_space(space_path(text))


def test_names_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ValueError, match=r"E840.*No such file"):
        read_space(tmp_path / "space.yml")
