import pytest

from spacy_mtl.training.scenarios import SCENARIOS, choose_rehearsal, choose_scenario

FROZEN, GRADUAL, FULL = SCENARIOS


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (1, "frozen"),
        (99, "frozen"),
        (100, "gradual"),
        (999, "gradual"),
        (1000, "gradual"),
        (10_000, "full"),
        (10**6, "full"),
    ],
)
def test_size_of_the_data_chooses(rows, expected):
    assert choose_scenario(rows).name == expected


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_name_overrules_the_size(scenario):
    assert choose_scenario(50, scenario.name) is choose_scenario(5000, scenario.name) is scenario


def test_unknown_scenario():
    with pytest.raises(ValueError, match=r"\[E465\].*'half'.*auto, frozen, gradual, full"):
        choose_scenario(50, "half")


def test_only_a_frozen_encoder_does_not_learn():
    assert [scenario.trains_encoder for scenario in SCENARIOS] == [False, True, True]


@pytest.mark.parametrize("scenario", [GRADUAL, FULL])
def test_old_data_is_used_where_there_is_any(scenario):
    assert choose_rehearsal(scenario, False) == "distill"
    assert choose_rehearsal(scenario, True) == "both"
    assert choose_rehearsal(scenario, True, "none") == "none"


@pytest.mark.parametrize("name", ["auto", "none", "distill", "interleave", "both"])
def test_a_frozen_encoder_has_nothing_to_rehearse(name):
    assert choose_rehearsal(FROZEN, True, name) == "none"


def test_unknown_rehearsal():
    with pytest.raises(ValueError, match=r"\[E465\].*'replay'.*none, distill, interleave, both"):
        choose_rehearsal(FULL, True, "replay")
