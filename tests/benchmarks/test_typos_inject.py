import importlib
import random
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
KINDS = ("swap", "drop", "double", "neighbour")
TEXT = "The weather in London, they said, will never become better than yesterday"

relaxed = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def typos() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        yield importlib.import_module("typos_inject")


@pytest.mark.parametrize(
    ("kind", "possible"),
    [
        ("swap", {"badd", "adbd"}),
        ("drop", {"bdd", "add", "abd"}),
        ("double", {"aabdd", "abbdd", "abddd"}),
    ],
)
def test_kinds_do_what_they_are_called(typos: ModuleType, kind: str, possible: set[str]) -> None:
    assert {typos.KINDS[kind]("abdd", random.Random(i)) for i in range(100)} == possible


def test_neighbours_lie_side_by_side(typos: ModuleType) -> None:
    assert typos.NEIGHBOURS["g"] == "bfhtvy"
    assert all(
        key in typos.NEIGHBOURS[near] for key, keys in typos.NEIGHBOURS.items() for near in keys
    )


def test_neighbour_keeps_case_and_other_alphabets(typos: ModuleType) -> None:
    found = {typos.neighbour("Ж1Pß", random.Random(i)) for i in range(50)}
    assert found == {"Ж1Lß", "Ж1Oß"}
    assert typos.neighbour("слово", random.Random(0)) == "слово"


@relaxed
@given(word=st.text(min_size=1, max_size=20), seed=st.integers())
def test_an_error_changes_one_place(typos: ModuleType, word: str, seed: int) -> None:
    found = {kind: typos.KINDS[kind](word, random.Random(seed)) for kind in KINDS}
    places = range(len(word))
    assert found["drop"] in {word[:i] + word[i + 1 :] for i in places}
    assert found["double"] in {word[:i] + word[i] + word[i:] for i in places}
    swapped = {word[:i] + word[i : i + 2][::-1] + word[i + 2 :] for i in places}
    assert found["swap"] in swapped
    assert (found["swap"] == word) == (len(set(word)) == 1)
    assert len(found["neighbour"]) == len(word)
    changed = [pair for pair in zip(word, found["neighbour"], strict=True) if len(set(pair)) > 1]
    assert len(changed) == any(letter.lower() in typos.NEIGHBOURS for letter in word)


@relaxed
@given(text=st.text(), kind=st.sampled_from(KINDS), seed=st.text(max_size=3))
def test_no_error_at_a_rate_of_zero(typos: ModuleType, text: str, kind: str, seed: str) -> None:
    assert typos.add_typos(text, kind, 0.0, seed) == text


@relaxed
@given(text=st.text(), kind=st.sampled_from(KINDS), rate=st.floats(0, 1), seed=st.text(max_size=3))
def test_spaces_stay(typos: ModuleType, text: str, kind: str, rate: float, seed: str) -> None:
    noisy = typos.add_typos(text, kind, rate, seed)
    assert noisy == typos.add_typos(text, kind, rate, seed)
    assert len(noisy.split()) == len(text.split())
    assert [char for char in noisy if char.isspace()] == [char for char in text if char.isspace()]


@pytest.mark.parametrize("kind", KINDS)
def test_every_long_word_is_changed_at_a_rate_of_one(typos: ModuleType, kind: str) -> None:
    noisy = typos.add_typos(TEXT, kind, 1.0, "seed")
    for word, changed in zip(TEXT.split(), noisy.split(), strict=True):
        assert (word != changed) == (len(word.strip(",")) >= 4)


@pytest.mark.parametrize("kind", KINDS)
def test_mentions_hashtags_and_addresses_are_not_touched(typos: ModuleType, kind: str) -> None:
    text = '@someuser ".@another #Weather http HTTPS://example.org/words www.example.org'
    assert typos.add_typos(text, kind, 1.0, "seed") == text


@pytest.mark.parametrize("kind", KINDS)
def test_share_of_words_is_the_rate(typos: ModuleType, kind: str) -> None:
    words = ["weather"] * 5000
    noisy = typos.add_typos(" ".join(words), kind, 0.1, "seed").split()
    assert sum(word != "weather" for word in noisy) == pytest.approx(500, abs=70)


@pytest.mark.parametrize("kind", KINDS)
def test_a_higher_rate_keeps_the_errors_of_a_lower(typos: ModuleType, kind: str) -> None:
    few = typos.add_typos(" ".join([TEXT] * 20), kind, 0.1, "seed").split()
    many = typos.add_typos(" ".join([TEXT] * 20), kind, 0.2, "seed").split()
    changed = 0
    for word, low, high in zip(TEXT.split() * 20, few, many, strict=True):
        assert low in (word, high)
        changed += low != high
    assert changed


def test_other_seeds_make_other_errors(typos: ModuleType) -> None:
    assert len({typos.add_typos(TEXT, "drop", 0.5, str(seed)) for seed in range(5)}) > 1


def test_settings_are_checked(typos: ModuleType) -> None:
    with pytest.raises(ValueError, match="'shout'"):
        typos.add_typos(TEXT, "shout", 0.1, "seed")
    with pytest.raises(ValueError, match=r"1\.5"):
        typos.add_typos(TEXT, "swap", 1.5, "seed")
