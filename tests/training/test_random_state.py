"""The global random states."""

import random

import numpy
import pytest
import srsly

from spacy_mtl.training.random_state import (
    get_random_state,
    is_random_state,
    separate_random_state,
    set_random_state,
)


def draw():
    return random.random(), random.gauss(0, 1), numpy.random.random(), numpy.random.normal()


def test_goes_back_after_saving():
    draw()
    saved = srsly.msgpack_loads(srsly.msgpack_dumps(get_random_state()))
    expected = draw()
    set_random_state(saved)
    assert is_random_state(saved)
    assert draw() == expected


@pytest.mark.parametrize("generate", [random.random, numpy.random.random, numpy.random.normal])
def test_notices_a_draw(generate):
    state = get_random_state()
    assert is_random_state(state)
    generate()
    assert not is_random_state(state)


def test_a_block_draws_its_own_numbers():
    state = get_random_state()
    drawn = []
    for _ in range(2):
        with separate_random_state(4):
            drawn.append(draw())
    assert drawn[0] == drawn[1]
    assert is_random_state(state)


def test_an_error_in_a_block_leaves_the_states():
    state = get_random_state()
    with pytest.raises(KeyError), separate_random_state(4):
        draw()
        raise KeyError
    assert is_random_state(state)
